#include "cli/private_file.hpp"
#include "cli/temp_dir.hpp"
#include "cli/tree.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <system_error>

namespace kiln::cli {
namespace {

namespace fs = std::filesystem;

void put(fs::path const& path, std::string const& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

TEST(staged_trees, hold_what_the_source_holds_without_what_is_skipped) {
  temp_dir const work("kiln-test");
  auto const source = work.path() / "source";
  put(source / "a", "1");
  put(source / "deep" / "er" / "b", "22");
  put(source / "build" / "huge", "x");
  put(source / "deep" / "build", "kept, as it is not right in the source");
  fs::create_directory(source / "empty");
  fs::create_symlink("a", source / "link");
  stage_options options;
  options.skipped_names = {"build"};
  auto const staged = stage_tree(source, work.path() / "staged", options);
  ASSERT_TRUE(staged.has_value());
  EXPECT_EQ(staged->files, 3U);
  EXPECT_EQ(staged->directories, 3U);
  EXPECT_EQ(staged->left_out, 1U);
  EXPECT_FALSE(fs::exists(work.path() / "staged" / "build"));
  EXPECT_TRUE(fs::is_directory(work.path() / "staged" / "empty"));
  EXPECT_EQ(fs::file_size(work.path() / "staged" / "deep" / "er" / "b"), 2U);
}

TEST(staged_trees, stop_at_their_limits) {
  temp_dir const work("kiln-test");
  put(work.path() / "source" / "a", "1");
  put(work.path() / "source" / "b", "2");
  stage_options options;
  options.files_max = 1;
  auto const staged = stage_tree(work.path() / "source", work.path() / "staged", options);
  ASSERT_TRUE(staged.has_error());
  EXPECT_EQ(staged.error().code(), errc::queue_full);
}

TEST(staged_trees, do_not_swallow_themselves_when_made_inside_the_source) {
  temp_dir const work("kiln-test");
  put(work.path() / "a", "1");
  auto const staged = stage_tree(work.path(), work.path() / "staged", {});
  ASSERT_TRUE(staged.has_value());
  EXPECT_EQ(staged->files, 1U);
  EXPECT_FALSE(fs::exists(work.path() / "staged" / "staged"));
}

TEST(staged_trees, of_a_missing_source_say_so) {
  temp_dir const work("kiln-test");
  auto const staged = stage_tree(work.path() / "none", work.path() / "staged", {});
  ASSERT_TRUE(staged.has_error());
  EXPECT_EQ(staged.error().code(), errc::file_not_found);
}

TEST(compared_trees, differ_by_name_kind_and_any_byte) {
  temp_dir const work("kiln-test");
  auto const a = work.path() / "a";
  auto const b = work.path() / "b";
  for (auto const& root : {a, b}) {
    put(root / "same", std::string(600'000, 'x'));
    put(root / "deep" / "empty", "");
  }
  EXPECT_TRUE(compare_trees(a, b).differences.empty());
  EXPECT_EQ(compare_trees(a, b).bytes, 600'000U);
  EXPECT_EQ(compare_trees(a, b).files, 2U);
  std::string changed(600'000, 'x');
  changed.back() = 'y';
  put(b / "same", changed);
  put(a / "only here", "1");
  put(b / "only there", "1");
  put(a / "kind", "1");
  fs::create_directory(b / "kind");
  EXPECT_EQ(compare_trees(a, b).differences.size(), 4U);
  put(b / "same", std::string(600'001, 'x'));
  EXPECT_EQ(compare_trees(a, b).differences.size(), 4U);
}

TEST(generated_files, have_the_size_and_repeat_for_a_seed) {
  temp_dir const work("kiln-test");
  ASSERT_TRUE(generate_file(work.path() / "a" / "..", 1, 1).has_error());
  fs::create_directory(work.path() / "one");
  fs::create_directory(work.path() / "two");
  ASSERT_TRUE(generate_file(work.path() / "one" / "f", 300'001, 7).has_value());
  ASSERT_TRUE(generate_file(work.path() / "two" / "f", 300'001, 7).has_value());
  EXPECT_EQ(fs::file_size(work.path() / "one" / "f"), 300'001U);
  EXPECT_TRUE(compare_trees(work.path() / "one", work.path() / "two").differences.empty());
  ASSERT_TRUE(generate_file(work.path() / "two" / "f", 300'001, 8).has_value());
  EXPECT_FALSE(compare_trees(work.path() / "one", work.path() / "two").differences.empty());
}

TEST(temp_dirs, are_gone_with_their_object_and_on_request) {
  fs::path path;
  {
    temp_dir const work("kiln-test");
    path = work.path();
    put(path / "x" / "y", "z");
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
  temp_dir const other("kiln-test");
  remove_temp_dirs();
  EXPECT_FALSE(fs::exists(other.path()));
}

TEST(private_files, are_their_owners_only_and_appear_whole) {
  temp_dir const work("kiln-test");
  auto const path = (work.path() / "ready.json").string();
  put(path, "old and readable by all");
  write_private_file(path, "{}");
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
  EXPECT_EQ(facts.st_size, 2);
  EXPECT_EQ(std::distance(fs::directory_iterator(work.path()), fs::directory_iterator()), 1);
  EXPECT_THROW(write_private_file((work.path() / "no" / "x").string(), "{}"), std::system_error);
}

}  // namespace
}  // namespace kiln::cli
