#include "transfer/fan_out.hpp"

#include "unit/transfer/fake_remote.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <thread>
#include <vector>

namespace kiln::transfer {
namespace {

asio::awaitable<void> turns(int count) {
  auto const executor = co_await asio::this_coro::executor;
  for (int i = 0; i < count; ++i) co_await asio::post(executor, asio::use_awaitable);
}

TEST(fan_out, runs_each_worker_and_returns_when_all_have_ended) {
  std::vector<std::size_t> ended;
  auto one = [&ended](std::size_t n) -> asio::awaitable<void> {
    co_await turns(static_cast<int>(10 - n));
    ended.push_back(n);
  };
  worker const each = one;
  testing::run(fan_out(10, each));
  EXPECT_EQ(ended, (std::vector<std::size_t>{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}));
  testing::run(fan_out(0, each));
  EXPECT_EQ(ended.size(), 10U);
}

TEST(fan_out, cancels_the_others_when_one_throws_and_throws_it_when_they_have_ended) {
  int aborted = 0;
  auto one = [&aborted](std::size_t n) -> asio::awaitable<void> {
    if (n == 1) throw std::runtime_error("one");
    auto const executor = co_await asio::this_coro::executor;
    event never_set(executor);
    bool const set = co_await wait_for(never_set);
    if (!set) ++aborted;
  };
  worker const each = one;
  EXPECT_THROW(testing::run(fan_out(3, each)), std::runtime_error);
  EXPECT_EQ(aborted, 2);
}

TEST(fan_out, hands_a_cancellation_on_and_waits_for_the_end_of_every_worker) {
  asio::io_context loop(1);
  asio::cancellation_signal stop;
  int cleaned = 0;
  bool returned = false;
  auto one = [&cleaned](std::size_t) -> asio::awaitable<void> {
    co_await keep_after_cancel();
    auto const executor = co_await asio::this_coro::executor;
    event never_set(executor);
    bool set = true;
    while (set) set = co_await wait_for(never_set);
    bool const cancelled = co_await is_cancelled();
    EXPECT_TRUE(cancelled);
    co_await forget_cancel();
    co_await turns(5);
    ++cleaned;
  };
  worker const each = one;
  auto all = [&each, &returned]() -> asio::awaitable<void> {
    co_await keep_after_cancel();
    co_await fan_out(4, each);
    bool const cancelled = co_await is_cancelled();
    EXPECT_TRUE(cancelled);
    returned = true;
  };
  spawn(loop.get_executor(), all(),
        asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr e) {
          if (e) std::rethrow_exception(e);
        }));
  loop.poll();
  EXPECT_FALSE(returned);
  stop.emit(asio::cancellation_type::terminal);
  loop.poll();
  EXPECT_EQ(cleaned, 4);
  EXPECT_TRUE(returned);
}

TEST(fan_out, keeps_the_state_of_its_work_to_one_thread_at_a_time_on_a_loop_of_many) {
  asio::io_context loop(4);
  int unguarded = 0;
  auto one = [&unguarded](std::size_t) -> asio::awaitable<void> {
    for (int i = 0; i < 500; ++i) {
      ++unguarded;
      co_await turns(1);
    }
  };
  worker const each = one;
  spawn_detached(loop.get_executor(), on_own_strand(fan_out(8, each)));
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&loop] { loop.run(); });
  threads.clear();
  EXPECT_EQ(unguarded, 4000);
}

TEST(gate, lets_no_more_in_than_it_has_places) {
  auto body = []() -> asio::awaitable<void> {
    auto const executor = co_await asio::this_coro::executor;
    gate places(executor, 3);
    int inside = 0;
    int most = 0;
    auto one = [&](std::size_t) -> asio::awaitable<void> {
      bool const entered = co_await places.enter();
      EXPECT_TRUE(entered);
      most = std::max(most, ++inside);
      co_await turns(2);
      --inside;
      places.leave();
    };
    worker const each = one;
    co_await fan_out(20, each);
    EXPECT_EQ(most, 3);
    EXPECT_EQ(inside, 0);
  };
  testing::run(body());
}

}  // namespace
}  // namespace kiln::transfer
