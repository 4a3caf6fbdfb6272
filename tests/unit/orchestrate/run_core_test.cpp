#include "orchestrate/run_core.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kiln::runs {
namespace {

using namespace std::chrono_literals;

constexpr instant start{std::chrono::hours(1)};

sight ended(bool good, std::string_view state = "FAILED") {
  sight out;
  out.final = true;
  out.success = good;
  out.state = good ? "SUCCESS" : state;
  return out;
}

struct script {
  run_core::settings settings;
  std::vector<row_graph::entry> rows;
  std::vector<row_plan> plans;
  std::vector<run_retry> policies{run_retry()};
  std::optional<run_core> core;
  instant now = start;

  std::size_t add(std::string name, std::vector<std::string> after = {}, int priority = 0) {
    rows.push_back({std::move(name), std::move(after)});
    row_plan plan;
    plan.priority = priority;
    plans.push_back(plan);
    return rows.size() - 1;
  }
  void make() {
    auto graph = row_graph::make(rows);
    ASSERT_TRUE(graph.has_value()) << graph.error();
    core.emplace(settings, std::move(*graph), plans, policies);
  }
  void begin() {
    make();
    core->begin();
  }
  /// The actions of one turn in words, such as "submit 0#1, end 2 failed".
  std::string turn() {
    std::string out;
    for (auto const& a : core->turn(now)) {
      static constexpr char const* words[] = {"submit ", "look_up", "watch ",
                                              "cancel ", "output ", "end "};
      if (!out.empty()) out += ", ";
      out += words[static_cast<int>(a.what)];
      if (a.what != action::kind::look_up) out += std::to_string(a.row);
      if (a.what == action::kind::submit) out += "#" + std::to_string(a.attempt);
      if (a.what != action::kind::end) continue;
      out += " " + std::string(to_string(a.state));
      if (a.open) out += "?";
      last = a;
    }
    return out;
  }
  std::string after(duration d) {
    now += d;
    return turn();
  }
  action last;
};

struct run_core_test : ::testing::Test, script {};

TEST_F(run_core_test, higher_priorities_go_first_and_no_more_than_may_be_active) {
  settings.active_max = 2;
  add("a");
  add("b", {}, 5);
  add("c", {}, 1);
  begin();
  EXPECT_EQ(turn(), "submit 1#1, submit 2#1");
  core->submitted(1, 11, now);
  EXPECT_EQ(turn(), "watch 1");
  core->sighted(1, ended(true), now);
  EXPECT_EQ(turn(), "end 1 succeeded, submit 0#1");
  EXPECT_FALSE(core->done());
}

TEST_F(run_core_test, the_least_priority_there_is_goes_last) {
  add("last", {}, std::numeric_limits<int>::min());
  add("first", {}, std::numeric_limits<int>::max());
  add("then");
  begin();
  EXPECT_EQ(turn(), "submit 1#1, submit 2#1, submit 0#1");
}

TEST_F(run_core_test, a_row_waits_for_those_it_names_and_is_skipped_when_one_fails) {
  add("a");
  add("b", {"a"});
  add("c", {"b"});
  add("d", {"a"});
  begin();
  EXPECT_EQ(turn(), "submit 0#1");
  core->submitted(0, 10, now);
  core->sighted(0, ended(true), now);
  EXPECT_EQ(turn(), "watch 0, end 0 succeeded, submit 1#1, submit 3#1");
  core->refused(1, refusal::for_good, "no such cluster", now);
  EXPECT_EQ(turn(), "end 1 failed, end 2 skipped");
  EXPECT_EQ(last.because_of, 1U);
  EXPECT_EQ(core->state(2), row_state::skipped);
}

TEST_F(run_core_test, a_bad_end_is_followed_by_another_run_as_often_as_the_row_says) {
  policies[0].count = 2;
  policies[0].backoff = 10s;
  add("a");
  begin();
  turn();
  core->submitted(0, 10, now);
  core->sighted(0, ended(false), now);
  EXPECT_EQ(turn(), "watch 0");
  EXPECT_EQ(core->next(now), now + 10s);
  EXPECT_EQ(after(10s), "submit 0#2");
  core->submitted(0, 11, now);
  core->sighted(0, ended(false, "CANCELED"), now);
  EXPECT_EQ(turn(), "watch 0, end 0 failed") << "somebody cancelled it: not worth another";
  EXPECT_EQ(core->attempts(0), 2U);
  EXPECT_TRUE(core->done());
}

TEST_F(run_core_test, an_unsettled_submission_is_looked_for_before_anything_is_sent_again) {
  add("a");
  begin();
  turn();
  core->refused(0, refusal::unsettled, "lost", now);
  EXPECT_EQ(turn(), "");
  EXPECT_EQ(core->next(now), now + run_core::settle_time);
  EXPECT_EQ(after(run_core::settle_time), "look_up");
  EXPECT_EQ(core->unsettled(), std::vector<std::size_t>{0});
  core->looked_up(false, "the list failed", now);
  EXPECT_EQ(turn(), "");
  EXPECT_EQ(after(settings.apply_time), "look_up");
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "submit 0#1") << "the same attempt, so the same token";
  core->refused(0, refusal::unsettled, "lost", now);
  after(0s);
  EXPECT_EQ(after(run_core::settle_time), "look_up");
  core->found(0, 77);
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "watch 0");
}

