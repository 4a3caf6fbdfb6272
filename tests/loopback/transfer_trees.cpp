#include "loopback/transfer_support.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

namespace kiln {
namespace {

using transfer_tests::content_of;
using transfer_tests::world;

struct transfer_trees : world {};

// Deep, flat, empty, odd: what a user's folder may hold.
void make_tree(transfer_tests::folder const& at) {
  at.write("empty", "");
  at.write("one", "1");
  at.write("block", content_of(1U << 20));
  at.write("block and one", content_of((1U << 20) + 1));
  at.write("a/b/c/d/deep", content_of(70'000));
  at.write("\xC3\xBC\xE2\x82\xAC/\xF0\x9F\xA6\x8A.txt", "fox");
  at.write("100% & a+b?c#d \"e\" 'f'\n;", "odd");
  at.write("back\\slash", "ordinary here");
  at.write("Case", "1");
  at.write("case", "2");
  at.make_directory("void/of/files");
}

TEST_F(transfer_trees, come_back_byte_by_byte) {
  make_tree(local / "tree");
  auto const up = upload("tree", "dbfs:/trees/x");
  ASSERT_TRUE(up.has_value()) << up.error();
  EXPECT_TRUE(up->failures.empty()) << up->failures[0].reason;
  EXPECT_EQ(up->files_done, 10U);
  auto const down = download("dbfs:/trees/x/", "back");
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_TRUE(down->failures.empty()) << down->failures[0].reason;
  EXPECT_EQ((local / "back").contents(), (local / "tree").contents());
  EXPECT_EQ(down->bytes_done, up->bytes_done);
}

TEST_F(transfer_trees, take_exactly_the_requests_of_their_plans) {
  make_tree(local / "tree");
  auto const up_plan = plan_up("tree", "/t");
  ASSERT_TRUE(up_plan.has_value()) << up_plan.error();
  EXPECT_EQ(requests(), 0U) << "planning an upload of a tree asks nothing";
  EXPECT_EQ(up_plan->requests.put, 10U);
  EXPECT_EQ(up_plan->requests.mkdirs, 1U);
  auto const up = upload("tree", "/t");
  EXPECT_EQ(requests(), 11U);
  EXPECT_EQ(up->requests, 11U);

  std::uint64_t before = requests();
  auto const down_plan = plan_down("/t", "back");
  ASSERT_TRUE(down_plan.has_value()) << down_plan.error();
  EXPECT_EQ(down_plan->requests_spent.list, 9U) << "one a directory";
  EXPECT_EQ(requests() - before, 9U);
  EXPECT_EQ(down_plan->requests.read, 10U) << "none for the empty file, two for the larger one";
  EXPECT_EQ(down_plan->requests.get_status, 1U) << "whether the larger one is still the same";
  before = requests();
  auto const down = download("/t", "back");
  EXPECT_EQ(requests() - before, down_plan->requests.total() + 9);
  EXPECT_EQ(down->requests, requests() - before);
}

TEST_F(transfer_trees, of_ten_small_files_take_eleven_requests_down) {
  for (int i = 0; i < 10; ++i) (local / "t").write(std::to_string(i), content_of(4096));
  upload("t", "/t");
  auto const before = requests();
  auto const down = download("/t", "back");
  EXPECT_EQ(down->files_done, 10U);
  EXPECT_EQ(requests() - before, 11U);
}

TEST_F(transfer_trees, of_one_file_go_to_the_name_given_or_into_the_directory_given) {
  local.write("f", "x");
  upload("f", "/one");
  EXPECT_EQ(requests(), 1U) << "one put, nothing else";
  upload("f", "/dir/");
  upload("f", "/dir");
  EXPECT_EQ(upload("f", "/dir", {.overwrite = overwrite::always})->files_done, 1U);
  local.make_directory("in");
  EXPECT_EQ(download("/one", "in")->files_done, 1U);
  EXPECT_EQ(download("/dir/f", "new/name")->files_done, 1U);
  EXPECT_EQ(local.read("in/one"), "x");
  EXPECT_EQ(local.read("new/name"), "x");
}

TEST_F(transfer_trees, say_what_stands_in_the_way_of_a_start) {
  EXPECT_EQ(upload("nothing", "/x").error().code(), errc::file_not_found);
  EXPECT_EQ(download("/nothing", "x").error().code(), errc::not_found);
  local.write("d/f", "x");
  EXPECT_EQ(upload("d", "relative").error().code(), errc::invalid_argument);
  EXPECT_EQ(upload("d", "/d", {.recursive = false}).error().code(), errc::invalid_argument);
  upload("d", "/d");
  EXPECT_EQ(download("/d", "y", {.recursive = false}).error().code(), errc::invalid_argument);
  EXPECT_THROW((void)kiln::upload(*ws, "a", "/a", {.files_in_flight_max = 0}),
               std::invalid_argument);
  EXPECT_THROW((void)kiln::upload(*ws, "a", "/a", {.bytes_in_flight_max = 1}),
               std::invalid_argument);
}

TEST_F(transfer_trees, respect_what_exists_in_every_mode_up_and_down) {
  local.write("old/a", "old");
  local.write("new/a", "new");
  local.write("new/b", "b");
  for (auto const mode : {overwrite::fail, overwrite::never, overwrite::always}) {
    emu->reset();
    std::filesystem::remove_all(local.path() / "down");
    upload("old", "/t");
    auto const up = upload("new", "/t", {.overwrite = mode});
    auto const down = download("/t", "down");
    bool const replaced = mode == overwrite::always;
    EXPECT_EQ(local.read("down/a"), replaced ? "new" : "old");
    EXPECT_EQ(local.read("down/b"), "b");
    EXPECT_EQ(up->files_failed, mode == overwrite::fail ? 1U : 0U);
    EXPECT_EQ(up->files_skipped, mode == overwrite::never ? 1U : 0U);
    EXPECT_EQ(up->files_done, replaced ? 2U : 1U);

    local.write("down/a", "mine");
    std::filesystem::remove(local.path() / "down/b");
    auto const again = download("/t", "down", {.overwrite = mode});
    EXPECT_EQ(local.read("down/a"), mode == overwrite::always ? "new" : "mine");
    EXPECT_EQ(local.read("down/b"), "b");
    EXPECT_EQ(again->files_failed, mode == overwrite::fail ? 1U : 0U);
    EXPECT_EQ(again->files_skipped, mode == overwrite::never ? 1U : 0U);
  }
}

TEST_F(transfer_trees, leave_out_links_and_special_files_with_a_word) {
  local.write("t/f", "x");
  std::filesystem::create_symlink("/etc/passwd", local.path() / "t/link");
  std::filesystem::create_directory_symlink("..", local.path() / "t/loop");
  ASSERT_EQ(::mkfifo((local.path() / "t/pipe").c_str(), 0600), 0);
  auto const plan = plan_up("t", "/t");
  EXPECT_EQ(plan->files, 1U);
  EXPECT_EQ(plan->refused.size(), 3U);
  auto const up = upload("t", "/t");
  EXPECT_EQ(up->files_done, 1U);
  EXPECT_EQ(up->files_skipped, 3U);
  EXPECT_TRUE(up->failures.empty());
}

TEST_F(transfer_trees, refuse_a_local_name_that_is_not_utf8_and_go_on) {
  local.write("t/ok", "x");
  local.write("t/bad\xFF", "x");
  auto const up = upload("t", "/t");
  EXPECT_EQ(up->files_done, 1U);
  ASSERT_EQ(up->failures.size(), 1U);
  EXPECT_EQ(up->failures[0].reason.code(), errc::unsafe_name);
  EXPECT_NE(up->failures[0].item.source.find("bad\\xff"), std::string::npos);
}

// Tells of everything, once.
struct recorder final : transfer_observer {
  int plans = 0;
  std::map<std::string, int> ended;
  transfer_progress last;
  bool monotonic = true;
  void planned(transfer_plan const&) override { ++plans; }
  void progressed(transfer_progress const& now) override {
    if (now.files_done < last.files_done || now.elapsed < last.elapsed) monotonic = false;
    last = now;
  }
  void finished(transfer_item const& item, transfer_state, error const*) override {
    ++ended[item.source];
  }
};

TEST_F(transfer_trees, tell_an_observer_how_each_item_ended_exactly_once) {
  make_tree(local / "tree");
  std::filesystem::create_symlink("x", local.path() / "tree/link");
  recorder watch;
  upload("tree", "/t", {.observer = &watch});
  EXPECT_EQ(watch.plans, 1);
  EXPECT_EQ(watch.ended.size(), 12U);
  for (auto const& [source, times] : watch.ended) EXPECT_EQ(times, 1) << source;
  EXPECT_TRUE(watch.monotonic);
  EXPECT_EQ(watch.last.files_done, watch.last.files_total);
  EXPECT_EQ(watch.last.bytes_done, watch.last.bytes_total);
  EXPECT_EQ(watch.last.requests, watch.last.requests_total);
}

TEST_F(transfer_trees, give_the_rest_when_one_file_is_gone_or_not_one) {
  for (auto const* name : {"a", "b", "c", "d"}) local.write(std::string("t/") + name, name);
  struct vandal final : transfer_observer {
    std::filesystem::path at;
    void planned(transfer_plan const&) override {
      std::filesystem::remove(at / "a");
      std::filesystem::remove(at / "b");
      std::filesystem::create_directory(at / "b");
    }
  } watch;
  watch.at = local.path() / "t";
  auto const up = upload("t", "/t", {.observer = &watch});
  EXPECT_EQ(up->files_done, 2U);
  ASSERT_EQ(up->failures.size(), 2U);
  EXPECT_EQ(up->failures[0].reason.code(), errc::file_not_found);
  EXPECT_EQ(up->failures[1].reason.code(), errc::file_failed);
}

TEST_F(transfer_trees, stay_in_their_target_whatever_the_server_lists) {
  fault_with_body("/api/2.0/dbfs/list", R"({"files":[
    {"path":"/h/../../escape","is_dir":false,"file_size":1},
    {"path":"/h/..","is_dir":true,"file_size":0},
    {"path":"/etc/escape","is_dir":false,"file_size":1},
    {"path":"/h/","is_dir":false,"file_size":1},
    {"path":"/h/nul\u0000","is_dir":false,"file_size":1},
    {"path":"/h/C:\\escape","is_dir":false,"file_size":1},
    {"path":"/h/..\\escape","is_dir":false,"file_size":1},
    {"path":"/h/good","is_dir":false,"file_size":0},
    {"path":"/h/good","is_dir":false,"file_size":0}]})");
  auto const down = download("/h", "in/target");
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_EQ(down->files_done, 1U);
  EXPECT_EQ(down->files_failed, 7U);
  for (auto const& f : down->failures) EXPECT_EQ(f.reason.code(), errc::unsafe_name) << f.reason;
  EXPECT_EQ((local / "in").contents().size(), 2U) << "the target and the one good file";
}

TEST_F(transfer_trees, report_a_folder_that_cannot_be_listed) {
  local.write("t/a/f", "1");
  local.write("t/b/f", "2");
  upload("t", "/t");
  emulator_fault down;
  down.route = "/api/2.0/dbfs/list";
  down.skip = 1;
  down.status = 403;
  down.body = R"({"error_code":"PERMISSION_DENIED","message":"no"})";
  emu->add_fault(down);
  auto const got = download("/t", "back");
  EXPECT_EQ(got->files_done, 1U);
  ASSERT_EQ(got->failures.size(), 1U);
  EXPECT_EQ(got->failures[0].reason.code(), errc::permission_denied);
  EXPECT_EQ(got->directories, 1U) << "what could not be listed is not made either";
}

}  // namespace
}  // namespace kiln
