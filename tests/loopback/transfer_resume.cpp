// A transfer that was ended in the middle goes on where it was: the same call, or its id, ends in
// the tree of an undisturbed run, and no request is spent on what was done.
#include "loopback/transfer_support.hpp"

#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>

namespace kiln {
namespace {

using transfer_tests::content_of;
using transfer_tests::world;

/// Asks the transfer to drain once `files` have ended or `bytes` have moved.
struct drainer final : transfer_observer {
  std::atomic<bool> now = false;
  std::uint64_t files = UINT64_MAX, bytes = UINT64_MAX;
  std::string id;
  bool resumed = false;
  std::uint64_t done_before = 0;
  bool first = true;
  void journaled(std::string_view transfer, bool again) override {
    id = transfer;
    resumed = again;
  }
  void progressed(transfer_progress const& p) override {
    if (std::exchange(first, false)) done_before = p.files_done;
    if (p.files_done >= files || p.bytes_done >= bytes) now = true;
  }
};

struct transfer_resume : world {
  asio::thread_pool disk{1};
  asio::any_io_executor disk_executor{disk.get_executor()};
  std::string state;

  transfer_resume() { state = (local.path() / "state").string(); }
  ~transfer_resume() override { disk.join(); }
  transfer_resume(transfer_resume const&) = delete;
  transfer_resume& operator=(transfer_resume const&) = delete;