TEST_F(run_core_test, a_run_that_was_not_found_may_yet_come_until_the_server_had_time_enough) {
  add("a");
  begin();
  turn();
  auto const sent = now;
  core->refused(0, refusal::unsettled, "lost", now);
  int looks = 0;
  for (std::string did; did != "submit 0#1"; did = after(*core->next(now) - now)) {
    if (did != "look_up") continue;
    EXPECT_LT(++looks, 12);
    core->looked_up(true, {}, now);
    if (turn() == "submit 0#1") break;
    ASSERT_TRUE(core->next(now).has_value());
  }
  EXPECT_GE(now, sent + settings.apply_time);
  EXPECT_LE(now, sent + settings.apply_time + run_core::settle_time);
  EXPECT_GT(looks, 4) << "one that has come meanwhile is found soon";
}

TEST_F(run_core_test, what_an_earlier_process_sent_long_ago_is_believed_at_once) {
  for (char const* name : {"old", "new"}) add(name);
  make();
  core->may_have_started(0, 0, never, now - settings.apply_time);
  core->may_have_started(1, 0, never, now - 1s);
  core->begin();
  EXPECT_EQ(turn(), "look_up");
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "submit 0#1");
  EXPECT_EQ(core->next(now), now + 1s) << "looked for again after twice the time";
}

TEST_F(run_core_test, cancelled_it_does_not_wait_for_a_run_that_may_yet_come) {
  add("a");
  begin();
  turn();
  core->refused(0, refusal::unsettled, "lost", now);
  core->stop(run_stop::cancel, "the test");
  EXPECT_EQ(after(run_core::settle_time), "look_up");
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "end 0 left?") << "another call may find it";
}

TEST_F(run_core_test, a_run_that_proves_to_be_another_rows_is_given_back) {
  for (char const* name : {"a", "b"}) add(name);
  make();
  core->may_have_started(0, 0, never, now - settings.apply_time);
  core->may_have_started(1, 0, never, now - settings.apply_time);
  core->begin();
  EXPECT_EQ(turn(), "look_up");
  core->found(0, 7);
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "watch 0, submit 1#1");
  core->mistaken(0, now);
  core->submitted(1, 7, now);
  EXPECT_EQ(turn(), "watch 1, look_up") << "its own may have been behind that one";
  EXPECT_EQ(core->unsettled(), std::vector<std::size_t>{0});
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "submit 0#1");
}

TEST_F(run_core_test, what_an_earlier_process_sent_holds_no_place_once_looked_for_in_vain) {
  settings.active_max = 1;
  for (char const* name : {"sent", "new", "newer"}) add(name);
  make();
  core->may_have_started(0, 0, never, now);
  core->begin();
  EXPECT_EQ(turn(), "look_up") << "its run may be active";
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "submit 1#1");
  core->refused(1, refusal::unsettled, "lost", now);
  EXPECT_EQ(after(run_core::settle_time), "look_up");
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "") << "what this process has sent keeps its place";
  EXPECT_EQ(core->progress(now).unsettled, 2U);
  EXPECT_EQ(core->progress(now).rows(), 3U);
  EXPECT_EQ(after(settings.apply_time), "look_up");
  core->found(0, 5);
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "watch 0") << "one too many would be two";
  core->sighted(0, ended(true), now);
  EXPECT_EQ(turn(), "end 0 succeeded, submit 1#1");
}

TEST_F(run_core_test, a_run_that_can_not_be_seen_is_open_and_one_that_is_gone_has_failed) {
  for (char const* name : {"hidden", "gone"}) add(name);
  begin();
  turn();
  for (auto const row : {0U, 1U}) core->submitted(row, 10 + row, now);
  turn();
  core->lost(0, "permission denied", false);
  EXPECT_EQ(turn(), "end 0 failed?");
  core->lost(1, "does not exist", true);
  EXPECT_EQ(turn(), "end 1 failed");
}

