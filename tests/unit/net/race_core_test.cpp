#include "net/race_core.hpp"

#include <gtest/gtest.h>

namespace kiln::net {
namespace {

using namespace std::chrono_literals;
using list = std::vector<std::string>;
using indices = std::vector<std::size_t>;

constexpr instant t = instant(1h);

TEST(interleave, alternates_families_and_begins_with_the_first) {
  EXPECT_EQ(interleave({"::1", "::2", "::3", "1.1.1.1", "2.2.2.2"}),
            (list{"::1", "1.1.1.1", "::2", "2.2.2.2", "::3"}));
  EXPECT_EQ(interleave({"1.1.1.1", "::1", "::2"}), (list{"1.1.1.1", "::1", "::2"}));
  EXPECT_EQ(interleave({}), list{});
}

TEST(interleave, drops_doubles_and_what_is_beyond_its_bound) {
  EXPECT_EQ(interleave({"1.1.1.1", "1.1.1.1", "::1", "::1"}), (list{"1.1.1.1", "::1"}));
  list many;
  for (int i = 0; i < 40; ++i) many.push_back("10.0.0." + std::to_string(i));
  EXPECT_EQ(interleave(many).size(), race_core::addresses_max);
}

TEST(race, starts_the_next_address_after_a_quarter_of_a_second) {
  race_core race(3, 10s);
  EXPECT_EQ(race.advance(t).start, indices{0});
  EXPECT_EQ(race.wake_at(), t + 250ms);
  EXPECT_TRUE(race.advance(t + 249ms).start.empty());
  EXPECT_EQ(race.advance(t + 250ms).start, indices{1});
  EXPECT_EQ(race.advance(t + 500ms).start, indices{2});
  EXPECT_EQ(race.wake_at(), t + 10s);
  EXPECT_FALSE(race.lost());
}

TEST(race, starts_the_next_address_at_once_when_one_fails) {
  race_core race(3, 10s);
  (void)race.advance(t);
  race.failed(0);
  EXPECT_FALSE(race.lost());
  EXPECT_EQ(race.advance(t + 1ms).start, indices{1});
  EXPECT_TRUE(race.advance(t + 1ms).start.empty()) << "one failure starts one address";
  EXPECT_EQ(race.wake_at(), t + 251ms);
}

TEST(race, is_lost_when_every_address_failed) {
  race_core race(2, 10s);
  (void)race.advance(t);
  race.failed(0);
  (void)race.advance(t);
  race.failed(1);
  EXPECT_TRUE(race.lost());
  EXPECT_FALSE(race.only_timeouts());
  EXPECT_EQ(race.wake_at(), never);
}

TEST(race, gives_each_address_its_own_time) {
  race_core race(2, 1s);
  (void)race.advance(t);
  EXPECT_EQ(race.advance(t + 250ms).start, indices{1});
  EXPECT_EQ(race.wake_at(), t + 1s);
  EXPECT_EQ(race.advance(t + 1s).give_up, indices{0});
  EXPECT_FALSE(race.lost());
  EXPECT_EQ(race.wake_at(), t + 1250ms);
  EXPECT_EQ(race.advance(t + 1250ms).give_up, indices{1});
  EXPECT_TRUE(race.lost());
  EXPECT_TRUE(race.only_timeouts());
}

TEST(race, an_address_that_is_too_slow_hands_over_at_once) {
  race_core race(2, 100ms);  // shorter than the stagger
  (void)race.advance(t);
  auto const next = race.advance(t + 100ms);
  EXPECT_EQ(next.give_up, indices{0});
  EXPECT_EQ(next.start, indices{1});
}

}  // namespace
}  // namespace kiln::net
