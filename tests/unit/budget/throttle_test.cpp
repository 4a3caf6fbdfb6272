#include "budget/throttle.hpp"

#include "unit/budget/limiter_models.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace kiln {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

instant const throttle_start{std::chrono::hours(1)};
throttle::options const defaults{};

TEST(throttle, starts_at_the_rate_less_its_headroom) {
  throttle const t(defaults);
  EXPECT_NEAR(t.pace(), 29.703, 0.001);
  EXPECT_NEAR(static_cast<double>(t.gap().count()), 33'666'667, 1);
}

TEST(throttle, slows_down_a_little_for_one_429_and_at_once) {
  throttle t(defaults);
  auto const left = t.departs(throttle_start, 1);
  t.comes_back(left, throttle_start + milliseconds(20), verdict::throttled_rate);
  EXPECT_LT(t.pace(), 29.4);
  EXPECT_GT(t.pace(), 29.0);
}

TEST(throttle, slows_down_much_for_nothing_but_429s_and_within_bounds) {
  throttle t(defaults);
  instant now = throttle_start;
  for (int i = 0; i < 10'000; ++i) {
    t.comes_back(t.departs(now, 1), now + milliseconds(1), verdict::throttled_rate);
    now += t.gap();
    if (now < throttle_start + milliseconds(900)) {
      EXPECT_GT(t.pace(), 10);
    }
    if (now > throttle_start + seconds(5)) {
      EXPECT_LT(t.pace(), 3);
    }
  }
  EXPECT_NEAR(t.pace(), 29.703 / 60, 0.001);
}

TEST(throttle, counts_429s_of_requests_that_left_before_it_slowed_down_once) {
  throttle t(defaults);
  std::vector<throttle::departure> left;
  for (int i = 0; i < 8; ++i) left.push_back(t.departs(throttle_start + i * milliseconds(34), 1));
  instant const now = throttle_start + milliseconds(300);
  t.comes_back(left[0], now, verdict::throttled_rate);
  double const once = t.pace();
  for (int i = 1; i < 8; ++i) t.comes_back(left[std::size_t(i)], now, verdict::throttled_rate);
  EXPECT_EQ(t.pace(), once);
}

TEST(throttle, does_not_slow_down_far_below_what_is_served) {
  throttle t(defaults);
  models::sliding_window server(12, false);
  double lowest = t.pace();
  for (instant now = throttle_start; now < throttle_start + seconds(30); now += t.gap()) {
    auto const what = server.admits(now) ? verdict::done : verdict::throttled_rate;
    t.comes_back(t.departs(now, 1), now + milliseconds(1), what);
    lowest = std::min(lowest, t.pace());
  }
  EXPECT_GT(lowest, 10);
  EXPECT_LT(t.pace(), 12.5);
}

TEST(throttle, learns_nothing_from_failures_and_unused_grants) {
  throttle t(defaults);
  for (int i = 0; i < 100; ++i) {
    auto const at = throttle_start + i * milliseconds(34);
    t.comes_back(t.departs(at, 1), at, i % 2 == 0 ? verdict::failed : verdict::unused);
  }
  EXPECT_NEAR(t.pace(), 29.703, 0.001);
}

TEST(throttle, clamps_retry_after) {
  throttle t(defaults);
  t.freeze(throttle_start, -seconds(5));
  EXPECT_EQ(t.paused_until(), throttle_start);
  t.freeze(throttle_start, seconds(2));
  EXPECT_EQ(t.paused_until(), throttle_start + seconds(2));
  t.freeze(throttle_start, milliseconds(1));  // never shortens a pause
  EXPECT_EQ(t.paused_until(), throttle_start + seconds(2));
  t.freeze(throttle_start, duration::max());
  EXPECT_EQ(t.paused_until(), throttle_start + seconds(60));
}

TEST(throttle, keeps_its_pace_but_obeys_retry_after_when_not_adaptive) {
  auto options = defaults;
  options.adaptive = false;
  throttle t(options);
  t.comes_back(t.departs(throttle_start, 1), throttle_start, verdict::throttled_rate);
  t.comes_back(t.departs(throttle_start, 50), throttle_start, verdict::throttled_concurrency);
  t.freeze(throttle_start, seconds(1));
  EXPECT_NEAR(t.pace(), 29.703, 0.001);
  EXPECT_EQ(t.in_flight_max(), 256U);
  EXPECT_EQ(t.paused_until(), throttle_start + seconds(1));
}

// A server that serves at most 20 at once: the limit is found from above, and tried again rarely.
TEST(throttle, lowers_the_in_flight_limit_for_a_concurrency_429_and_not_the_pace) {
  throttle t(defaults);
  instant now = throttle_start;
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += milliseconds(34);
    auto const in_flight = std::min(t.in_flight_max(), 60U);
    bool const ok = in_flight <= 20;
    refused += ok ? 0 : 1;
    t.comes_back(t.departs(now, in_flight), now + milliseconds(1),
                 ok ? verdict::done : verdict::throttled_concurrency);
  }
  EXPECT_NEAR(t.pace(), 29.703, 0.001);
  EXPECT_GE(t.in_flight_max(), 19U);
  EXPECT_LE(t.in_flight_max(), 21U);
  EXPECT_LT(refused, 100);
}

TEST(last_second, counts_what_came_in_the_second_before) {
  last_second counted;
  for (int i = 0; i < 30; ++i) counted.add(throttle_start + i * milliseconds(33));
  EXPECT_NEAR(counted.count(throttle_start + milliseconds(990)), 30, 0.5);
  EXPECT_NEAR(counted.count(throttle_start + milliseconds(1500)), 15, 2);
  EXPECT_EQ(counted.count(throttle_start + seconds(3)), 0);
  counted.add(throttle_start + seconds(10));
  EXPECT_EQ(counted.count(throttle_start + seconds(10)), 1);
}

}  // namespace
}  // namespace kiln
