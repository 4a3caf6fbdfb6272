#include "budget/scheduler_core.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace kiln {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using kind = scheduler_core::decision::kind;
using refusal = scheduler_core::refusal;

instant const core_start{std::chrono::hours(1)};

// Counts what is taken of it, so that a grant that is taken and not used shows.
class counting_store final : public budget_store {
 public:
  instant try_take(instant now, duration gap) override {
    ++asked;
    instant const result = inner_->try_take(now, gap);
    taken += result == now ? 1 : 0;
    return result;
  }
  instant try_leave(instant now, duration gap) override { return inner_->try_leave(now, gap); }
  void put_back(instant at, duration gap) noexcept override {
    --taken;
    inner_->put_back(at, gap);
  }
  void hold(instant until) noexcept override { inner_->hold(until); }

  [[nodiscard]] duration agreed_gap() const noexcept override { return inner_->agreed_gap(); }
  void agree(duration gap) noexcept override { inner_->agree(gap); }

  int asked = 0;
  int taken = 0;

 private:
  std::shared_ptr<budget_store> inner_ = make_local_store();
};

struct gate {
  explicit gate(budget_options const& options = {})
      : store(std::make_shared<counting_store>()), core(options, store, random) {}

  lanes::handle call(int* owner, std::uint16_t bucket = 0, instant deadline = never,
                     kiln::lane lane = lane::normal) {
    lanes::call c;
    c.owner = owner;
    c.bucket = bucket;
    c.deadline = deadline;
    c.lane = lane;
    return core.submit(c, now).call;
  }
  // The next grant, however long it takes; nullptr when nothing more happens.
  void* granted() {
    for (;;) {
      auto const next = core.next(now);
      if (next.what == kind::grant) {
        grants.push_back(next.grant);
        return next.owner;
      }
      if (next.what == kind::refuse) return nullptr;
      if (next.until == never) return nullptr;
      now = next.until;
    }
  }

  random_source random{1};
  std::shared_ptr<counting_store> store;
  scheduler_core core;
  instant now = core_start;
  std::deque<scheduler_core::grant_id> grants;
};

TEST(scheduler_core, grants_at_the_gap_and_says_until_when_to_wait) {
  gate g;
  int a = 0;
  int b = 0;
  g.call(&a);
  g.call(&b);
  EXPECT_EQ(g.granted(), &a);
  EXPECT_EQ(g.now, core_start);
  EXPECT_EQ(g.granted(), &b);
  EXPECT_GE(g.now - core_start, milliseconds(33));
  EXPECT_LE(g.now - core_start, milliseconds(34));
  EXPECT_EQ(g.granted(), nullptr);
  EXPECT_EQ(g.core.in_flight(), 2U);
}

TEST(scheduler_core, keeps_no_more_requests_on_the_wire_than_the_limit) {
  budget_options options;
  options.in_flight_max = 2;
  gate g(options);
  int owner = 0;
  for (int i = 0; i < 3; ++i) g.call(&owner);
  EXPECT_NE(g.granted(), nullptr);
  EXPECT_NE(g.granted(), nullptr);
  g.now += seconds(1);
  EXPECT_EQ(g.granted(), nullptr);
  EXPECT_EQ(g.store->taken, 2);
  g.core.finished(g.grants[0], g.now, verdict::failed, {});
  EXPECT_NE(g.granted(), nullptr);
}

TEST(scheduler_core, gives_a_returned_grant_to_the_next_call_at_once) {
  gate g;
  int owner = 0;
  g.call(&owner);
  g.call(&owner);
  g.granted();
  g.core.finished(g.grants[0], g.now, verdict::unused, {});
  EXPECT_EQ(g.core.returned(), 1U);
  EXPECT_EQ(g.store->taken, 0);
  EXPECT_EQ(g.granted(), &owner);
  EXPECT_EQ(g.now, core_start);
}

TEST(scheduler_core, ignores_a_grant_that_was_finished_before) {
  gate g;
  int owner = 0;
  g.call(&owner);
  g.call(&owner);
  g.granted();
  g.core.finished(g.grants[0], g.now, verdict::done, {});
  g.granted();  // the same flight, used again
  g.core.finished(g.grants[0], g.now, verdict::done, {});
  g.core.finished(0, g.now, verdict::done, {});
  g.core.finished(99, g.now, verdict::done, {});
  EXPECT_EQ(g.core.in_flight(), 1U);
}

TEST(scheduler_core, stops_every_lane_for_a_retry_after_and_goes_on_at_a_lower_pace) {
  gate g;
  int owner = 0;
  for (int lane = 0; lane < lane_count; ++lane) {
    for (int i = 0; i < 9; ++i) g.call(&owner, 0, never, static_cast<kiln::lane>(lane));
  }
  g.granted();
  double const before = g.core.learned().pace();
  g.now += milliseconds(20);
  g.core.finished(g.grants[0], g.now, verdict::throttled_rate, seconds(3));
  EXPECT_EQ(g.core.learned().paused_until(), g.now + seconds(3));
  instant const paused = g.now;
  g.granted();
  EXPECT_GE(g.now, paused + seconds(3));
  EXPECT_LE(g.now, paused + seconds(3) + milliseconds(40));
  EXPECT_LT(g.core.learned().pace(), before);
}

TEST(scheduler_core, refuses_what_expires_during_a_pause_when_it_expires) {
  gate g;
  int owner = 0;
  int expires = 0;
  g.call(&owner);
  g.granted();
  g.core.finished(g.grants[0], g.now, verdict::throttled_rate, seconds(3));
  g.call(&expires, 0, core_start + seconds(1));
  auto const wait = g.core.next(g.now);
  ASSERT_EQ(wait.what, kind::wait);
  EXPECT_EQ(wait.until, core_start + seconds(1));
  auto const refused = g.core.next(wait.until);
  ASSERT_EQ(refused.what, kind::refuse);
  EXPECT_EQ(refused.owner, &expires);
  EXPECT_EQ(refused.why, refusal::expired);
}

