#include "emulator/service.hpp"

#include <gtest/gtest.h>

namespace kiln::emulation {
namespace {

class counters final : public routed_service<counters> {
 public:
  static std::span<route const> routes() {
    static constexpr std::string_view one = "/api/2.0/counters/{name}";
    static route const all[] = {{"GET", one, &counters::get},
                                {"POST", one, &counters::add},
                                {"DELETE", one, nullptr, &counters::remove}};
    return all;
  }
  void clear() override { sum_ = 0; }

 private:
  outcome<boost::json::object> get(parameters const& in, moment) {
    auto const name = in.text("name");
    if (!name) return name.error();
    return boost::json::object{{"name", *name}, {"sum", sum_}};
  }
  outcome<boost::json::object> add(parameters const& in, moment) {
    auto const by = in.integer_or("by", 1);
    if (!by) return by.error();
    sum_ += *by;
    return boost::json::object();
  }
  api_reply remove(parameters const&, moment) {
    api_reply out;
    out.status = 204;
    out.body.clear();
    return out;
  }
  std::int64_t sum_ = 0;
};

api_reply ask(emulated_service& s, std::string_view method, std::string_view path,
              std::string_view query = {}, std::string_view body = {}) {
  return s.handle({method, path, query, body}, moment{});
}

TEST(match_path, gives_the_segments_that_a_pattern_names) {
  auto const found = match_path("/a/{x}/b/{y}", "/a/1%202/b/z");
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->at(0).second, "1 2");
  EXPECT_EQ(found->at(1).first, "y");
  EXPECT_EQ(found->at(1).second, "z");
}

TEST(match_path, refuses_what_is_shorter_longer_or_empty_in_the_middle) {
  for (auto const path : {"/a", "/a/", "/a/1", "/a/1/b/", "/a/1/b/2/c", "/a//b/2", "/b/1/b/2"}) {
    EXPECT_FALSE(match_path("/a/{x}/b/{y}", path)) << path;
  }
  EXPECT_TRUE(match_path("/a", "/a").has_value());
}

TEST(routed_service, tells_the_verbs_of_a_path) {
  counters s;
  EXPECT_EQ(s.verbs_of("/api/2.0/counters/x"), "GET, POST, DELETE");
  EXPECT_EQ(s.verbs_of("/api/2.0/counters"), "");
}

TEST(routed_service, finds_the_handler_of_a_verb) {
  counters s;
  ask(s, "POST", "/api/2.0/counters/x", "", R"({"by":5})");
  EXPECT_EQ(ask(s, "GET", "/api/2.0/counters/x").body, R"({"name":"x","sum":5})");
  EXPECT_EQ(ask(s, "DELETE", "/api/2.0/counters/x").status, 204);
  s.clear();
  EXPECT_EQ(ask(s, "GET", "/api/2.0/counters/x").body, R"({"name":"x","sum":0})");
}

TEST(routed_service, reads_numbers_that_come_as_text) {
  counters s;
  ask(s, "POST", "/api/2.0/counters/x", "by=9007199254740993");
  EXPECT_EQ(ask(s, "GET", "/api/2.0/counters/x").body, R"({"name":"x","sum":9007199254740993})");
}

TEST(routed_service, says_what_is_wrong_with_a_request) {
  counters s;
  EXPECT_EQ(ask(s, "POST", "/api/2.0/counters/x", "", R"({"by":"much"})").body,
            R"({"error_code":"INVALID_PARAMETER_VALUE",)"
            R"("message":"Parameter by is not an integer of 64 bits"})");
  EXPECT_EQ(ask(s, "POST", "/api/2.0/counters/x", "", "[]").status, 400);
  EXPECT_EQ(ask(s, "POST", "/api/2.0/counters/x", "", "{").status, 400);
  EXPECT_EQ(ask(s, "POST", "/api/2.0/counters/x", "by=%zz").status, 400);
}

}  // namespace
}  // namespace kiln::emulation
