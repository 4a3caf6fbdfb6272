#include "emulator/dbfs_path.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::string_literals;
using kiln::emulation::is_utf8;
using kiln::emulation::is_within;
using kiln::emulation::normal_path;

TEST(dbfs_path, has_one_spelling) {
  for (auto const* text : {"/a/b", "dbfs:/a/b", "/a//b", "/a/b/", "dbfs:///a/b//"}) {
    auto const path = normal_path(text);
    ASSERT_TRUE(path) << text;
    EXPECT_EQ(*path, "/a/b") << text;
  }
  for (auto const* text : {"/", "//", "dbfs:/"}) EXPECT_EQ(*normal_path(text), "/") << text;
  EXPECT_EQ(*normal_path("/…/.hidden/..x"), "/…/.hidden/..x");
}

TEST(dbfs_path, refuses_what_is_not_absolute_or_points_up) {
  for (auto const& text :
       {""s, "a"s, "dbfs:"s, "dbfs:a"s, "./a"s, "/a/../b"s, "/.."s, "/a/./b"s, "s3:/a"s, "/a\0b"s,
        "/\xff"s, "/\xc0\xaf"s, "/\xed\xa0\x80"s, "/"s + std::string(256, 'x')}) {
    auto const path = normal_path(text);
    ASSERT_FALSE(path) << text;
    EXPECT_EQ(path.error().status, 400);
    EXPECT_EQ(path.error().code, "INVALID_PARAMETER_VALUE");
  }
}

TEST(dbfs_path, bounds_length_and_depth) {
  std::string deep;
  for (int i = 0; i < 257; ++i) deep += "/x";
  EXPECT_FALSE(normal_path(deep));
  EXPECT_TRUE(normal_path(deep.substr(2)));
  std::string lengthy;
  while (lengthy.size() <= kiln::emulation::path_bytes_max) lengthy += '/' + std::string(200, 'x');
  EXPECT_FALSE(normal_path(lengthy));
}

TEST(dbfs_path, lies_within_itself_and_its_parents_only) {
  EXPECT_TRUE(is_within("/a", "/a"));
  EXPECT_TRUE(is_within("/a/b", "/a"));
  EXPECT_TRUE(is_within("/a", "/"));
  EXPECT_FALSE(is_within("/ab", "/a"));
  EXPECT_FALSE(is_within("/", "/a"));
}

TEST(utf8, is_checked_to_the_last_byte) {
  for (auto const& good : {""s, "abc"s, "é"s, "日本"s, "\xf0\x9f\x98\x80"s})
    EXPECT_TRUE(is_utf8(good));
  for (auto const& bad : {"\x80"s, "a\xc3"s, "\xe6\x97"s, "\xf0\x9f\x98"s, "\xf5\x80\x80\x80"s,
                          "\xe0\x80\x80"s, "\xf0\x80\x80\x80"s, "\xf4\x90\x80\x80"s}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(query, is_decoded_in_order) {
  auto const q = kiln::emulation::parse_query("path=%2Fa%20b+c&length=5&flag&&x=%C3%A9");
  ASSERT_TRUE(q);
  ASSERT_EQ(q->size(), 4U);
  EXPECT_EQ((*q)[0], std::pair("path"s, "/a b c"s));
  EXPECT_EQ((*q)[1], std::pair("length"s, "5"s));
  EXPECT_EQ((*q)[2], std::pair("flag"s, ""s));
  EXPECT_EQ((*q)[3].second, "é");
}

TEST(query, with_a_broken_escape_is_malformed) {
  for (auto const* text : {"a=%", "a=%4", "a=%zz", "%=1"}) {
    auto const q = kiln::emulation::parse_query(text);
    ASSERT_FALSE(q) << text;
    EXPECT_EQ(q.error().code, "MALFORMED_REQUEST");
  }
}

TEST(json_quoted, is_always_valid_json) {
  EXPECT_EQ(kiln::emulation::json_quoted("a\"b\n"), R"("a\"b\n")");
  EXPECT_EQ(kiln::emulation::json_quoted("é"), "\"é\"");
  EXPECT_EQ(kiln::emulation::json_quoted("\xff\"a"), R"("?\"a")");
}

}  // namespace
