// Jobs through the whole engine: typed calls against the emulator over real sockets.
#include "loopback/engine_support.hpp"
#include "support/small_cluster.hpp"

#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>

#include <set>

namespace kiln {
namespace {

using namespace std::chrono_literals;

struct jobs_on_emulator : engine_tests::emulated {
  static emulator_options slow_runs() {
    auto o = unlimited();
    o.jobs.run_pending = 10s;
    o.jobs.run_duration = 60s;
    o.jobs.run_cleanup = 5s;
    return o;
  }
  void start(emulator_options o = slow_runs()) {
    serve(std::move(o));
    open();
  }
  /// The emulator's clock goes on.
  void pass(std::chrono::milliseconds d) {
    auto const moved = wait(ws->raw(verb::post, "/_emulator/clock",
                                    R"({"advance_ms":)" + std::to_string(d.count()) + '}'));
    ASSERT_TRUE(moved) << moved.error();
  }
  static jobs20::runs_submit one_time(std::string token = {}) {
    jobs20::runs_submit r;
    r.run_name = "once";
    r.new_cluster = test::small_cluster();
    r.notebook_task.emplace().notebook_path = "/n";
    r.idempotency_token = std::move(token);
    return r;
  }
  static jobs::task notebook(std::string key) {
    jobs::task t;
    t.task_key = std::move(key);
    t.notebook_task.emplace().notebook_path = "/n";
    return t;
  }
};

TEST_F(jobs_on_emulator, a_job_lives_from_create_to_delete) {
  start();
  jobs::create create;
  create.name = "nightly";
  create.tasks = {notebook("load"), notebook("report")};
  create.tasks[1].depends_on.push_back({"load", {}});
  auto const made = wait(ws->jobs().create(create));
  ASSERT_TRUE(made) << made.error();
  auto const id = made->job_id;

  jobs::update update;
  update.job_id = id;
  update.new_settings.emplace().description = "every night";
  ASSERT_TRUE(wait(ws->jobs().update(update)));
  auto const job = wait(ws->jobs().get({.job_id = id}));
  ASSERT_TRUE(job) << job.error();
  EXPECT_EQ(job->settings.name, "nightly");
  EXPECT_EQ(job->settings.description, "every night");
  ASSERT_EQ(job->settings.tasks.size(), 2U);
  EXPECT_EQ(job->settings.tasks[1].depends_on[0].task_key, "load");

  jobs::run_now now;
  now.job_id = id;
  now.notebook_params["kiln_result"] = "FAILED,SUCCESS";
  auto const run = wait(ws->jobs().run_now(now));
  ASSERT_TRUE(run) << run.error();
  pass(3min);
  auto failed = wait(ws->jobs().runs_get({.run_id = run->run_id}));
  ASSERT_TRUE(failed) << failed.error();
  EXPECT_EQ(failed->state.result_state, jobs::run_result_state::failed);
  ASSERT_EQ(failed->tasks.size(), 2U);
  EXPECT_EQ(failed->tasks[1].state.result_state, jobs::run_result_state::upstream_failed);

  jobs::runs_repair repair;
  repair.run_id = run->run_id;
  repair.rerun_all_failed_tasks = true;
  ASSERT_TRUE(wait(ws->jobs().runs_repair(repair)));
  pass(3min);
  auto const mended = wait(ws->jobs().runs_get({.run_id = run->run_id, .include_history = true}));
  ASSERT_TRUE(mended) << mended.error();
  EXPECT_TRUE(is_success(mended->state));
  EXPECT_EQ(mended->repair_history.size(), 2U);

  ASSERT_TRUE(wait(ws->jobs().delete_({.job_id = id})));
  auto const gone = wait(ws->jobs().get({.job_id = id}));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), errc::not_found) << gone.error();
}

