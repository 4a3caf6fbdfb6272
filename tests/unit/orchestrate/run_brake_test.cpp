#include "orchestrate/run_brake.hpp"

#include <gtest/gtest.h>

namespace kiln::runs {
namespace {

using namespace std::chrono_literals;

constexpr instant brake_start{std::chrono::hours(1)};

TEST(run_brake, lets_everything_go_until_something_is_refused) {
  run_brake brake;
  EXPECT_TRUE(brake.allows(1'000'000, 256, brake_start));
  EXPECT_EQ(brake.next(1'000'000, brake_start), never);
  EXPECT_FALSE(brake.holds(brake_start));
}

TEST(run_brake, holds_longer_after_each_refusal_up_to_a_minute) {
  run_brake brake;
  auto now = brake_start;
  auto expected = run_brake::hold_min;
  for (int i = 0; i < 8; ++i) {
    brake.refused(10, now);
    EXPECT_FALSE(brake.allows(0, 0, now));
    EXPECT_TRUE(brake.holds(now));
    EXPECT_EQ(brake.next(0, now), now + expected) << i;
    now += expected;
    EXPECT_TRUE(brake.allows(0, 0, now)) << i;
    expected = std::min<duration>(expected * 2, run_brake::hold_max);
  }
}

TEST(run_brake, refusals_of_what_was_sent_before_the_first_one_count_once) {
  run_brake brake;
  brake.refused(10, brake_start);
  for (int i = 0; i < 30; ++i) brake.refused(10, brake_start + 10ms);
  EXPECT_EQ(brake.next(0, brake_start + 10ms), brake_start + run_brake::hold_min);
}

TEST(run_brake, tries_one_run_alone_after_a_pause_and_all_once_that_was_taken) {
  run_brake brake;
  brake.refused(10, brake_start);
  auto const later = brake_start + run_brake::hold_min;
  EXPECT_TRUE(brake.allows(5, 0, later));
  EXPECT_FALSE(brake.allows(5, 1, later)) << "one is on its way";
  EXPECT_TRUE(brake.holds(later));
  brake.accepted(5, later);
  EXPECT_TRUE(brake.allows(5, 4, later));
  EXPECT_FALSE(brake.holds(later));
}

TEST(run_brake, takes_what_was_active_at_a_refusal_for_the_most_and_tries_one_more_now_and_then) {
  run_brake brake;
  brake.refused(32, brake_start);
  auto now = brake_start + run_brake::hold_min;
  brake.accepted(1, now);
  EXPECT_FALSE(brake.allows(32, 0, now));
  EXPECT_EQ(brake.next(32, now), brake_start + run_brake::probe_interval);
  now = brake_start + run_brake::probe_interval;
  EXPECT_TRUE(brake.allows(32, 0, now));
  EXPECT_FALSE(brake.allows(32, 1, now));
  brake.sent(32, now);
  EXPECT_FALSE(brake.allows(33, 0, now)) << "the next trial takes another interval";
  brake.accepted(33, now);
  EXPECT_TRUE(brake.allows(33, 0, now)) << "there was room: a sixteenth more is";
  EXPECT_FALSE(brake.allows(34, 0, now));
}

}  // namespace
}  // namespace kiln::runs