TEST_F(run_core_test, a_run_that_can_not_be_cancelled_is_left_and_not_taken_for_ended) {
  for (char const* name : {"a", "b"}) add(name);
  plans[1].deadline = 1min;
  begin();
  turn();
  for (auto const row : {0U, 1U}) core->submitted(row, 10 + row, now);
  turn();
  EXPECT_EQ(after(1min), "cancel 1");
  core->cancel_answered(1, "permission denied");
  EXPECT_EQ(turn(), "end 1 failed?");
  core->stop(run_stop::cancel, "told to");
  EXPECT_EQ(turn(), "cancel 0");
  core->cancel_answered(0, "permission denied");
  EXPECT_EQ(turn(), "end 0 left?");
  EXPECT_EQ(last.message, "told to; its run could not be cancelled: permission denied");
}

TEST_F(run_core_test, what_can_not_be_looked_for_fails_and_says_that_it_is_not_known) {
  add("a");
  begin();
  turn();
  core->refused(0, refusal::unsettled, "lost", now);
  for (int i = 0; i < run_core::lookups_max; ++i) {
    ASSERT_EQ(after(2min), "look_up") << i;
    core->looked_up(false, "permission denied", now);
  }
  EXPECT_EQ(turn(), "end 0 failed?");
  EXPECT_NE(last.message.find("not known whether its run was started"), std::string::npos);
}

TEST_F(run_core_test, a_limit_holds_all_submissions_back_and_then_tries_one_alone) {
  for (int i = 0; i < 5; ++i) add("r" + std::to_string(i));
  settings.active_max = 3;
  begin();
  EXPECT_EQ(turn(), "submit 0#1, submit 1#1, submit 2#1");
  core->submitted(0, 10, now);
  core->submitted(1, 11, now);
  core->refused(2, refusal::limit, "quota", now);
  EXPECT_EQ(turn(), "watch 0, watch 1");
  core->sighted(0, ended(true), now);
  EXPECT_EQ(turn(), "end 0 succeeded") << "held";
  EXPECT_EQ(after(run_brake::hold_min), "submit 2#1");
  core->submitted(2, 12, now);
  EXPECT_EQ(turn(), "watch 2") << "two are as many as there may be";
  EXPECT_EQ(after(run_brake::probe_interval), "submit 3#1") << "others' runs end too";
  EXPECT_EQ(core->limited(), 1U);
}

TEST_F(run_core_test, a_row_past_its_deadline_is_cancelled_and_has_failed) {
  add("a");
  plans[0].deadline = 1min;
  begin();
  turn();
  core->submitted(0, 10, now);
  turn();
  EXPECT_EQ(core->next(now), now + 1min);
  EXPECT_EQ(after(1min), "cancel 0");
  core->cancel_answered(0, {});
  EXPECT_EQ(turn(), "end 0 failed");
  EXPECT_EQ(last.message, "its deadline passed");
}

TEST_F(run_core_test, the_deadline_of_all_cancels_what_runs_and_starts_nothing_more) {
  settings.deadline = start + 1min;
  settings.active_max = 1;
  add("a");
  add("b");
  begin();
  turn();
  core->submitted(0, 10, now);
  turn();
  EXPECT_EQ(after(1min), "end 1 not_started?, cancel 0");
  core->sighted(0, ended(false, "CANCELED"), now);
  EXPECT_EQ(turn(), "end 0 cancelled");
  core->cancel_answered(0, {});
  EXPECT_TRUE(core->done());
}

TEST_F(run_core_test, after_so_many_failures_nothing_more_is_started_and_what_runs_may_end) {
  settings.failures_max = 1;
  settings.active_max = 2;
  for (int i = 0; i < 3; ++i) add("r" + std::to_string(i));
  begin();
  turn();
  core->submitted(0, 10, now);
  core->submitted(1, 11, now);
  core->sighted(0, ended(false), now);
  turn();
  EXPECT_EQ(core->state(2), row_state::not_started);
  core->sighted(1, ended(true), now);
  EXPECT_EQ(turn(), "end 1 succeeded");
  EXPECT_TRUE(core->done());
}

TEST_F(run_core_test, told_to_leave_it_ends_at_once_but_for_answers_on_their_way) {
  add("a");
  add("b");
  begin();
  turn();
  core->submitted(0, 10, now);
  turn();
  core->stop(run_stop::leave, "told to");
  EXPECT_EQ(turn(), "end 0 left?");
  EXPECT_FALSE(core->done());
  core->submitted(1, 11, now);
  EXPECT_EQ(turn(), "end 1 left?");
  EXPECT_TRUE(core->done());
}

