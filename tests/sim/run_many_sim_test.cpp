#include "sim/simulation.hpp"
#include "support/small_cluster.hpp"
#include "support/state_folder.hpp"

#include <kiln/orchestrate.hpp>
#include <kiln/services/jobs20.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Thousands of rows through the whole engine and the emulated workspace, on a virtual clock.
namespace kiln {
namespace {

using namespace std::chrono_literals;

std::string document(std::size_t number, std::string const& parameters) {
  return R"({"tasks":[{"task_key":"t",)" + test::on_small_cluster +
         R"("spark_python_task":{"python_file":"dbfs:/train.py","parameters":["n=)" +
         std::to_string(number) + "\"" + parameters + "]}}]}";
}

struct tally final : run_observer {
  void started(row_result const& r) override { ++starts[r.row]; }
  void finished(row_result const& r) override {
    ++ends[r.row];
    states[r.row] = r.state;
  }
  void progressed(run_progress const& p) override {
    last = p;
    active_most = std::max(active_most, p.pending + p.running);
  }
  std::map<std::size_t, int> starts, ends;
  std::map<std::size_t, row_state> states;
  run_progress last;
  std::uint64_t active_most = 0;
};

test::simulation::settings calm() {
  test::simulation::settings s;
  s.emulator.rate = 30;
  s.emulator.jobs.run_pending = 0ms;
  s.emulator.jobs.run_duration = 60s;
  s.emulator.jobs.run_cleanup = 0ms;
  s.link.latency = 5ms;
  return s;
}

// The numbers of issue 6. Least time: ten thousand requests at 30/s, and the last run's minute.
TEST(run_many_sim, ten_thousand_one_minute_runs_take_the_least_time_and_few_requests_more) {
#ifdef __SANITIZE_ADDRESS__
  constexpr std::size_t rows = 4'000;  // instrumented, all of them would take minutes
#else
  constexpr std::size_t rows = 10'000;
#endif
  auto s = calm();
  test::simulation sim(s);
  run_function source(rows, [](std::size_t i) -> result<run_row> {
    run_row row;
    row.document = document(i, "");
    return row;
  });
  run_many_options options;
  options.active_max = 2'000;
  tally seen;
  options.observer = &seen;
  auto const began = sim.world().now();
  auto const report = sim.world().run(run_many(sim.workspace(), source, options));
  ASSERT_TRUE(report.has_value()) << report.error();
  auto const took = std::chrono::duration<double>(sim.world().now() - began).count();
  auto const stats = sim.emulated().stats();
  RecordProperty("requests", static_cast<int>(stats.requests));
  RecordProperty("milliseconds", static_cast<int>(took * 1000));
  EXPECT_EQ(report->succeeded, rows);
  EXPECT_EQ(report->submits, rows);
  EXPECT_LE(static_cast<double>(stats.requests), 1.05 * rows);
  EXPECT_LE(took, 1.03 * (rows / 30.0 + 60));
  EXPECT_LE(stats.worst_second, 30U);
  EXPECT_EQ(stats.throttled, 0U);
  EXPECT_LE(seen.active_most, 2'000U);
  EXPECT_EQ(seen.ends.size(), rows);
  EXPECT_EQ(report->requests, stats.requests);
  EXPECT_EQ(report->polls + report->submits, stats.requests);
  (void)sim.world().run(sim.workspace().close(1s));
}

/// Rows of which some fail at first, wait for others, and are few enough to be done often.
std::vector<run_row> mixed_rows(std::size_t count, random_source& dice) {
  std::vector<run_row> out;
  for (std::size_t i = 0; i < count; ++i) {
    run_row row;
    row.name = "r" + std::to_string(i);
    char const* const results[] = {"SUCCESS", "SUCCESS", "FAILED,SUCCESS", "FAILED"};
    row.document = document(i, R"(,"kiln_seconds=)" + std::to_string(1 + dice.below(40)) +
                                   R"(","kiln_result=)" + results[dice.below(4)] + '"');
    row.call = dice.below(2) == 0 ? run_call::submit : run_call::submit_20;
    if (row.call == run_call::submit_20) {
      auto const from = row.document.find(R"("spark_python_task")");
      row.document = '{' + test::on_small_cluster +
                     row.document.substr(from, row.document.size() - from - 3) + '}';
    }
    row.retry.count = 1;
    row.retry.backoff = 500ms;
    row.priority = static_cast<int>(dice.below(3));
    if (i > 5 && dice.below(5) == 0) row.after.push_back("r" + std::to_string(dice.below(i)));
    out.push_back(std::move(row));
  }
  return out;
}

class run_many_faults : public testing::TestWithParam<std::uint64_t> {};

// Answers of submissions are dropped after the handler made the run, connections break, and the
// workspace forgets the tokens of runs that have ended: still one run a row and attempt.
TEST_P(run_many_faults, no_row_runs_twice_whatever_answers_are_lost) {
  auto s = calm();
  s.seed = GetParam();
  s.emulator.jobs.tokens_of_active_runs_only = GetParam() % 2 == 0;
  s.break_share = 0.05;
  s.break_bytes_max = 200'000;
  s.workspace.timeouts.first_byte = 3s;
  s.workspace.timeouts.idle_read = 3s;
  test::simulation sim(s);
  for (auto const* const path : {"/api/2.1/jobs/runs/submit", "/api/2.0/jobs/runs/submit"}) {
    for (std::uint64_t i = 0; i < 8; ++i) {
      emulator_fault lost;
      lost.route = path;
      lost.what = i % 2 == 0 ? emulator_fault::kind::close : emulator_fault::kind::truncate;
      lost.after_handler = true;
      lost.skip = 2 + 9 * i;
      sim.emulated().add_fault(lost);
    }
  }
  random_source dice(GetParam());
  auto const rows = mixed_rows(150, dice);
  run_many_options options;
  options.active_max = 60;
  options.interval = 2s;
  tally seen;
  options.observer = &seen;
  auto const report = sim.world().run(run_many(sim.workspace(), rows, options));
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded + report->failed + report->skipped, rows.size());
  EXPECT_GT(sim.emulated().stats().faults_fired, 8U);
  EXPECT_LE(sim.emulated().stats().worst_second, 30U);
  std::map<std::string, std::uint32_t> made;
  auto const all = sim.world().run(sim.workspace().jobs20().runs_list_all());
  ASSERT_TRUE(all.has_value());
  for (auto const& run : *all) ++made[run.run_name];
  std::uint64_t runs = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(seen.ends[i], 1) << i;
    bool const flaky = rows[i].document.find("FAILED,SUCCESS") != std::string::npos;
    bool const bad = rows[i].document.find("=FAILED\"") != std::string::npos;
    auto const want = seen.states[i] == row_state::skipped ? 0U : (flaky || bad ? 2U : 1U);
    std::uint32_t found = 0;
    for (auto const& [name, count] : made) {
      if (name.starts_with(rows[i].name + " kiln:")) found += count;
    }
    EXPECT_EQ(found, want) << i << ' ' << rows[i].document;
    if (want > 0) {
      EXPECT_EQ(seen.states[i], bad ? row_state::failed : row_state::succeeded) << i;
    }
    runs += want;
  }
  EXPECT_EQ(all->size(), runs);
  (void)sim.world().run(sim.workspace().close(1s));
}

