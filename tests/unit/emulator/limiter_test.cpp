#include "emulator/limiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kiln::instant;
using kiln::limiter_kind;
using kiln::emulation::busiest_second;
using kiln::emulation::limiter;

constexpr instant start{1h};

struct outcome {
  int admitted = 0;
  int refused = 0;
};

/// `count` requests, `gap` apart.
outcome offer(limiter& l, instant& now, int count, kiln::duration gap) {
  outcome out;
  for (int i = 0; i < count; ++i, now += gap)
    ++(l.admits(now).admitted ? out.admitted : out.refused);
  return out;
}

TEST(limiter_window, admits_the_rate_in_any_second_and_no_more) {
  limiter l(limiter_kind::window, 30, 1);
  std::vector<instant> admitted;
  instant now = start;
  for (int i = 0; i < 5000; ++i, now += 1ms * (1 + i * 7 % 23)) {
    if (l.admits(now).admitted) admitted.push_back(now);
  }
  ASSERT_GT(admitted.size(), 1000U);
  for (std::size_t i = 30; i < admitted.size(); ++i) {
    EXPECT_GE(admitted[i] - admitted[i - 30], 1s);
  }
}

TEST(limiter_window, gives_a_place_back_exactly_one_second_later) {
  limiter l(limiter_kind::window, 2, 1);
  EXPECT_TRUE(l.admits(start).admitted);
  EXPECT_TRUE(l.admits(start + 1ms).admitted);
  EXPECT_FALSE(l.admits(start + 1s - 1ns).admitted);
  EXPECT_TRUE(l.admits(start + 1s).admitted);
  EXPECT_FALSE(l.admits(start + 1s).admitted);
}

TEST(limiter_window, does_not_count_what_it_refuses) {
  limiter l(limiter_kind::window, 30, 1);
  instant now = start;
  auto const o = offer(l, now, 10 * 40, 25ms);  // 40/s for ten seconds
  EXPECT_NEAR(o.admitted, 300, 10);
}

TEST(limiter_strict_window, collapses_when_more_is_offered_for_ever) {
  limiter l(limiter_kind::strict_window, 30, 1);
  instant now = start;
  auto const o = offer(l, now, 10 * 40, 25ms);
  EXPECT_EQ(o.admitted, 30);
}

TEST(limiter_strict_window, serves_an_even_pace_at_the_rate) {
  limiter l(limiter_kind::strict_window, 30, 1);
  instant now = start;
  EXPECT_EQ(offer(l, now, 300, 33'334us).refused, 0);
}

TEST(limiter_strict_window, recovers_once_a_second_holds_less_than_the_rate) {
  limiter l(limiter_kind::strict_window, 5, 1);
  instant now = start;
  EXPECT_EQ(offer(l, now, 100, 1ms).admitted, 5);
  EXPECT_TRUE(l.admits(now + 1s).admitted);
}

TEST(limiter_fixed, counts_anew_with_every_calendar_second) {
  limiter l(limiter_kind::fixed, 3, 1);
  instant now = start + 990ms;
  EXPECT_EQ(offer(l, now, 5, 1ms).admitted, 3);
  now = start + 1s;
  EXPECT_EQ(offer(l, now, 5, 1ms).admitted, 3);  // twice the rate around the edge
}

TEST(limiter_bucket, lets_the_burst_through_and_then_the_rate) {
  limiter l(limiter_kind::bucket, 10, 20);
  instant now = start;
  EXPECT_EQ(offer(l, now, 25, 0ns).admitted, 20);
  now += 1s;
  EXPECT_EQ(offer(l, now, 25, 0ns).admitted, 10);
  now += 1h;
  EXPECT_EQ(offer(l, now, 25, 0ns).admitted, 20);
}

TEST(limiter_leaky, wants_a_gap_between_two_requests) {
  limiter l(limiter_kind::leaky, 10, 30);
  EXPECT_TRUE(l.admits(start).admitted);
  EXPECT_FALSE(l.admits(start + 99ms).admitted);
  EXPECT_TRUE(l.admits(start + 100ms).admitted);
  EXPECT_FALSE(l.admits(start + 100ms).admitted);
}

TEST(limiter_none, admits_everything) {
  limiter l(limiter_kind::none, 1, 1);
  instant now = start;
  EXPECT_EQ(offer(l, now, 1000, 0ns).refused, 0);
}

TEST(limiter, retry_after_is_whole_seconds_and_at_least_one) {
  for (auto kind : {limiter_kind::window, limiter_kind::strict_window, limiter_kind::fixed,
                    limiter_kind::bucket, limiter_kind::leaky}) {
    limiter l(kind, 2, 2);
    instant now = start + 999ms;
    EXPECT_EQ(l.admits(now).retry_after, 0s);
    offer(l, now, 5, 0ns);
    EXPECT_EQ(l.admits(now).retry_after, 1s) << static_cast<int>(kind);
  }
}

TEST(limiter, a_rate_below_one_is_one_request_in_a_longer_window) {
  limiter l(limiter_kind::window, 0.2, 1);
  EXPECT_TRUE(l.admits(start).admitted);
  auto const second = l.admits(start + 500ms);
  EXPECT_FALSE(second.admitted);
  EXPECT_EQ(second.retry_after, 5s);
  EXPECT_TRUE(l.admits(start + 5s).admitted);
}

TEST(limiter, a_new_rate_applies_from_the_next_request) {
  limiter l(limiter_kind::window, 30, 1);
  instant now = start;
  EXPECT_EQ(offer(l, now, 30, 0ns).admitted, 30);
  now += 1s;
  l.set_rate(10);
  EXPECT_EQ(offer(l, now, 30, 0ns).admitted, 10);
  l.set_rate(30);
  EXPECT_EQ(offer(l, now, 30, 0ns).admitted, 20);
}

TEST(busiest_second, is_the_most_in_any_half_open_second) {
  busiest_second b;
  b.arrived(start);
  b.arrived(start + 999ms);
  EXPECT_EQ(b.worst(), 2U);
  b.arrived(start + 1s);  // the first one is out by now
  EXPECT_EQ(b.worst(), 2U);
  b.arrived(start + 1'500ms);
  EXPECT_EQ(b.worst(), 3U);
  b.arrived(start + 1min);
  EXPECT_EQ(b.worst(), 3U);
  b.reset();
  EXPECT_EQ(b.worst(), 0U);
}

}  // namespace
