#include "budget/lanes.hpp"

#include "core/random.hpp"
#include "unit/budget/lanes_reference.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace kiln {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

instant const start{std::chrono::hours(1)};
bool all_open(std::uint16_t) { return true; }

void* name(std::uintptr_t n) { return reinterpret_cast<void*>(n); }
std::uintptr_t number(void* owner) { return reinterpret_cast<std::uintptr_t>(owner); }

lanes::call call_of(std::uintptr_t owner, kiln::lane lane = lane::normal,
                    std::uint32_t tenant = 0) {
  lanes::call c;
  c.owner = name(owner);
  c.lane = lane;
  c.tenant = tenant;
  return c;
}

std::uintptr_t serve(lanes& l, instant now, lanes::bucket_open const& open = all_open) {
  l.wake(now);
  auto const which = l.pick(now, open);
  return which ? number(l.take(*which, now)) : 0;
}

TEST(lanes, serve_by_weight_when_all_have_calls) {
  lanes::options how;
  how.wait_max = std::chrono::hours(1);
  lanes l(how);
  std::uintptr_t serial = 0;
  for (int lane_number = 0; lane_number < lane_count; ++lane_number) {
    for (int i = 0; i < 3000; ++i) {
      l.push(call_of(++serial, static_cast<kiln::lane>(lane_number)), start);
    }
  }
  std::array<int, lane_count> served{};
  for (int i = 0; i < 3000; ++i) ++served[(serve(l, start) - 1) / 3000];
  EXPECT_EQ(served[0], 1600);
  EXPECT_EQ(served[1], 800);
  EXPECT_EQ(served[2], 400);
  EXPECT_EQ(served[3], 200);
}

TEST(lanes, give_a_lane_that_was_idle_no_credit) {
  lanes l({});
  for (std::uintptr_t i = 1; i <= 1000; ++i) l.push(call_of(i, lane::bulk), start);
  for (int i = 0; i < 500; ++i) serve(l, start);
  for (std::uintptr_t i = 2001; i <= 2100; ++i) l.push(call_of(i, lane::poll), start);
  int polls = 0;
  for (int i = 0; i < 30; ++i) polls += serve(l, start) > 2000 ? 1 : 0;
  EXPECT_EQ(polls, 10);
}

TEST(lanes, serve_a_lane_within_its_bounded_wait_whatever_its_weight) {
  lanes::options how;
  how.weights = {1'000'000, 1, 1, 1};
  how.wait_max = seconds(2);
  lanes l(how);
  for (std::uintptr_t i = 1; i <= 1000; ++i) l.push(call_of(i, lane::interactive), start);
  for (std::uintptr_t i = 2001; i <= 2100; ++i) l.push(call_of(i, lane::poll), start);
  instant now = start;
  instant last_poll = start;
  int polls = 0;
  for (int i = 0; i < 300; ++i, now += milliseconds(33)) {
    if (serve(l, now) < 2001) continue;
    EXPECT_LE(now - last_poll, seconds(2) + milliseconds(33));
    last_poll = now;
    ++polls;
  }
  EXPECT_GE(polls, 4);
  EXPECT_LE(polls, 7);
}

