#include "net/pool_core.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace kiln::net {
namespace {

using namespace std::chrono_literals;
using step = pool_core::step;

constexpr instant start = instant(1h);

pool_core make(std::size_t connections_max, std::size_t waiters_max = 1000) {
  return pool_core({connections_max, 10s, waiters_max});
}

// A connection that has been opened and lent.
void open_one(pool_core& core) {
  ASSERT_EQ(core.acquire(false).what, step::open);
  core.opened();
}

TEST(pool_core, opens_until_its_bound_and_then_lets_wait) {
  auto core = make(2);
  EXPECT_EQ(core.acquire(false).what, step::open);
  EXPECT_EQ(core.acquire(false).what, step::open);
  auto const third = core.acquire(false);
  EXPECT_EQ(third.what, step::wait);
  EXPECT_NE(third.waiter, 0U);
  EXPECT_EQ(core.opening(), 2U);
  EXPECT_EQ(core.waiting(), 1U);
}

TEST(pool_core, lends_the_connection_that_was_idle_for_the_shortest_time) {
  auto core = make(3);
  for (int i = 0; i < 3; ++i) open_one(core);
  for (pool_core::connection_id id : {1U, 2U, 3U}) {
    EXPECT_FALSE(core.give_back(id, true, start).close);
  }
  EXPECT_EQ(core.acquire(false).connection, 3U);
  EXPECT_EQ(core.acquire(false).connection, 2U);
}

TEST(pool_core, serves_waiters_in_the_order_they_came) {
  auto core = make(1);
  open_one(core);
  auto const first = core.acquire(false);
  auto const second = core.acquire(false);
  auto const after = core.give_back(7, true, start);
  ASSERT_TRUE(after.next);
  EXPECT_EQ(after.next->waiter, first.waiter);
  EXPECT_EQ(after.next->granted.what, step::use);
  EXPECT_EQ(after.next->granted.connection, 7U);
  EXPECT_EQ(core.give_back(7, true, start).next->waiter, second.waiter);
}

TEST(pool_core, a_waiter_opens_where_a_connection_was_lost) {
  auto core = make(1);
  open_one(core);
  auto const waiter = core.acquire(false);
  auto const after = core.give_back(7, false, start);
  EXPECT_TRUE(after.close);
  ASSERT_TRUE(after.next);
  EXPECT_EQ(after.next->waiter, waiter.waiter);
  EXPECT_EQ(after.next->granted.what, step::open);
  EXPECT_EQ(core.opening(), 1U);
}

TEST(pool_core, a_failed_opening_passes_its_place_on) {
  auto core = make(1);
  EXPECT_EQ(core.acquire(false).what, step::open);
  auto const waiter = core.acquire(false);
  auto const after = core.open_failed();
  ASSERT_TRUE(after.next);
  EXPECT_EQ(after.next->waiter, waiter.waiter);
  EXPECT_EQ(after.next->granted.what, step::open);
}

TEST(pool_core, a_withdrawn_waiter_is_never_woken) {
  auto core = make(1);
  open_one(core);
  auto const waiter = core.acquire(false);
  EXPECT_TRUE(core.withdraw(waiter.waiter));
  EXPECT_FALSE(core.withdraw(waiter.waiter));
  EXPECT_FALSE(core.give_back(7, true, start).next);
  EXPECT_EQ(core.idle(), 1U);
}

TEST(pool_core, a_stale_connection_is_replaced_by_an_idle_one_or_a_new_one_without_waiting) {
  auto core = make(2);
  open_one(core);
  open_one(core);
  (void)core.give_back(1, true, start);
  (void)core.give_back(2, true, start);
  ASSERT_EQ(core.acquire(false).connection, 2U);
  auto const other = core.stale();
  EXPECT_EQ(other.what, step::use);
  EXPECT_EQ(other.connection, 1U);
  EXPECT_EQ(core.stale().what, step::open);
  EXPECT_EQ(core.opening(), 1U);
  EXPECT_EQ(core.lent(), 0U);
}

TEST(pool_core, who_asks_for_a_fresh_connection_gets_no_idle_one) {
  auto core = make(2);
  open_one(core);
  (void)core.give_back(1, true, start);
  auto const granted = core.acquire(true);
  EXPECT_EQ(granted.what, step::open);
  EXPECT_EQ(granted.close_first, 0U);
  EXPECT_EQ(core.idle(), 1U);
}

TEST(pool_core, the_oldest_idle_connection_makes_room_for_a_fresh_one) {
  auto core = make(2);
  open_one(core);
  open_one(core);
  (void)core.give_back(1, true, start);
  (void)core.give_back(2, true, start + 1s);
  auto const granted = core.acquire(true);
  EXPECT_EQ(granted.what, step::open);
  EXPECT_EQ(granted.close_first, 1U);
}

TEST(pool_core, a_connection_handed_to_a_fresh_waiter_is_closed_and_opened_anew) {
  auto core = make(1);
  open_one(core);
  auto const waiter = core.acquire(true);
  EXPECT_EQ(waiter.what, step::wait);
  auto const after = core.give_back(1, true, start);
  EXPECT_TRUE(after.close);
  ASSERT_TRUE(after.next);
  EXPECT_EQ(after.next->granted.what, step::open);
}

TEST(pool_core, idle_connections_expire_after_their_time_and_not_before) {
  auto core = make(2);
  open_one(core);
  open_one(core);
  EXPECT_EQ(core.next_expiry(), never);
  (void)core.give_back(1, true, start);
  (void)core.give_back(2, true, start + 4s);
  EXPECT_EQ(core.next_expiry(), start + 10s);
  EXPECT_TRUE(core.expire(start + 10s - 1ns).empty());
  EXPECT_EQ(core.expire(start + 10s), std::vector<pool_core::connection_id>{1});
  EXPECT_EQ(core.next_expiry(), start + 14s);
  EXPECT_EQ(core.expire(start + 1h), std::vector<pool_core::connection_id>{2});
  EXPECT_EQ(core.acquire(false).what, step::open);
}

TEST(pool_core, the_queue_of_waiters_is_bounded) {
  auto core = make(1, 2);
  open_one(core);
  EXPECT_EQ(core.acquire(false).what, step::wait);
  EXPECT_EQ(core.acquire(false).what, step::wait);
  EXPECT_EQ(core.acquire(false).what, step::full);
  EXPECT_EQ(core.waiting(), 2U);
}

TEST(pool_core, after_close_nobody_waits_nothing_is_idle_and_nothing_is_granted) {
  auto core = make(2);
  open_one(core);
  open_one(core);
  auto const waiter = core.acquire(false);
  (void)core.withdraw(0);
  auto const remains = core.close();
  EXPECT_EQ(remains.waiters, std::vector<pool_core::waiter_id>{waiter.waiter});
  EXPECT_TRUE(remains.idle.empty());
  EXPECT_EQ(core.acquire(false).what, step::closed);
  auto const after = core.give_back(1, true, start);
  EXPECT_TRUE(after.close);
  EXPECT_FALSE(after.next);
  EXPECT_EQ(core.stale().what, step::closed);
  EXPECT_EQ(core.idle() + core.lent() + core.opening() + core.waiting(), 0U);
}

TEST(pool_core, a_shortage_lets_the_opener_wait_before_all_others_for_a_connection_there_is) {
  auto core = make(3);
  open_one(core);
  ASSERT_EQ(core.acquire(false).what, step::open);
  ASSERT_EQ(core.acquire(false).what, step::open);
  auto const patient = core.acquire(false);
  auto const second = core.open_fell_short(false, start);
  ASSERT_EQ(second.instead.what, step::wait);
  EXPECT_FALSE(second.next) << "the place is one that cannot be filled";
  auto const third = core.open_fell_short(false, start);
  ASSERT_EQ(third.instead.what, step::wait);
  EXPECT_EQ(core.acquire(false).what, step::wait) << "it shrank to one";
  for (auto const who : {third.instead.waiter, second.instead.waiter, patient.waiter}) {
    auto const after = core.give_back(1, true, start);
    ASSERT_TRUE(after.next);
    EXPECT_EQ(after.next->waiter, who);
    EXPECT_EQ(after.next->granted.connection, 1U);
  }
}

TEST(pool_core, a_shortage_without_another_connection_fails_and_the_next_in_line_tries) {
  auto core = make(1);
  ASSERT_EQ(core.acquire(false).what, step::open);
  auto const waiter = core.acquire(false);
  auto const alone = core.open_fell_short(false, start);
  EXPECT_EQ(alone.instead.what, step::alone);
  ASSERT_TRUE(alone.next);
  EXPECT_EQ(alone.next->waiter, waiter.waiter);
  EXPECT_EQ(alone.next->granted.what, step::open);
  EXPECT_EQ(core.open_fell_short(false, start).instead.what, step::alone);
  EXPECT_EQ(core.opening() + core.waiting(), 0U);
}

TEST(pool_core, a_shortage_is_met_with_an_idle_connection_or_what_it_gives_up) {
  auto core = make(3);
  open_one(core);
  ASSERT_EQ(core.acquire(false).what, step::open);
  (void)core.give_back(1, true, start);
  auto const used = core.open_fell_short(false, start);
  EXPECT_EQ(used.instead.what, step::use);
  EXPECT_EQ(used.instead.connection, 1U);
  (void)core.give_back(1, true, start);
  ASSERT_EQ(core.acquire(true).what, step::open) << "in the place of the idle one";
  core.opened();
  (void)core.give_back(2, true, start);
  (void)core.regrow(start + 1s);
  ASSERT_EQ(core.acquire(true).what, step::open);
  auto const fresh = core.open_fell_short(true, start + 1s);
  EXPECT_EQ(fresh.instead.what, step::open);
  EXPECT_EQ(fresh.instead.close_first, 2U);
}

TEST(pool_core, when_a_shortage_is_over_those_who_wait_open_again) {
  auto core = make(3);
  open_one(core);
  ASSERT_EQ(core.acquire(false).what, step::open);
  auto const second = core.open_fell_short(false, start);
  auto const third = core.acquire(false);
  auto const fourth = core.acquire(false);
  EXPECT_EQ(core.next_expiry(), start + pool_core::shortage_lasts);
  EXPECT_TRUE(core.regrow(start + pool_core::shortage_lasts - 1ns).empty());
  auto const woken = core.regrow(start + pool_core::shortage_lasts);
  ASSERT_EQ(woken.size(), 2U);
  EXPECT_EQ(woken[0].waiter, second.instead.waiter);
  EXPECT_EQ(woken[1].waiter, third.waiter);
  EXPECT_EQ(woken[1].granted.what, step::open);
  EXPECT_EQ(core.waiting(), 1U);
  EXPECT_TRUE(core.withdraw(fourth.waiter));
  EXPECT_EQ(core.next_expiry(), never);
}

// A world that knows independently what exists, and does everything at random.
class model {
 public:
  explicit model(std::uint64_t seed)
      : random_(seed), max_(1 + random_.below(4)), places_(max_), core_(make(max_)) {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      now_ += std::chrono::milliseconds(random_.below(3000));
      grow();
      one_step();
      check();
    }
    if (!core_.is_closed()) close();
    while (!lent_.empty() || opening_ > 0) {
      give_back();
      open_ends();
    }
    check();
    EXPECT_EQ(core_.idle() + core_.lent() + core_.opening() + core_.waiting(), 0U);
  }

