#include "transfer/selection.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kiln::transfer {
namespace {

using strings = std::vector<std::string>;

bool matches(std::string_view pattern, std::string_view path, bool is_dir = false) {
  auto const g = glob::parse(pattern);
  EXPECT_TRUE(g.has_value()) << pattern;
  return g.has_value() && g->matches(path, is_dir);
}

selection made(strings const& includes, strings const& excludes = {}) {
  auto out = selection::make(includes, excludes);
  EXPECT_TRUE(out.has_value());
  return out.has_value() ? *out : selection();
}

TEST(glob, without_a_slash_is_about_the_last_component_at_any_depth) {
  EXPECT_TRUE(matches("*.csv", "a.csv"));
  EXPECT_TRUE(matches("*.csv", "x/y/a.csv"));
  EXPECT_FALSE(matches("*.csv", "a.csv.gz"));
  EXPECT_FALSE(matches("*.csv", "a.csv/b"));
}

TEST(glob, with_a_slash_is_about_the_whole_path) {
  EXPECT_TRUE(matches("x/*.csv", "x/a.csv"));
  EXPECT_TRUE(matches("/x/*.csv", "x/a.csv"));
  EXPECT_TRUE(matches("./x/*.csv", "x/a.csv"));
  EXPECT_FALSE(matches("x/*.csv", "y/x/a.csv"));
  EXPECT_FALSE(matches("x/*.csv", "x/y/a.csv"));
}

TEST(glob, two_stars_stand_for_any_directories) {
  EXPECT_TRUE(matches("**/a", "a"));
  EXPECT_TRUE(matches("**/a", "x/y/a"));
  EXPECT_TRUE(matches("x/**", "x/y/a"));
  EXPECT_TRUE(matches("x/**/a", "x/a"));
  EXPECT_TRUE(matches("x/**/a", "x/1/2/a"));
  EXPECT_FALSE(matches("x/**/a", "y/x/a"));
  EXPECT_FALSE(matches("**/ab", "x/b"));
}

TEST(glob, a_slash_at_the_end_matches_directories_only) {
  EXPECT_TRUE(matches("build/", "x/build", true));
  EXPECT_FALSE(matches("build/", "x/build", false));
}

TEST(glob, knows_sets_characters_and_escapes) {
  EXPECT_TRUE(matches("[a-c]?.txt", "b1.txt"));
  EXPECT_FALSE(matches("[a-c]?.txt", "d1.txt"));
  EXPECT_TRUE(matches("[!a-c]", "d"));
  EXPECT_FALSE(matches("[!a-c]", "a"));
  EXPECT_TRUE(matches("[]]", "]"));
  EXPECT_TRUE(matches("?", "\xC3\xA9"));
  EXPECT_TRUE(matches("\\*", "*"));
  EXPECT_FALSE(matches("\\*", "a"));
  EXPECT_TRUE(matches("a\\[1]", "a[1]"));
  EXPECT_FALSE(matches("A", "a"));
}

TEST(glob, says_where_a_pattern_is_broken) {
  struct row {
    std::string pattern;
    std::string says;
  };
  for (auto const& r :
       {row{"ab[c", "column 3"}, row{"abc\\", "column 4"}, row{"", "empty"},
        row{"/", "names nothing"}, row{"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a", "stars"}}) {
    auto const g = glob::parse(r.pattern);
    ASSERT_TRUE(g.has_error()) << r.pattern;
    EXPECT_EQ(g.error().code(), errc::invalid_argument);
    EXPECT_NE(g.error().message().find(r.says), std::string::npos) << g.error().message();
  }
}

TEST(selection, of_nothing_takes_everything) {
  selection const all;
  EXPECT_TRUE(all.everything());
  EXPECT_TRUE(all.takes("a/b"));
  EXPECT_TRUE(all.enters("a"));
  EXPECT_TRUE(all.makes("a"));
}

TEST(selection, what_is_excluded_stays_out_whatever_includes_it) {
  auto const s = made({"*.csv", "keep/"}, {"tmp*", "keep/not.me"});
  EXPECT_TRUE(s.takes("x/a.csv"));
  EXPECT_TRUE(s.takes("keep/b.bin"));
  EXPECT_FALSE(s.takes("keep/not.me"));
  EXPECT_FALSE(s.takes("x/tmp.csv"));
  EXPECT_FALSE(s.takes("x/a.bin"));
  EXPECT_TRUE(s.enters("x"));
  EXPECT_FALSE(s.enters("x/tmpdir"));
}

TEST(selection, makes_empty_directories_that_are_included_themselves) {
  auto const s = made({"keep/"});
  EXPECT_TRUE(s.makes("keep"));
  EXPECT_TRUE(s.makes("keep/below"));
  EXPECT_FALSE(s.makes("other"));
}

TEST(selection, of_listed_paths_enters_only_the_way_to_them) {
  selection s;
  ASSERT_TRUE(s.only(strings{"a/b/c.txt", "./d/", "a/b-x"}).has_value());
  EXPECT_TRUE(s.enters("a"));
  EXPECT_TRUE(s.enters("a/b"));
  EXPECT_FALSE(s.enters("a/c"));
  EXPECT_TRUE(s.takes("a/b/c.txt"));
  EXPECT_FALSE(s.takes("a/b/d.txt"));
  EXPECT_TRUE(s.takes("d/any/thing"));
  EXPECT_EQ(s.missing_from(strings{"a/b/c.txt", "d"}), strings{"a/b-x"});
}

TEST(selection, has_one_text_whatever_the_order_it_was_given_in) {
  EXPECT_EQ(selection().text(), "");
  auto const one = selection::make(strings{"*.csv", "a/b"}, strings{"tmp/"});
  auto const other = selection::make(strings{"a/b", "*.csv", "a/b"}, strings{"tmp/"});
  EXPECT_EQ(one->text(), "include '*.csv', include 'a/b', exclude 'tmp/'");
  EXPECT_EQ(one->text(), other->text());
  auto const quoted = selection::make(strings{"a', exclude 'b"}, {});
  auto const apart = selection::make(strings{"a"}, strings{"b"});
  EXPECT_NE(quoted->text(), apart->text());
}

TEST(selection, of_listed_paths_has_a_text_of_their_number_and_what_they_are) {
  selection one;
  selection other;
  selection third;
  ASSERT_TRUE(one.only(strings{"a", "b/c"}).has_value());
  ASSERT_TRUE(other.only(strings{"./b/c", "a", "a/"}).has_value());
  ASSERT_TRUE(third.only(strings{"a", "b/d"}).has_value());
  EXPECT_EQ(one.text().substr(0, 9), "2 paths (");
  EXPECT_EQ(one.text(), other.text());
  EXPECT_NE(one.text(), third.text());
}

TEST(selection, knows_what_is_left_out_with_the_directories_above_it) {
  auto const s = selection::make({}, strings{"tmp/", "*.log"});
  EXPECT_TRUE(s->leaves_out("tmp/a/b", false));
  EXPECT_TRUE(s->leaves_out("a/x.log", false));
  EXPECT_FALSE(s->leaves_out("tmp", false));
  EXPECT_TRUE(s->leaves_out("tmp", true));
}

TEST(selection, refuses_listed_paths_that_lead_out_and_names_the_line) {
  for (auto const& bad : {"/etc/passwd", "a/../b", "..", "", ".", "a//b"}) {
    selection s;
    auto const done = s.only(strings{"good", bad});
    ASSERT_TRUE(done.has_error()) << bad;
    EXPECT_NE(done.error().message().find("line 2"), std::string::npos) << done.error().message();
  }
}

}  // namespace
}  // namespace kiln::transfer
