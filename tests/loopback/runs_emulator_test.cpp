// Runs through the whole engine: started once whatever is lost, and given whole, over real sockets.
#include "loopback/jobs_support.hpp"

#include <set>

namespace kiln {
namespace {

using namespace std::chrono_literals;

struct runs_on_emulator : engine_tests::jobs_world {};

TEST_F(runs_on_emulator, a_one_time_run_of_2_0_gives_its_output) {
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

TEST_F(runs_on_emulator, a_lost_answer_with_a_token_starts_one_run) {
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

TEST_F(runs_on_emulator, a_lost_answer_without_a_token_is_told_and_not_repeated) {
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

TEST_F(runs_on_emulator, a_run_asked_for_as_json_is_repeated_with_a_token_only) {
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

TEST_F(runs_on_emulator, a_job_of_250_tasks_and_its_run_are_given_whole_by_2_2) {
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

}  // namespace
}  // namespace kiln
