#include "orchestrate/wait_core.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;

constexpr instant start = instant(1h);

wait_core::settings listed(std::size_t page_items, double rate = 1'000) {
  wait_core::settings s;
  s.page_items = page_items;
  s.rate = rate;
  s.seed = 7;
  return s;
}
wait_pace pace(duration first = 2s, duration longest = 30s) {
  wait_pace p;
  p.interval = first;
  p.interval_max = longest;
  return p;
}
/// Answers everything a round asks for singly.
void answer(wait_core& core, wait_core::step const& asked, instant now) {
  for (auto const& key : asked.singles) core.single_came(key, now);
}
std::vector<std::string> keys(std::initializer_list<char const*> names) {
  return {names.begin(), names.end()};
}

TEST(wait_core, looks_at_one_thing_singly_and_less_and_less_often) {
  wait_core core(listed(wait_core::one_page));
  core.watch("a", pace(2s, 10s), start);
  std::vector<duration> gaps;
  instant last = start;
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(core.next().has_value());
    auto const now = *core.next();
    auto const asked = core.begin(now);
    EXPECT_FALSE(asked.page);
    EXPECT_EQ(asked.singles, keys({"a"}));
    EXPECT_FALSE(core.next().has_value()) << "a round is under way";
    answer(core, asked, now);
    if (i > 0) gaps.push_back(now - last);
    last = now;
  }
  constexpr duration plain[] = {2s, 3s, 4'500ms, 6'750ms, 10s, 10s, 10s};
  ASSERT_EQ(gaps.size(), std::size(plain));
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    EXPECT_GE(gaps[i], plain[i] * 9 / 10) << i;
    EXPECT_LE(gaps[i], plain[i] * 11 / 10) << i;
  }
}

TEST(wait_core, rests_when_nothing_is_watched) {
  wait_core core(listed(wait_core::one_page));
  EXPECT_FALSE(core.next().has_value());
  core.watch("a", pace(), start);
  core.unwatch("a");
  core.unwatch("never watched");
  EXPECT_FALSE(core.next().has_value());
  EXPECT_EQ(core.watched(), 0U);
}

