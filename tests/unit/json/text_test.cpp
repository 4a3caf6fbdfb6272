#include "json/text.hpp"

#include "json/scan.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kiln::json;

TEST(quoted, escapes_what_json_wants_escaped_and_nothing_else) {
  EXPECT_EQ(quoted(""), R"("")");
  EXPECT_EQ(quoted("a/b é\x7F"), "\"a/b é\x7F\"");
  EXPECT_EQ(quoted("\"\\\b\f\n\r\t\x01\x1F"), R"("\"\\\b\f\n\r\t\u0001\u001f")");
  EXPECT_EQ(quoted(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(compact, drops_space_and_keeps_numbers_as_spelled) {
  EXPECT_EQ(*compact(" { \"id\" : 12345678901234567890123 , \"x\" : [ 1.50 , -0 , 1E5 ] } "),
            R"({"id":12345678901234567890123,"x":[1.50,-0,1E5]})");
  EXPECT_EQ(*compact("null"), "null");
  EXPECT_EQ(*compact(" \"a b\" "), "\"a b\"");
  EXPECT_EQ(compact("{\"a\":}").error().code(), kiln::errc::decode_failed);
  EXPECT_FALSE(compact("[1] [2]").has_value());
}

TEST(pretty, puts_every_member_on_a_line) {
  EXPECT_EQ(*pretty(R"({"a":1,"b":[1,{"c":"x,{"}],"d":{},"e":[]})"), R"({
  "a": 1,
  "b": [
    1,
    {
      "c": "x,{"
    }
  ],
  "d": {},
  "e": []
})");
  EXPECT_EQ(*pretty("[1,2]", 4), "[\n    1,\n    2\n]");
  EXPECT_EQ(*pretty("7925567539485178123"), "7925567539485178123");
  EXPECT_EQ(*pretty(R"("\"{\\")"), R"("\"{\\")");
  EXPECT_FALSE(pretty("{").has_value());
}

TEST(string_member, finds_a_member_of_the_outermost_object_only) {
  auto const body = R"({"details":[{"message":"inner"}],"note":"\"message\":\"quoted\"",
                        "error_code":"NOT_FOUND","message":"no such file: \u00e9\n"})";
  EXPECT_EQ(string_member(body, "message"), "no such file: é\n");
  EXPECT_EQ(string_member(body, "error_code"), "NOT_FOUND");
  EXPECT_EQ(string_member(body, "absent"), std::nullopt);
  EXPECT_EQ(string_member(body, "details"), std::nullopt);
}

TEST(string_member, finds_what_stands_before_a_damaged_end) {
  EXPECT_EQ(string_member(R"({"message":"m","stack":"cut he)", "message"), "m");
  EXPECT_EQ(string_member(R"({"message":"m"},)", "message"), "m");
  EXPECT_EQ(string_member(R"({"message":"cut)", "message"), std::nullopt);
}

TEST(string_member, gives_nothing_for_what_is_no_object) {
  for (auto const text :
       {"", "[]", "\"message\"", "<html>", "{", "{]", "{\"message\"", "{message:\"a\"}"}) {
    EXPECT_EQ(string_member(text, "message"), std::nullopt) << text;
  }
  EXPECT_EQ(string_member(R"({"message":7})", "message"), std::nullopt);
  EXPECT_EQ(string_member(R"({"message":"\ud800"})", "message"), std::nullopt);
}

TEST(unescape, resolves_every_escape_and_refuses_bad_ones) {
  EXPECT_EQ(unescape(R"(\"\\\/\b\f\n\r\tz\u0041\u00e9\u20ac\ud83d\ude00)"),
            "\"\\/\b\f\n\r\tzA\u00e9\u20ac\U0001F600");
  for (auto const bad : {"\\", "\\x", "\\u12", "\\u12g4", "\\ud800", "\\ud800x", "\\ud800\\n",
                         "\\ud800\\u0041", "\\udc00", "\\u-123", "\\u+123"}) {
    EXPECT_EQ(unescape(bad), std::nullopt) << bad;
  }
}

object_scanner::step last_step(std::string_view text) {
  object_scanner members(text);
  auto step = members.next();
  while (step == object_scanner::step::member) step = members.next();
  return step;
}

TEST(object_scanner, checks_the_structure_it_steps_over) {
  for (auto const text : {"{}", " { } ", R"({"a":1,"b":[{"c":"]}"}],"d":"\\","e":"\\\""})",
                          R"({"a":-1.5e+7,"b":true,"c":null})"}) {
    EXPECT_EQ(last_step(text), object_scanner::step::end) << text;
  }
  for (auto const text : {"",
                          "{",
                          "}",
                          "{}x",
                          "{},",
                          "{,}",
                          R"({"a"})",
                          R"({"a":})",
                          R"({"a":1,})",
                          R"({"a":1 "b":2})",
                          R"({"a":[})",
                          R"({"a":[}]})",
                          R"({"a":{]})",
                          R"({"a":"x)",
                          R"({"a":"x\"})",
                          R"({"a":nul})",
                          R"({"a":x})",
                          R"({a:1})",
                          R"({"a":1)",
                          R"({"a":1]})",
                          R"([{"a":1}])",
                          R"({"a":1}{"b":2})"}) {
    EXPECT_EQ(last_step(text), object_scanner::step::malformed) << text;
  }
}

TEST(object_scanner, bounds_nesting) {
  auto const text = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(last_step(text(63)), object_scanner::step::end);
  EXPECT_EQ(last_step(text(64)), object_scanner::step::malformed);
  EXPECT_EQ(last_step(text(100'000)), object_scanner::step::malformed);
}

}  // namespace
