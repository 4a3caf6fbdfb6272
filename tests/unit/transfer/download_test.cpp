#include "transfer/download.hpp"

#include "transfer/block_plan.hpp"
#include "unit/transfer/fake_remote.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

namespace kiln::transfer {
namespace {

using testing::fake_remote;
using testing::scratch;
using when = fake_remote::when;

std::string text_of(std::size_t size) {
  std::string out(size, '\0');
  random_source random(size);
  for (auto& c : out) c = static_cast<char>('a' + random.below(26));
  return out;
}

struct download_fixture : ::testing::Test {
  scratch local;
  fake_remote remote;
  download_rules rules;
  transfer_plan plan;
  listing tree;
  std::string source = "/r";
  result<transfer_report> report = transfer_report();

  void add_file(std::string const& name, std::string const& text) {
    remote.files[source + '/' + name] = text;
    tree.entries.push_back({name, false, text.size(), remote.modified[source + '/' + name]});
  }
  void download() {
    plan = download_plan(std::move(tree), source, local.path());
    testing::run(body());
  }
  asio::awaitable<void> body() {
    auto const executor = co_await asio::this_coro::executor;
    auto const root = folder::open(local.path(), true);
    tally::stats_source const stats = [] { return workspace_stats(); };
    stopwatch const still = [] { return std::chrono::nanoseconds(0); };
    tally ends(plan, nullptr, stats, workspace_stats(), still);
    downloader work(remote, plan, *root, rules, ends, executor, 1);
    co_await work.run();
    report = std::move(ends).take();
  }
  [[nodiscard]] errc only_failure() const {
    EXPECT_EQ(report->failures.size(), 1U);
    return report->failures.empty() ? errc::none : report->failures[0].reason.code();
  }
};

TEST_F(download_fixture, brings_a_tree_byte_by_byte_with_the_reads_of_the_plan) {
  std::string const large = text_of((5U << 20) + 17);
  add_file("large", large);
  add_file("d/small", "abc");
  add_file("empty", "");
  tree.entries.push_back({"d", true, 0});
  tree.entries.push_back({"e/f", true, 0});
  download();
  EXPECT_TRUE(local.read("large") == large);
  EXPECT_EQ(local.read("d/small"), "abc");
  EXPECT_TRUE(std::filesystem::is_empty(local / "empty"));
  EXPECT_TRUE(std::filesystem::is_directory(local / "e/f"));
  EXPECT_EQ(static_cast<std::uint64_t>(remote.total()), plan.requests.total());
  EXPECT_EQ(remote.calls["read"], 7);
  EXPECT_EQ(remote.calls["get_status"], 1) << "for the one file that takes several reads";
  EXPECT_EQ(report->files_done, 3U);
  EXPECT_EQ(report->directories, 2U);
  EXPECT_EQ(local.entries(), 4U) << "temporary names were left behind";
}

TEST_F(download_fixture, writes_the_blocks_of_a_large_file_where_it_may_wait_for_the_disk) {
  std::string const large = text_of((9U << 20) + 17);
  add_file("large", large);
  add_file("small", "abc");
  asio::io_context disk;
  auto open = asio::make_work_guard(disk);
  asio::any_io_executor const disk_executor = disk.get_executor();
  std::size_t deeds = 0;
  std::thread there([&] { deeds = disk.run(); });
  rules.disk = &disk_executor;
  rules.digests = true;
  rules.bytes_in_flight_max = 4U << 20;
  download();
  open.reset();
  there.join();
  EXPECT_EQ(report->files_done, 2U);
  EXPECT_TRUE(local.read("large") == large);
  EXPECT_EQ(local.read("small"), "abc");
  EXPECT_EQ(remote.most_under_way, 4U);
  constexpr std::size_t blocks = 10, syncs = 3;  // of two files and their directory
  EXPECT_EQ(deeds, blocks + syncs);
}

// One answer finds the file changed while the others are on their way to the disk.
TEST_F(download_fixture, begins_anew_only_when_no_block_is_on_its_way_to_the_disk) {
  std::string const before = text_of(8U << 20);
  std::string const after = std::string(7U << 20, 'n');
  add_file("large", before);
  asio::thread_pool disk(1);
  asio::any_io_executor const disk_executor = disk.get_executor();
  rules.disk = &disk_executor;
  remote.fault = [&](std::string const& call, int nth, when at) -> std::optional<error> {
    if (call == "read" && nth == 3 && at == when::before) {
      remote.files[source + "/large"] = after;
      return error(errc::file_changed, "changed");
    }
    return std::nullopt;
  };
  download();
  EXPECT_EQ(report->files_done, 1U);
  EXPECT_TRUE(local.read("large") == after);
  EXPECT_EQ(local.entries(), 1U);
}

TEST_F(download_fixture, keeps_no_more_buffers_than_allowed) {
  add_file("large", text_of(9U << 20));
  for (int i = 0; i < 20; ++i) add_file("f" + std::to_string(i), "x");
  rules.bytes_in_flight_max = 4U << 20;
  download();
  EXPECT_EQ(report->files_done, 21U);
  EXPECT_EQ(remote.most_under_way, 4U);
}

// Its service takes ten at a time, and refuses the others.
TEST_F(download_fixture, asks_a_volume_for_ten_ranges_at_a_time) {
  source = "/Volumes/a/b/c/r";
  std::string const large = text_of(3 * volume_range_bytes + 7);
  add_file("large", large);
  for (int i = 0; i < 40; ++i) add_file("f" + std::to_string(i), "x");
  rules.bytes_in_flight_max = 1U << 30;
  download();
  EXPECT_EQ(report->files_done, 41U);
  EXPECT_TRUE(local.read("large") == large);
  EXPECT_EQ(remote.calls["read"], 40 + 4) << "4 MiB each";
  EXPECT_EQ(remote.most_under_way, 10U);
}

TEST_F(download_fixture, keeps_no_more_files_open_than_allowed) {
  for (int i = 0; i < 20; ++i) add_file("f" + std::to_string(i), "x");
  rules.files_in_flight_max = 3;
  download();
  EXPECT_EQ(report->files_done, 20U);
  EXPECT_EQ(remote.most_under_way, 3U);
}

TEST_F(download_fixture, fails_skips_or_replaces_what_exists_before_a_request_is_spent) {
  for (auto const mode : {overwrite::fail, overwrite::never, overwrite::always}) {
    tree = {};
    local.write("a", "old");
    add_file("a", "new");
    rules.overwrite = mode;
    int const before = remote.total();
    download();
    bool const replaced = mode == overwrite::always;
    EXPECT_EQ(remote.total() - before, replaced ? 1 : 0);
    EXPECT_EQ(local.read("a"), replaced ? "new" : "old");
    EXPECT_EQ(report->files_failed, mode == overwrite::fail ? 1U : 0U);
    EXPECT_EQ(report->files_skipped, mode == overwrite::never ? 1U : 0U);
  }
}

TEST_F(download_fixture, overwrites_nothing_that_appears_meanwhile) {
  for (auto const mode : {overwrite::fail, overwrite::never}) {
    tree = {};
    std::filesystem::remove(local / "a");
    add_file("a", "new");
    rules.overwrite = mode;
    remote.fault = [this](std::string const&, int, when) -> std::optional<error> {
      local.write("a", "theirs");
      return std::nullopt;
    };
    download();
    EXPECT_EQ(local.read("a"), "theirs");
    EXPECT_EQ(report->files_failed, mode == overwrite::fail ? 1U : 0U);
    EXPECT_EQ(report->files_skipped, mode == overwrite::never ? 1U : 0U);
    EXPECT_EQ(local.entries(), 1U);
  }
}

TEST_F(download_fixture, begins_anew_when_a_file_grew_or_shrank_since_it_was_listed) {
  std::string const large = text_of((3U << 20) + 5);
  for (std::string const& now : {std::string("abcd"), std::string("ab"), std::string(), large}) {
    tree = {};
    rules.overwrite = overwrite::always;
    add_file("a", "abc");
    remote.files["/r/a"] = now;
    download();
    EXPECT_TRUE(report->failures.empty()) << report->failures[0].reason;
    EXPECT_TRUE(local.read("a") == now);
    EXPECT_EQ(local.entries(), 1U);
  }
}

// Every range of the old file has come when the new one, of the same size, takes its place.
TEST_F(download_fixture, mixes_no_two_states_of_a_file) {
  std::string const before = text_of(3U << 20);
  std::string after = before;
  std::reverse(after.begin(), after.end());
  add_file("a", before);
  rules.bytes_in_flight_max = 1U << 20;
  remote.fault = [&](std::string const& call, int nth, when at) -> std::optional<error> {
    if (call == "read" && nth == 2 && at == when::after) {
      remote.files["/r/a"] = after;
      remote.modified["/r/a"] += std::chrono::milliseconds(1);
    }
    return std::nullopt;
  };
  download();
  EXPECT_TRUE(local.read("a") == after);
  EXPECT_EQ(remote.calls["read"], 6);
  EXPECT_EQ(report->files_done, 1U);
}

TEST_F(download_fixture, gives_up_a_file_that_changes_all_the_time) {
  add_file("a", text_of(3U << 20));
  add_file("b", "b");
  remote.fault = [&](std::string const& call, int, when at) -> std::optional<error> {
    if (call == "read" && at == when::after) {
      remote.modified["/r/a"] += std::chrono::milliseconds(1);
    }
    return std::nullopt;
  };
  download();
  EXPECT_EQ(only_failure(), errc::file_changed);
  EXPECT_LE(remote.calls["read"], 3 * (downloader::restarts_max + 1) + 1);
  EXPECT_EQ(report->files_done, 1U);
  EXPECT_EQ(local.entries(), 1U);
}

TEST_F(download_fixture, goes_on_after_an_item_that_failed_and_leaves_nothing_of_it) {
  add_file("a", text_of(3U << 20));
  add_file("b", "b");
  remote.fault = [](std::string const&, int nth, when) -> std::optional<error> {
    if (nth == 2) return error(errc::unavailable, "down");
    return std::nullopt;
  };
  download();
  EXPECT_EQ(report->files_done, 1U);
  EXPECT_EQ(only_failure(), errc::unavailable);
  EXPECT_EQ(local.entries(), 1U);
}

TEST_F(download_fixture, asks_again_for_a_range_whose_answer_cannot_be_read_but_not_for_ever) {
  for (int const bad : {2, 3}) {
    tree = {};
    remote.calls.clear();
    rules.overwrite = overwrite::always;
    add_file("a", "abc");
    remote.fault = [bad](std::string const&, int nth, when) -> std::optional<error> {
      if (nth <= bad) return error(errc::decode_failed, "not base64");
      return std::nullopt;
    };
    download();
    EXPECT_EQ(remote.calls["read"], 3);
    EXPECT_EQ(report->files_done, bad == 2 ? 1U : 0U);
  }
}

TEST_F(download_fixture, spends_no_request_on_a_file_the_disk_has_no_room_for) {
  tree.entries.push_back({"huge", false, std::uint64_t{1} << 61});
  add_file("small", "x");
  download();
  EXPECT_EQ(only_failure(), errc::disk_full);
  EXPECT_EQ(report->files_done, 1U);
  EXPECT_EQ(remote.total(), 1);
  EXPECT_EQ(local.entries(), 1U);
}

TEST_F(download_fixture, does_not_write_through_a_link_in_the_target) {
  scratch outside;
  std::filesystem::create_directory_symlink(outside.path(), local / "d");
  outside.write("victim", "old");
  std::filesystem::create_symlink(outside / "victim", local / "l");
  rules.overwrite = overwrite::always;
  add_file("d/x", "1");
  add_file("l", "new");
  download();
  EXPECT_EQ(only_failure(), errc::file_failed);
  EXPECT_EQ(outside.entries(), 1U);
  EXPECT_EQ(outside.read("victim"), "old");
  EXPECT_EQ(local.read("l"), "new") << "the link itself is replaced";
}

}  // namespace
}  // namespace kiln::transfer