INSTANTIATE_TEST_SUITE_P(seeds, run_many_faults, testing::Range<std::uint64_t>(1, 9));

// Runs of a job carry nothing of ours: they are found by their parameters.
TEST_P(run_many_faults, no_run_of_a_job_is_made_twice_whatever_answers_are_lost) {
  auto s = calm();
  s.seed = GetParam();
  s.emulator.jobs.tokens_of_active_runs_only = GetParam() % 2 == 0;
  s.emulator.jobs.run_duration = GetParam() % 4 < 2 ? 400ms : 30s;
  s.workspace.timeouts.first_byte = 3s;
  test::simulation sim(s);
  jobs20::create job;
  job.new_cluster = test::small_cluster();
  job.notebook_task.emplace().notebook_path = "/n";
  job.max_concurrent_runs = 1'000;
  auto const made = sim.world().run(sim.workspace().jobs20().create(job));
  ASSERT_TRUE(made.has_value()) << made.error();
  for (auto const* const path : {"/api/2.1/jobs/run-now", "/api/2.0/jobs/run-now"}) {
    for (std::uint64_t i = 0; i < 8; ++i) {
      emulator_fault lost;
      lost.route = path;
      lost.what = i % 2 == 0 ? emulator_fault::kind::close : emulator_fault::kind::truncate;
      lost.after_handler = i % 4 != 3;  // then and now it never arrived
      lost.skip = 1 + 5 * i;
      sim.emulated().add_fault(lost);
    }
  }
  std::vector<run_row> rows(100);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].call = i % 2 == 0 ? run_call::now : run_call::now_20;
    rows[i].document = R"({"job_id":)" + std::to_string(made->job_id) +
                       R"(,"notebook_params":{"n":")" + std::to_string(i) + R"("}})";
  }
  run_many_options options;
  options.active_max = 40;
  options.interval = 2s;
  auto const report = sim.world().run(run_many(sim.workspace(), rows, options));
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded, rows.size());
  EXPECT_GT(sim.emulated().stats().faults_fired, 12U);
  auto const all = sim.world().run(sim.workspace().jobs20().runs_list_all());
  ASSERT_TRUE(all.has_value());
  std::map<std::string, int> runs;
  for (auto const& run : *all) ++runs[run.overriding_parameters->notebook_params.at("n")];
  EXPECT_EQ(runs.size(), rows.size());
  for (auto const& [n, count] : runs) EXPECT_EQ(count, 1) << n;
  (void)sim.world().run(sim.workspace().close(1s));
}

