#include "budget/scheduler.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace kiln {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class call final : public gate_entry {
 public:
  void on_grant() override {
    ++grants;
    if (then) then();
  }
  void on_refused(error why) override {
    refused = why.code();
    if (then) then();
  }

  int grants = 0;
  std::optional<errc> refused;
  std::function<void()> then;
};

class scheduler_driver : public testing::Test {
 protected:
  void settle() {
    io_.restart();
    io_.poll();
  }
  // Runs until no timer is left before `end`.
  void run_until(instant end) {
    for (settle(); clock_.next() && *clock_.next() <= end; settle()) clock_.advance();
    clock_.advance_to(end);
    settle();
  }
  void restart(budget_options const& options) { gate_.emplace(clock_, random_, budget(options)); }

  asio::io_context io_;
  virtual_timers clock_{io_.get_executor()};
  random_source random_{1};
  std::optional<scheduler> gate_{std::in_place, clock_, random_, budget()};
  instant start_ = clock_.now();
};

TEST_F(scheduler_driver, tells_of_a_grant_by_a_post_and_never_inside_submit) {
  call a;
  gate_->submit(a);
  EXPECT_EQ(a.grants, 0);
  settle();
  EXPECT_EQ(a.grants, 1);
  gate_->finished(a, verdict::done);
  EXPECT_EQ(gate_->stats().granted, 1U);
  EXPECT_EQ(gate_->stats().in_flight, 0U);
}

TEST_F(scheduler_driver, paces_grants_with_one_timer_at_a_time) {
  std::deque<call> calls(100);
  std::vector<instant> at;
  for (auto& c : calls) {
    c.then = [&] {
      at.push_back(clock_.now());
      gate_->finished(c, verdict::done);
    };
    gate_->submit(c);
  }
  for (settle(); clock_.next(); settle()) {
    EXPECT_EQ(clock_.pending(), 1U);
    clock_.advance();
  }
  ASSERT_EQ(at.size(), 100U);
  for (std::size_t i = 1; i < at.size(); ++i) EXPECT_GE(at[i] - at[i - 1], milliseconds(33));
  EXPECT_NEAR(std::chrono::duration<double>(at.back() - at.front()).count(), 99 / 29.7, 0.01);
}

TEST_F(scheduler_driver, refuses_at_the_deadline_and_not_inside_submit) {
  call first;
  call late;
  late.deadline = start_ + milliseconds(10);
  gate_->submit(first);
  settle();
  gate_->submit(late);
  EXPECT_FALSE(late.refused);
  run_until(start_ + milliseconds(9));
  EXPECT_FALSE(late.refused);
  run_until(start_ + milliseconds(10));
  EXPECT_EQ(late.refused, errc::deadline_exceeded);
  EXPECT_EQ(late.grants, 0);
  EXPECT_FALSE(gate_->withdraw(late));
}

TEST_F(scheduler_driver, withdraws_what_waits_and_says_so_otherwise) {
  call waits;
  call granted;
  gate_->submit(granted);
  settle();
  gate_->submit(waits);
  EXPECT_TRUE(gate_->withdraw(waits));
  EXPECT_FALSE(gate_->withdraw(waits));
  EXPECT_FALSE(gate_->withdraw(granted));
  run_until(start_ + seconds(1));
  EXPECT_EQ(waits.grants, 0);
  gate_->finished(granted, verdict::unused);
  EXPECT_EQ(gate_->stats().returned, 1U);
}

TEST_F(scheduler_driver, refuses_over_the_queue_limit_by_a_post_that_withdraw_stops) {
  budget_options options;
  options.queue_max = 1;
  restart(options);
  call waits;
  call refused;
  call withdrawn;
  gate_->submit(waits);
  gate_->submit(refused);
  gate_->submit(withdrawn);
  EXPECT_FALSE(refused.refused);
  EXPECT_TRUE(gate_->withdraw(withdrawn));
  settle();
  EXPECT_EQ(refused.refused, errc::queue_full);
  EXPECT_FALSE(withdrawn.refused);
  EXPECT_EQ(waits.grants, 1);
}

TEST_F(scheduler_driver, refuses_everything_on_close_and_after) {
  std::deque<call> calls(3);
  for (auto& c : calls) gate_->submit(c);
  calls[1].not_before = start_ + seconds(9);
  gate_->close();
  for (auto& c : calls) EXPECT_FALSE(c.refused);
  settle();
  for (auto& c : calls) EXPECT_EQ(c.refused, errc::closed);
  call after;
  gate_->submit(after);
  settle();
  EXPECT_EQ(after.refused, errc::closed);
}