TEST(lanes, let_a_tenant_with_one_call_pass_a_flood_within_two_slots) {
  lanes l({});
  for (std::uintptr_t i = 1; i <= 10'000; ++i) l.push(call_of(i, lane::normal, 1), start);
  for (int turn = 0; turn < 50; ++turn) {
    for (int i = 0; i < 29; ++i) serve(l, start);
    l.push(call_of(1'000'000, lane::normal, 2), start);
    int waited = 0;
    while (serve(l, start) != 1'000'000) ASSERT_LT(++waited, 2);
  }
}

TEST(lanes, give_nothing_to_a_tenant_that_leaves_and_comes_back) {
  lanes l({});
  for (std::uintptr_t i = 1; i <= 10'000; ++i) l.push(call_of(i, lane::normal, 1), start);
  int flood = 0;
  for (int i = 0; i < 1000; ++i) {
    if (l.size() + static_cast<unsigned>(flood) <= 10'000U) {
      l.push(call_of(1'000'000, lane::normal, 2), start);  // always exactly one waiting
    }
    if (serve(l, start) != 1'000'000) ++flood;
  }
  EXPECT_GE(flood, 499);
}

TEST(lanes, serve_a_flow_by_deadline_and_then_in_order) {
  lanes l({});
  l.push(call_of(1), start);
  auto soon = call_of(2);
  soon.deadline = start + seconds(5);
  auto sooner = call_of(3);
  sooner.deadline = start + seconds(4);
  l.push(soon, start);
  l.push(sooner, start);
  l.push(call_of(4), start);
  std::vector<std::uintptr_t> order;
  while (auto const who = serve(l, start)) order.push_back(who);
  EXPECT_EQ(order, (std::vector<std::uintptr_t>{3, 2, 1, 4}));
}

TEST(lanes, keep_a_call_back_until_its_back_off_has_passed) {
  lanes l({});
  auto later = call_of(1);
  later.not_before = start + milliseconds(50);
  l.push(later, start);
  EXPECT_EQ(l.next_event(), start + milliseconds(50));
  EXPECT_EQ(serve(l, start + milliseconds(49)), 0U);
  EXPECT_EQ(serve(l, start + milliseconds(50)), 1U);
  EXPECT_EQ(l.next_event(), never);
}

TEST(lanes, do_not_let_a_closed_bucket_hold_up_others_of_its_lane) {
  lanes::options how;
  how.buckets = 2;
  lanes l(how);
  auto first = call_of(1);
  first.bucket = 1;
  l.push(first, start);
  auto second = call_of(2);
  second.bucket = 2;
  l.push(second, start);
  l.push(call_of(3), start);
  auto const one_closed = [](std::uint16_t b) { return b != 1; };
  EXPECT_EQ(serve(l, start, one_closed), 2U);
  EXPECT_EQ(serve(l, start, one_closed), 3U);
  EXPECT_EQ(serve(l, start, one_closed), 0U);
  EXPECT_EQ(serve(l, start), 1U);
}

TEST(lanes, expire_calls_that_wait_or_back_off_by_their_deadline) {
  lanes l({});
  auto waits = call_of(1);
  waits.deadline = start + milliseconds(10);
  l.push(waits, start);
  auto sleeps = call_of(2);
  sleeps.deadline = start + milliseconds(20);
  sleeps.not_before = start + milliseconds(30);
  l.push(sleeps, start);
  EXPECT_EQ(l.expire(start + milliseconds(9)), nullptr);
  EXPECT_EQ(l.expire(start + milliseconds(10)), name(1));
  EXPECT_EQ(l.next_event(), start + milliseconds(20));
  EXPECT_EQ(l.expire(start + milliseconds(20)), name(2));
  EXPECT_EQ(l.size(), 0U);
  EXPECT_EQ(l.flow_count(), 0U);
}

TEST(lanes, know_a_stale_handle_when_its_slot_is_used_again) {
  lanes l({});
  auto const first = l.push(call_of(1), start);
  EXPECT_TRUE(l.erase(first));
  auto const second = l.push(call_of(2), start);
  EXPECT_NE(first, second);
  EXPECT_FALSE(l.erase(first));
  EXPECT_FALSE(l.erase(0));
  EXPECT_TRUE(l.erase(second));
}

TEST(lanes, drain_everything_once) {
  lanes l({});
  std::set<void*> drained;
  for (std::uintptr_t i = 1; i <= 100; ++i) {
    auto c = call_of(i, lane::bulk, static_cast<std::uint32_t>(i % 7));
    if (i % 3 == 0) c.not_before = start + seconds(1);
    l.push(c, start);
  }
  while (void* owner = l.drain()) EXPECT_TRUE(drained.insert(owner).second);
  EXPECT_EQ(drained.size(), 100U);
  EXPECT_EQ(l.size(), 0U);
}

TEST(lanes, hold_a_million_calls_in_64_bytes_each) {
  lanes l({});
  random_source random(7);
  constexpr std::uint32_t calls = 1'000'000;
  for (std::uintptr_t i = 1; i <= calls; ++i) {
    auto c = call_of(i, lane::bulk, static_cast<std::uint32_t>(i % 1000));
    c.deadline = start + milliseconds(random.below(1'000'000));
    l.push(c, start);
  }
  EXPECT_EQ(l.size(), calls);
  EXPECT_LE(static_cast<double>(l.bytes()) / calls, 64.0);
}

// Random operations, judged by a reference that looks at every call each time.
TEST(lanes, agree_with_a_naive_reference_under_random_operations) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    random_source random(seed);
    lanes::options how;
    how.buckets = 3;
    how.wait_max = milliseconds(500);
    lanes tested(how);
    lanes_reference judge(how);
    std::map<std::uintptr_t, lanes::handle> waiting;
    std::uintptr_t serial = 0;
    instant now = start;
    for (int step = 0; step < 3000; ++step) {
      std::string const where = "seed " + std::to_string(seed) + " step " + std::to_string(step);
      now += milliseconds(random.below(20));
      auto const dice = random.below(100);
      if (dice < 50) {
        auto c = call_of(++serial, static_cast<kiln::lane>(random.below(4)),
                         static_cast<std::uint32_t>(random.below(5)));
        c.bucket = static_cast<std::uint16_t>(random.below(4));
        if (random.below(2) == 0) c.deadline = now + milliseconds(random.below(2000));
        if (random.below(4) == 0) c.not_before = now + duration(random.below(500'000'000));
        waiting[serial] = tested.push(c, now);
        judge.push(c, now);
      } else if (dice < 60 && !waiting.empty()) {
        auto it = waiting.lower_bound(1 + random.below(serial));
        if (it == waiting.end()) it = waiting.begin();
        ASSERT_TRUE(tested.erase(it->second)) << where;
        judge.erase(name(it->first));
        waiting.erase(it);
      } else if (dice < 70) {
        void* const owner = tested.expire(now);
        ASSERT_EQ(owner != nullptr, judge.expire(now, owner)) << where;
        if (owner != nullptr) waiting.erase(number(owner));
      } else {
        auto const shut = random.below(5);
        auto const open = [&](std::uint16_t b) { return b != shut; };
        tested.wake(now);
        judge.wake(now);
        auto const which = tested.pick(now, open);
        void* const expected = judge.pick(now, open);
        ASSERT_EQ(which.has_value(), expected != nullptr) << where;
        if (!which) continue;
        void* const owner = tested.take(*which, now);
        ASSERT_EQ(owner, expected) << where;
        judge.take(owner, now);
        waiting.erase(number(owner));
      }
      ASSERT_EQ(tested.size(), waiting.size()) << where;
      ASSERT_EQ(tested.next_event(), judge.next_event()) << where;
    }
    while (!waiting.empty()) {
      ASSERT_TRUE(tested.erase(waiting.begin()->second));
      waiting.erase(waiting.begin());
    }
    EXPECT_EQ(tested.flow_count(), 0U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace kiln
