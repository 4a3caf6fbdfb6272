#include "transfer/names.hpp"
#include "transfer/tree_walk.hpp"
#include "unit/transfer/fake_remote.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace kiln::transfer {
namespace {

using testing::fake_remote;
using testing::scratch;
using when = fake_remote::when;

std::vector<std::string> paths_of(listing const& tree) {
  std::vector<std::string> out;
  for (auto const& e : tree.entries) out.push_back(e.path + (e.is_dir ? "/" : ""));
  std::sort(out.begin(), out.end());
  return out;
}

listing walk_of(std::string const& path, link_mode links = link_mode::skip,
                entry_filter const& takes = everything) {
  auto const root = folder::open(path, false);
  EXPECT_FALSE(root.has_error());
  local_walk walk(*root, everywhere, takes, links);
  while (walk.step(1)) {
  }
  return std::move(walk).take();
}

TEST(local_walk, finds_files_and_directories_with_their_sizes) {
  scratch tree;
  tree.write("b/c/f", "abc");
  tree.write("a", "");
  std::filesystem::create_directories(tree / "empty");
  auto const got = walk_of(tree.path());
  EXPECT_EQ(paths_of(got), (std::vector<std::string>{"a", "b/", "b/c/", "b/c/f", "empty/"}));
  auto const f = std::find_if(got.entries.begin(), got.entries.end(),
                              [](found const& e) { return e.path == "b/c/f"; });
  ASSERT_NE(f, got.entries.end());
  EXPECT_EQ(f->size, 3U);
}

TEST(local_walk, follows_no_link_and_says_so) {
  scratch outside;
  outside.write("secret", "x");
  scratch tree;
  std::filesystem::create_directory_symlink(outside.path(), tree / "out");
  std::filesystem::create_directory_symlink(".", tree / "loop");
  std::filesystem::create_symlink("nowhere", tree / "dangling");
  auto const got = walk_of(tree.path());
  EXPECT_TRUE(got.entries.empty());
  ASSERT_EQ(got.refused.size(), 3U);
  for (auto const& r : got.refused) EXPECT_EQ(r.state, transfer_state::skipped);
}

TEST(local_walk, follows_links_when_it_is_to_but_not_in_circles) {
  scratch outside;
  outside.write("dir/secret", "xyz");
  scratch tree;
  tree.write("a/f", "x");
  std::filesystem::create_directory_symlink(outside / "dir", tree / "a/out");
  std::filesystem::create_symlink(outside / "dir/secret", tree / "file");
  std::filesystem::create_directory_symlink("..", tree / "a/up");
  std::filesystem::create_directory_symlink(".", tree / "a/here");
  std::filesystem::create_symlink("nowhere", tree / "dangling");
  std::filesystem::create_symlink("self", tree / "self");
  auto const got = walk_of(tree.path(), link_mode::follow);
  EXPECT_EQ(paths_of(got),
            (std::vector<std::string>{"a/", "a/f", "a/out/", "a/out/secret", "file"}));
  ASSERT_EQ(got.refused.size(), 4U);
  std::string all;
  for (auto const& r : got.refused) {
    EXPECT_EQ(r.state, transfer_state::failed) << r.reason;
    all += r.item.source + ": " + r.reason.message() + '\n';
  }
  EXPECT_NE(all.find("a/up: a symbolic link back to the root: a loop"), std::string::npos) << all;
  EXPECT_NE(all.find("a/here: a symbolic link back to 'a': a loop"), std::string::npos) << all;
  EXPECT_NE(all.find("dangling: a symbolic link that leads nowhere"), std::string::npos) << all;
  EXPECT_NE(all.find("self: a symbolic link that leads nowhere"), std::string::npos) << all;
}

TEST(local_walk, names_the_kind_of_a_special_file_and_leaves_unwanted_ones_out_silently) {
  scratch tree;
  tree.write("ok", "x");
  tree.write("bad\xFF", "x");
  ASSERT_EQ(::mkfifo((tree / "pipe").c_str(), 0600), 0);
  auto const all = walk_of(tree.path());
  ASSERT_EQ(all.refused.size(), 2U);
  EXPECT_EQ(all.refused[1].reason.message(), "a named pipe, not a regular file");
  auto const some =
      walk_of(tree.path(), link_mode::skip, [](std::string_view path) { return path == "ok"; });
  EXPECT_EQ(paths_of(some), std::vector<std::string>{"ok"});
  EXPECT_TRUE(some.refused.empty());
}

TEST(local_walk, takes_case_for_told_apart_where_the_file_system_says_nothing_else) {
  scratch tree;
  EXPECT_FALSE(ignores_case(tree.path()));
  EXPECT_FALSE(ignores_case(tree.path() + "/not/there/yet"));
  EXPECT_FALSE(ignores_case("not/there/yet"));
}

TEST(local_walk, ends_in_a_tree_that_is_too_deep) {
  scratch tree;
  std::string deep = "d";
  for (std::size_t i = 0; i < tree_depth_max + 5; ++i) deep += "/d";
  std::filesystem::create_directories(tree / deep);
  auto const got = walk_of(tree.path());
  ASSERT_EQ(got.refused.size(), 1U);
  EXPECT_EQ(got.refused[0].reason.code(), errc::unsafe_name);
  EXPECT_EQ(got.entries.size(), tree_depth_max - 1);
}

dbfs::file_info info(std::string path, bool is_dir) {
  dbfs::file_info out;
  out.path = std::move(path);
  out.is_dir = is_dir;
  return out;
}

struct remote_walk : ::testing::Test {
  fake_remote remote;
  result<remote_tree> got = remote_tree();
  std::string root = "/r";
  void walk() {
    auto first = remote.listings[root];
    testing::run(body(std::move(first)));
  }
  asio::awaitable<void> body(std::vector<dbfs::file_info> first) {
    got = co_await walk_remote(remote, root, std::move(first));
  }
};

TEST_F(remote_walk, lists_every_directory_once_and_several_at_a_time) {
  remote.listings["/r"] = {};
  for (int i = 0; i < 100; ++i) {
    std::string const dir = "/r/d" + std::to_string(i);
    remote.listings["/r"].push_back(info(dir, true));
    remote.listings[dir] = {info(dir + "/f", false), info(dir + "/s", true)};
    remote.listings[dir + "/s"] = {};
  }
  walk();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->found.entries.size(), 300U);
  EXPECT_EQ(got->lists, 200U);
  EXPECT_EQ(remote.most_under_way, lists_in_flight_max);
}

