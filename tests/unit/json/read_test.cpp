#include "json/read.hpp"

#include "core/limits.hpp"
#include "json/write.hpp"
#include "unit/json/sample.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace {

using kiln::json::read_as;

template <class T>
T good(std::string_view text) {
  auto read = read_as<T>(text, "x/y");
  EXPECT_TRUE(read.has_value()) << text << ": " << (read ? "" : read.error().message());
  return read ? std::move(*read) : T{};
}

template <class T>
std::string refusal(std::string_view text) {
  auto const read = read_as<T>(text, "x/y");
  if (read.has_value()) return "accepted";
  EXPECT_EQ(read.error().code(), kiln::errc::decode_failed);
  return read.error().message();
}

TEST(read, fills_every_kind_of_member) {
  auto const page = good<sample::cluster_page>(R"({"next_page_token":"p2","clusters":[
    {"cluster_id":"a","state":"RUNNING","spark_context_id":7925567539485178123,"num_workers":3,
     "autoscale":{"min_workers":1,"max_workers":5},"custom_tags":{"team":"x","":"y"},
     "start_time":1600000000123,"loads":[0.5,2,-1e3],"hosts":["h1","h2"],
     "extra":{"a":[1,{"b":null}],"c":1.10},"pinned":true,"limits":{"max_workers":2}}]})");
  ASSERT_EQ(page.clusters.size(), 1U);
  auto const& c = page.clusters[0];
  EXPECT_EQ(page.next_page_token, "p2");
  EXPECT_EQ(c.cluster_id, "a");
  EXPECT_EQ(c.state, sample::state::running);
  EXPECT_EQ(c.spark_context_id, 7925567539485178123);
  EXPECT_EQ(c.num_workers, 3);
  ASSERT_TRUE(c.autoscale.has_value());
  EXPECT_EQ(c.autoscale->max_workers, 5);
  EXPECT_EQ(c.custom_tags, (std::map<std::string, std::string>{{"team", "x"}, {"", "y"}}));
  EXPECT_EQ(c.start_time.time_since_epoch().count(), 1600000000123);
  EXPECT_EQ(c.loads, (std::vector<double>{0.5, 2, -1000}));
  EXPECT_EQ(c.hosts, (std::vector<std::string>{"h1", "h2"}));
  EXPECT_EQ(c.extra.text, R"({"a":[1,{"b":null}],"c":1.10})");
  EXPECT_TRUE(c.pinned);
  EXPECT_EQ(c.limits.min_workers, 0);
  EXPECT_EQ(c.limits.max_workers, 2);
}

TEST(read, leaves_defaults_where_members_are_absent_or_null) {
  for (auto const text : {"{}", R"({"i32":null,"u32":null,"i64":null,"real":null,"maybe":null})"}) {
    auto const v = good<sample::numbers>(text);
    EXPECT_EQ(v.i32, -1);
    EXPECT_EQ(v.u32, 1U);
    EXPECT_EQ(v.real, 0.5);
    EXPECT_EQ(v.maybe, std::nullopt);
  }
  EXPECT_EQ(good<sample::numbers>("null").i32, -1);
  auto const c = good<sample::cluster>(
      R"({"limits":null,"autoscale":null,"hosts":null,"custom_tags":{"a":null},"extra":null})");
  EXPECT_EQ(c.limits.max_workers, 8);
  EXPECT_FALSE(c.autoscale.has_value());
  EXPECT_EQ(c.custom_tags.at("a"), "");
  EXPECT_EQ(c.extra.text, "");
  EXPECT_EQ(good<sample::cluster>(R"({"hosts":["a",null,"b"]})").hosts,
            (std::vector<std::string>{"a", "", "b"}));
}

TEST(read, skips_unknown_members_however_deep) {
  auto const v = good<sample::numbers>(
      R"({"new":{"i32":5,"a":[[{"i32":6}],"}",7.5,true,null]},"i32":1,"i":[],"u32x":{},"u32":2})");
  EXPECT_EQ(v.i32, 1);
  EXPECT_EQ(v.u32, 2U);
}