TEST(scheduler_core, refuses_what_is_over_the_queue_limit_or_comes_after_close) {
  budget_options options;
  options.queue_max = 2;
  gate g(options);
  int owner = 0;
  EXPECT_NE(g.call(&owner), 0U);
  auto const second = g.call(&owner);
  lanes::call third;
  third.owner = &owner;
  auto const full = g.core.submit(third, g.now);
  EXPECT_EQ(full.call, 0U);
  EXPECT_EQ(full.why, refusal::queue_full);
  EXPECT_TRUE(g.core.withdraw(second));
  EXPECT_FALSE(g.core.withdraw(second));
  EXPECT_NE(g.call(&owner), 0U);
  g.core.close();
  EXPECT_EQ(g.core.submit(third, g.now).why, refusal::closed);
  for (int i = 0; i < 2; ++i) {
    auto const refused = g.core.next(g.now);
    ASSERT_EQ(refused.what, kind::refuse);
    EXPECT_EQ(refused.why, refusal::closed);
  }
  EXPECT_EQ(g.core.next(g.now).what, kind::wait);
  EXPECT_EQ(g.store->asked, 0);
}

TEST(scheduler_core, finds_buckets_by_name) {
  gate g;
  EXPECT_EQ(g.core.bucket_of("mlflow-experiments"), 1);
  EXPECT_EQ(g.core.bucket_of("mlflow-log-batch"), 3);
  EXPECT_EQ(g.core.bucket_of(""), 0);
  EXPECT_EQ(g.core.bucket_of("no such"), 0);
}

TEST(scheduler_core, keeps_a_bucket_to_its_rate_and_lets_other_calls_pass) {
  gate g;
  int narrow = 0;
  int wide = 0;
  for (int i = 0; i < 200; ++i) g.call(&narrow, 1);
  for (int i = 0; i < 800; ++i) g.call(&wide);
  std::deque<instant> recent;
  int narrow_grants = 0;
  int grants = 0;
  while (g.now < core_start + seconds(20)) {
    if (g.granted() == &narrow) {
      ++narrow_grants;
      recent.push_back(g.now);
      while (recent.front() + seconds(1) <= g.now) recent.pop_front();
      ASSERT_LE(recent.size(), 7U);
    }
    ++grants;
    g.core.finished(g.grants.back(), g.now, verdict::done, {});
  }
  EXPECT_GE(narrow_grants, 130);
  EXPECT_GE(grants, 590);
}

TEST(scheduler_core, takes_nothing_from_the_store_while_only_a_full_bucket_has_calls) {
  gate g;
  int owner = 0;
  g.call(&owner, 1);
  g.call(&owner, 1);
  g.granted();
  int const asked = g.store->asked;
  auto const wait = g.core.next(g.now + milliseconds(50));
  EXPECT_EQ(wait.what, kind::wait);
  EXPECT_GT(wait.until, core_start + milliseconds(140));
  EXPECT_EQ(g.store->asked, asked);
}

TEST(scheduler_core, blames_the_narrower_bucket_for_a_429) {
  gate g;
  int owner = 0;
  g.call(&owner, 2);
  g.granted();
  double const all = g.core.learned().pace();
  double const bucket = g.core.learned(2).pace();
  g.core.finished(g.grants.back(), g.now, verdict::throttled_rate, {});
  EXPECT_EQ(g.core.learned().pace(), all);
  EXPECT_LT(g.core.learned(2).pace(), bucket);
  g.call(&owner, 3);  // 47/s within 30/s: the budget is the nearer limit
  g.granted();
  g.core.finished(g.grants.back(), g.now, verdict::throttled_rate, {});
  EXPECT_LT(g.core.learned().pace(), all);
}

// Asked at random moments with long silences between, as after a suspended process.
TEST(scheduler_core, never_catches_up_in_a_burst) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    gate g;
    random_source random(seed);
    int owner = 0;
    for (int i = 0; i < 3000; ++i) g.call(&owner);
    instant last{};
    std::deque<instant> recent;
    while (g.core.waiting() > 0) {
      g.now += duration(random.below(random.below(50) == 0 ? 5'000'000'000 : 20'000'000));
      for (;;) {
        auto const next = g.core.next(g.now);
        if (next.what != kind::grant) break;
        ASSERT_GE(g.now - last, milliseconds(33)) << "seed " << seed;
        last = g.now;
        recent.push_back(g.now);
        while (recent.front() + seconds(1) <= g.now) recent.pop_front();
        ASSERT_LE(recent.size(), 30U) << "seed " << seed;
        g.core.finished(next.grant, g.now, verdict::done, {});
      }
    }
  }
}

TEST(scheduler_core, keeps_the_window_even_when_grants_are_returned_and_the_headroom_is_none) {
  budget_options options;
  options.headroom = 0;
  gate g(options);
  random_source random(5);
  int owner = 0;
  for (int i = 0; i < 4000; ++i) g.call(&owner);
  std::deque<instant> used;
  while (g.granted() != nullptr) {
    if (random.below(3) == 0) {
      g.core.finished(g.grants.back(), g.now, verdict::unused, {});
      continue;
    }
    g.core.finished(g.grants.back(), g.now, verdict::done, {});
    used.push_back(g.now);
    while (used.front() + seconds(1) <= g.now) used.pop_front();
    ASSERT_LE(used.size(), 30U);
  }
  EXPECT_EQ(g.core.waiting(), 0U);
}

}  // namespace
}  // namespace kiln