TEST_F(run_core_test, goes_on_with_what_earlier_processes_left) {
  for (char const* name : {"done", "bad", "runs", "maybe", "new"}) add(name);
  rows[4].after = {"done"};
  add("never", {"bad"});
  make();
  core->had_ended(0, true);
  core->had_ended(1, false);
  core->had_started(2, 22, 1, never);
  core->may_have_started(3, 0, never, now);
  core->begin();
  EXPECT_EQ(turn(), "watch 2, end 5 skipped, look_up, submit 4#1");
  core->found(3, 33);
  core->looked_up(true, {}, now);
  EXPECT_EQ(turn(), "watch 3");
}

TEST_F(run_core_test, output_is_asked_for_before_the_row_ends) {
  settings.output = true;
  add("a");
  begin();
  turn();
  core->submitted(0, 10, now);
  core->sighted(0, ended(true), now);
  EXPECT_EQ(turn(), "watch 0, output 0");
  core->output_came(0);
  EXPECT_EQ(turn(), "end 0 succeeded");
}

/// A workspace of dice: answers come late, are lost, refused or limited; what was lost may take
/// effect later, and each submission that does makes a run: tokens are forgotten.
class dice_workspace {
 public:
  explicit dice_workspace(std::uint64_t seed) : dice_(seed) {}

  void take(run_core& core, std::vector<action> const& actions) {
    for (auto const& a : actions) {
      if (a.what == action::kind::end) {
        EXPECT_TRUE(over_.insert(a.row).second) << "row " << a.row << " ended twice";
        continue;
      }
      if (a.what == action::kind::submit) {
        EXPECT_FALSE(over_.contains(a.row));
        EXPECT_TRUE(sent_.insert(a.row).second) << "two submissions of row " << a.row;
      }
      if (a.what == action::kind::look_up) looked_ = core.unsettled();
      if (a.what == action::kind::watch) continue;
      due_.push_back(a);
    }
  }
  bool step(run_core& core, instant now) {
    while (!late_.empty() && late_.begin()->first <= now) {
      start(late_.begin()->second.row, late_.begin()->second.attempt);
      late_.erase(late_.begin());
    }
    if (due_.empty() && active_.empty()) return false;
    if (!active_.empty() && (due_.empty() || dice_.below(2) == 0)) {
      auto const at = std::next(active_.begin(), static_cast<long>(dice_.below(active_.size())));
      auto const [row, run] = *at;
      active_.erase(at);
      if (dice_.below(20) == 0) {
        core.lost(row, "gone", dice_.below(2) == 0);
      } else {
        core.sighted(row, ended(dice_.below(3) > 0), now);
      }
      return true;
    }
    auto const at = due_.begin() + static_cast<long>(dice_.below(due_.size()));
    auto const a = *at;
    due_.erase(at);
    answer(core, a, now);
    return true;
  }
  std::map<std::pair<std::size_t, std::uint32_t>, int> made;

 private:
  void start(std::size_t row, std::uint32_t attempt) {
    tokens_[{row, attempt}] = next_run_++;
    ++made[{row, attempt}];
  }
  void answer(run_core& core, action const& a, instant now) {
    if (a.what == action::kind::cancel) return core.cancel_answered(a.row, {});
    if (a.what == action::kind::output) return core.output_came(a.row);
    if (a.what == action::kind::look_up) {
      bool const all = dice_.below(4) > 0;
      for (auto const row : looked_) {
        auto const known = tokens_.find({row, core.attempts(row) + 1});
        if (known == tokens_.end() || !all) continue;
        active_[row] = known->second;
        core.found(row, known->second);
      }
      return core.looked_up(all, "dice", now);
    }
    sent_.erase(a.row);
    switch (dice_.below(9)) {
      case 0:
        return core.refused(a.row, refusal::for_now, "later", now);
      case 1:
        return core.refused(a.row, refusal::limit, "quota", now);
      case 2:
        start(a.row, a.attempt);
        return core.refused(a.row, refusal::unsettled, "lost", now);
      case 3:
        return core.refused(a.row, refusal::unsettled, "never came", now);
      case 4:
        late_.emplace(now + std::chrono::seconds(dice_.below(180)), a);
        return core.refused(a.row, refusal::unsettled, "comes later", now);
      default:
        start(a.row, a.attempt);
        active_[a.row] = tokens_.at({a.row, a.attempt});
        return core.submitted(a.row, active_[a.row], now);
    }
  }
  random_source dice_;
  std::vector<action> due_;
  std::set<std::size_t> over_, sent_;
  std::map<std::size_t, std::int64_t> active_;
  std::map<std::pair<std::size_t, std::uint32_t>, std::int64_t> tokens_;
  std::vector<std::size_t> looked_;
  std::multimap<instant, action> late_;
  std::int64_t next_run_ = 100;
};