TEST(read, finds_members_in_any_order_and_with_escaped_names) {
  auto const v = good<sample::numbers>("{\"u64\":9,\"i\\u0033\\u0032\":4,\"u32\":5,\"i64\":6}");
  EXPECT_EQ(v.i32, 4);
  EXPECT_EQ(v.u32, 5U);
  EXPECT_EQ(v.i64, 6);
  EXPECT_EQ(v.u64, 9U);
}

TEST(read, takes_the_last_of_members_named_twice_and_nothing_of_the_first) {
  auto const c = good<sample::cluster>(
      R"({"cluster_id":"a","limits":{"min_workers":5,"max_workers":6},"hosts":["1","2"],
          "custom_tags":{"k":"v","k":"w"},"num_workers":1,"autoscale":{"min_workers":5},
          "state":"RUNNING","extra":[1],"start_time":5,
          "cluster_id":null,"limits":{"min_workers":7},"hosts":["3"],"custom_tags":{"k2":"v2"},
          "num_workers":null,"autoscale":{"max_workers":9},"state":null,"extra":null,
          "start_time":null})");
  EXPECT_EQ(c.cluster_id, "");
  EXPECT_EQ(c.limits.min_workers, 7);
  EXPECT_EQ(c.limits.max_workers, 8);
  EXPECT_EQ(c.hosts, std::vector<std::string>{"3"});
  EXPECT_EQ(c.custom_tags, (std::map<std::string, std::string>{{"k2", "v2"}}));
  EXPECT_EQ(c.num_workers, std::nullopt);
  EXPECT_EQ(c.autoscale->min_workers, 0);
  EXPECT_EQ(c.autoscale->max_workers, 9);
  EXPECT_TRUE(c.state.empty());
  EXPECT_EQ(c.extra.text, "");
  EXPECT_EQ(c.start_time.time_since_epoch().count(), 0);
  EXPECT_EQ(good<sample::cluster>(R"({"custom_tags":{"k":"v","k":"w"}})").custom_tags.at("k"), "w");
}

