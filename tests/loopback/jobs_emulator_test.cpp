// Jobs through the whole engine: typed calls against the emulator over real sockets.
#include "loopback/jobs_support.hpp"

#include <set>

namespace kiln {
namespace {

using namespace std::chrono_literals;

struct jobs_on_emulator : engine_tests::jobs_world {};

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
