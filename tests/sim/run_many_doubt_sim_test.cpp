#include "sim/simulation.hpp"
#include "support/small_cluster.hpp"
#include "support/state_folder.hpp"
#include "transfer/sqlite.hpp"

#include <kiln/document.hpp>
#include <kiln/orchestrate.hpp>
#include <kiln/services/jobs20.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// run_many() where it is not plain what became of a row: runs that may be another's, clocks that
// differ, journals that may miss something, callbacks that throw. On a virtual clock.
namespace kiln {
namespace {

using namespace std::chrono_literals;

constexpr char const* submit_route = "/api/2.0/jobs/runs/submit";
constexpr char const* now_route = "/api/2.0/jobs/run-now";

struct run_many_doubt : ::testing::Test {
  std::unique_ptr<test::simulation> sim;
  test::state_folder const state;

  run_many_doubt() { begin_anew(); }
  ~run_many_doubt() override { end(); }

  void end() const { (void)sim->world().run(sim->workspace().close(1s)); }
  void begin_anew() {
    if (sim) end();
    test::simulation::settings s;
    s.emulator.jobs.run_pending = 0ms;
    s.emulator.jobs.run_duration = 1s;  // over, and its token forgotten, before anybody looks
    s.emulator.jobs.run_cleanup = 0ms;
    s.emulator.jobs.tokens_of_active_runs_only = true;
    s.link.latency = 5ms;
    sim = std::make_unique<test::simulation>(s);
  }
  void disturb(std::string const& route, emulator_fault::kind what, bool applied,
               std::uint64_t skip = 0, std::chrono::milliseconds delay = 0ms) {
    emulator_fault fault;
    fault.route = route;
    fault.what = what;
    fault.after_handler = applied;
    fault.skip = skip;
    fault.delay = delay;
    sim->emulated().add_fault(fault);
  }
  void set_servers_clock_on(std::chrono::milliseconds by) {
    constexpr endpoint at{verb::post, "/_emulator/clock", repeat::not_idempotent};
    json_members request;
    set_member(request, "advance_ms", std::to_string(by.count()));
    auto const done = sim->world().run(call_json(sim->workspace(), at, request));
    EXPECT_TRUE(done.has_value()) << done.error();
  }
  std::int64_t make_job() {
    jobs20::create job;
    job.new_cluster = test::small_cluster();
    job.notebook_task.emplace().notebook_path = "/n";
    job.max_concurrent_runs = 1'000;
    auto const made = sim->world().run(sim->workspace().jobs20().create(job));
    EXPECT_TRUE(made.has_value());
    return made->job_id;
  }
  std::size_t runs() {
    auto const all = sim->world().run(sim->workspace().jobs20().runs_list_all());
    EXPECT_TRUE(all.has_value());
    return all->size();
  }
  static std::vector<run_row> one_time_rows(std::size_t count) {
    std::vector<run_row> out(count);
    for (std::size_t i = 0; i < count; ++i) {
      out[i].call = run_call::submit_20;
      out[i].document = '{' + test::on_small_cluster +
                        R"("spark_python_task":{"python_file":"dbfs:/a.py","parameters":["n=)" +
                        std::to_string(i) + R"("]}})";
    }
    return out;
  }
  /// Runs of one job that differ in their keys only.
  static std::vector<run_row> equal_rows(std::int64_t job, std::vector<std::string> const& keys) {
    std::vector<run_row> out(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      out[i].call = run_call::now_20;
      out[i].document = R"({"job_id":)" + std::to_string(job) + '}';
      out[i].key = keys[i];
    }
    return out;
  }
  [[nodiscard]] run_many_options options() const {
    run_many_options out;
    out.state_dir = state.path;
    out.journal = "table";
    return out;
  }
  result<run_report> call(std::vector<run_row> rows, run_many_options const& how) {
    return sim->world().run(run_many(sim->workspace(), std::move(rows), how));
  }
  /// A call that is given up after so long, as if it were killed.
  void cut_short(std::vector<run_row> rows, std::chrono::milliseconds after) {
    auto const how = options();
    auto const first = sim->world().start(run_many(sim->workspace(), std::move(rows), how));
    sim->world().run_for(after);
    for (int i = 0; i < 2; ++i) {
      first->stop.emit(asio::cancellation_type::terminal);
      sim->world().run_for(1ms);
    }
    sim->world().run_until([&] { return first->done(); });
  }
  [[nodiscard]] std::string journal_file() const {
    return state.path + "/runs/" + list_run_journals(state.path)->front().id + ".db";
  }
  void set(std::string const& sql) const {
    auto db = transfer::database::open(journal_file(), transfer::database::mode::write);
    ASSERT_TRUE(db.has_value() && db->run(sql.c_str()).has_value());
  }
};

