// What every operation of Jobs API 2.1 puts on the wire, byte by byte, and what it makes of
// answers.
#include "services/jobs_fields.hpp"
#include "wire/jobs_capture.hpp"

namespace kiln {
namespace {

using wire_tests::above_doubles;

struct jobs_wire : wire_tests::jobs_capture {
  [[nodiscard]] jobs::service api() const { return ws.jobs(); }
};

TEST_F(jobs_wire, documents_are_sent_as_little_or_as_much_as_they_hold) {
  jobs::create bare;
  EXPECT_EQ(sent(api().create(bare)), expect.with("POST /api/2.1/jobs/create", "{}"));
  auto const [create, create_text] = whole<jobs::create>();
  EXPECT_EQ(sent(api().create(create)), expect.with("POST /api/2.1/jobs/create", create_text));
  jobs::reset reset;
  reset.job_id = above_doubles;
  EXPECT_EQ(
      sent(api().reset(reset)),
      expect.with("POST /api/2.1/jobs/reset", R"({"job_id":9007199254740993,"new_settings":{}})"));
  auto const [all, all_text] = whole<jobs::reset>();
  EXPECT_EQ(sent(api().reset(all)), expect.with("POST /api/2.1/jobs/reset", all_text));
  auto const [update, update_text] = whole<jobs::update>();
  EXPECT_EQ(sent(api().update(update)), expect.with("POST /api/2.1/jobs/update", update_text));
  jobs::update only;
  only.job_id = 7;
  only.fields_to_remove = {"schedule"};
  EXPECT_EQ(
      sent(api().update(only)),
      expect.with("POST /api/2.1/jobs/update", R"({"job_id":7,"fields_to_remove":["schedule"]})"));
}

TEST_F(jobs_wire, a_job_written_by_hand_reads_as_the_documentation_has_it) {
  jobs::create r;
  r.name = "nightly";
  jobs::task& load = r.tasks.emplace_back();
  load.task_key = "load";
  load.notebook_task.emplace().notebook_path = "/load";
  load.notebook_task->base_parameters["day"] = "";
  load.new_cluster.emplace().spark_version = "13.3.x-scala2.12";
  load.new_cluster->num_workers = 0;
  load.max_retries = -1;
  jobs::task& report = r.tasks.emplace_back();
  report.task_key = "report";
  report.depends_on.push_back({"load", {}});
  report.run_if = jobs::run_if::all_done;
  report.for_each_task.emplace().inputs = "[1,2]";
  report.for_each_task->task.text = R"({"task_key":"each"})";
  r.parameters.push_back({"day", std::string()});
  EXPECT_EQ(sent(api().create(r)),
            expect.with("POST /api/2.1/jobs/create",
                        R"({"name":"nightly","parameters":[{"name":"day","default":""}],"tasks":[)"
                        R"({"task_key":"load","max_retries":-1,"new_cluster":{"num_workers":0,)"
                        R"("spark_version":"13.3.x-scala2.12"},"notebook_task":)"
                        R"({"notebook_path":"/load","base_parameters":{"day":""}}},)"
                        R"({"task_key":"report","depends_on":[{"task_key":"load"}],)"
                        R"("for_each_task":{"inputs":"[1,2]","task":{"task_key":"each"}},)"
                        R"("run_if":"ALL_DONE"}]})"));
}

TEST_F(jobs_wire, runs_are_started_and_repaired_by_documents) {
  jobs::run_now bare;
  bare.job_id = above_doubles;
  EXPECT_EQ(sent(api().run_now(bare)),
            expect.with("POST /api/2.1/jobs/run-now", R"({"job_id":9007199254740993})"));
  auto const [run_now, run_now_text] = whole<jobs::run_now>();
  EXPECT_EQ(sent(api().run_now(run_now)), expect.with("POST /api/2.1/jobs/run-now", run_now_text));
  jobs::runs_submit nothing;
  EXPECT_EQ(sent(api().runs_submit(nothing)), expect.with("POST /api/2.1/jobs/runs/submit", "{}"));
  auto const [submit, submit_text] = whole<jobs::runs_submit>();
  EXPECT_EQ(sent(api().runs_submit(submit)),
            expect.with("POST /api/2.1/jobs/runs/submit", submit_text));
  jobs::runs_repair repair;
  repair.run_id = 7;
  repair.rerun_all_failed_tasks = true;
  EXPECT_EQ(sent(api().runs_repair(repair)),
            expect.with("POST /api/2.1/jobs/runs/repair",
                        R"({"run_id":7,"rerun_all_failed_tasks":true})"));
  auto const [all, all_text] = whole<jobs::runs_repair>();
  EXPECT_EQ(sent(api().runs_repair(all)), expect.with("POST /api/2.1/jobs/runs/repair", all_text));
}

TEST_F(jobs_wire, ids_are_sent_exactly) {
  std::string const job = R"({"job_id":9007199254740993})";
  std::string const run = R"({"run_id":9007199254740993})";
  EXPECT_EQ(sent(api().delete_({.job_id = above_doubles})),
            expect.with("POST /api/2.1/jobs/delete", job));
  EXPECT_EQ(sent(api().runs_cancel({.run_id = above_doubles})),
            expect.with("POST /api/2.1/jobs/runs/cancel", run));
  EXPECT_EQ(sent(api().runs_delete({.run_id = above_doubles})),
            expect.with("POST /api/2.1/jobs/runs/delete", run));
  EXPECT_EQ(sent(api().runs_cancel_all({.job_id = above_doubles})),
            expect.with("POST /api/2.1/jobs/runs/cancel-all", job));
  EXPECT_EQ(sent(api().runs_cancel_all({.all_queued_runs = true})),
            expect.with("POST /api/2.1/jobs/runs/cancel-all", R"({"all_queued_runs":true})"));
  EXPECT_EQ(sent(api().get({.job_id = above_doubles})),
            expect.bare("GET /api/2.1/jobs/get?job_id=9007199254740993"));
  EXPECT_EQ(sent(api().runs_get_output({.run_id = above_doubles})),
            expect.bare("GET /api/2.1/jobs/runs/get-output?run_id=9007199254740993"));
}

TEST_F(jobs_wire, questions_go_into_the_query) {
  EXPECT_EQ(sent(api().list({})), expect.bare("GET /api/2.1/jobs/list"));
  EXPECT_EQ(
      sent(api().list(
          {.expand_tasks = true, .limit = 100, .name = "a b", .offset = 3, .page_token = "t/1"})),
      expect.bare("GET /api/2.1/jobs/list?expand_tasks=true&limit=100&name=a%20b&offset=3"
                  "&page_token=t%2F1"));
  EXPECT_EQ(sent(api().runs_list({})), expect.bare("GET /api/2.1/jobs/runs/list"));
  EXPECT_EQ(sent(api().runs_list({.active_only = true,
                                  .completed_only = false,
                                  .expand_tasks = true,
                                  .job_id = above_doubles,
                                  .limit = 0,
                                  .offset = 1,
                                  .page_token = "p",
                                  .run_type = jobs::run_type::submit_run,
                                  .start_time_from = timestamp(std::chrono::milliseconds(1)),
                                  .start_time_to = timestamp(std::chrono::milliseconds(2))})),
            expect.bare("GET /api/2.1/jobs/runs/list?active_only=true&completed_only=false"
                        "&expand_tasks=true&job_id=9007199254740993&limit=0&offset=1&page_token=p"
                        "&run_type=SUBMIT_RUN&start_time_from=1&start_time_to=2"));
  EXPECT_EQ(sent(api().runs_get({.run_id = 7})),
            expect.bare("GET /api/2.1/jobs/runs/get?run_id=7"));
  EXPECT_EQ(sent(api().runs_get(
                {.run_id = 7, .include_history = true, .include_resolved_values = false})),
            expect.bare("GET /api/2.1/jobs/runs/get?run_id=7&include_history=true"
                        "&include_resolved_values=false"));
  EXPECT_EQ(sent(api().runs_export({.run_id = 7})),
            expect.bare("GET /api/2.1/jobs/runs/export?run_id=7"));
  EXPECT_EQ(sent(api().runs_export({.run_id = 7, .views_to_export = jobs::views_to_export::all})),
            expect.bare("GET /api/2.1/jobs/runs/export?run_id=7&views_to_export=ALL"));
}

TEST_F(jobs_wire, the_same_goes_to_2_2_when_told_to) {
  EXPECT_EQ(sent(api().runs_get({.run_id = 7}, {.api_version = "2.2"})),
            expect.bare("GET /api/2.2/jobs/runs/get?run_id=7"));
  EXPECT_EQ(sent(api().get({.job_id = 7, .page_token = "a/b"}, {.api_version = "2.2"})),
            expect.bare("GET /api/2.2/jobs/get?job_id=7&page_token=a%2Fb"));
  EXPECT_EQ(sent(api().runs_get({.run_id = 7, .page_token = "t"}, {.api_version = "2.2"})),
            expect.bare("GET /api/2.2/jobs/runs/get?run_id=7&page_token=t"));
}

TEST_F(jobs_wire, a_job_in_one_page_is_whole_with_one_request) {
  EXPECT_EQ(sent(api().get_whole({.job_id = 7})), expect.bare("GET /api/2.1/jobs/get?job_id=7"));
  EXPECT_EQ(sent(api().runs_get_whole({.run_id = 7, .include_history = true, .page_token = "t"},
                                      {.api_version = "2.2"})),
            expect.bare("GET /api/2.2/jobs/runs/get?run_id=7&include_history=true&page_token=t"));
}

TEST_F(jobs_wire, a_run_whose_pages_go_round_in_circles_is_an_error) {
  answers(R"({"run_id":7,"has_more":true,"next_page_token":"t","tasks":[{"task_key":"a"}]})");
  auto const why = failed(api().runs_get_whole({.run_id = 7}, {.api_version = "2.2"}));
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("the same next_page_token twice"), std::string::npos) << why;
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(jobs_wire, whole_answers_are_read_whole) {
  reads_whole(api().get({.job_id = 1}));
  reads_whole(api().list({}));
  reads_whole(api().runs_get({.run_id = 1}));
  reads_whole(api().runs_list({}));
  reads_whole(api().runs_get_output({.run_id = 1}));
  reads_whole(api().runs_export({.run_id = 1}));
}

TEST_F(jobs_wire, ids_of_answers_are_exact_as_number_and_as_text) {
  jobs::create const create;
  jobs::run_now const run_now;
  jobs::runs_submit const submit;
  jobs::runs_repair const repair;
  for (char const* value : {"9007199254740993", "\"9007199254740993\""}) {
    answers(R"({"later":[{}],"job_id":)" + std::string(value) + R"(,"run_id":)" + value +
            R"(,"number_in_job":3,"repair_id":)" + value + '}');
    EXPECT_EQ(made(api().create(create)).job_id, above_doubles);
    EXPECT_EQ(made(api().run_now(run_now)).run_id, above_doubles);
    EXPECT_EQ(made(api().run_now(run_now)).number_in_job, 3);
    EXPECT_EQ(made(api().runs_submit(submit)).run_id, above_doubles);
    EXPECT_EQ(made(api().runs_repair(repair)).repair_id, above_doubles);
  }
}

TEST_F(jobs_wire, bare_answers_leave_defaults) {
  answers("{}");
  auto const run = made(api().runs_get({.run_id = 1}));
  EXPECT_EQ(run.run_id, 0);
  EXPECT_FALSE(run.start_time);
  EXPECT_TRUE(run.tasks.empty());
  EXPECT_TRUE(run.state.life_cycle_state.empty());
  EXPECT_FALSE(is_final(run.state));
  auto const runs = made(api().runs_list({}));
  EXPECT_FALSE(runs.has_more);
  EXPECT_TRUE(runs.next_page_token.empty());
  EXPECT_TRUE(made(api().list({})).jobs.empty());
  EXPECT_TRUE(made(api().get({.job_id = 1})).settings.tasks.empty());
  EXPECT_FALSE(made(api().runs_get_output({.run_id = 1})).notebook_output);
  EXPECT_TRUE(made(api().runs_export({.run_id = 1})).views.empty());
}

TEST_F(jobs_wire, states_of_tomorrow_are_kept_and_not_final) {
  answers(R"({"run_id":5,"state":{"life_cycle_state":"HIBERNATING","result_state":"MOSTLY",)"
          R"("new":1},"status":{"state":"X"}})");
  auto const run = made(api().runs_get({.run_id = 5}));
  EXPECT_EQ(run.state.life_cycle_state.raw(), "HIBERNATING");
  EXPECT_FALSE(run.state.life_cycle_state.value());
  EXPECT_EQ(run.state.result_state.raw(), "MOSTLY");
  EXPECT_FALSE(is_final(run.state));
}

TEST_F(jobs_wire, a_wrong_type_is_an_error_with_its_path) {
  answers(R"({"runs":[{"run_id":1},{"run_id":2,"tasks":[{"state":{"state_message":7}}]}]})");
  auto const why = failed(api().runs_list({}));
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("jobs/runs/list.runs[1].tasks[0].state.state_message: expected "
                               "string, found int64"),
            std::string::npos)
      << why;
}

TEST_F(jobs_wire, operations_without_an_answer_take_any_success) {
  needs_no_answer<jobs::reset, jobs::update>(api());
}

}  // namespace
}  // namespace kiln