TEST(read, keeps_integers_exact_to_both_ends) {
  auto const v = good<sample::numbers>(
      R"({"i32":-2147483648,"u32":4294967295,"i64":-9223372036854775808,
          "u64":18446744073709551615,"wide":9223372036854775807,"maybe":9007199254740993})");
  EXPECT_EQ(v.i32, std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(v.u32, std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(v.i64, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(v.u64, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(v.wide, std::numeric_limits<long long>::max());
  EXPECT_EQ(v.maybe, 9007199254740993);
}

TEST(read, accepts_an_integer_written_as_a_string) {
  auto const v =
      good<sample::numbers>(R"({"i32":"-7","u64":"18446744073709551615","maybe":"7","i64":"-0"})");
  EXPECT_EQ(v.i32, -7);
  EXPECT_EQ(v.u64, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(v.maybe, 7);
  EXPECT_EQ(v.i64, 0);
  EXPECT_EQ(good<sample::cluster>(R"({"start_time":"12"})").start_time.time_since_epoch().count(),
            12);
  for (auto const bad :
       {R"({"i32":""})", R"({"i32":"7 "})", R"({"i32":" 7"})", R"({"i32":"+7"})",
        R"({"i32":"0x7"})", R"({"i32":"7.0"})", R"({"i32":"-"})", R"({"i32":"99999999999"})"}) {
    EXPECT_EQ(refusal<sample::numbers>(bad), "x/y.i32: expected int32, found string") << bad;
  }
}

TEST(read, refuses_for_an_integer_what_is_none) {
  EXPECT_EQ(refusal<sample::numbers>(R"({"i64":18446744073709551616})"),
            "x/y.i64: expected int64, found an integer over 64 bits");
  EXPECT_EQ(refusal<sample::numbers>(R"({"i64":1e99999})"),
            "x/y.i64: expected int64, found double");
  EXPECT_EQ(refusal<sample::numbers>(R"({"i64":1.0})"), "x/y.i64: expected int64, found double");
  EXPECT_EQ(refusal<sample::numbers>(R"({"i64":1e3})"), "x/y.i64: expected int64, found double");
  EXPECT_EQ(refusal<sample::numbers>(R"({"i64":9223372036854775808})"),
            "x/y.i64: expected int64, found 9223372036854775808, out of range");
  EXPECT_EQ(refusal<sample::numbers>(R"({"i32":2147483648})"),
            "x/y.i32: expected int32, found 2147483648, out of range");
  EXPECT_EQ(refusal<sample::numbers>(R"({"u32":-1})"),
            "x/y.u32: expected uint32, found -1, out of range");
  EXPECT_EQ(refusal<sample::numbers>(R"({"u64":-1})"),
            "x/y.u64: expected uint64, found -1, out of range");
  EXPECT_EQ(refusal<sample::numbers>(R"({"maybe":true})"), "x/y.maybe: expected int64, found bool");
  EXPECT_EQ(refusal<sample::cluster>(R"({"start_time":1.5})"),
            "x/y.start_time: expected milliseconds as int64, found double");
}

TEST(read, gives_the_nearest_double_and_refuses_infinite_ones) {
  EXPECT_EQ(good<sample::numbers>(R"({"real":0.1})").real, 0.1);
  EXPECT_EQ(good<sample::numbers>(R"({"real":1.7976931348623157e308})").real,
            std::numeric_limits<double>::max());
  EXPECT_EQ(good<sample::numbers>(R"({"real":5e-324})").real,
            std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(good<sample::numbers>(R"({"real":9007199254740993})").real, 9007199254740992.0);
  EXPECT_EQ(good<sample::numbers>(R"({"real":18446744073709551616})").real, 18446744073709551616.0);
  EXPECT_EQ(good<sample::numbers>(R"({"real":1e-99999})").real, 0.0);
  EXPECT_EQ(refusal<sample::numbers>(R"({"real":1e99999})"),
            "x/y.real: expected double, found a number out of range");
  EXPECT_EQ(refusal<sample::numbers>(R"({"real":-1e400})"),
            "x/y.real: expected double, found a number out of range");
  EXPECT_EQ(refusal<sample::numbers>("{\"real\":" + std::string(400, '9') + ".5}"),
            "x/y.real: expected double, found a number out of range");
}

TEST(read, knows_the_words_mlflow_uses_for_doubles_that_are_not_finite) {
  EXPECT_TRUE(std::isnan(good<sample::numbers>(R"({"real":"NaN"})").real));
  EXPECT_EQ(good<sample::numbers>(R"({"real":"Infinity"})").real, HUGE_VAL);
  EXPECT_EQ(good<sample::numbers>(R"({"real":"-Infinity"})").real, -HUGE_VAL);
  EXPECT_EQ(refusal<sample::numbers>(R"({"real":"1.5"})"),
            "x/y.real: expected double, found string");
  EXPECT_NE(refusal<sample::numbers>(R"({"real":NaN})").find("invalid JSON at byte"),
            std::string::npos);
}

TEST(read, doubles_survive_a_round_trip_bit_for_bit) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    sample::numbers v;
    v.real = std::bit_cast<double>(random());
    if (!std::isfinite(v.real)) continue;
    auto const back = good<sample::numbers>(kiln::json::to_json(v));
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back.real), std::bit_cast<std::uint64_t>(v.real));
  }
}

TEST(read, names_the_path_of_a_wrong_type) {
  EXPECT_EQ(refusal<sample::cluster_page>(R"({"clusters":[{"cluster_id":"a"},{"cluster_id":5}]})"),
            "x/y.clusters[1].cluster_id: expected string, found int64");
  EXPECT_EQ(refusal<sample::cluster_page>(R"({"clusters":{}})"),
            "x/y.clusters: expected array, found object");
  EXPECT_EQ(refusal<sample::cluster_page>(R"({"clusters":[[]]})"),
            "x/y.clusters[0]: expected object, found array");
  EXPECT_EQ(refusal<sample::cluster_page>("[]"), "x/y: expected object, found array");
  EXPECT_EQ(refusal<sample::cluster_page>("7"), "x/y: expected object, found int64");
  EXPECT_EQ(refusal<sample::cluster>(R"({"custom_tags":{"ok":"a","team":18446744073709551615}})"),
            "x/y.custom_tags.team: expected string, found uint64");
  EXPECT_EQ(refusal<sample::cluster>(R"({"custom_tags":{"a b\n":1.5}})"),
            R"(x/y.custom_tags["a b\n"]: expected string, found double)");
  EXPECT_EQ(refusal<sample::cluster>(R"({"autoscale":{"min_workers":[1]}})"),
            "x/y.autoscale.min_workers: expected int32, found array");
  EXPECT_EQ(refusal<sample::cluster>(R"({"pinned":"true"})"),
            "x/y.pinned: expected bool, found string");
  EXPECT_EQ(refusal<sample::cluster>(R"({"pinned":1})"), "x/y.pinned: expected bool, found int64");
  EXPECT_EQ(refusal<sample::cluster>(R"({"loads":[1,"x"]})"),
            "x/y.loads[1]: expected double, found string");
  auto const c =
      refusal<sample::cluster>("{\"custom_tags\":{\"" + std::string(5000, 'k') + "\":1}}");
  EXPECT_LT(c.size(), 200U);
}

TEST(read, keeps_an_unknown_enum_and_refuses_one_that_is_no_string) {
  auto const c = good<sample::cluster>(R"({"state":"HIBERNATING"})");
  EXPECT_EQ(c.state.value(), std::nullopt);
  EXPECT_EQ(c.state.raw(), "HIBERNATING");
  EXPECT_EQ(refusal<sample::cluster>(R"({"state":3})"), "x/y.state: expected string, found int64");
}

TEST(read, decodes_base64_and_says_where_it_is_bad) {
  auto const b = good<sample::block>(R"({"handle":1,"data":"aGVsbG8="})");
  ASSERT_EQ(b.data.size(), 5U);
  EXPECT_EQ(std::memcmp(b.data.data(), "hello", 5), 0);
  EXPECT_EQ(good<sample::block>("{\"data\":\"\\/\\/\\/\\/\"}").data,
            std::vector(3, std::byte{0xFF}));
  EXPECT_TRUE(good<sample::block>(R"({"data":""})").data.empty());
  EXPECT_EQ(refusal<sample::block>(R"({"data":"aGVsbG8"})"),
            "x/y.data: expected base64 string: the length of base64 text is a multiple of 4, "
            "found 7");
  for (auto const text : {"=", "==", "===", "====", "A=", "AAA", "A-B_"}) {
    EXPECT_NE(refusal<sample::block>("{\"data\":\"" + std::string(text) + "\"}"), "accepted");
  }
  EXPECT_EQ(refusal<sample::block>(R"({"data":[1]})"),
            "x/y.data: expected base64 string, found array");
}

TEST(read, captures_free_json_with_numbers_as_spelled) {
  auto const text = [](std::string const& value) {
    return good<sample::cluster>("{\"extra\": " + value + ", \"pinned\": true}").extra.text;
  };
  EXPECT_EQ(text("12345678901234567890123"), "12345678901234567890123");
  EXPECT_EQ(text("1.10"), "1.10");
  EXPECT_EQ(text("-0"), "-0");
  EXPECT_EQ(text("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(text("true"), "true");
  EXPECT_EQ(text("\"a\\u00e9\\n\\\"\""), "\"aé\\n\\\"\"");
  EXPECT_EQ(text("[ ]"), "[]");
  EXPECT_EQ(text("{ \"a\" : { } , \"b\" : [ 1 , [ ] , \"x,\" ] , \"c\\n\" : null }"),
            "{\"a\":{},\"b\":[1,[],\"x,\"],\"c\\n\":null}");
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(read, bounds_nesting_wherever_it_is) {
  auto const inside = kiln::limits::json_depth_max - 1;
  (void)good<sample::numbers>("{\"unknown\":" + nested(inside) + "}");
  (void)good<sample::cluster>("{\"extra\":" + nested(inside) + "}");
  auto const expected = "nested deeper than " + std::to_string(kiln::limits::json_depth_max);
  for (auto const depth : {inside + 1, std::size_t{100'000}}) {
    for (auto const member : {"unknown", "extra"}) {
      auto const text = "{\"" + std::string(member) + "\":" + nested(depth) + "}";
      EXPECT_NE(refusal<sample::cluster>(text).find(expected), std::string::npos);
    }
  }
  std::string tree;
  for (int i = 0; i < 100'000; ++i) tree += "{\"children\":[";
  EXPECT_NE(refusal<sample::tree>(tree).find(expected), std::string::npos);
}

TEST(read, refuses_text_that_is_not_json) {
  struct {
    std::string_view text, part;
  } const cases[] = {
      {"", "x/y: expected JSON, found an empty text"},
      {" \r\n\t", "x/y: expected JSON, found an empty text"},
      {"\xEF\xBB\xBF{}", "byte order mark"},
      {"{\"i32\":1", "x/y.i32: invalid JSON at byte 8: the text ends too early"},
      {"{} x", "x/y: invalid JSON at byte 3"},
      {"{}{}", "x/y: invalid JSON at byte 2"},
      {"{\"i32\":01}", "invalid JSON at byte"},
      {"{\"i32\":1,}", "invalid JSON at byte"},
      {"{\n \"i32\" 1}", "invalid JSON at byte 9 (line 2, column 8): "},
      {"{i32:1}", "invalid JSON at byte 1"},
      {"{\"a\":\"\xFF\"}", "invalid JSON at byte"},
      {"{\"a\":\"\xC0\x80\"}", "invalid JSON at byte"},
      {"{\"a\":\"\xED\xA0\x80\"}", "invalid JSON at byte"},
      {"{\"a\":\"\\ud800\"}", "invalid JSON at byte"},
      {"{\"a\":\"\\ud800\\u0041\"}", "invalid JSON at byte"},
      {"{\"a\":\"\\udc00\"}", "invalid JSON at byte"},
      {"{\"a\":\"\x01\"}", "invalid JSON at byte"},
      {"{\"a\":NaN}", "invalid JSON at byte"},
      {"{\"a\":Infinity}", "invalid JSON at byte"},
      {"// c\n{}", "invalid JSON at byte 0"},
      {"<html>", "invalid JSON at byte 0"},
      {"nul", "invalid JSON at byte"},
  };
  for (auto const& c : cases) {
    auto const message = refusal<sample::numbers>(c.text);
    EXPECT_NE(message.find(c.part), std::string::npos) << c.text << " gave: " << message;
  }
}

TEST(read, refuses_a_document_cut_anywhere) {
  std::string const text =
      R"({"clusters":[{"cluster_id":"aé\n","num_workers":12,"custom_tags":{"a":"b"},)"
      R"("extra":[1.5]}]})";
  (void)good<sample::cluster_page>(text);
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(refusal<sample::cluster_page>(text.substr(0, size)), "accepted") << size;
  }
}

TEST(read, joins_strings_the_parser_delivers_in_parts) {
  std::string text;
  std::string expected;
  for (int i = 0; i < 5'000; ++i) {
    text += "a\\n\\u00e9\\ud83d\\ude00";
    expected += "a\n\u00e9\U0001F600";
  }
  auto const c = good<sample::cluster>("{\"cluster_id\":\"" + text + "\",\"custom_tags\":{\"" +
                                       text + "\":\"" + text + "\"}}");
  EXPECT_EQ(c.cluster_id, expected);
  EXPECT_EQ(c.custom_tags.at(expected), expected);
}

TEST(read, holds_members_that_can_only_be_written_to_be_an_error) {
  EXPECT_EQ(refusal<sample::put>(R"({"path":"/a"})"),
            "x/y.path: expected nothing: the member is only written, found string");
  EXPECT_EQ(refusal<sample::put>(R"({"ids":[1]})"),
            "x/y.ids: expected nothing: the member is only written, found array");
}

TEST(read, takes_a_plain_enum_only_with_a_spelling_it_knows) {
  EXPECT_EQ(good<sample::put>(R"({"format":"HTML"})").format, sample::format::html);
  EXPECT_EQ(refusal<sample::put>(R"({"format":"DBC"})"),
            "x/y.format: expected one of the documented strings, found another string");
}

TEST(read, reads_any_type_as_the_whole_document) {
  EXPECT_EQ(good<std::vector<int>>("[1,2,3]"), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ((good<std::map<std::string, std::vector<int>>>(R"({"a":[1],"b":[]})").at("a")[0]), 1);
  EXPECT_EQ(good<std::optional<int>>("null"), std::nullopt);
  EXPECT_EQ(good<std::string>("\"x\""), "x");
  EXPECT_EQ(good<sample::tree>(R"({"children":[{"children":[{"name":"leaf"}]}]})")
                .children[0]
                .children[0]
                .name,
            "leaf");
}

}  // namespace
