#include "core/spawn.hpp"
#include "loopback/transfer_support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace kiln {
namespace {

using transfer_tests::content_of;
using transfer_tests::world;

struct transfer_faults : world {
  std::string const large = content_of((3U << 20) + 4321);

  void expect_whole(std::string const& remote, std::string const& text) {
    auto const got = download(remote, "check", {.overwrite = overwrite::always});
    ASSERT_TRUE(got.has_value()) << got.error();
    ASSERT_TRUE(got->failures.empty()) << got->failures[0].reason;
    EXPECT_TRUE(local.read("check") == text) << "corrupt";
  }
  /// Names in the remote directory.
  [[nodiscard]] std::size_t names_in(std::string const& path) const {
    auto const listed = wait(ws->dbfs().list({.path = path}));
    return listed.has_error() ? 0 : listed->files.size();
  }
};

TEST_F(transfer_faults, a_put_whose_answer_is_lost_is_settled_in_every_mode) {
  local.write("f", large);
  for (auto const mode : {overwrite::fail, overwrite::never, overwrite::always}) {
    for (bool const applied : {true, false}) {
      emu->reset();
      lose_answer("put", applied);
      auto const up = upload("f", "/d/f", {.overwrite = mode});
      ASSERT_TRUE(up.has_value()) << up.error();
      EXPECT_EQ(up->files_done, 1U) << "mode " << static_cast<int>(mode) << " applied " << applied;
      EXPECT_EQ(emu->stats().faults_fired, 1U);
      expect_whole("/d/f", large);
    }
  }
}

TEST_F(transfer_faults, a_stream_is_exact_whichever_answer_is_lost) {
  local.write("f", large);
  for (auto const* route : {"create", "add-block", "close", "move", "get-status"}) {
    for (std::uint64_t const nth : {1U, 2U, 4U}) {
      for (bool const applied : {true, false}) {
        if (nth > 1 && std::string(route) != "add-block") continue;
        SCOPED_TRACE(std::string(route) + " " + std::to_string(nth) + " " +
                     std::to_string(applied));
        emu->reset();
        lose_answer(route, applied, nth);
        auto const up =
            upload("f", "/d/f", {.overwrite = overwrite::always, .stream_always = true});
        ASSERT_TRUE(up.has_value()) << up.error();
        EXPECT_EQ(up->files_done, 1U);
        EXPECT_EQ(emu->stats().faults_fired, 1U);
        EXPECT_EQ(names_in("/d"), 1U) << "a part was left behind";
        expect_whole("/d/f", large);
      }
    }
  }
}

TEST_F(transfer_faults, a_503_for_a_block_that_was_applied_is_not_repeated_on_its_stream) {
  local.write("f", large);
  emulator_fault fault;
  fault.route = "/api/2.0/dbfs/add-block";
  fault.after_handler = true;
  fault.skip = 1;
  fault.body = R"({"error_code":"TEMPORARILY_UNAVAILABLE","message":"x"})";
  emu->add_fault(fault);
  auto const up = upload("f", "/d/f", {.overwrite = overwrite::always, .stream_always = true});
  EXPECT_EQ(up->files_done, 1U);
  EXPECT_EQ(names_in("/d"), 1U);
  expect_whole("/d/f", large);
}

TEST_F(transfer_faults, a_stream_takes_the_requests_of_its_plan) {
  local.write("f", large);
  auto const up = upload("f", "/f", {.stream_always = true});
  EXPECT_EQ(up->files_done, 1U);
  EXPECT_EQ(requests(), 1U + 4 + 4) << "the root, four blocks, create, close, get-status, move";
}

TEST_F(transfer_faults, a_stream_replaces_its_target_or_leaves_it) {
  local.write("old", "old");
  local.write("f", large);
  upload("old", "/f");
  auto before = requests();
  EXPECT_EQ(upload("f", "/f", {.stream_always = true})->files_failed, 1U);
  EXPECT_EQ(
      upload("f", "/f", {.overwrite = overwrite::never, .stream_always = true})->files_skipped, 1U);
  EXPECT_LE(requests() - before, 4U) << "no block was spent";
  expect_whole("/f", "old");
  upload("f", "/f", {.overwrite = overwrite::always, .stream_always = true});
  expect_whole("/f", large);
}

TEST_F(transfer_faults, a_server_that_refuses_the_put_gets_a_stream) {
  emulator_options small;
  small.put_bytes_max = 2U << 20;
  start(small);
  local.write("t/large", large);
  local.write("t/small", "x");
  auto const up = upload("t", "/t");
  ASSERT_TRUE(up.has_value()) << up.error();
  EXPECT_TRUE(up->failures.empty()) << up->failures[0].reason;
  expect_whole("/t/large", large);
  EXPECT_EQ(names_in("/t"), 2U);
}

TEST_F(transfer_faults, a_read_cut_short_is_repeated) {
  local.write("f", large);
  upload("f", "/f");
  emulator_fault fault;
  fault.route = "/api/2.0/dbfs/read";
  fault.what = emulator_fault::kind::truncate;
  fault.times = 3;
  emu->add_fault(fault);
  expect_whole("/f", large);
  EXPECT_EQ(emu->stats().faults_fired, 3U);
}

TEST_F(transfer_faults, a_read_that_lies_about_its_size_is_asked_again) {
  local.write("f", "abc");
  upload("f", "/f");
  fault_with_body("/api/2.0/dbfs/read", R"({"bytes_read":3,"data":"YWI="})");
  fault_with_body("/api/2.0/dbfs/read", R"({"bytes_read":3,"data":"!!!!"})");
  expect_whole("/f", "abc");
}

TEST_F(transfer_faults, one_failing_file_does_not_stop_the_rest) {
  for (int i = 0; i < 30; ++i) local.write("t/" + std::to_string(i), std::to_string(i));
  emulator_fault fault;
  fault.route = "/api/2.0/dbfs/put";
  fault.skip = 7;
  fault.times = 2;
  fault.status = 403;
  fault.body = R"({"error_code":"PERMISSION_DENIED","message":"no"})";
  emu->add_fault(fault);
  auto const up = upload("t", "/t");
  EXPECT_EQ(up->files_done, 28U);
  EXPECT_EQ(up->files_failed, 2U);
  EXPECT_EQ(names_in("/t"), 28U);
}

// Changes a file once its upload has begun, which the server can tell: the body is not whole.
TEST_F(transfer_faults, a_file_that_changes_while_it_is_sent_fails_and_is_not_there) {
  for (int const by : {-1, 1}) {
    emu->reset();
    local.write("f", content_of(8U << 20));
    emulator_fault slow;
    slow.route = "/api/2.0/dbfs/add-block";
    slow.what = emulator_fault::kind::delay;
    slow.delay = std::chrono::milliseconds(1);
    slow.times = 100;
    emu->add_fault(slow);
    struct meddler final : transfer_observer {
      std::filesystem::path at;
      std::uintmax_t size = 0;
      bool done = false;
      void progressed(transfer_progress const& now) override {
        if (done || now.bytes_done == 0) return;
        done = true;
        std::filesystem::resize_file(at, size);
      }
    } watch;
    watch.at = local.path() / "f";
    watch.size = static_cast<std::uintmax_t>((8 << 20) + by);
    auto const up = upload("f", "/d/f", {.stream_always = true, .observer = &watch});
    ASSERT_TRUE(up.has_value()) << up.error();
    ASSERT_EQ(up->failures.size(), 1U);
    EXPECT_EQ(up->failures[0].reason.code(), errc::file_changed);
    EXPECT_EQ(names_in("/d"), 0U);
  }
}

TEST_F(transfer_faults, a_disk_without_room_costs_no_read) {
  fault_with_body(
      "/api/2.0/dbfs/list",
      R"({"files":[{"path":"/h/huge","is_dir":false,"file_size":1152921504606846976}]})");
  auto const down = download("/h", "h");
  ASSERT_TRUE(down.has_value()) << down.error();
  ASSERT_EQ(down->failures.size(), 1U);
  EXPECT_EQ(down->failures[0].reason.code(), errc::disk_full);
  EXPECT_EQ(requests(), 1U);
  EXPECT_TRUE((local / "h").contents().empty());
}

asio::awaitable<void> keep(task<transfer_report> work, std::optional<result<transfer_report>>& to) {
  auto got = co_await std::move(work);
  to.emplace(std::move(got));
}

// On a loop of several threads, cancelled in the middle: nothing is left behind on either side.
TEST_F(transfer_faults, a_cancelled_transfer_ends_soon_and_cleans_up) {
  local.write("f", content_of(16U << 20));
  upload("f", "/src/f");
  // The second half is slow, so that a cancellation in the first never comes too late.
  for (char const* route : {"/api/2.0/dbfs/add-block", "/api/2.0/dbfs/read"}) {
    emulator_fault slow;
    slow.route = route;
    slow.what = emulator_fault::kind::delay;
    slow.delay = std::chrono::milliseconds(500);
    slow.skip = 8;
    slow.times = 1000;
    emu->add_fault(slow);
  }
  for (bool const up : {true, false}) {
    asio::io_context many(3);
    asio::cancellation_signal stop;
    auto const strand = asio::make_strand(many);
    struct canceller final : transfer_observer {
      std::function<void()> act;
      void progressed(transfer_progress const& now) override {
        if (now.bytes_done >= (4U << 20) && act) std::exchange(act, nullptr)();
      }
    } watch;
    watch.act = [&] { asio::post(strand, [&] { stop.emit(asio::cancellation_type::terminal); }); };
    transfer_options o;
    o.stream_always = true;
    o.observer = &watch;
    o.bytes_in_flight_max = 2U << 20;
    std::string const from = (local.path() / "f").string();
    std::string const to = (local.path() / "down/f").string();
    auto work = up ? kiln::upload(*ws, from, "/dst/f", o) : kiln::download(*ws, "/src/f", to, o);
    std::optional<result<transfer_report>> got;
    spawn(strand, keep(std::move(work), got),
          asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back([&] { many.run(); });
    threads.clear();
    ASSERT_TRUE(got.has_value());
    ASSERT_TRUE(got->has_error());
    EXPECT_EQ(got->error().code(), errc::cancelled);
    std::size_t const left = up ? names_in("/dst") : (local / "down").contents().size();
    EXPECT_EQ(left, 0U);
  }
}

}  // namespace
}  // namespace kiln