/// One submission that the server takes and carries out after so long, if at all.
emulator_fault slow_submission(std::optional<std::chrono::milliseconds> by) {
  emulator_fault out;
  out.route = "/api/2.1/jobs/runs/submit";
  out.what = by ? emulator_fault::kind::delay : emulator_fault::kind::close;
  out.delay = by.value_or(0ms);
  return out;
}

test::simulation::settings forgetful() {
  auto s = calm();
  s.emulator.jobs.tokens_of_active_runs_only = true;
  s.emulator.jobs.run_duration = 1s;  // over, and its token forgotten, before the slow one comes
  return s;
}

TEST(run_many_sim, what_a_slow_server_carries_out_after_the_client_gave_up_is_not_sent_again) {
  test::simulation sim(forgetful());
  sim.emulated().add_fault(slow_submission(100s));
  std::vector<run_row> rows(1);
  rows[0].document = document(0, "");
  auto const report = sim.world().run(run_many(sim.workspace(), rows, run_many_options()));
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded, 1U);
  EXPECT_EQ(report->submits, 1U);
  sim.world().run_for(10min);
  auto const all = sim.world().run(sim.workspace().jobs20().runs_list_all());
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->size(), 1U);
  (void)sim.world().run(sim.workspace().close(1s));
}

// The journal says until when the submission may have been sent.
TEST(run_many_sim, nor_is_it_after_a_restart_and_what_never_came_is_sent_again_in_the_end) {
  for (bool const comes : {true, false}) {
    test::simulation sim(forgetful());
    auto const late = comes ? std::optional<std::chrono::milliseconds>(80s) : std::nullopt;
    sim.emulated().add_fault(slow_submission(late));
    test::state_folder const state;
    std::vector<run_row> rows(1);
    rows[0].document = document(0, "");
    run_many_options options;
    options.state_dir = state.path;
    auto const first = sim.world().start(run_many(sim.workspace(), rows, options));
    sim.world().run_for(500ms);
    first->stop.emit(asio::cancellation_type::terminal);
    sim.world().run_for(1ms);
    first->stop.emit(asio::cancellation_type::terminal);
    sim.world().run_until([&] { return first->done(); });
    ASSERT_TRUE(first->value && first->value->has_error());
    auto const began = sim.world().now();
    auto const report = sim.world().run(run_many(sim.workspace(), rows, options));
    ASSERT_TRUE(report.has_value()) << report.error();
    EXPECT_EQ(report->succeeded, 1U);
    EXPECT_EQ(report->submits, comes ? 0U : 1U);
    auto const took = sim.world().now() - began;
    EXPECT_GE(took, comes ? 79s : 180s);
    EXPECT_LE(took, comes ? 180s : 195s);
    sim.world().run_for(10min);
    auto const all = sim.world().run(sim.workspace().jobs20().runs_list_all());
    ASSERT_TRUE(all.has_value());
    EXPECT_EQ(all->size(), 1U) << comes;
    (void)sim.world().run(sim.workspace().close(1s));
  }
}