TEST_F(jobs_on_emulator, a_one_time_run_of_2_0_gives_its_output) {
  start();
  auto r = one_time();
  r.notebook_task->base_parameters["kiln_output"] = "42";
  auto const run = wait(ws->jobs20().runs_submit(r));
  ASSERT_TRUE(run) << run.error();
  auto const id = run->run_id;
  auto const pending = wait(ws->jobs20().runs_get({.run_id = id}));
  ASSERT_TRUE(pending) << pending.error();
  EXPECT_EQ(pending->state.life_cycle_state, jobs::run_life_cycle_state::pending);
  EXPECT_EQ(pending->task.value().notebook_task.value().notebook_path, "/n");
  pass(75s);
  auto const output = wait(ws->jobs20().runs_get_output({.run_id = id}));
  ASSERT_TRUE(output) << output.error();
  EXPECT_EQ(output->notebook_output.value().result, "42");
  EXPECT_TRUE(is_success(output->metadata.state));
  EXPECT_EQ(output->metadata.setup_duration, 10'000);
  auto const views = wait(ws->jobs20().runs_export({.run_id = id}));
  ASSERT_TRUE(views) << views.error();
  EXPECT_EQ(views->views.size(), 1U);
  ASSERT_TRUE(wait(ws->jobs20().runs_delete({.run_id = id})));
  EXPECT_FALSE(wait(ws->jobs20().runs_get({.run_id = id})));
}

TEST_F(jobs_on_emulator, a_lost_answer_with_a_token_starts_one_run) {
  start();
  emulator_fault lost;
  lost.route = "/api/2.0/jobs/runs/submit";
  lost.what = emulator_fault::kind::close;
  lost.after_handler = true;
  emu->add_fault(lost);
  auto const r = one_time("token-1");
  auto const run = wait(ws->jobs20().runs_submit(r));
  ASSERT_TRUE(run) << run.error();
  auto const all = wait(ws->jobs20().runs_list_all());
  ASSERT_TRUE(all) << all.error();
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->front().run_id, run->run_id);
}

TEST_F(jobs_on_emulator, a_lost_answer_without_a_token_is_told_and_not_repeated) {
  start();
  for (auto const* route : {"/api/2.0/jobs/runs/submit", "/api/2.0/jobs/create"}) {
    emulator_fault lost;
    lost.route = route;
    lost.what = emulator_fault::kind::close;
    lost.after_handler = true;
    emu->add_fault(lost);
  }
  auto const r = one_time();
  auto const run = wait(ws->jobs20().runs_submit(r));
  ASSERT_FALSE(run);
  EXPECT_TRUE(run.error().may_have_been_applied()) << run.error();
  auto const all = wait(ws->jobs20().runs_list_all());
  ASSERT_TRUE(all) << all.error();
  EXPECT_EQ(all->size(), 1U) << "the one whose answer was lost";
  jobs20::create create;
  create.new_cluster = test::small_cluster();
  create.notebook_task.emplace().notebook_path = "/n";
  ASSERT_FALSE(wait(ws->jobs20().create(create)));
  auto const found = wait(ws->jobs20().list());
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->jobs.size(), 1U);
}

TEST_F(jobs_on_emulator, a_run_asked_for_as_json_is_repeated_with_a_token_only) {
  start();
  auto const at = jobs20::runs_submit::at;
  std::string const body =
      '{' + test::on_small_cluster + R"("notebook_task":{"notebook_path":"/n"})";
  for (bool const with_token : {true, false}) {
    emulator_fault lost;
    lost.route = std::string(at.path);
    lost.what = emulator_fault::kind::close;
    lost.after_handler = true;
    emu->add_fault(lost);
    auto const request =
        members_of(body + (with_token ? R"(,"idempotency_token":"t"})" : "}"), "request");
    ASSERT_TRUE(request) << request.error();
    auto const run = wait(call_json(*ws, at, *request));
    EXPECT_EQ(run.has_value(), with_token);
    auto const all = wait(ws->jobs20().runs_list_all());
    ASSERT_TRUE(all) << all.error();
    EXPECT_EQ(all->size(), with_token ? 1U : 2U);
  }
}

TEST_F(jobs_on_emulator, listings_are_read_page_by_page_in_both_versions) {
  start();
  constexpr std::size_t count = 60;
  auto const r = one_time();
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(wait(ws->jobs20().runs_submit(r)));
  auto const before = emu->stats().requests;
  auto const old = wait(ws->jobs20().runs_list_all());
  ASSERT_TRUE(old) << old.error();
  EXPECT_EQ(emu->stats().requests - before, 1U) << "999 a page";
  auto const now = wait(ws->jobs().runs_list_all({.active_only = true}));
  ASSERT_TRUE(now) << now.error();
  EXPECT_EQ(emu->stats().requests - before, 4U) << "25 a page";
  std::set<std::int64_t> ids;
  for (auto const& each : *now) ids.insert(each.run_id);
  EXPECT_EQ(ids.size(), count);
  ASSERT_EQ(old->size(), count);
  for (auto const& each : *old) EXPECT_TRUE(ids.contains(each.run_id));
  auto const some = wait(ws->jobs().runs_list_all({}, 30));
  ASSERT_TRUE(some) << some.error();
  EXPECT_EQ(some->size(), 30U);

  jobs::create create;
  create.tasks = {notebook("a")};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(wait(ws->jobs().create(create)));
  auto const jobs = wait(ws->jobs().list_all({.expand_tasks = true, .limit = 2}));
  ASSERT_TRUE(jobs) << jobs.error();
  ASSERT_EQ(jobs->size(), 3U);
  EXPECT_EQ(jobs->front().settings.tasks.size(), 1U);
}