 private:
  void one_step() {
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return granted(core_.acquire(random_.below(8) == 0), 0);
      case 4:
      case 5:
      case 6:
        return give_back();
      case 7:
      case 8:
        return open_ends();
      case 9:
        return withdraw();
      case 10:
        for (auto const id : core_.expire(now_)) EXPECT_EQ(idle_.erase(id), 1U);
        return;
      default:
        if (random_.below(200) == 0 && !core_.is_closed()) close();
    }
  }
  void granted(pool_core::grant const& g, pool_core::waiter_id who) {
    if (g.close_first != 0) {
      EXPECT_EQ(idle_.erase(g.close_first), 1U);
    }
    switch (g.what) {
      case step::use:
        // Either it was idle, or it comes straight from the one that gave it back.
        EXPECT_TRUE(who != 0 || idle_.erase(g.connection) == 1);
        EXPECT_TRUE(lent_.insert(g.connection).second) << "two exchanges on one connection";
        if (who == 0 && random_.below(10) == 0) {
          lent_.erase(g.connection);
          granted(core_.stale(), 0);
        }
        break;
      case step::open:
        ++opening_;
        break;
      case step::wait:
        waiting_.insert(g.waiter);
        break;
      case step::full:
        ADD_FAILURE();
        break;
      case step::closed:
        EXPECT_TRUE(core_.is_closed());
        break;
      case step::alone:
        EXPECT_EQ(idle_.size() + lent_.size(), 0U);
    }
  }
  void woken(std::optional<pool_core::wake> const& next) {
    if (!next) return;
    ASSERT_FALSE(waiting_.empty());
    EXPECT_EQ(next->waiter, *waiting_.begin()) << "not the one that waited longest";
    waiting_.erase(next->waiter);
    granted(next->granted, next->waiter);
  }
  void grow() {
    if (now_ < shortage_until_) return;
    places_ = max_;
    shortage_until_ = never;
    for (auto const& next : core_.regrow(now_)) woken(next);
  }
  void give_back() {
    if (lent_.empty()) return;
    auto const at = std::next(lent_.begin(), static_cast<long>(random_.below(lent_.size())));
    auto const id = *at;
    lent_.erase(at);
    auto const after = core_.give_back(id, random_.below(4) != 0, now_);
    bool const passed_on = after.next && after.next->granted.connection == id;
    if (!after.close && !passed_on) idle_.insert(id);
    woken(after.next);
  }
  void open_ends() {
    if (opening_ == 0) return;
    --opening_;
    if (random_.below(3) == 0) return woken(core_.open_failed().next);
    if (random_.below(4) == 0) return falls_short();
    core_.opened();
    lent_.insert(++last_id_);
  }
  void falls_short() {
    auto const before = waiting_;
    auto const out = core_.open_fell_short(random_.below(4) == 0, now_);
    if (!core_.is_closed()) {
      places_ = std::max<std::size_t>(1, idle_.size() + lent_.size() + opening_);
      shortage_until_ = now_ + pool_core::shortage_lasts;
    }
    if (out.instead.what == step::wait && !before.empty()) {
      EXPECT_LT(out.instead.waiter, *before.begin()) << "others are served before it";
    }
    granted(out.instead, 0);
    woken(out.next);
  }
  void withdraw() {
    if (waiting_.empty()) return;
    auto const at = std::next(waiting_.begin(), static_cast<long>(random_.below(waiting_.size())));
    EXPECT_TRUE(core_.withdraw(*at));
    waiting_.erase(at);
  }
  void close() {
    auto const remains = core_.close();
    EXPECT_EQ(remains.idle.size(), idle_.size());
    EXPECT_EQ(remains.waiters.size(), waiting_.size());
    idle_.clear();
    waiting_.clear();
  }
  void check() const {
    EXPECT_EQ(core_.idle(), idle_.size());
    EXPECT_EQ(core_.lent(), lent_.size());
    EXPECT_EQ(core_.opening(), opening_);
    EXPECT_EQ(core_.waiting(), waiting_.size());
    auto const total = core_.idle() + core_.lent() + core_.opening();
    EXPECT_LE(total, places_);
    EXPECT_TRUE(core_.waiting() == 0 || total == places_) << "somebody waits beside a free place";
    EXPECT_TRUE(core_.waiting() == 0 || core_.idle() == 0);
  }

  random_source random_;
  std::size_t max_;
  std::size_t places_;
  instant shortage_until_ = never;
  pool_core core_;
  instant now_ = start;
  std::set<pool_core::connection_id> idle_;
  std::set<pool_core::connection_id> lent_;
  std::set<pool_core::waiter_id> waiting_;
  std::size_t opening_ = 0;
  pool_core::connection_id last_id_ = 0;
};

TEST(pool_core, keeps_its_invariants_over_any_sequence_of_events) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    model(seed).run(400);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace kiln::net
