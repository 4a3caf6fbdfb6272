// The engine on loops of its users: many threads, an end by itself, futures, closing.
#include "core/spawn.hpp"
#include "loopback/engine_support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;
using engine_tests::bytes_of;
using engine_tests::text_of;
using steady = std::chrono::steady_clock;

struct engine_loops : engine_tests::emulated {
  engine_loops() { serve(); }

  static asio::awaitable<void> put_and_read(workspace on, int number, std::atomic<int>& good) {
    std::string const path = "/f/" + std::to_string(number);
    std::string const text = "content of " + path;
    dbfs::put write;
    write.path = path;
    write.contents = bytes_of(text);
    auto const put = co_await on.dbfs().put(write);
    if (!put) {
      ADD_FAILURE() << put.error();
      co_return;
    }
    dbfs::read ask;
    ask.path = path;
    auto const back = co_await on.dbfs().read(ask);
    if (!back) {
      ADD_FAILURE() << back.error();
      co_return;
    }
    EXPECT_EQ(text_of(back->data), text);
    ++good;
  }
};

TEST_F(engine_loops, two_hundred_calls_at_once_on_a_loop_run_by_four_threads) {
  asio::io_context shared;
  workspace const on(shared.get_executor(), options());
  std::atomic<int> good{0};
  for (int i = 0; i < 200; ++i) spawn_detached(shared.get_executor(), put_and_read(on, i, good));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&shared] { shared.run(); });
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 200);
  EXPECT_EQ(emu->stats().requests, 400U);
  auto const s = on.stats();
  EXPECT_EQ(s.requests, 400U);
  EXPECT_EQ(s.failed, 0U);
  EXPECT_EQ(s.waiting, 0U);
  EXPECT_EQ(s.in_flight, 0U);
}

TEST_F(engine_loops, calls_may_start_from_any_thread) {
  open();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t, &good] {
      workspace const copy = *ws;
      std::vector<std::future<void>> all;
      for (int i = 0; i < 25; ++i) {
        auto const path = "/t/" + std::to_string(t * 100 + i);
        all.push_back(copy.start(copy.dbfs().mkdirs({.path = path})));
      }
      for (auto& f : all) {
        f.get();
        ++good;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 100);
  EXPECT_EQ(wait(files().list({.path = "/t"}))->files.size(), 100U);
}

TEST_F(engine_loops, a_loop_ends_by_itself_after_the_last_call_and_can_go_on) {
  asio::io_context own;
  workspace const on(own.get_executor(), options());
  std::atomic<int> good{0};
  for (int round = 1; round <= 3; ++round) {
    own.restart();
    spawn_detached(own.get_executor(), put_and_read(on, round, good));
    auto const begin = steady::now();
    own.run();
    EXPECT_EQ(good, round);
    EXPECT_LT(steady::now() - begin, 5s) << "it waited for a timer of an idle connection";
  }
  EXPECT_EQ(emu->stats().connections, 1U) << "connections outlive a pause of their loop";
}

TEST_F(engine_loops, a_loop_ends_by_itself_after_a_failed_call) {
  asio::io_context own;
  add_fault("/api/2.0/dbfs/*", emulator_fault::kind::reset, 0, 100);
  workspace const on(own.get_executor(), options());
  auto future = on.start(on.dbfs().list({.path = "/"}));
  auto const begin = steady::now();
  own.run();
  EXPECT_LT(steady::now() - begin, 5s);
  EXPECT_THROW(static_cast<void>(future.get()), failure);
}

TEST_F(engine_loops, a_loop_destroyed_with_calls_under_way_takes_them_along) {
  add_fault("/api/2.0/dbfs/*", emulator_fault::kind::stall, 0, 100);
  std::vector<std::future<dbfs::list::response>> lost;
  {
    asio::io_context own;
    workspace const on(own.get_executor(), options());
    for (int i = 0; i < 10; ++i) lost.push_back(on.start(on.dbfs().list({.path = "/"})));
    own.run_for(100ms);
  }
  for (auto& f : lost) EXPECT_THROW(static_cast<void>(f.get()), std::future_error);
}

TEST_F(engine_loops, a_loop_destroyed_takes_calls_along_that_wait_for_a_connection) {
  add_fault("/api/2.0/dbfs/*", emulator_fault::kind::stall, 0, 100);
  auto few = options();
  few.pool.connections_max = 2;
  std::vector<std::future<dbfs::list::response>> lost;
  {
    asio::io_context own;
    workspace const on(own.get_executor(), few);
    for (int i = 0; i < 10; ++i) lost.push_back(on.start(on.dbfs().list({.path = "/"})));
    own.run_for(100ms);
  }
  for (auto& f : lost) {
    ASSERT_EQ(f.wait_for(5s), std::future_status::ready);
    EXPECT_THROW(static_cast<void>(f.get()), std::future_error);
  }
}