  transfer_options options(drainer& d) const {
    transfer_options o;
    o.state_dir = state;
    o.observer = &d;
    o.drain = &d.now;
    o.disk = &disk_executor;
    return o;
  }
  [[nodiscard]] std::size_t journals() const {
    auto const all = list_transfers(state);
    EXPECT_TRUE(all.has_value()) << all.error();
    return all->size();
  }
};

TEST_F(transfer_resume, of_an_upload_sends_each_file_once) {
  for (int i = 0; i < 60; ++i)
    local.write("t/" + std::to_string(i), content_of(1000 + 7 * static_cast<std::size_t>(i)));
  local.make_directory("t/void");
  int runs = 0;
  for (bool ended = false; !ended; ++runs) {
    ASSERT_LT(runs, 20);
    drainer d;
    d.files = static_cast<std::uint64_t>(10 * (runs + 1));
    auto o = options(d);
    o.files_in_flight_max = 4;
    auto const up = upload("t", "/t", o);
    EXPECT_EQ(d.resumed, runs > 0);
    ended = up.has_value();
    if (!ended) {
      EXPECT_EQ(up.error().code(), errc::cancelled) << up.error();
      continue;
    }
    EXPECT_EQ(up->files_done, 60U);
    EXPECT_GE(up->files_resumed, 40U);
    EXPECT_TRUE(up->failures.empty()) << up->failures[0].reason;
  }
  EXPECT_GE(runs, 4);
  EXPECT_EQ(requests(), 61U) << "sixty puts and one mkdirs, whatever the number of runs";
  EXPECT_EQ(journals(), 0U);
  auto const back = download("/t", "back");
  EXPECT_EQ((local / "back").contents(), (local / "t").contents());
}

TEST_F(transfer_resume, of_a_download_lists_and_reads_each_block_once) {
  local.write("t/large", content_of((20U << 20) + 5));
  for (int i = 0; i < 10; ++i) local.write("t/d/" + std::to_string(i), content_of(1000));
  upload("t", "/t");
  auto const before = requests();
  std::uint64_t runs = 0;
  for (bool ended = false; !ended; ++runs) {
    ASSERT_LT(runs, 20U);
    drainer d;
    d.bytes = (runs + 1) * (5U << 20);
    auto o = options(d);
    o.bytes_in_flight_max = 2U << 20;
    auto const down = download("/t", "down", o);
    ended = down.has_value();
    if (!ended) {
      EXPECT_EQ(down.error().code(), errc::cancelled) << down.error();
      EXPECT_EQ((local / "down").contents().count("large"), 0U);
      continue;
    }
    EXPECT_TRUE(down->failures.empty()) << down->failures[0].reason;
    EXPECT_EQ(down->files_done, 11U);
  }
  EXPECT_GE(runs, 3U);
  // Two lists, a read a block, one look at the end; and one a run that goes on with the blocks.
  EXPECT_LE(requests() - before, 2U + 21 + 10 + 1 + (runs - 1));
  EXPECT_EQ((local / "down").contents(), (local / "t").contents());
  EXPECT_EQ(journals(), 0U);
}

TEST_F(transfer_resume, begins_a_file_anew_that_changed_on_the_server_in_between) {
  std::string const before = content_of(12U << 20);
  std::string after = before;
  std::reverse(after.begin(), after.end());
  local.write("f", before);
  local.write("g", after);
  upload("f", "/f");
  drainer d;
  d.bytes = 5U << 20;
  auto o = options(d);
  o.bytes_in_flight_max = 2U << 20;
  ASSERT_TRUE(download("/f", "down", o).has_error());
  upload("g", "/f", {.overwrite = overwrite::always});
  drainer never;
  auto const down = download("/f", "down", options(never));
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_TRUE(never.resumed);
  EXPECT_TRUE(local.read("down") == after);
}

TEST_F(transfer_resume, sends_again_what_was_changed_here_since_it_was_sent) {
  for (int i = 0; i < 20; ++i) local.write("t/" + std::to_string(i), "old");
  drainer d;
  d.files = 10;
  auto o = options(d);
  o.files_in_flight_max = 1;
  ASSERT_TRUE(upload("t", "/t", o).has_error());
  for (int i = 0; i < 20; ++i) local.write("t/" + std::to_string(i), "newer");
  drainer never;
  auto const up = upload("t", "/t", options(never));
  ASSERT_TRUE(up.has_value()) << up.error();
  EXPECT_TRUE(up->failures.empty()) << "its own files are no obstacle: " << up->failures[0].reason;
  download("/t", "back");
  EXPECT_EQ((local / "back").contents(), (local / "t").contents());
}

TEST_F(transfer_resume, by_id_needs_no_paths_and_tries_failed_items_when_told_to) {
  for (int i = 0; i < 10; ++i) local.write("t/" + std::to_string(i), "x");
  emulator_fault fault;
  fault.route = "/api/2.0/dbfs/put";
  fault.times = 3;
  fault.status = 403;
  fault.body = R"({"error_code":"PERMISSION_DENIED","message":"no"})";
  emu->add_fault(fault);
  drainer d;
  auto const up = upload("t", "/t", options(d));
  ASSERT_TRUE(up.has_value()) << up.error();
  EXPECT_EQ(up->files_failed, 3U);
  EXPECT_EQ(up->id, d.id);
  auto const items = list_transfer_items(state, d.id);
  ASSERT_TRUE(items.has_value()) << items.error();
  EXPECT_EQ(items->size(), 10U);
  auto const failed = std::count_if(items->begin(), items->end(), [](transfer_entry const& e) {
    return e.state == transfer_state::failed && e.why.code() == errc::permission_denied;
  });
  EXPECT_EQ(failed, 3);
  auto const before = requests();
  auto const still = wait(resume_transfer(*ws, d.id, options(d)));
  EXPECT_EQ(still->files_failed, 3U);
  EXPECT_EQ(requests(), before) << "all have ended";
  auto const again = wait(retry_failed(*ws, d.id, options(d)));
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_EQ(again->files_done, 10U);
  EXPECT_EQ(again->files_resumed, 7U);
  EXPECT_EQ(requests() - before, 3U);
  EXPECT_EQ(wait(resume_transfer(*ws, d.id, options(d))).error().code(), errc::file_not_found);
}

TEST_F(transfer_resume, tells_what_is_left_and_changes_nothing_by_that) {
  for (int i = 0; i < 6; ++i) local.write("t/" + std::to_string(i), content_of(1'500'000));
  emulator_fault fault;
  fault.route = "/api/2.0/dbfs/put";
  fault.times = 2;
  fault.status = 403;
  fault.body = R"({"error_code":"PERMISSION_DENIED","message":"no"})";
  emu->add_fault(fault);
  drainer d;
  ASSERT_EQ(upload("t", "/t", options(d))->files_failed, 2U);
  for (int twice = 0; twice < 2; ++twice) {
    auto const before = requests();
    auto const none = wait(plan_resume(*ws, d.id, options(d)));
    ASSERT_TRUE(none.has_value()) << none.error();
    EXPECT_EQ(none->items.size(), 0U) << "all have ended";
    EXPECT_EQ(none->requests.total(), 0U);
    auto const failed = wait(plan_retry_failed(*ws, d.id, options(d)));
    ASSERT_TRUE(failed.has_value()) << failed.error();
    EXPECT_EQ(failed->files, 2U);
    EXPECT_EQ(failed->bytes, 3'000'000U);
    EXPECT_EQ(failed->requests.put, 2U);
    EXPECT_EQ(failed->requests.total(), 2U);
    EXPECT_EQ(requests(), before) << "nobody is asked";
  }
  local.write("t/5", "it was sent, and is another one now");
  EXPECT_EQ(wait(plan_resume(*ws, d.id, options(d)))->files, 1U);
  auto const before = requests();
  auto const planned = wait(plan_retry_failed(*ws, d.id, options(d)));
  ASSERT_EQ(wait(retry_failed(*ws, d.id, options(d)))->files_done, 6U);
  EXPECT_EQ(requests() - before, planned->requests.total());
  EXPECT_EQ(wait(plan_resume(*ws, d.id, options(d))).error().code(), errc::file_not_found);

  drainer part;
  part.bytes = 3U << 20;
  auto o = options(part);
  o.bytes_in_flight_max = 1U << 20;
  ASSERT_TRUE(download("/t", "back", o).has_error());
  auto const left = wait(plan_resume(*ws, part.id, options(part)));
  ASSERT_TRUE(left.has_value()) << left.error();
  EXPECT_LT(left->files, 6U) << "what is done is no item of it";
  EXPECT_FALSE(left->upload);
  auto const so_far = requests();
  drainer rest;
  ASSERT_TRUE(wait(resume_transfer(*ws, part.id, options(rest))).has_value());
  EXPECT_EQ(requests() - so_far, left->requests.total());
  EXPECT_EQ((local / "back").contents(), (local / "t").contents());
}

TEST_F(transfer_resume, refuses_a_transfer_that_is_under_way) {
  for (int i = 0; i < 3; ++i) local.write("t/" + std::to_string(i), "x");
  struct intruder final : transfer_observer {
    std::function<void()> act;
    void planned(transfer_plan const&) override { act(); }
  } watch;
  runtime second_loop;
  std::optional<error> told;
  watch.act = [&] {
    workspace_options o;
    o.host = emu->url();
    o.credentials = credentials::personal_access_token(emu->token());
    workspace const second(second_loop, o);
    transfer_options options;
    options.state_dir = state;
    auto const from = (local.path() / "t").string();
    try {
      second.start(kiln::upload(second, from, "/t", options)).get();
    } catch (failure const& f) {
      told = f.error();
    }
  };
  transfer_options o;
  o.state_dir = state;
  o.observer = &watch;
  EXPECT_EQ(upload("t", "/t", o)->files_done, 3U);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->code(), errc::conflict);
  EXPECT_EQ(requests(), 3U);
}

TEST_F(transfer_resume, given_up_leaves_nothing_on_either_side) {
  local.write("f", content_of(12U << 20));
  for (bool const up : {true, false}) {
    drainer d;
    d.bytes = 5U << 20;
    auto o = options(d);
    o.bytes_in_flight_max = 1U << 20;
    o.stream_always = true;
    auto const ended = up ? upload("f", "/d/f", o) : download("/d/f", "down/f", o);
    ASSERT_TRUE(ended.has_error());
    if (!up) {
      EXPECT_EQ((local / "down").contents().size(), 1U) << "kept to be gone on with";
    }
    ASSERT_EQ(journals(), 1U);
    auto const gone = wait([&]() -> task<bool> {
      auto const done = co_await forget_transfer(*ws, d.id, state);
      if (done.has_error()) co_return done.error();
      co_return true;
    }());
    ASSERT_TRUE(gone.has_value()) << gone.error();
    EXPECT_EQ(journals(), 0U);
    if (!up) {
      EXPECT_TRUE((local / "down").contents().empty());
    }
    auto const there = wait(ws->dbfs().list({.path = "/d"}));
    if (up) {
      EXPECT_TRUE(there.has_error() || there->files.empty());
    }
    if (up) upload("f", "/d/f");
  }
}

TEST_F(transfer_resume, learns_once_that_a_server_takes_no_put_of_that_size) {
  emulator_options small;
  small.put_bytes_max = 1U << 20;
  start(small);
  local.write("a/f", content_of(2U << 20));
  drainer d;
  EXPECT_EQ(upload("a", "/a", options(d))->files_done, 1U);
  auto const before = requests();
  auto const plan = wait(plan_upload(*ws, (local.path() / "a").string(), "/b", options(d)));
  EXPECT_EQ(plan->requests.put, 0U);
  EXPECT_EQ(upload("a", "/b", options(d))->files_done, 1U);
  EXPECT_EQ(requests() - before, plan->requests.total()) << "no put was tried again";
}

TEST_F(transfer_resume, strategy_put_does_as_it_is_told) {
  emulator_options small;
  small.put_bytes_max = 1U << 20;
  start(small);
  local.write("f", content_of(2U << 20));
  auto const up = upload("f", "/f", {.strategy = upload_strategy::put});
  ASSERT_EQ(up->failures.size(), 1U);
  EXPECT_EQ(up->failures[0].reason.error_code(), "MAX_BLOCK_SIZE_EXCEEDED");
  EXPECT_EQ(upload("f", "/f", {.strategy = upload_strategy::blocks})->files_done, 1U);
}

TEST_F(transfer_resume, blocks_are_used_where_the_server_knows_no_multipart_put) {
  for (int i = 0; i < 8; ++i) local.write("t/" + std::to_string(i), std::to_string(i));
  emulator_fault fault;
  fault.route = "/api/2.0/dbfs/put";
  fault.times = 1000;
  fault.status = 400;
  fault.body = R"({"error_code":"MALFORMED_REQUEST","message":"no multipart"})";
  emu->add_fault(fault);
  drainer d;
  auto const up = upload("t", "/t", options(d));
  EXPECT_EQ(up->files_done, 8U);
  EXPECT_TRUE(up->failures.empty()) << up->failures[0].reason;
  auto const before = requests();
  EXPECT_EQ(upload("t", "/u", options(d))->files_done, 8U);
  EXPECT_EQ(requests() - before, 8U * 6) << "learned";
}

}  // namespace
}  // namespace kiln