// The first row is given the newest run of two; that is the second row's, whose answer is late.
TEST_F(run_many_doubt, a_row_that_was_given_anothers_run_looks_for_its_own_again) {
  auto const job = make_job();
  disturb(now_route, emulator_fault::kind::close, true);
  disturb(now_route, emulator_fault::kind::delay, true, 1, 1500ms);
  auto const report = call(equal_rows(job, {"a", "b"}), options());
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded, 2U);
  EXPECT_EQ(report->submits, 2U);
  EXPECT_EQ(runs(), 2U);
}

// What the server makes on its own, or others do, has the same parameters.
TEST_F(run_many_doubt, takes_no_run_of_a_job_that_was_made_before_by_the_servers_clock) {
  for (auto const ahead : {0min, 45min}) {
    begin_anew();
    set_servers_clock_on(ahead);
    auto const job = make_job();
    jobs20::run_now others;
    others.job_id = job;
    ASSERT_TRUE(sim->world().run(sim->workspace().jobs20().run_now(others)).has_value());
    sim->world().run_for(1min);
    disturb(now_route, emulator_fault::kind::close, true);
    run_many_options plain;
    auto const report = call(equal_rows(job, {"mine"}), plain);
    ASSERT_TRUE(report.has_value()) << report.error();
    EXPECT_EQ(report->submits, 1U) << "its own was found, " << ahead.count();
    sim->world().run_for(1min);
    disturb(now_route, emulator_fault::kind::close, false);
    auto const again = call(equal_rows(job, {"new"}), plain);
    ASSERT_TRUE(again.has_value()) << again.error();
    EXPECT_EQ(again->submits, 2U) << "those before are none of it, " << ahead.count();
    EXPECT_EQ(runs(), 3U);
  }
}

TEST_F(run_many_doubt, another_process_knows_all_earlier_runs_of_the_rows_of_its_journal) {
  auto const job = make_job();
  auto rows = equal_rows(job, {"retried", "gone"});
  ASSERT_TRUE(call(rows, options()).has_value());
  set("UPDATE row SET state=1, earlier=run_id||',', run_id=0, phase=1, sent=0 WHERE key='retried'");
  disturb(now_route, emulator_fault::kind::close, false);
  auto const report = call(equal_rows(job, {"retried", "new"}), options());
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded, 2U);
  EXPECT_EQ(runs(), 4U) << "neither took one that was there";
}

// The wall's clock is set an hour on between two processes; the server is merely slow.
TEST_F(run_many_doubt, a_clock_that_was_set_does_not_make_a_submission_old) {
  disturb(submit_route, emulator_fault::kind::delay, false, 0, 80s);
  cut_short(one_time_rows(1), 500ms);
  set("UPDATE row SET sent=sent-3600000, first=first-3600000");
  auto const report = call(one_time_rows(1), options());
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->submits, 0U) << "it came after all";
  sim->world().run_for(5min);
  EXPECT_EQ(runs(), 1U);
}

// A power failure has taken the last records, and the process that finds this out is killed.
TEST_F(run_many_doubt, what_a_journal_of_another_boot_may_miss_is_looked_for_by_every_process) {
  auto const rows = one_time_rows(8);
  ASSERT_TRUE(call(rows, options()).has_value());
  set("DELETE FROM row; UPDATE call SET boot='another'");
  disturb("/api/2.0/jobs/runs/list", emulator_fault::kind::delay, false, 0, 60s);
  cut_short(rows, 500ms);
  auto const report = call(rows, options());
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded, rows.size());
  EXPECT_EQ(report->submits, 0U);
  EXPECT_EQ(runs(), rows.size());
}

