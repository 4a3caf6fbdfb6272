#include "transfer/names.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace kiln::transfer {
namespace {

using namespace std::string_view_literals;

TEST(names, tell_utf8_from_other_bytes) {
  for (auto const text : {""sv, "a"sv, "\xC3\xA9"sv, "\xE2\x82\xAC"sv, "\xF0\x9F\xA6\x8A"sv,
                          "\xED\x9F\xBF"sv, "\xF4\x8F\xBF\xBF"sv}) {
    EXPECT_TRUE(is_utf8(text)) << escaped(text);
  }
  for (auto const text : {"\x80"sv, "\xC3"sv, "\xC0\xAF"sv, "\xE0\x80\xAF"sv, "\xED\xA0\x80"sv,
                          "\xF4\x90\x80\x80"sv, "\xF8\x88\x80\x80\x80"sv, "a\xFF"sv}) {
    EXPECT_FALSE(is_utf8(text)) << escaped(text);
  }
}

TEST(names, are_shown_without_control_characters_or_stray_bytes) {
  EXPECT_EQ(escaped("a\n\xFF\xC3\xA9\x7F"), "a\\x0a\\xff\xC3\xA9\\x7f");
}

TEST(names, from_a_server_that_lead_elsewhere_are_objected_to) {
  for (auto const name : {""sv, "."sv, ".."sv, "a/b"sv, "/abs"sv, "a\0b"sv, "C:\\x"sv, "..\\x"sv,
                          "a\\..\\..\\b"sv, "\\\\host\\share"sv, "a\\.."sv, "\xFF"sv}) {
    EXPECT_FALSE(objection_to_name(name).empty()) << escaped(name);
  }
  EXPECT_FALSE(objection_to_name(std::string(256, 'a')).empty());
}

TEST(names, from_a_server_that_are_merely_odd_are_accepted) {
  for (auto const name :
       {"..."sv, "..a"sv, " "sv, "-rf"sv, "a\nb"sv, "a\\b"sv, "\xE2\x82\xAC"sv, "C:"sv, "~"sv}) {
    EXPECT_EQ(objection_to_name(name), "") << escaped(name);
  }
  EXPECT_EQ(objection_to_name(std::string(255, 'a')), "");
}

TEST(names, of_remote_paths_have_one_form) {
  EXPECT_EQ(*normal_remote_path("dbfs:/a/b"), "/a/b");
  EXPECT_EQ(*normal_remote_path("//a///b//"), "/a/b");
  EXPECT_EQ(*normal_remote_path("dbfs:/"), "/");
  for (auto const path : {"a/b"sv, ""sv, "dbfs:a"sv, "/a/../b"sv, "/./a"sv, "/a\0b"sv}) {
    auto const got = normal_remote_path(path);
    ASSERT_TRUE(got.has_error()) << path;
    EXPECT_EQ(got.error().code(), errc::invalid_argument);
  }
}

TEST(names, are_joined_with_one_separator) {
  EXPECT_EQ(joined("/", "a"), "/a");
  EXPECT_EQ(joined("/a", "b/c"), "/a/b/c");
  EXPECT_EQ(joined("/a", ""), "/a");
}

TEST(names, that_are_temporary_are_legal_and_keep_characters_whole) {
  std::string const unique(16, '0');
  EXPECT_EQ(temporary_name("a.bin", unique), ".a.bin.0000000000000000.kiln-part");
  std::string const longest = temporary_name(std::string(255, 'x'), unique);
  EXPECT_EQ(longest.size(), 255U);
  std::string euros;
  while (euros.size() < 255) euros += "\xE2\x82\xAC";
  std::string const cut = temporary_name(euros, unique);
  EXPECT_LE(cut.size(), 255U);
  EXPECT_GT(cut.size(), 250U);
  EXPECT_TRUE(is_utf8(cut));
}

}  // namespace
}  // namespace kiln::transfer
