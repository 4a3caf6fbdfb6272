#include "json/write.hpp"

#include "json/read.hpp"
#include "unit/json/sample.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

using kiln::json::to_json;

std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> out;
  for (char const c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}

TEST(write, leaves_out_what_is_empty_and_keeps_numbers_and_bools) {
  EXPECT_EQ(to_json(sample::put{}), R"({"overwrite":false})");
  EXPECT_EQ(to_json(sample::cluster{}), R"({"spark_context_id":0,"start_time":0,"pinned":false,)"
                                        R"("limits":{"min_workers":0,"max_workers":8}})");
  EXPECT_EQ(to_json(sample::empty{}), "{}");
}

TEST(write, sends_an_empty_value_that_an_optional_holds) {
  sample::put p;
  p.language = "";
  EXPECT_EQ(to_json(p), R"({"overwrite":false,"language":""})");
}

TEST(write, encodes_every_kind) {
  sample::cluster c;
  c.cluster_id = "a\"b";
  c.state = sample::state::running;
  c.spark_context_id = 7925567539485178123;
  c.num_workers = 0;
  c.autoscale.emplace().min_workers = 2;
  c.custom_tags = {{"", "x"}, {"k\n", ""}};
  c.start_time = kiln::timestamp(std::chrono::milliseconds(1600000000123));
  c.loads = {0.1, 1, -2.5e-9};
  c.hosts = {"", "h"};
  c.extra.text = R"([1,{"a":2}])";
  EXPECT_EQ(to_json(c),
            R"({"cluster_id":"a\"b","state":"RUNNING","spark_context_id":7925567539485178123,)"
            R"("num_workers":0,"autoscale":{"min_workers":2,"max_workers":8},)"
            R"("custom_tags":{"":"x","k\n":""},"start_time":1600000000123,)"
            R"("loads":[0.1,1,-2.5e-09],"hosts":["","h"],"extra":[1,{"a":2}],"pinned":false,)"
            R"("limits":{"min_workers":0,"max_workers":8}})");
}

TEST(write, encodes_bytes_and_views_as_the_api_wants_them) {
  auto const content = bytes_of("hello");
  std::int64_t const ids[] = {1, -9007199254740993};
  sample::put p;
  p.path = "/tmp/é";
  p.contents = content;
  p.overwrite = true;
  p.format = sample::format::html;
  p.ids = ids;
  EXPECT_EQ(to_json(p),
            R"({"path":"/tmp/é","contents":"aGVsbG8=","overwrite":true,"format":"HTML",)"
            R"("ids":[1,-9007199254740993]})");
}

TEST(write, sends_an_unknown_enum_back_as_it_came) {
  auto const c = kiln::json::read_as<sample::cluster>(R"({"state":"NEW \"ONE\""})", "x");
  ASSERT_TRUE(c.has_value());
  EXPECT_NE(to_json(*c).find(R"("state":"NEW \"ONE\"")"), std::string::npos);
}

TEST(write, spells_doubles_that_are_not_finite_as_words) {
  EXPECT_EQ(to_json(std::vector<double>{NAN, HUGE_VAL, -HUGE_VAL}),
            R"(["NaN","Infinity","-Infinity"])");
}

TEST(write, keeps_integers_exact) {
  sample::numbers v;
  v.i32 = std::numeric_limits<std::int32_t>::min();
  v.u32 = std::numeric_limits<std::uint32_t>::max();
  v.i64 = std::numeric_limits<std::int64_t>::min();
  v.u64 = std::numeric_limits<std::uint64_t>::max();
  v.wide = std::numeric_limits<long long>::max();
  EXPECT_EQ(to_json(v), R"({"i32":-2147483648,"u32":4294967295,"i64":-9223372036854775808,)"
                        R"("u64":18446744073709551615,"real":0.5,"wide":9223372036854775807})");
}

TEST(write, never_writes_nullopt_not_even_in_a_list_or_map) {
  EXPECT_EQ(to_json(std::vector<std::optional<int>>{1, std::nullopt, 3}), "[1,3]");
  EXPECT_EQ(to_json(std::vector<std::optional<int>>{std::nullopt}), "[]");
  EXPECT_EQ(to_json(std::map<std::string, std::optional<int>>{{"a", std::nullopt}, {"b", 2}}),
            R"({"b":2})");
}

TEST(write, leaves_out_the_members_the_path_has_taken) {
  sample::put p;
  p.path = "/a";
  p.language = "SQL";
  std::string_view const taken[] = {"path", "overwrite"};
  std::string out = "x";
  kiln::json::write_value(out, kiln::type_of<sample::put>(), &p, taken);
  EXPECT_EQ(out, R"(x{"language":"SQL"})");
  sample::tree t;
  t.name = "root";
  t.children.push_back({"leaf", {}});
  std::string_view const name[] = {"name"};
  out.clear();
  kiln::json::write_value(out, kiln::type_of<sample::tree>(), &t, name);
  EXPECT_EQ(out, R"({"children":[{"name":"leaf"}]})");
}

TEST(write, what_is_written_reads_back_the_same) {
  std::string every;
  for (int c = 1; c < 128; ++c) every += static_cast<char>(c);
  sample::cluster c;
  c.cluster_id = every + std::string(1, '\0') + "é\U0001F600";
  c.custom_tags = {{c.cluster_id, every}};
  c.state = kiln::open_enum<sample::state>(every);
  auto const text = to_json(c);
  auto const back = kiln::json::read_as<sample::cluster>(text, "x");
  ASSERT_TRUE(back.has_value()) << back.error().message();
  EXPECT_EQ(back->cluster_id, c.cluster_id);
  EXPECT_EQ(back->custom_tags, c.custom_tags);
  EXPECT_EQ(back->state, c.state);
  EXPECT_EQ(to_json(*back), text);
}

std::string query(auto const& value) {
  std::string out;
  using type = std::remove_cvref_t<decltype(value)>;
  for (auto const& [name, text] : kiln::json::scalar_fields(kiln::type_of<type>(), &value)) {
    out += (out.empty() ? "" : "&") + name + "=" + text;
  }
  return out;
}

TEST(scalar_fields, spell_a_query) {
  std::int64_t const ids[] = {5, 7925567539485178123};
  auto const content = bytes_of("\xFF\xFE");
  sample::put p;
  p.path = "/a b&c";
  p.contents = content;
  p.ids = ids;
  p.format = sample::format::source;
  p.language = "";
  EXPECT_EQ(query(p),
            "path=/a b&c&contents=//4=&overwrite=false&format=SOURCE&language=&ids=5"
            "&ids=7925567539485178123");
  EXPECT_EQ(query(sample::put{}), "overwrite=false");
}

TEST(scalar_fields, name_nested_members_by_their_path) {
  sample::cluster c;
  c.state = kiln::open_enum<sample::state>("ODD");
  c.loads = {0.5, NAN};
  c.custom_tags = {{"team", "x"}};
  EXPECT_EQ(query(c),
            "state=ODD&spark_context_id=0&custom_tags.team=x&start_time=0&loads=0.5&loads=NaN"
            "&pinned=false&limits.min_workers=0&limits.max_workers=8");
}

}  // namespace