TEST_F(scheduler_driver, lets_callbacks_submit_withdraw_finish_and_destroy) {
  call first;
  call second;
  call third;
  first.then = [&] {
    gate_->finished(first, verdict::done);
    gate_->submit(second);
    gate_->submit(third);
    EXPECT_TRUE(gate_->withdraw(third));
    EXPECT_EQ(second.grants, 0);
  };
  second.then = [&] { gate_.reset(); };
  gate_->submit(first);
  run_until(start_ + seconds(1));
  EXPECT_EQ(second.grants, 1);
  EXPECT_EQ(third.grants, 0);
  EXPECT_EQ(clock_.pending(), 0U);
}

TEST_F(scheduler_driver, is_silent_once_destroyed) {
  call waits;
  gate_->submit(waits);
  gate_.reset();
  run_until(start_ + seconds(1));
  EXPECT_EQ(waits.grants, 0);
  EXPECT_FALSE(waits.refused);
}

TEST_F(scheduler_driver, lets_a_retry_wait_out_its_back_off) {
  call retry;
  retry.not_before = start_ + milliseconds(500);
  gate_->submit(retry);
  run_until(start_ + milliseconds(499));
  EXPECT_EQ(retry.grants, 0);
  run_until(start_ + milliseconds(500));
  EXPECT_EQ(retry.grants, 1);
}

TEST_F(scheduler_driver, does_not_burst_after_the_process_was_suspended) {
  std::deque<call> calls(300);
  std::deque<instant> recent;
  for (auto& c : calls) {
    c.then = [&] {
      recent.push_back(clock_.now());
      while (recent.front() + seconds(1) <= clock_.now()) recent.pop_front();
      EXPECT_LE(recent.size(), 30U);
      gate_->finished(c, verdict::done);
    };
    gate_->submit(c);
  }
  run_until(start_ + seconds(1));
  auto const before = gate_->stats().granted;
  clock_.advance_to(start_ + seconds(60));
  settle();
  EXPECT_EQ(gate_->stats().granted, before + 1);
  run_until(start_ + seconds(120));
  EXPECT_EQ(gate_->stats().granted, 300U);
}

TEST_F(scheduler_driver, lets_handles_of_one_budget_share_its_rate) {
  budget const shared;
  scheduler one(clock_, random_, shared);
  scheduler two(clock_, random_, shared);
  std::deque<call> calls(400);
  std::deque<instant> recent;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    auto& mine = i % 2 == 0 ? one : two;
    calls[i].then = [&, i] {
      recent.push_back(clock_.now());
      while (recent.front() + seconds(1) <= clock_.now()) recent.pop_front();
      EXPECT_LE(recent.size(), 30U);
      (i % 2 == 0 ? one : two).finished(calls[i], verdict::done);
    };
    mine.submit(calls[i]);
  }
  run_until(start_ + seconds(10));
  EXPECT_NEAR(static_cast<double>(one.stats().granted + two.stats().granted), 297, 3);
}

TEST_F(scheduler_driver, silences_every_handle_of_a_budget_for_a_retry_after) {
  budget const shared;
  scheduler one(clock_, random_, shared);
  scheduler two(clock_, random_, shared);
  call asks;
  call other;
  one.submit(asks);
  settle();
  one.finished(asks, verdict::throttled_rate, seconds(2));
  two.submit(other);
  run_until(start_ + milliseconds(1999));
  EXPECT_EQ(other.grants, 0);
  run_until(start_ + milliseconds(2040));
  EXPECT_EQ(other.grants, 1);
}

TEST_F(scheduler_driver, needs_few_timers_when_the_rate_is_huge) {
  budget_options options;
  options.rate = 1e6;
  restart(options);
  std::deque<call> calls(20'000);
  for (auto& c : calls) {
    c.then = [&] { gate_->finished(c, verdict::done); };
    gate_->submit(c);
  }
  int timers_fired = 0;
  for (settle(); clock_.next(); settle()) {
    ++timers_fired;
    clock_.advance();
  }
  EXPECT_EQ(gate_->stats().granted, 20'000U);
  EXPECT_LT(timers_fired, 200);
  EXPECT_NEAR(std::chrono::duration<double>(clock_.now() - start_).count(), 0.0202, 0.002);
}

TEST_F(scheduler_driver, shows_what_it_learned) {
  call a;
  gate_->submit(a);
  settle();
  gate_->finished(a, verdict::throttled_rate, seconds(2));
  auto const stats = gate_->stats();
  EXPECT_EQ(stats.throttled, 1U);
  EXPECT_LT(stats.rate, 29.4);
  EXPECT_EQ(stats.paused_until, start_ + seconds(2));
  EXPECT_EQ(stats.in_flight_max, 256U);
}

}  // namespace
}  // namespace kiln