TEST(run_core_property, whatever_happens_each_row_ends_once_and_no_attempt_runs_twice) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_source dice(seed);
    script f;
    for (std::size_t i = 0; i < 40; ++i) {
      std::vector<std::string> after;
      if (i > 0 && dice.below(4) == 0) after.push_back("r" + std::to_string(dice.below(i)));
      f.add("r" + std::to_string(i), after, static_cast<int>(dice.below(3)));
      if (dice.below(6) == 0) f.plans.back().deadline = std::chrono::minutes(dice.below(9));
    }
    f.policies[0].count = static_cast<std::uint32_t>(dice.below(3));
    f.settings.active_max = 1 + dice.below(12);
    f.settings.output = dice.below(2) == 0;
    if (dice.below(4) == 0) f.settings.failures_max = 3;
    if (dice.below(4) == 0) f.settings.deadline = start + std::chrono::minutes(dice.below(30));
    auto graph = row_graph::make(f.rows);
    ASSERT_TRUE(graph.has_value());
    run_core core(f.settings, std::move(*graph), f.plans, f.policies);
    dice_workspace server(seed + 1);
    auto now = start;
    core.begin();
    auto const stop_at = dice.below(3) == 0 ? dice.below(400) : 1'000'000;
    for (std::uint64_t step = 0; !core.done(); ++step) {
      ASSERT_LT(step, 100'000U) << "it never ends";
      if (step == stop_at) core.stop(run_stop::cancel, "the test");
      server.take(core, core.turn(now));
      auto const p = core.progress(now);
      ASSERT_EQ(p.rows(), f.rows.size());
      ASSERT_LE(p.pending + p.running, f.settings.active_max + run_core::outputs_max);
      if (dice.below(3) > 0 && server.step(core, now)) continue;
      if (core.done()) break;
      auto const next = core.next(now);
      if (next) {
        ASSERT_GE(*next, now) << "a time that has passed would be waited for in a loop";
        now = *next;
      } else {
        bool const moved = server.step(core, now);
        ASSERT_TRUE(moved || !core.turn(now).empty() || core.done()) << "nothing can happen";
      }
    }
    server.take(core, core.turn(now));
    for (auto const& [attempt, runs] : server.made) EXPECT_EQ(runs, 1) << attempt.first;
  }
}

TEST(row_graph, names_what_is_wrong) {
  using rows = std::vector<row_graph::entry>;
  auto const why = [](rows const& r) {
    auto const made = row_graph::make(r);
    return made.has_error() ? made.error().message() : std::string("sound");
  };
  EXPECT_EQ(why({{"a", {}}, {"b", {"a", "a"}}}), "sound");
  EXPECT_EQ(why({{"a", {"z"}}}), "row 1 ('a') waits for 'z', and no row is called so");
  EXPECT_EQ(why({{"a", {}}, {"a", {}}, {"b", {"a"}}}),
            "row 3 ('b') waits for 'a', and several rows are called so");
  EXPECT_EQ(why({{"a", {"a"}}}), "row 1 ('a') waits for itself");
  auto const circle = why({{"x", {"c"}}, {"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}});
  EXPECT_NE(circle.find("rows wait for each other"), std::string::npos) << circle;
  EXPECT_EQ(circle.find("'x'"), std::string::npos) << circle << ": x is not in the circle";
}

TEST(refusal, tells_limits_from_losses_and_these_from_faults) {
  EXPECT_EQ(refusal_of(error(errc::conflict, "m").with_error_code("QUOTA_EXCEEDED")),
            refusal::limit);
  EXPECT_EQ(
      refusal_of(
          error(errc::throttled, "The quota for the number of active runs").with_http_status(429)),
      refusal::limit);
  EXPECT_EQ(refusal_of(error(errc::throttled, "slow down").with_http_status(429)),
            refusal::for_now);
  EXPECT_EQ(refusal_of(error(errc::connection_lost, "m").with_may_have_been_applied(true)),
            refusal::unsettled);
  EXPECT_EQ(refusal_of(error(errc::invalid_request, "m")), refusal::for_good);
}

}  // namespace
}  // namespace kiln::runs
