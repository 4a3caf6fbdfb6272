#include "budget/store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace kiln {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

instant const store_start{std::chrono::hours(1)};
constexpr duration gap = milliseconds(64);  // its slack is one millisecond

TEST(local_store, grants_the_first_at_once_and_the_next_after_the_gap) {
  auto const store = make_local_store();
  EXPECT_EQ(store->try_take(store_start, gap), store_start);
  instant const due = store->try_take(store_start, gap);
  EXPECT_EQ(due, store_start + gap - milliseconds(1));
  EXPECT_EQ(store->try_take(due, gap), due);
}

TEST(local_store, makes_lateness_good_within_its_slack_only) {
  auto const store = make_local_store();
  store->try_take(store_start, gap);
  instant late = store->try_take(store_start, gap) + microseconds(400);
  ASSERT_EQ(store->try_take(late, gap), late);
  EXPECT_EQ(store->try_take(late, gap), store_start - milliseconds(1) + 2 * gap);

  late += std::chrono::seconds(10);  // as after a suspended process
  ASSERT_EQ(store->try_take(late, gap), late);
  EXPECT_EQ(store->try_take(late, gap), late + gap - milliseconds(1));
}

TEST(local_store, gives_back_only_the_last_departure) {
  auto const store = make_local_store();
  instant const first = store_start;
  store->try_take(first, gap);
  instant const second = first + gap;
  store->try_take(second, gap);
  store->put_back(first, gap);
  EXPECT_GT(store->try_take(second, gap), second);
  store->put_back(second, gap);
  EXPECT_EQ(store->try_take(second, gap), second);
}

TEST(local_store, holds_every_departure_until_the_pause_ends) {
  auto const store = make_local_store();
  instant const pause = store_start + std::chrono::seconds(5);
  store->hold(pause);
  store->hold(store_start);
  EXPECT_EQ(store->try_take(store_start, gap), pause);
  EXPECT_EQ(store->try_take(pause, gap), pause);
}

TEST(local_store, spaces_the_departures_of_several_threads) {
  auto const store = make_local_store();
  constexpr duration short_gap = milliseconds(2);
  constexpr int turns = 20'000;
  std::atomic<std::int64_t> clock{0};  // each look is a microsecond
  std::vector<std::vector<instant>> taken(4);
  std::vector<std::thread> threads;
  for (auto& mine : taken) {
    threads.emplace_back([&] {
      for (int i = 0; i < turns; ++i) {
        instant const now = store_start + microseconds(clock.fetch_add(1));
        if (store->try_take(now, short_gap) == now) mine.push_back(now);
      }
    });
  }
  for (auto& t : threads) t.join();
  std::size_t sum = 0;
  for (auto const& mine : taken) sum += mine.size();
  // 80 ms of time: one departure each two milliseconds and the first. A thread that looked at the
  // clock and was then overtaken may not take, so a few can be missing.
  EXPECT_LE(sum, 41U);
  EXPECT_GE(sum, 20U);
}

}  // namespace
}  // namespace kiln