// Resolving, connecting, sending, waiting for the answer; what is left over is a leak, which the
// sanitizer sees.
TEST_F(engine_loops, a_loop_destroyed_at_any_step_of_a_call_takes_it_along) {
  add_fault("/api/2.0/dbfs/*", emulator_fault::kind::stall, 0, 100);
  for (int steps = 0; steps < 25; ++steps) {
    std::future<dbfs::list::response> lost;
    {
      asio::io_context own;
      workspace const on(own.get_executor(), options());
      lost = on.start(on.dbfs().list({.path = "/"}));
      for (int i = 0; i < steps; ++i) own.run_one_for(2ms);
    }
    ASSERT_EQ(lost.wait_for(5s), std::future_status::ready) << steps;
    EXPECT_THROW(static_cast<void>(lost.get()), std::future_error) << steps;
  }
}

TEST_F(engine_loops, cancelled_after_any_step_a_call_ends_once_and_the_loop_goes_on) {
  asio::io_context own;
  workspace const on(own.get_executor(), options());
  for (int steps = 0; steps < 40; ++steps) {
    asio::cancellation_signal stop;
    int ends = 0;
    auto list = [](workspace from, int& count) -> asio::awaitable<void> {
      dbfs::list request;
      request.path = "/";
      auto const got = co_await from.dbfs().list(request);
      ++count;
      if (got.has_error()) {
        EXPECT_EQ(got.error().code(), errc::cancelled) << got.error();
      }
    };
    bool over = false;
    spawn(own.get_executor(), list(on, ends),
          asio::bind_cancellation_slot(stop.slot(), [&over](std::exception_ptr) { over = true; }));
    own.restart();
    for (int i = 0; i < steps && !over; ++i) own.run_one_for(1s);
    if (!over) stop.emit(asio::cancellation_type::terminal);
    own.restart();
    own.run_for(5s);
    ASSERT_TRUE(over) << steps;
    EXPECT_LE(ends, 1);
  }
  EXPECT_EQ(on.stats().in_flight, 0U);
  EXPECT_EQ(on.stats().waiting, 0U);
}

TEST_F(engine_loops, a_future_throws_the_error_a_coroutine_gets) {
  open();
  auto future = ws->start(files().get_status({.path = "/no"}));
  auto ask = [](workspace on, std::promise<error>& out) -> asio::awaitable<void> {
    dbfs::get_status request;
    request.path = "/no";
    auto const got = co_await on.dbfs().get_status(request);
    out.set_value(got.has_error() ? got.error() : error());
  };
  std::promise<error> awaited;
  spawn_detached(ws->executor(), ask(*ws, awaited));
  auto const expected = awaited.get_future().get();
  EXPECT_EQ(expected.code(), errc::not_found);
  try {
    static_cast<void>(future.get());
    FAIL() << "nothing was thrown";
  } catch (failure const& f) {
    EXPECT_EQ(f.error().code(), expected.code());
    EXPECT_EQ(f.error().message(), expected.message());
    EXPECT_EQ(f.error().operation(), expected.operation());
    EXPECT_EQ(f.error().where(), expected.where());
    EXPECT_EQ(f.error().error_code(), expected.error_code());
    EXPECT_EQ(f.error().http_status(), expected.http_status());
    EXPECT_EQ(f.error().attempts(), expected.attempts());
    EXPECT_EQ(f.what(), f.error().describe());
  }
}

TEST_F(engine_loops, close_lets_what_is_under_way_finish) {
  auto slow = unlimited();
  slow.latency = 150ms;
  serve(std::move(slow));
  open();
  std::vector<std::future<void>> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(ws->start(files().mkdirs({.path = "/d/" + std::to_string(i)})));
  }
  auto const closed = wait(ws->close(10s));
  ASSERT_TRUE(closed) << closed.error();
  for (auto& f : all) {
    ASSERT_EQ(f.wait_for(2s), std::future_status::ready);
    EXPECT_NO_THROW(f.get());
  }
  auto const late = wait(files().list({.path = "/"}));
  ASSERT_TRUE(late.has_error());
  EXPECT_EQ(late.error().code(), errc::closed) << late.error();
  EXPECT_EQ(late.error().attempts(), 0);
  EXPECT_EQ(emu->stats().requests, 20U);
}

TEST_F(engine_loops, close_ends_what_outlasts_its_grace_and_says_so) {
  add_fault("/api/2.0/dbfs/*", emulator_fault::kind::stall, 0, 100);
  open();
  auto stuck = ws->start(files().move({.source_path = "/a", .destination_path = "/b"}));
  for (int i = 0; i < 200 && emu->stats().requests == 0; ++i) std::this_thread::sleep_for(10ms);
  auto const begin = steady::now();
  ASSERT_TRUE(wait(ws->close(50ms)));
  EXPECT_LT(steady::now() - begin, 5s);
  try {
    stuck.get();
    FAIL() << "nothing was thrown";
  } catch (failure const& f) {
    EXPECT_EQ(f.error().code(), errc::closed) << f.error();
    EXPECT_TRUE(f.error().may_have_been_applied()) << f.error();
  }
}

}  // namespace
}  // namespace kiln