TEST_F(remote_walk, lists_ten_directories_of_a_volume_at_a_time) {
  root = "/Volumes/a/b/c/r";
  for (int i = 0; i < 40; ++i) {
    std::string const dir = root + "/d" + std::to_string(i);
    remote.listings[root].push_back(info(dir, true));
    remote.listings[dir] = {info(dir + "/f", false)};
  }
  walk();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->found.entries.size(), 80U);
  EXPECT_EQ(remote.most_under_way, 10U);
}

TEST_F(remote_walk, reports_a_directory_that_cannot_be_listed_and_goes_on) {
  remote.listings["/r"] = {info("/r/a", true), info("/r/b", true)};
  remote.listings["/r/b"] = {info("/r/b/f", false)};
  walk();
  EXPECT_EQ(paths_of(got->found), (std::vector<std::string>{"b/", "b/f"}));
  ASSERT_EQ(got->found.refused.size(), 1U);
  EXPECT_EQ(got->found.refused[0].item.source, "/r/a");
  EXPECT_EQ(got->found.refused[0].reason.code(), errc::not_found);
}

TEST_F(remote_walk, ends_when_the_server_lists_directories_without_end) {
  std::string path = "/r";
  for (std::size_t i = 0; i < tree_depth_max + 10; ++i) {
    remote.listings[path] = {info(path + "/d", true), info(path, true)};
    path += "/d";
  }
  walk();
  ASSERT_TRUE(got.has_value());
  EXPECT_LE(got->lists, tree_depth_max);
  EXPECT_EQ(got->found.refused.back().reason.code(), errc::unsafe_name);
}

TEST_F(remote_walk, is_an_error_when_the_handle_is_closed_meanwhile) {
  remote.listings["/r"] = {info("/r/a", true), info("/r/b", true)};
  remote.fault = [](std::string const&, int, when) -> std::optional<error> {
    return error(errc::closed, "closed");
  };
  walk();
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::closed);
}

}  // namespace
}  // namespace kiln::transfer
