#include "budget/window.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace kiln {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

instant const window_start{std::chrono::hours(1)};

TEST(window, lets_rate_grants_leave_at_once_and_the_next_one_second_after_the_first) {
  window w(3);
  w.take(window_start);
  w.take(window_start + milliseconds(10));
  EXPECT_EQ(w.free_at(window_start + milliseconds(10)), window_start + milliseconds(10));
  w.take(window_start + milliseconds(20));
  EXPECT_EQ(w.free_at(window_start + milliseconds(20)), window_start + seconds(1));
  w.take(window_start + seconds(1));
  EXPECT_EQ(w.free_at(window_start + seconds(1)), window_start + milliseconds(1010));
}

TEST(window, counts_whole_grants_of_a_broken_rate_and_stretches_a_rate_below_one) {
  EXPECT_EQ(window(4.9).grants_max(), 4U);
  EXPECT_EQ(window(4.9).span(), seconds(1));
  window slow(0.25);
  slow.take(window_start);
  EXPECT_EQ(slow.free_at(window_start), window_start + seconds(4));
}

TEST(window, forgets_a_grant_that_was_given_back) {
  window w(2);
  w.take(window_start);
  w.take(window_start + milliseconds(100));
  w.put_back(window_start);
  EXPECT_EQ(w.free_at(window_start + milliseconds(200)), window_start + milliseconds(200));
  w.take(window_start + milliseconds(200));
  EXPECT_EQ(w.free_at(window_start + milliseconds(200)), window_start + milliseconds(1100));
  w.put_back(window_start + milliseconds(150));  // never left: nothing changes
  EXPECT_EQ(w.free_at(window_start + milliseconds(200)), window_start + milliseconds(1100));
}

// Asks at random moments, takes whenever it may and gives some back; a plain list is the judge.
TEST(window, never_grants_more_than_the_rate_in_any_second) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    random_source random(seed);
    auto const rate = 1 + random.below(100);
    window w(static_cast<double>(rate));
    std::vector<instant> left;
    instant now = window_start;
    std::size_t refused = 0;
    for (int i = 0; i < 1500; ++i) {
      now += nanoseconds(random.below(2'000'000'000 / rate));
      auto const recent = static_cast<std::uint64_t>(std::count_if(
          left.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(left.size(), 101)),
          left.end(), [&](instant at) { return at > now - seconds(1); }));
      ASSERT_EQ(w.free_at(now) <= now, recent < rate) << "seed " << seed << " step " << i;
      if (recent < rate) {
        w.take(now);
        left.push_back(now);
      } else {
        ++refused;
      }
      if (random.below(10) == 0 && !left.empty()) {
        auto const which = left.size() - 1 - random.below(std::min<std::size_t>(left.size(), 8));
        w.put_back(left[which]);
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
    EXPECT_GT(refused, 0U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace kiln
