// Which items of a tree take part, and what becomes of those that are at the target already:
// through the engine, with requests counted.
#include "loopback/transfer_support.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace kiln {
namespace {

using transfer_tests::content_of;
using transfer_tests::world;
using strings = std::vector<std::string>;
using contents = std::map<std::string, std::string>;

struct transfer_selection : world {
  strings include, exclude, listed;

  transfer_options options(overwrite how = overwrite::fail) const {
    transfer_options o;
    o.include = include;
    o.exclude = exclude;
    if (!listed.empty()) o.only.emplace(listed);
    o.overwrite = how;
    return o;
  }
  [[nodiscard]] result<transfer_plan> plan_up(transfer_options const& o) const {
    return wait(kiln::plan_upload(*ws, (local.path() / "t").string(), "/t", o));
  }
  void make_tree() const {
    local.write("t/a.csv", "a");
    local.write("t/b.txt", "b");
    local.write("t/deep/c.csv", "c");
    local.write("t/deep/d.txt", "d");
    local.write("t/tmp/e.csv", "e");
    local.make_directory("t/void");
  }
  void touch(std::string const& name, std::chrono::seconds from_now) const {
    auto const now = std::filesystem::file_time_type::clock::now();
    std::filesystem::last_write_time(local.path() / name, now + from_now);
  }
};

TEST_F(transfer_selection, is_the_same_both_ways_and_costs_what_was_planned) {
  make_tree();
  include = {"*.csv"};
  exclude = {"tmp/"};
  auto const plan = plan_up(options());
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->files, 2U);
  EXPECT_EQ(plan->directories, 0U) << "none that is not included itself";
  auto const up = upload("t", "/t", options());
  EXPECT_EQ(up->files_done, 2U);
  EXPECT_EQ(requests(), plan->requests.total());

  upload("t", "/all");
  auto const before = requests();
  auto const down = download("/all", "back", options());
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_EQ(requests() - before, 3U + 2U) << "lists of the root, deep and void, a read each file";
  EXPECT_EQ((local / "back").contents(),
            (contents{{"a.csv", "a"}, {"deep", "<dir>"}, {"deep/c.csv", "c"}}));
}

TEST_F(transfer_selection, that_takes_nothing_makes_nothing) {
  make_tree();
  include = {"*.nothing"};
  auto const up = upload("t", "/t", options());
  EXPECT_EQ(up->files_done, 0U);
  EXPECT_EQ(requests(), 0U);
}

TEST_F(transfer_selection, of_listed_paths_looks_nowhere_else_and_names_what_is_missing) {
  make_tree();
  listed = {"a.csv", "./deep/", "gone", "tmp/e.csv"};
  exclude = {"tmp/"};
  auto const up = upload("t", "/t", options());
  EXPECT_EQ(up->files_done, 3U);
  ASSERT_EQ(up->failures.size(), 1U) << "what is excluded is not missing";
  EXPECT_EQ(up->failures[0].reason.code(), errc::file_not_found);
  EXPECT_NE(up->failures[0].item.source.find("t/gone"), std::string::npos);

  exclude.clear();
  upload("t", "/all");
  auto const before = requests();
  auto const down = download("/all", "back", options());
  EXPECT_EQ(requests() - before, 3U + 4U) << "lists of the root, deep and tmp";
  EXPECT_EQ(down->files_done, 4U);
  EXPECT_EQ(down->failures.size(), 1U);
}

TEST_F(transfer_selection, that_is_broken_or_of_one_file_is_refused_before_anything_is_sent) {
  make_tree();
  include = {"[a"};
  auto broken = upload("t", "/t", options());
  ASSERT_TRUE(broken.has_error());
  EXPECT_EQ(broken.error().code(), errc::invalid_argument);
  EXPECT_NE(broken.error().message().find("column 1"), std::string::npos) << broken.error();
  include.clear();
  listed = {"../outside"};
  EXPECT_EQ(upload("t", "/t", options()).error().code(), errc::invalid_argument);
  listed.clear();
  exclude = {"*.txt"};
  EXPECT_EQ(upload("t/a.csv", "/a", options()).error().code(), errc::invalid_argument);
  EXPECT_EQ(requests(), 0U);
}

TEST_F(transfer_selection, follows_links_and_reports_a_loop) {
  local.write("outside/f", "far");
  local.write("t/near", "near");
  std::filesystem::create_directory_symlink("../outside", local.path() / "t/out");
  std::filesystem::create_directory_symlink(".", local.path() / "t/loop");
  auto o = options();
  o.links = link_mode::follow;
  auto const up = upload("t", "/t", o);
  EXPECT_EQ(up->files_done, 2U);
  ASSERT_EQ(up->failures.size(), 1U);
  EXPECT_NE(up->failures[0].reason.message().find("loop"), std::string::npos);
  download("/t", "back");
  EXPECT_EQ((local / "back").contents(),
            (contents{{"near", "near"}, {"out", "<dir>"}, {"out/f", "far"}}));
}