TEST_F(run_many_doubt, a_login_that_holds_no_longer_ends_the_call_and_leaves_its_rows_open) {
  auto const rows = one_time_rows(40);
  for (auto const* const text : {"UNAUTHENTICATED", "403"}) {
    emulator_fault gone;
    gone.route = submit_route;
    gone.status = text == std::string("403") ? 403 : 401;
    gone.body =
        std::string(R"({"error_code":")") + text + R"(","message":"Invalid access token."})";
    gone.skip = 10;
    sim->emulated().add_fault(gone);
    auto const ended = call(rows, options());
    ASSERT_TRUE(ended.has_error());
    EXPECT_EQ(ended.error().code(), errc::unauthenticated);
    for (auto const& row :
         *list_run_journal_rows(state.path, list_run_journals(state.path)->front().id)) {
      EXPECT_NE(row.state, row_state::failed) << row.key;
    }
  }
  auto const report = call(rows, options());
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded, rows.size());
  EXPECT_EQ(runs(), rows.size());
}

TEST_F(run_many_doubt, the_longest_times_there_are_stand_for_ever) {
  constexpr auto ever = std::chrono::milliseconds::max();
  auto rows = one_time_rows(2);
  rows[1].document.insert(rows[1].document.find("n=1") + 4, R"(,"kiln_result=FAILED,SUCCESS")");
  for (auto& row : rows) {
    row.deadline = row.retry.backoff_max = ever;
    row.retry.count = 1;
    row.retry.backoff = 1s;
  }
  auto how = options();
  how.deadline = ever;
  auto const report = call(rows, how);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->succeeded, 2U);
  EXPECT_EQ(report->submits, 3U);
}

/// Throws at one of its calls.
struct thrower final : run_observer, run_source {
  enum class at : std::uint8_t { row, started, finished, progressed };
  thrower(std::vector<run_row> all, at when) : rows_(std::move(all)), at_(when) {}
  [[nodiscard]] std::size_t size() const override { return rows_.size(); }
  [[nodiscard]] result<run_row> row(std::size_t i) override {
    if (++asked_ > rows_.size() + rows_.size() / 2) reach(at::row);
    return rows_[i];
  }
  void started(row_result const& /*row*/) override { reach(at::started); }
  void finished(row_result const& /*row*/) override { reach(at::finished); }
  void progressed(run_progress const& now) override {
    if (now.submits > 0) reach(at::progressed);
  }

 private:
  void reach(at here) const {
    if (here == at_) throw std::runtime_error("mine");
  }
  std::vector<run_row> rows_;
  at at_;
  std::size_t asked_ = 0;
};

TEST_F(run_many_doubt, what_a_function_of_the_callers_throws_comes_out_and_the_next_call_goes_on) {
  std::string journal;
  for (auto const when :
       {thrower::at::row, thrower::at::started, thrower::at::finished, thrower::at::progressed}) {
    auto const rows = one_time_rows(60);
    journal = "table " + std::to_string(static_cast<int>(when));
    auto how = options();
    how.journal = how.attempt = journal;
    how.active_max = 20;
    {
      thrower thrown(rows, when);
      how.observer = &thrown;
      auto const held = sim->world().start(run_many(sim->workspace(), thrown, how));
      sim->world().run_until([&] { return held->done(); });
      ASSERT_TRUE(held->thrown) << static_cast<int>(when);
      EXPECT_THROW(std::rethrow_exception(held->thrown), std::runtime_error);
      auto const kept = list_run_journals(state.path);
      for (auto const& each : *kept) EXPECT_FALSE(each.running) << "nothing is under way any more";
    }
    sim->world().run_for(1min);  // nothing of it is left to wait for anything
    how.observer = nullptr;
    auto const report = call(rows, how);
    ASSERT_TRUE(report.has_value()) << report.error();
    EXPECT_EQ(report->succeeded, rows.size());
  }
  EXPECT_EQ(runs(), 4 * 60U);
}

}  // namespace
}  // namespace kiln
