#include "client/token_core.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;
using step = token_core::step;

struct token_times : testing::Test {
  instant now = instant(1h);
  wall_time wall = wall_time(400'000h);
  token_core core{7};

  void pass(duration d) {
    now += d;
    wall += std::chrono::duration_cast<wall_time::duration>(d);
  }
  token_core::decision ask() { return core.wanted(now, wall); }
  void fetch(std::optional<duration> life) {
    ASSERT_TRUE(ask().fetch);
    core.fetched(life);
  }
};

TEST_F(token_times, the_first_call_fetches_and_the_others_wait) {
  auto const first = ask();
  EXPECT_EQ(first.what, step::wait);
  EXPECT_TRUE(first.fetch);
  for (int i = 0; i < 1'000; ++i) {
    auto const other = ask();
    EXPECT_EQ(other.what, step::wait);
    EXPECT_FALSE(other.fetch);
  }
  core.fetched(3600s);
  EXPECT_EQ(ask().what, step::use);
  EXPECT_FALSE(ask().fetch);
}

TEST_F(token_times, it_is_renewed_ahead_while_calls_go_on) {
  fetch(3600s);
  pass(39min);
  EXPECT_FALSE(ask().fetch) << "20 minutes before the end at the earliest";
  pass(7min);
  auto const ahead = ask();
  EXPECT_EQ(ahead.what, step::use);
  EXPECT_TRUE(ahead.fetch) << "15 minutes before the end at the latest";
  EXPECT_FALSE(ask().fetch) << "one at a time";
}

TEST_F(token_times, clients_of_the_same_age_spread) {
  std::vector<instant> times;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    token_core one(seed);
    ASSERT_TRUE(one.wanted(now, wall).fetch);
    one.fetched(3600s);
    times.push_back(one.refresh_at());
  }
  auto const [least, most] = std::minmax_element(times.begin(), times.end());
  EXPECT_GE(*least, now + 40min);
  EXPECT_LE(*most, now + 45min);
  EXPECT_GT(*most - *least, 3min);
}

TEST_F(token_times, a_short_life_is_renewed_in_its_last_half) {
  fetch(10s);
  pass(4s);
  EXPECT_FALSE(ask().fetch);
  pass(2600ms);
  EXPECT_TRUE(ask().fetch);
  pass(3s);
  EXPECT_EQ(ask().what, step::wait) << "its last tenth is not used";
}

TEST_F(token_times, only_an_ended_token_makes_calls_wait) {
  fetch(3600s);
  pass(50min);
  EXPECT_TRUE(ask().fetch);
  core.failed(now);
  EXPECT_EQ(ask().what, step::use) << "the old one is good until its end";
  EXPECT_FALSE(ask().fetch) << "a failure is not repeated at once";
  pass(2s);
  EXPECT_TRUE(ask().fetch);
  core.failed(now);
  pass(10min);
  auto const after = ask();
  EXPECT_EQ(after.what, step::wait);
  EXPECT_TRUE(after.fetch);
}

TEST_F(token_times, a_failing_endpoint_is_asked_more_and_more_rarely) {
  int fetches = 0;
  for (int second = 0; second < 3'600; ++second, pass(1s)) {
    for (int call = 0; call < 50; ++call) {
      auto const d = ask();
      if (!d.fetch) {
        EXPECT_EQ(d.what, step::fail);
        continue;
      }
      ++fetches;
      core.failed(now);
    }
  }
  EXPECT_GE(fetches, 60);
  EXPECT_LE(fetches, 140);
  pass(1min);
  fetch(3600s);
  EXPECT_EQ(ask().what, step::use);
}

TEST_F(token_times, a_server_that_asks_for_a_pause_gets_it) {
  fetch(3600s);
  pass(50min);
  ASSERT_TRUE(ask().fetch);
  core.failed(now, 5min);
  EXPECT_EQ(ask().what, step::use) << "what is left of the token serves meanwhile";
  EXPECT_TRUE(core.rejected(now));
  for (int second = 0; second < 300; ++second, pass(1s)) ASSERT_FALSE(ask().fetch) << second;
  pass(30s);
  auto const d = ask();
  EXPECT_TRUE(d.fetch);
  core.fetched(3600s);
  pass(1min);
  EXPECT_TRUE(core.rejected(now));
  EXPECT_TRUE(ask().fetch) << "the pause is over with the token that came";
}

TEST_F(token_times, a_refused_token_is_fetched_anew_once) {
  fetch(3600s);
  pass(5min);
  EXPECT_TRUE(core.rejected(now));
  EXPECT_TRUE(core.rejected(now)) << "of another call, for the same fetch";
  auto const d = ask();
  EXPECT_EQ(d.what, step::wait);
  EXPECT_TRUE(d.fetch);
  core.fetched(3600s);
  EXPECT_EQ(ask().what, step::use);
  EXPECT_FALSE(core.rejected(now)) << "the new one is refused too: another is of no use";
  EXPECT_EQ(ask().what, step::use);
  pass(1min);
  EXPECT_TRUE(core.rejected(now));
}

TEST_F(token_times, both_clocks_count) {
  fetch(3600s);
  wall += 2h;  // the machine slept, or its clock was set
  EXPECT_EQ(ask().what, step::wait);
  core.fetched(3600s);
  wall -= 24h;  // set back
  now += 61min;
  EXPECT_EQ(ask().what, step::wait);
}

TEST_F(token_times, an_absurd_or_unknown_life_is_bounded) {
  fetch(1'000'000h);
  EXPECT_LE(core.expires_at() - now, 24h);
  pass(24h);
  fetch(std::nullopt);
  EXPECT_LE(core.expires_at() - now, 10min);
}

TEST_F(token_times, a_life_counts_from_the_question_not_from_the_answer) {
  ASSERT_TRUE(ask().fetch);
  auto const asked = now;
  pass(40s);  // a slow endpoint
  core.fetched(60s);
  EXPECT_LE(core.expires_at(), asked + 60s);
}

}  // namespace
}  // namespace kiln
