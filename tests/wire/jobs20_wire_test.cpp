// What every operation of Jobs API 2.0 puts on the wire, byte by byte, and what it makes of
// answers.
#include "services/jobs20_fields.hpp"
#include "wire/jobs_capture.hpp"

namespace kiln {
namespace {

using wire_tests::above_doubles;

struct jobs20_wire : wire_tests::jobs_capture {
  [[nodiscard]] jobs20::service api() const { return ws.jobs20(); }
};

TEST_F(jobs20_wire, documents_are_sent_as_little_or_as_much_as_they_hold) {
  jobs20::create bare;
  EXPECT_EQ(sent(api().create(bare)), expect.with("POST /api/2.0/jobs/create", "{}"));
  auto const [create, create_text] = whole<jobs20::create>();
  EXPECT_EQ(sent(api().create(create)), expect.with("POST /api/2.0/jobs/create", create_text));
  auto const [reset, reset_text] = whole<jobs20::reset>();
  EXPECT_EQ(sent(api().reset(reset)), expect.with("POST /api/2.0/jobs/reset", reset_text));
  auto const [update, update_text] = whole<jobs20::update>();
  EXPECT_EQ(sent(api().update(update)), expect.with("POST /api/2.0/jobs/update", update_text));
  auto const [run_now, run_now_text] = whole<jobs20::run_now>();
  EXPECT_EQ(sent(api().run_now(run_now)), expect.with("POST /api/2.0/jobs/run-now", run_now_text));
  auto const [submit, submit_text] = whole<jobs20::runs_submit>();
  EXPECT_EQ(sent(api().runs_submit(submit)),
            expect.with("POST /api/2.0/jobs/runs/submit", submit_text));
}

TEST_F(jobs20_wire, a_run_written_by_hand_reads_as_the_documentation_has_it) {
  jobs20::runs_submit r;
  r.run_name = "once";
  r.existing_cluster_id = "1122-000000-abc";
  r.spark_python_task.emplace().python_file = "dbfs:/a.py";
  r.spark_python_task->parameters = {"--x", ""};
  r.libraries.emplace_back().pypi.emplace().package = "simplejson==3.8.0";
  r.timeout_seconds = 0;
  r.idempotency_token = "token";
  EXPECT_EQ(sent(api().runs_submit(r)),
            expect.with("POST /api/2.0/jobs/runs/submit",
                        R"({"spark_python_task":{"python_file":"dbfs:/a.py","parameters":)"
                        R"(["--x",""]},"existing_cluster_id":"1122-000000-abc","run_name":"once",)"
                        R"("libraries":[{"pypi":{"package":"simplejson==3.8.0"}}],)"
                        R"("timeout_seconds":0,"idempotency_token":"token"})"));
}

TEST_F(jobs20_wire, ids_are_sent_exactly) {
  std::string const job = R"({"job_id":9007199254740993})";
  std::string const run = R"({"run_id":9007199254740993})";
  EXPECT_EQ(sent(api().delete_({.job_id = above_doubles})),
            expect.with("POST /api/2.0/jobs/delete", job));
  EXPECT_EQ(sent(api().runs_cancel({.run_id = above_doubles})),
            expect.with("POST /api/2.0/jobs/runs/cancel", run));
  EXPECT_EQ(sent(api().runs_cancel_all({.job_id = above_doubles})),
            expect.with("POST /api/2.0/jobs/runs/cancel-all", job));
  EXPECT_EQ(sent(api().runs_delete({.run_id = above_doubles})),
            expect.with("POST /api/2.0/jobs/runs/delete", run));
  EXPECT_EQ(sent(api().get({.job_id = above_doubles})),
            expect.bare("GET /api/2.0/jobs/get?job_id=9007199254740993"));
  EXPECT_EQ(sent(api().runs_get({.run_id = above_doubles})),
            expect.bare("GET /api/2.0/jobs/runs/get?run_id=9007199254740993"));
  EXPECT_EQ(sent(api().runs_get_output({.run_id = above_doubles})),
            expect.bare("GET /api/2.0/jobs/runs/get-output?run_id=9007199254740993"));
}

TEST_F(jobs20_wire, questions_go_into_the_query) {
  EXPECT_EQ(sent(api().list()), expect.bare("GET /api/2.0/jobs/list"));
  EXPECT_EQ(sent(api().runs_list({})), expect.bare("GET /api/2.0/jobs/runs/list"));
  EXPECT_EQ(sent(api().runs_list({.active_only = false,
                                  .completed_only = true,
                                  .job_id = above_doubles,
                                  .offset = 999,
                                  .limit = 0})),
            expect.bare("GET /api/2.0/jobs/runs/list?active_only=false&completed_only=true"
                        "&job_id=9007199254740993&offset=999&limit=0"));
  EXPECT_EQ(sent(api().runs_export({.run_id = 7})),
            expect.bare("GET /api/2.0/jobs/runs/export?run_id=7"));
  EXPECT_EQ(
      sent(api().runs_export({.run_id = 7, .views_to_export = jobs::views_to_export::dashboards})),
      expect.bare("GET /api/2.0/jobs/runs/export?run_id=7&views_to_export=DASHBOARDS"));
}

TEST_F(jobs20_wire, whole_answers_are_read_whole) {
  reads_whole(api().get({.job_id = 1}));
  reads_whole(api().list());
  reads_whole(api().runs_get({.run_id = 1}));
  reads_whole(api().runs_list({}));
  reads_whole(api().runs_get_output({.run_id = 1}));
  reads_whole(api().runs_export({.run_id = 1}));
}

TEST_F(jobs20_wire, a_run_of_the_documentation_is_understood) {
  answers(
      R"({"job_id":1,"run_id":452,"number_in_job":5,"state":{"life_cycle_state":"RUNNING",)"
      R"("state_message":"Performing action"},"task":{"notebook_task":{"notebook_path":)"
      R"("/Users/a@b.c/my-notebook"}},"cluster_spec":{"existing_cluster_id":"1201-my-cluster"},)"
      R"("cluster_instance":{"cluster_id":"1201-my-cluster","spark_context_id":"1102398"},)"
      R"("overriding_parameters":{"jar_params":["param1","param2"]},)"
      R"("start_time":1457570074236,"setup_duration":259754,"execution_duration":3589020,)"
      R"("cleanup_duration":31038,"trigger":"PERIODIC"})");
  auto const run = made(api().runs_get({.run_id = 452}));
  EXPECT_EQ(run.run_id, 452);
  EXPECT_EQ(run.state.life_cycle_state, jobs::run_life_cycle_state::running);
  EXPECT_EQ(run.task.value().notebook_task.value().notebook_path, "/Users/a@b.c/my-notebook");
  EXPECT_EQ(run.cluster_instance.value().spark_context_id, "1102398");
  EXPECT_EQ(run.overriding_parameters.value().jar_params.size(), 2U);
  EXPECT_EQ(to_string(run.start_time.value()), "2016-03-10T00:34:34.236Z");
  EXPECT_EQ(run.trigger, jobs::trigger_type::periodic);
}

TEST_F(jobs20_wire, ids_and_unknown_states_survive) {
  jobs20::create const create;
  jobs20::run_now const run_now;
  jobs20::runs_submit const submit;
  answers(R"({"job_id":"9007199254740993","run_id":9007199254740993,"number_in_job":2})");
  EXPECT_EQ(made(api().create(create)).job_id, above_doubles);
  EXPECT_EQ(made(api().run_now(run_now)).run_id, above_doubles);
  EXPECT_EQ(made(api().runs_submit(submit)).run_id, above_doubles);
  answers(R"({"run_id":1,"state":{"life_cycle_state":"HIBERNATING"}})");
  EXPECT_EQ(made(api().runs_get({.run_id = 1})).state.life_cycle_state.raw(), "HIBERNATING");
}

TEST_F(jobs20_wire, bare_answers_leave_defaults_and_wrong_ones_are_errors) {
  answers("{}");
  EXPECT_TRUE(made(api().list()).jobs.empty());
  EXPECT_FALSE(made(api().runs_list({})).has_more);
  EXPECT_FALSE(made(api().runs_get({.run_id = 1})).task);
  EXPECT_EQ(made(api().runs_get_output({.run_id = 1})).metadata.run_id, 0);
  EXPECT_TRUE(made(api().runs_export({.run_id = 1})).views.empty());
  answers(R"({"runs":[{"run_id":"x"}]})");
  auto const why = failed(api().runs_list({}));
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("jobs/runs/list.runs[0].run_id"), std::string::npos) << why;
}

TEST_F(jobs20_wire, operations_without_an_answer_take_any_success) {
  needs_no_answer<jobs20::reset, jobs20::update>(api());
}

}  // namespace
}  // namespace kiln
