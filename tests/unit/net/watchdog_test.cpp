#include "net/watchdog.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace kiln::net {
namespace {

using namespace std::chrono_literals;

struct watchdog_test : testing::Test {
  asio::io_context loop;
  virtual_timers clock{loop.get_executor()};
  instant const start = clock.now();
  watchdog dog{clock};
};

TEST_F(watchdog_test, calls_at_the_deadline_and_only_once) {
  std::vector<instant> calls;
  watchdog::watch w(dog, [&](instant now) {
    calls.push_back(now);
    return never;
  });
  w.until(start + 5s);
  clock.advance_to(start + 5s - 1ns);
  EXPECT_TRUE(calls.empty());
  clock.advance_to(start + 1h);
  EXPECT_EQ(calls.size(), 1U);
  EXPECT_EQ(clock.pending(), 0U);
}

TEST_F(watchdog_test, a_deadline_moved_back_is_kept_with_one_timer) {
  std::vector<instant> calls;
  watchdog::watch w(dog, [&](instant now) {
    calls.push_back(now);
    return never;
  });
  for (int i = 0; i < 100; ++i) {
    w.until(clock.now() + 5s);
    EXPECT_EQ(clock.pending(), 1U);
    clock.advance_to(clock.now() + 1s);
  }
  EXPECT_TRUE(calls.empty());
  while (clock.advance()) {
  }
  EXPECT_EQ(calls, std::vector<instant>{start + 99s + 5s});
}

TEST_F(watchdog_test, an_earlier_deadline_overtakes_a_later_one) {
  std::vector<int> order;
  watchdog::watch late(dog, [&](instant) {
    order.push_back(2);
    return never;
  });
  watchdog::watch soon(dog, [&](instant now) {
    EXPECT_EQ(now, start + 1s);
    order.push_back(1);
    return never;
  });
  late.until(start + 9s);
  soon.until(start + 1s);
  while (clock.advance()) {
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_F(watchdog_test, the_answer_of_a_call_is_the_next_deadline) {
  int calls = 0;
  watchdog::watch w(dog, [&](instant now) { return ++calls < 4 ? now + 1s : never; });
  w.until(start + 1s);
  while (clock.advance()) {
  }
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(clock.now(), start + 4s);
}

TEST_F(watchdog_test, a_watch_that_was_ended_is_not_called) {
  int calls = 0;
  auto count = [&](instant) {
    ++calls;
    return never;
  };
  auto first = std::make_unique<watchdog::watch>(dog, count);
  auto second = std::make_unique<watchdog::watch>(dog, count);
  first->until(start + 1s);
  second->until(start + 1s);
  first.reset();
  clock.advance_to(start + 2s);
  EXPECT_EQ(calls, 1);
}

TEST_F(watchdog_test, a_call_may_end_any_watch_and_set_any_deadline) {
  std::vector<std::unique_ptr<watchdog::watch>> all(3);
  int calls = 0;
  for (auto& w : all) {
    w = std::make_unique<watchdog::watch>(dog, [&](instant now) {
      ++calls;
      all[0].reset();
      if (all[1]) all[1]->until(now + 1s);
      all[2].reset();
      return never;
    });
    w->until(start + 1s);
  }
  clock.advance_to(start + 1s);
  EXPECT_GE(calls, 1);
  EXPECT_LE(calls, 2);
  EXPECT_FALSE(all[0]);
  int const before = calls;
  clock.advance_to(start + 2s);
  EXPECT_EQ(calls, before + 1);
}

TEST_F(watchdog_test, a_call_that_ends_others_still_gets_its_next_deadline) {
  std::vector<std::unique_ptr<watchdog::watch>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::make_unique<watchdog::watch>(dog, [](instant) { return never; }));
  }
  int calls = 0;
  watchdog::watch last(dog, [&](instant now) {
    others.clear();
    return ++calls < 3 ? now + 1s : never;
  });
  last.until(start + 1s);
  while (clock.advance()) {
  }
  EXPECT_EQ(calls, 3);
}

TEST_F(watchdog_test, a_dead_watchdog_leaves_a_harmless_timer) {
  auto other = std::make_unique<watchdog>(clock);
  {
    watchdog::watch w(*other, [](instant) { return never; });
    w.until(start + 1s);
  }
  other.reset();
  clock.advance_to(start + 2s);
  EXPECT_EQ(clock.pending(), 0U);
}

struct exchange_deadlines_test : testing::Test {
  timeout_options limits;
  instant const t = instant(1h);
};

TEST_F(exchange_deadlines_test, a_write_is_overdue_only_when_not_a_byte_was_taken) {
  exchange_deadlines d(limits);
  d.start(never);
  d.write_started(t, 100);
  EXPECT_EQ(d.next(), t + 30s);
  EXPECT_EQ(d.check(t + 30s, 101), std::nullopt);
  EXPECT_EQ(d.next(), t + 60s);
  EXPECT_EQ(d.check(t + 60s - 1ns, 101), std::nullopt);
  EXPECT_EQ(d.check(t + 60s, 101), overrun::write);
}

TEST_F(exchange_deadlines_test, the_first_byte_is_awaited_from_the_end_of_the_request) {
  exchange_deadlines d(limits);
  d.start(never);
  d.write_started(t, 0);
  d.write_ended();
  EXPECT_EQ(d.next(), never);
  d.request_sent(t + 5s);
  EXPECT_EQ(d.next(), t + 95s);
  EXPECT_EQ(d.check(t + 95s, 0), overrun::first_byte);
}

TEST_F(exchange_deadlines_test, each_byte_of_the_answer_gives_new_time) {
  exchange_deadlines d(limits);
  d.start(never);
  d.request_sent(t);
  d.received(t + 80s);
  EXPECT_EQ(d.next(), t + 140s);
  d.received(t + 139s);
  EXPECT_EQ(d.check(t + 199s, 0), overrun::idle_read);
}

TEST_F(exchange_deadlines_test, an_interim_answer_starts_no_clock_while_the_request_is_written) {
  exchange_deadlines d(limits);
  d.start(never);
  d.write_started(t, 0);
  d.received(t);
  d.write_ended();
  EXPECT_EQ(d.next(), never);
  d.request_sent(t + 600s);
  EXPECT_EQ(d.check(t + 690s, 0), overrun::first_byte);
}

TEST_F(exchange_deadlines_test, after_a_failed_write_the_answer_has_one_second_in_all) {
  exchange_deadlines d(limits);
  d.start(never);
  d.write_started(t, 0);
  d.write_failed(t);
  d.received(t + 900ms);
  EXPECT_EQ(d.next(), t + 1s);
  EXPECT_EQ(d.check(t + 1s, 0), overrun::after_failed_write);
}

TEST_F(exchange_deadlines_test, the_attempts_deadline_comes_before_all) {
  exchange_deadlines d(limits);
  d.start(t + 1s);
  d.request_sent(t);
  EXPECT_EQ(d.next(), t + 1s);
  EXPECT_EQ(d.check(t + 1000s, 0), overrun::attempt);
  EXPECT_EQ(d.describe(overrun::attempt).code(), errc::deadline_exceeded);
}

TEST_F(exchange_deadlines_test, errors_name_the_limit_and_its_value) {
  limits.first_byte = std::chrono::milliseconds(1234);
  exchange_deadlines const d(limits);
  auto const e = d.describe(overrun::first_byte);
  EXPECT_EQ(e.code(), errc::timed_out);
  EXPECT_NE(e.message().find("1234 ms"), std::string::npos);
  EXPECT_NE(e.message().find("timeouts.first_byte"), std::string::npos);
  EXPECT_NE(d.describe(overrun::write).message().find("timeouts.write"), std::string::npos);
  EXPECT_NE(d.describe(overrun::idle_read).message().find("timeouts.idle_read"), std::string::npos);
}

}  // namespace
}  // namespace kiln::net