TEST_F(jobs_on_emulator, a_full_workspace_says_so_and_takes_runs_again_later) {
  auto o = slow_runs();
  o.jobs.active_runs_max = 1;
  o.jobs.refuse_with_429 = false;
  start(std::move(o));
  auto const r = one_time();
  ASSERT_TRUE(wait(ws->jobs20().runs_submit(r)));
  auto const refused = wait(ws->jobs20().runs_submit(r));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error_code(), "QUOTA_EXCEEDED") << refused.error();
  pass(75s);
  EXPECT_TRUE(wait(ws->jobs20().runs_submit(r)));
}

TEST_F(jobs_on_emulator, a_job_of_250_tasks_and_its_run_are_given_whole_by_2_2) {
  constexpr call_options in_2_2{.api_version = "2.2"};
  start();
  jobs::create create;
  for (int i = 0; i < 250; ++i) create.tasks.push_back(notebook("t" + std::to_string(i)));
  auto const job = wait(ws->jobs().create(create, in_2_2));
  ASSERT_TRUE(job) << job.error();
  auto const page = wait(ws->jobs().get({.job_id = job->job_id}, in_2_2));
  ASSERT_TRUE(page) << page.error();
  EXPECT_EQ(page->settings.tasks.size(), 100U);
  EXPECT_TRUE(page->has_more);
  auto const whole = wait(ws->jobs().get_whole({.job_id = job->job_id}, in_2_2));
  ASSERT_TRUE(whole) << whole.error();
  ASSERT_EQ(whole->settings.tasks.size(), 250U);
  for (std::size_t i = 0; i < 250; ++i) {
    EXPECT_EQ(whole->settings.tasks[i].task_key, create.tasks[i].task_key);
  }
  EXPECT_FALSE(whole->has_more);

  jobs::run_now now;
  now.job_id = job->job_id;
  now.job_parameters["day"] = "1";
  auto const run = wait(ws->jobs().run_now(now, in_2_2));
  ASSERT_TRUE(run) << run.error();
  auto const told = wait(ws->jobs().runs_get_whole({.run_id = run->run_id}, in_2_2));
  ASSERT_TRUE(told) << told.error();
  std::set<std::int64_t> ids;
  for (auto const& task : told->tasks) ids.insert(task.run_id);
  EXPECT_EQ(ids.size(), 250U);
  EXPECT_EQ(told->job_parameters.size(), 1U);
  auto const listed =
      wait(ws->jobs().runs_list_all({.expand_tasks = true, .job_id = job->job_id}, 0, in_2_2));
  ASSERT_TRUE(listed) << listed.error();
  EXPECT_TRUE(listed->at(0).has_more);
  EXPECT_EQ(listed->at(0).tasks.size(), 100U);
  auto const none = wait(ws->jobs().get_whole({.job_id = 1}, in_2_2));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), errc::not_found);
}

TEST_F(jobs_on_emulator, a_cancel_ends_a_run_and_cancel_all_those_of_a_job) {
  start();
  auto const r = one_time();
  auto const run = wait(ws->jobs20().runs_submit(r));
  ASSERT_TRUE(run) << run.error();
  ASSERT_TRUE(wait(ws->jobs20().runs_cancel({.run_id = run->run_id})));
  pass(5s);
  auto const ended = wait(ws->jobs20().runs_get({.run_id = run->run_id}));
  ASSERT_TRUE(ended) << ended.error();
  EXPECT_TRUE(is_final(ended->state));
  EXPECT_EQ(ended->state.result_state, jobs::run_result_state::canceled);
  jobs::create create;
  create.tasks = {notebook("a")};
  create.max_concurrent_runs = 2;
  auto const job = wait(ws->jobs().create(create, {.api_version = "2.2"}));
  ASSERT_TRUE(job) << job.error();
  jobs::run_now now;
  now.job_id = job->job_id;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(wait(ws->jobs().run_now(now)));
  auto const queued = wait(ws->jobs().runs_list_all({.job_id = job->job_id}));
  ASSERT_TRUE(queued) << queued.error();
  EXPECT_EQ(queued->front().state.life_cycle_state, jobs::run_life_cycle_state::queued)
      << "2.2 queues by default";
  ASSERT_TRUE(wait(ws->jobs().runs_cancel_all({.job_id = job->job_id})));
  pass(5s);
  auto const all = wait(ws->jobs().runs_list_all({.completed_only = true, .job_id = job->job_id}));
  ASSERT_TRUE(all) << all.error();
  EXPECT_EQ(all->size(), 3U);
}

}  // namespace
}  // namespace kiln