TEST(wait_core, watchers_of_the_same_thing_share_its_answer_and_the_faster_pace) {
  wait_core core(listed(wait_core::one_page));
  core.watch("a", pace(20s), start + 5s);
  core.watch("a", pace(2s), start);
  ASSERT_EQ(core.next(), start);
  auto const asked = core.begin(start);
  EXPECT_EQ(asked.singles, keys({"a"}));
  answer(core, asked, start);
  EXPECT_LE(*core.next(), start + 2'200ms);
  core.unwatch("a");
  EXPECT_EQ(core.watched(), 1U);
  core.unwatch("a");
  EXPECT_EQ(core.watched(), 0U);
}

TEST(wait_core, one_list_answers_many) {
  wait_core core(listed(wait_core::one_page));
  std::vector<std::string> all;
  for (int i = 0; i < 1'000; ++i) {
    all.push_back("c" + std::to_string(i));
    core.watch(all.back(), pace(), start);
  }
  instant now = start;
  while (now < start + 10min) {
    auto asked = core.begin(now);
    ASSERT_TRUE(asked.page || asked.singles.empty());
    if (asked.page) asked = core.page_came(all, false, now);
    answer(core, asked, now);
    now = *core.next();
  }
  EXPECT_EQ(core.count().singles, 0U);
  EXPECT_LT(core.count().pages, 45U) << "the intervals of one of them, not of a thousand";
  EXPECT_GT(core.count().pages, 15U);
}

TEST(wait_core, what_is_not_on_the_list_is_asked_for_singly_from_then_on) {
  wait_core core(listed(wait_core::one_page));
  for (auto const* name : {"a", "b", "gone"}) core.watch(name, pace(), start);
  auto asked = core.begin(start);
  ASSERT_TRUE(asked.page);
  asked = core.page_came(keys({"x", "b", "a", "y"}), false, start);
  EXPECT_EQ(asked.singles, keys({"gone"}));
  answer(core, asked, start);
  core.unwatch("a");
  auto const later = *core.next() + 1s;
  asked = core.begin(later);
  EXPECT_FALSE(asked.page) << "two requests either way, and single ones carry less";
  EXPECT_EQ(asked.singles.size(), 2U);
}

TEST(wait_core, takes_the_pages_that_hold_many_and_asks_for_the_stragglers_singly) {
  wait_core core(listed(2));
  for (auto const* name : {"n4", "n3", "n2", "n1", "old"}) core.watch(name, pace(), start);
  auto asked = core.begin(start);
  ASSERT_TRUE(asked.page);
  asked = core.page_came(keys({"n4", "n3"}), true, start);
  ASSERT_TRUE(asked.page);
  asked = core.page_came(keys({"n2", "n1"}), true, start);
  // Two pages more would be needed; the last one was worth it, this one is not.
  ASSERT_FALSE(asked.page);
  EXPECT_EQ(asked.singles, keys({"old"}));
  answer(core, asked, start);
  auto const later = *core.next() + 1s;
  asked = core.begin(later);
  asked = core.page_came(keys({"x5", "n4"}), true, later);
  ASSERT_TRUE(asked.page) << "the list has moved down by one";
  asked = core.page_came(keys({"n3", "n2"}), true, later);
  ASSERT_TRUE(asked.page) << "so two things are likely on the next page";
  asked = core.page_came(keys({"n1", "x"}), true, later);
  EXPECT_FALSE(asked.page);
  EXPECT_EQ(asked.singles, keys({"old"}));
}

TEST(wait_core, goes_on_below_the_plan_while_a_page_saves_requests) {
  wait_core core(listed(3));
  for (int i = 0; i < 6; ++i) core.watch("r" + std::to_string(i), pace(), start);
  auto asked = core.begin(start);
  ASSERT_TRUE(asked.page);
  asked = core.page_came(keys({"x", "y", "z"}), true, start);
  ASSERT_TRUE(asked.page) << "planned: six things, three a page";
  asked = core.page_came(keys({"r5", "r4", "r3"}), true, start);
  ASSERT_TRUE(asked.page) << "not planned, but worth it";
  asked = core.page_came(keys({"r2", "r1", "r0"}), true, start);
  EXPECT_FALSE(asked.page);
  EXPECT_TRUE(asked.singles.empty());
  EXPECT_TRUE(core.next().has_value());
}

TEST(wait_core, stops_taking_pages_as_soon_as_everything_has_been_seen) {
  wait_core core(listed(2));
  for (auto const* name : {"a", "b", "c", "d"}) core.watch(name, pace(), start);
  auto asked = core.begin(start);
  core.unwatch("c");
  core.unwatch("d");
  asked = core.page_came(keys({"a", "b"}), true, start);
  EXPECT_FALSE(asked.page);
  EXPECT_TRUE(asked.singles.empty());
}

TEST(wait_core, a_thing_twice_on_a_shifting_list_counts_once) {
  wait_core core(listed(2));
  for (auto const* name : {"a", "b", "c"}) core.watch(name, pace(), start);
  auto asked = core.begin(start);
  asked = core.page_came(keys({"a", "b"}), true, start);
  ASSERT_TRUE(asked.page || !asked.singles.empty());
  if (asked.page) asked = core.page_came(keys({"b", "c"}), false, start);
  answer(core, asked, start);
  EXPECT_TRUE(core.next().has_value());
}

TEST(wait_core, without_a_list_everything_is_asked_for_singly_within_a_bound) {
  wait_core core(listed(0));
  for (std::size_t i = 0; i < wait_core::singles_max + 10; ++i) {
    core.watch("v" + std::to_string(i), pace(), start);
  }
  auto asked = core.begin(start);
  EXPECT_EQ(asked.singles.size(), wait_core::singles_max);
  answer(core, asked, start);
  asked = core.begin(*core.next());
  EXPECT_EQ(asked.singles.size(), 10U) << "those that were left";
}

TEST(wait_core, a_list_that_is_refused_is_not_asked_for_again) {
  wait_core core(listed(wait_core::one_page));
  for (auto const* name : {"a", "b", "c"}) core.watch(name, pace(), start);
  auto asked = core.begin(start);
  ASSERT_TRUE(asked.page);
  asked = core.page_failed(true, start);
  EXPECT_EQ(asked.singles.size(), 3U);
  answer(core, asked, start);
  asked = core.begin(*core.next() + 1s);
  EXPECT_FALSE(asked.page);
  EXPECT_EQ(asked.singles.size(), 3U);
}

TEST(wait_core, a_list_that_failed_is_asked_for_again_later) {
  wait_core core(listed(wait_core::one_page));
  for (auto const* name : {"a", "b"}) core.watch(name, pace(2s), start);
  ASSERT_TRUE(core.begin(start).page);
  auto const asked = core.page_failed(false, start + 1s);
  EXPECT_TRUE(asked.singles.empty());
  ASSERT_TRUE(core.next().has_value());
  EXPECT_GE(*core.next(), start + 1s + 1'800ms);
  EXPECT_TRUE(core.begin(*core.next()).page);
}

TEST(wait_core, rounds_keep_below_the_rate) {
  wait_core core(listed(0, 2.0));
  for (int i = 0; i < 100; ++i) core.watch("v" + std::to_string(i), pace(1s), start);
  instant now = start;
  while (now < start + 10min) {
    answer(core, core.begin(now), now);
    now = *core.next();
  }
  EXPECT_LE(core.count().singles, 2U * 600U + 100U);
  EXPECT_GE(core.count().singles, 2U * 600U - 100U);
}

/// A workspace whose runs start at a steady rate and last as they like, and its list of them, the
/// newest first.
class run_model {
 public:
  struct run {
    instant began, ends;
    bool mine = true;
  };
  struct outcome {
    std::size_t finished = 0;
    duration latest_notice{};
    duration longest_gap{};  ///< Between two rounds with pages.
  };

  void add(instant began, duration lasts, bool mine = true) {
    runs_.push_back({began, began + lasts, mine});
    if (mine) ++mine_;
  }
  outcome watch_all(wait_core& core, std::size_t page_items, wait_pace const& p) {
    page_items_ = page_items;
    std::size_t next_start = 0;
    instant now = runs_.front().began;
    instant last_sweep = now;
    while (out_.finished < mine_ && now < runs_.front().began + 24h) {
      for (; next_start < runs_.size() && runs_[next_start].began <= now; ++next_start) {
        if (runs_[next_start].mine) core.watch(std::to_string(next_start), p, now + p.interval);
      }
      if (core.next() && *core.next() <= now) {
        if (play_round(core, next_start, now)) {
          out_.longest_gap = std::max(out_.longest_gap, now - last_sweep);
          last_sweep = now;
        }
      }
      auto const next_run = next_start < runs_.size() ? runs_[next_start].began : instant::max();
      auto const next_round = core.next().value_or(instant::max());
      now = std::max(now, std::min(next_run, next_round));
    }
    return out_;
  }

 private:
  void look(wait_core& core, std::size_t which, instant now) {
    auto const& r = runs_[which];
    if (!r.mine || r.ends > now || noticed_.contains(which)) return;
    noticed_[which] = now;
    out_.latest_notice = std::max(out_.latest_notice, now - r.ends);
    ++out_.finished;
    core.unwatch(std::to_string(which));
  }
  /// True when it took pages.
  bool play_round(wait_core& core, std::size_t started, instant now) {
    auto asked = core.begin(now);
    bool const paged = asked.page;
    for (std::size_t page = 0; asked.page; ++page) {
      std::vector<std::string> found;
      auto const first = std::min(started, page * page_items_);
      auto const last = std::min(started, first + page_items_);
      for (auto i = first; i < last; ++i) found.push_back(std::to_string(started - 1 - i));
      for (auto i = first; i < last; ++i) look(core, started - 1 - i, now);
      asked = core.page_came(found, last < started, now);
    }
    for (auto const& key : asked.singles) {
      look(core, std::stoul(key), now);
      core.single_came(key, now);
    }
    return paged;
  }

  std::size_t page_items_ = 0;
  std::size_t mine_ = 0;
  std::vector<run> runs_;
  std::unordered_map<std::size_t, instant> noticed_;
  outcome out_;
};

std::uint64_t requests(wait_core const& core) { return core.count().pages + core.count().singles; }

TEST(wait_core, ten_thousand_runs_cost_a_twentieth_of_a_request_each_on_pages_of_999) {
  run_model model;
  for (int i = 0; i < 10'000; ++i) model.add(start + i * 33'333us, 1min);
  wait_core core(listed(999, 1.5));
  auto const out = model.watch_all(core, 999, pace(5s, 10s));
  EXPECT_EQ(out.finished, 10'000U);
  EXPECT_LE(requests(core), 500U);
  EXPECT_LE(out.latest_notice, 2 * 11s);
}

TEST(wait_core, ten_thousand_runs_cost_a_tenth_of_a_request_each_on_pages_of_25) {
  run_model model;
  for (int i = 0; i < 10'000; ++i) model.add(start + i * 33'333us, 1min);
  wait_core core(listed(25, 1.5));
  auto const out = model.watch_all(core, 25, pace(5s, 30s));
  EXPECT_EQ(out.finished, 10'000U);
  EXPECT_LE(requests(core), 1'000U);
  EXPECT_LE(out.latest_notice, 2 * out.longest_gap);
}

TEST(wait_core, a_few_runs_far_below_strangers_are_asked_for_singly) {
  run_model model;
  for (int i = 0; i < 5; ++i) model.add(start + i * 1s, 2h);
  for (int i = 0; i < 20'000; ++i) model.add(start + 10s + i * 300ms, 1min, false);
  wait_core core(listed(25));
  auto const out = model.watch_all(core, 25, pace(2s, 30s));
  EXPECT_EQ(out.finished, 5U);
  EXPECT_LE(core.count().pages, 60U) << "only in the beginning";
  EXPECT_LE(core.count().singles, 5U * 300U);
  EXPECT_LE(out.latest_notice, 35s);
}

TEST(wait_core, stragglers_do_not_make_every_sweep_deep) {
  run_model model;
  for (int i = 0; i < 6'000; ++i) model.add(start + i * 50ms, i % 1'000 == 0 ? 30min : 30s);
  wait_core core(listed(100, 3.0));
  auto const out = model.watch_all(core, 100, pace(3s, 20s));
  EXPECT_EQ(out.finished, 6'000U);
  // 30 s of runs are six pages; all of them are sixty.
  EXPECT_LE(core.count().pages, core.count().rounds * 8);
  EXPECT_LE(out.latest_notice, 40s);
}

}  // namespace
}  // namespace kiln