TEST_F(transfer_selection, replaces_only_what_is_older_or_different_at_the_cost_of_lists) {
  make_tree();
  std::filesystem::remove_all(local.path() / "t/void");
  upload("t", "/t");
  touch("t/a.csv", std::chrono::seconds(60));
  local.write("t/deep/c.csv", "longer");
  touch("t/deep/c.csv", std::chrono::seconds(-3600));
  local.write("t/new/f", "new");
  for (auto const how : {overwrite::if_newer, overwrite::if_different}) {
    bool const newer = how == overwrite::if_newer;
    auto const plan = plan_up(options(how));
    ASSERT_TRUE(plan.has_value()) << plan.error();
    EXPECT_EQ(plan->files, 2U) << to_string(how);
    EXPECT_EQ(plan->requests_spent.list, newer ? 3U : 4U) << "what is there of the directories";
    auto const before = requests();
    auto const up = upload("t", "/t", options(how));
    ASSERT_TRUE(up.has_value()) << up.error();
    EXPECT_EQ(requests() - before, plan->requests_spent.total() + plan->requests.total());
    EXPECT_EQ(up->requests, requests() - before);
    EXPECT_EQ(up->files_done, 2U);
    EXPECT_EQ(up->files_skipped, 4U);
    EXPECT_TRUE(up->failures.empty());
    touch("t/a.csv", std::chrono::seconds(-3600));
    local.write("t/b.txt", "bb");
  }
  download("/t", "back");
  EXPECT_EQ(local.read("back/deep/c.csv"), "longer");
  EXPECT_EQ(local.read("back/b.txt"), "bb");
}

TEST_F(transfer_selection, of_a_download_compares_with_what_is_here_for_nothing) {
  make_tree();
  upload("t", "/t");
  download("/t", "back");
  local.write("back/b.txt", "mine");
  for (auto const how : {overwrite::if_newer, overwrite::if_different, overwrite::never}) {
    auto const from = std::filesystem::copy_options::recursive;
    std::string const to = "copy-" + std::string(to_string(how));
    std::filesystem::copy(local.path() / "back", local.path() / to, from);
    // Said, not left to the moment of the copy: the kernel stamps files with the time of its last
    // tick, which may lie before what the server noted of the upload.
    for (auto const* name : {"/b.txt", "/deep/c.csv", "/deep/d.txt", "/tmp/e.csv"}) {
      touch(to + name, std::chrono::seconds(3600));
    }
    touch(to + "/a.csv", std::chrono::seconds(-3600));
    std::uint64_t const replaced = how == overwrite::if_different ? 2
                                   : how == overwrite::never      ? 0
                                                                  : 1;
    auto const before = requests();
    auto const down = download("/t", to, options(how));
    ASSERT_TRUE(down.has_value()) << down.error();
    EXPECT_EQ(down->files_done, replaced) << to;
    EXPECT_EQ(down->files_skipped, 5 - replaced);
    EXPECT_EQ(requests() - before, 4U + replaced) << "nothing is read to be thrown away";
    EXPECT_EQ(local.read(to + "/b.txt"), how == overwrite::if_different ? "b" : "mine");
  }
}

TEST_F(transfer_selection, of_one_file_asks_once_what_is_there) {
  local.write("f", content_of(5000));
  upload("f", "/f");
  auto const before = requests();
  auto const same = upload("f", "/f", options(overwrite::if_different));
  EXPECT_EQ(same->files_skipped, 1U);
  EXPECT_EQ(requests() - before, 1U);
  local.write("f", "other");
  EXPECT_EQ(upload("f", "/f", options(overwrite::if_different))->files_done, 1U);
  EXPECT_EQ(requests() - before, 3U);
  EXPECT_EQ(upload("f", "/dir/", options(overwrite::if_newer))->files_done, 1U);
  EXPECT_EQ(upload("f", "/dir", options(overwrite::if_newer))->files_skipped, 1U)
      << "into the directory that is there";
  auto o = options(overwrite::if_different);
  o.stream_always = true;
  local.write("f", "of a third length");
  auto const plan = wait(kiln::plan_upload(*ws, (local.path() / "f").string(), "/f", o));
  auto const between = requests();
  EXPECT_EQ(upload("f", "/f", o)->files_done, 1U);
  EXPECT_EQ(requests() - between, plan->requests.total() + plan->requests_spent.total());
}

TEST_F(transfer_selection, belongs_to_what_a_journal_goes_on_with) {
  for (int i = 0; i < 40; ++i)
    local.write("t/" + std::to_string(i) + (i % 2 == 0 ? ".csv" : ""), "x");
  std::string const state = (local.path() / "state").string();
  struct stopper final : transfer_observer {
    std::atomic<bool> now = false;
    bool resumed = false;
    std::uint64_t files = 5;
    void journaled(std::string_view, bool again) override { resumed = again; }
    void progressed(transfer_progress const& p) override { now = p.files_done >= files; }
  };
  auto const run = [&](strings const& only_these) {
    stopper s;
    include = only_these;
    auto o = options();
    o.state_dir = state;
    o.observer = &s;
    o.drain = &s.now;
    o.files_in_flight_max = 1;
    auto const up = upload("t", "/t", o);
    EXPECT_TRUE(up.has_error());
    return s.resumed;
  };
  EXPECT_FALSE(run({"*.csv"}));
  EXPECT_FALSE(run({"*.none", "*[0-9]"})) << "another selection is another transfer";
  EXPECT_TRUE(run({"*[0-9]", "*.none"})) << "in whatever order it is given";
  auto const all = list_transfers(state);
  ASSERT_EQ(all->size(), 2U);
  for (auto const& t : *all) {
    ASSERT_TRUE(wait(kiln::resume_transfer(*ws, t.id, {.state_dir = state})).has_value());
    EXPECT_EQ(t.items, 20U);
    EXPECT_EQ(t.selection.substr(0, 9), "include '") << t.selection;
  }
  EXPECT_TRUE(list_transfers(state)->empty());
}

}  // namespace
}  // namespace kiln