TEST(run_many_sim, runs_of_an_hour_are_looked_at_ever_more_rarely_and_their_end_is_seen_in_time) {
  auto s = calm();
  s.emulator.jobs.run_duration = 1h;
  test::simulation sim(s);
  std::vector<run_row> rows(50);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].document = document(i, "");
  auto const began = sim.world().now();
  auto const report = sim.world().run(run_many(sim.workspace(), rows, run_many_options()));
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded, rows.size());
  EXPECT_LE(report->polls, 260U) << "720 sweeps of five seconds";
  EXPECT_LE(sim.world().now() - began, 1h + 2 * 1min);
  (void)sim.world().run(sim.workspace().close(1s));
}

TEST(run_many_sim, cancelled_it_leaves_or_cancels_what_runs_as_it_was_told) {
  for (auto const how : {run_stop::leave, run_stop::cancel}) {
    test::simulation sim(calm());
    std::vector<run_row> rows(40);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].document = document(i, "");
    run_many_options options;
    options.active_max = 20;
    options.when_cancelled = how;
    auto const call = sim.world().start(run_many(sim.workspace(), rows, options));
    sim.world().run_for(10s);
    EXPECT_FALSE(call->done());
    call->stop.emit(asio::cancellation_type::terminal);
    sim.world().run_for(11s);
    ASSERT_TRUE(call->value.has_value());
    ASSERT_TRUE(call->value->has_error());
    EXPECT_EQ(call->value->error().code(), errc::cancelled);
    jobs20::runs_list active;
    active.active_only = true;
    auto const left = sim.world().run(sim.workspace().jobs20().runs_list_all(active));
    ASSERT_TRUE(left.has_value());
    EXPECT_EQ(left->size(), how == run_stop::leave ? 20U : 0U);
    (void)sim.world().run(sim.workspace().close(1s));
  }
}

TEST(run_many_sim, a_loop_may_be_destroyed_under_it) {
  for (auto const after : {0ms, 3ms, 500ms, 20'000ms, 61'000ms}) {
    std::weak_ptr<engine> left;
    test::state_folder const state;
    std::vector<run_row> rows(40);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].document = document(i, "");
    {
      test::simulation sim(calm());
      left = sim.workspace().core();
      run_many_options options;
      options.active_max = 20;
      options.state_dir = state.path;
      auto const call = sim.world().start(run_many(sim.workspace(), rows, options));
      if (after > 0ms) sim.world().run_for(after);
      EXPECT_FALSE(call->done());
    }
    EXPECT_TRUE(left.expired()) << after.count();
    EXPECT_FALSE(list_run_journals(state.path)->front().running) << "its journal is given back";
  }
}

TEST(run_many_sim, limits_of_the_workspace_slow_submissions_and_fail_no_row) {
  for (bool const with_429 : {true, false}) {
    auto s = calm();
    s.emulator.jobs.active_runs_max = 20;
    s.emulator.jobs.refuse_with_429 = with_429;
    s.emulator.jobs.run_duration = 10s;
    test::simulation sim(s);
    std::vector<run_row> rows(200);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].document = document(i, "");
    run_many_options options;
    options.active_max = 100;
    options.interval = 1s;
    auto const began = sim.world().now();
    auto const report = sim.world().run(run_many(sim.workspace(), rows, options));
    ASSERT_TRUE(report.has_value()) << report.error();
    EXPECT_EQ(report->succeeded, rows.size());
    EXPECT_GT(report->limited, 0U);
    EXPECT_LT(report->limited, 40U) << "refusals are requests too";
    EXPECT_LE(std::chrono::duration<double>(sim.world().now() - began).count(), 2 * 100);
    (void)sim.world().run(sim.workspace().close(1s));
  }
}

TEST(run_many_sim, a_workspace_without_version_2_0_is_watched_by_2_1) {
  test::simulation sim(calm());
  emulator_fault gone;
  gone.route = "/api/2.0/jobs/runs/*";
  gone.status = 404;
  gone.body = R"({"error_code":"ENDPOINT_NOT_FOUND","message":"No API found"})";
  gone.times = 1'000'000;
  sim.emulated().add_fault(gone);
  std::vector<run_row> rows(60);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].document = document(i, "");
  auto const report = sim.world().run(run_many(sim.workspace(), rows, run_many_options()));
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded, rows.size());
  EXPECT_LE(sim.emulated().stats().faults_fired, 3U);
  (void)sim.world().run(sim.workspace().close(1s));
}

}  // namespace
}  // namespace kiln
