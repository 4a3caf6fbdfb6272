// The lives of emulated runs on a clock that the test moves.
#include "unit/emulator/jobs_support.hpp"

namespace kiln::emulation {
namespace {

using namespace std::chrono_literals;

struct runs_life : jobs_fixture {
  /// A job of tasks "a", "b" …; each entry is what stands in the task besides key and kind.
  std::int64_t job_of(std::vector<std::pair<std::string, std::string>> const& tasks,
                      std::string_view settings = {}) {
    std::string list;
    for (auto const& [key, more] : tasks) {
      if (!list.empty()) list += ',';
      list += R"({"task_key":")" + key + '"';
      if (more.find("condition_task") == std::string::npos) {
        list += R"(,"notebook_task":{"notebook_path":"/)" + key + R"("})";
      }
      list += more + '}';
    }
    return post("2.1/jobs/create",
                R"({"name":"j","tasks":[)" + list + ']' + std::string(settings) + '}')
        .at("job_id")
        .as_int64();
  }
  std::int64_t run(std::int64_t job, std::string_view more = {}) {
    return post("2.1/jobs/run-now", R"({"job_id":)" + std::to_string(job) + std::string(more) + '}')
        .at("run_id")
        .as_int64();
  }
};

TEST_F(runs_life, goes_from_pending_to_terminated_at_the_times_it_was_given) {
  auto const id = submit();
  EXPECT_EQ(state(id), "PENDING");
  pass(9'999ms);
  EXPECT_EQ(state(id), "PENDING");
  pass(1ms);
  EXPECT_EQ(state(id), "RUNNING");
  pass(60s);
  EXPECT_EQ(state(id), "TERMINATING");
  pass(5s);
  EXPECT_EQ(state(id), "TERMINATED SUCCESS");
}

TEST_F(runs_life, tells_its_times_although_nobody_looked) {
  auto const id = submit();
  pass(1h);
  auto const run = get("2.0/jobs/runs/get", "run_id=" + std::to_string(id));
  EXPECT_EQ(run.at("start_time").as_int64(), 1'600'000'000'000);
  EXPECT_EQ(run.at("setup_duration").as_int64(), 10'000);
  EXPECT_EQ(run.at("execution_duration").as_int64(), 60'000);
  EXPECT_EQ(run.at("cleanup_duration").as_int64(), 5'000);
  auto const later = get("2.1/jobs/runs/get", "run_id=" + std::to_string(id));
  EXPECT_EQ(later.at("end_time").as_int64(), 1'600'000'075'000);
}

TEST_F(runs_life, ends_as_its_parameters_say) {
  for (auto const& [result, expected] : {std::pair("SUCCESS", "TERMINATED SUCCESS"),
                                         {"FAILED", "TERMINATED FAILED"},
                                         {"TIMEDOUT", "TERMINATED TIMEDOUT"},
                                         {"CANCELED", "TERMINATED CANCELED"},
                                         {"INTERNAL_ERROR", "INTERNAL_ERROR FAILED"},
                                         {"SKIPPED", "SKIPPED"}}) {
    auto const id = submit(R"({"kiln_seconds":"1","kiln_pending_seconds":"0",)"
                           R"("kiln_cleanup_seconds":"0","kiln_result":")" +
                           std::string(result) + "\"}");
    EXPECT_EQ(state(id), result == std::string_view("SKIPPED") ? "SKIPPED" : "RUNNING");
    pass(1s);
    EXPECT_EQ(state(id), expected);
  }
}

TEST_F(runs_life, takes_its_words_from_every_kind_of_parameter) {
  for (auto const task : {R"("spark_jar_task":{"parameters":["kiln_seconds=7"]})",
                          R"("spark_python_task":{"parameters":["x","kiln_seconds=7"]})",
                          R"("notebook_task":{"notebook_path":"/n",)"
                          R"("base_parameters":{"kiln_seconds":"7"}})"}) {
    auto const id =
        post("2.0/jobs/runs/submit", here + std::string(task) + '}').at("run_id").as_int64();
    pass(16'999ms);
    EXPECT_EQ(state(id), "RUNNING") << task;
    pass(1ms);
    EXPECT_EQ(state(id), "TERMINATING") << task;
  }
}

TEST_F(runs_life, parameters_of_the_run_come_before_those_of_the_task) {
  auto const job = job_of({{"a", ""}});
  auto const id = run(job, R"(,"notebook_params":{"kiln_seconds":"1","kiln_result":"FAILED"})");
  pass(11s);
  EXPECT_EQ(state(id), "TERMINATING");
  pass(5s);
  EXPECT_EQ(state(id), "TERMINATED FAILED");
}

TEST_F(runs_life, a_word_that_the_emulator_does_not_know_is_refused_before_anything_starts) {
  for (auto const words :
       {R"({"kiln_second":"1"})", R"({"kiln_seconds":"long"})", R"({"kiln_seconds":"-1"})",
        R"({"kiln_result":"MAYBE"})", R"({"kiln_result":""})"}) {
    EXPECT_EQ(refused("POST", "2.0/jobs/runs/submit", "",
                      here +
                          R"("notebook_task":{"notebook_path":"/n",)"
                          R"("base_parameters":)" +
                          std::string(words) + "}}"),
              "400 INVALID_PARAMETER_VALUE")
        << words;
  }
  EXPECT_EQ(ids(get("2.0/jobs/runs/list")), "");
}

TEST_F(runs_life, results_in_a_row_are_those_of_runs_of_one_name) {
  std::string seen;
  for (int i = 0; i < 3; ++i) {
    auto const id = submit(R"({"kiln_result":"FAILED,SUCCESS"})");
    pass(2min);
    seen += state(id) + '\n';
  }
  EXPECT_EQ(seen, "TERMINATED FAILED\nTERMINATED SUCCESS\nTERMINATED SUCCESS\n");
}

TEST_F(runs_life, a_timeout_ends_it) {
  auto const id = submit("{}", R"(,"timeout_seconds":30)");
  pass(30s);
  EXPECT_EQ(state(id), "TERMINATING");
  pass(5s);
  EXPECT_EQ(state(id), "TERMINATED TIMEDOUT");
}

TEST_F(runs_life, a_cancel_takes_its_time_and_is_nothing_to_an_ended_run) {
  auto const id = submit();
  auto const body = R"({"run_id":)" + std::to_string(id) + '}';
  pass(20s);
  post("2.1/jobs/runs/cancel", body);
  EXPECT_EQ(state(id), "TERMINATING");
  pass(5s);
  EXPECT_EQ(state(id), "TERMINATED CANCELED");
  post("2.1/jobs/runs/cancel", body);
  pass(5min);
  EXPECT_EQ(state(id), "TERMINATED CANCELED");
  EXPECT_EQ(refused("POST", "2.1/jobs/runs/cancel", "", R"({"run_id":7})"),
            "400 INVALID_PARAMETER_VALUE");
}

TEST_F(runs_life, a_task_is_tried_again_as_often_as_it_may) {
  auto const job = job_of({{"a", R"(,"max_retries":2,"min_retry_interval_millis":30000)"}});
  auto const id = run(job, R"(,"notebook_params":{"kiln_result":"FAILED,FAILED,SUCCESS"})");
  pass(75s);
  EXPECT_EQ(state(id), "WAITING_FOR_RETRY");
  pass(30s);
  EXPECT_EQ(state(id), "PENDING");
  pass(75s + 30s + 75s);
  EXPECT_EQ(state(id), "TERMINATED SUCCESS");
  auto const last = get("2.1/jobs/runs/get", "run_id=" + std::to_string(id));
  EXPECT_EQ(last.at("tasks").as_array().front().at("attempt_number").as_int64(), 2);
}

TEST_F(runs_life, a_task_waits_for_those_it_depends_on) {
  auto const job = job_of({{"a", ""},
                           {"b", R"(,"depends_on":[{"task_key":"a"}])"},
                           {"c", R"(,"depends_on":[{"task_key":"a"},{"task_key":"b"}])"}});
  auto const id = run(job);
  EXPECT_EQ(tasks(id), "a=PENDING b=BLOCKED c=BLOCKED");
  pass(75s);
  EXPECT_EQ(tasks(id), "a=TERMINATED SUCCESS b=PENDING c=BLOCKED");
  EXPECT_EQ(state(id), "RUNNING");
  pass(150s);
  EXPECT_EQ(tasks(id), "a=TERMINATED SUCCESS b=TERMINATED SUCCESS c=TERMINATED SUCCESS");
  EXPECT_EQ(state(id), "TERMINATED SUCCESS");
}

TEST_F(runs_life, a_failed_task_takes_those_behind_it_along_unless_they_run_anyway) {
  auto const failing = R"(,"notebook_task":{"notebook_path":"/a","base_parameters":)"
                       R"({"kiln_result":"FAILED"}})";
  auto const id =
      post("2.1/jobs/runs/submit",
           R"({"tasks":[{"task_key":"a")" + std::string(failing) +
               R"(},{"task_key":"b","depends_on":[{"task_key":"a"}],)"
               R"("notebook_task":{"notebook_path":"/b"}},)"
               R"({"task_key":"c","depends_on":[{"task_key":"a"}],"run_if":"ALL_DONE",)"
               R"("notebook_task":{"notebook_path":"/c"}},)"
               R"({"task_key":"d","depends_on":[{"task_key":"a"}],"run_if":"AT_LEAST_ONE_SUCCESS",)"
               R"("notebook_task":{"notebook_path":"/d"}}]})")
          .at("run_id")
          .as_int64();
  pass(10min);
  EXPECT_EQ(tasks(id),
            "a=TERMINATED FAILED b=TERMINATED UPSTREAM_FAILED c=TERMINATED SUCCESS "
            "d=TERMINATED EXCLUDED");
  EXPECT_EQ(state(id), "TERMINATED FAILED");
}

TEST_F(runs_life, a_condition_opens_one_of_two_ways) {
  auto const job =
      job_of({{"if", R"(,"condition_task":{"op":"GREATER_THAN","left":"10","right":"9"})"},
              {"yes", R"(,"depends_on":[{"task_key":"if","outcome":"true"}])"},
              {"no", R"(,"depends_on":[{"task_key":"if","outcome":"false"}])"}});
  auto const id = run(job);
  EXPECT_EQ(tasks(id), "if=TERMINATED SUCCESS yes=PENDING no=TERMINATED EXCLUDED");
  pass(10min);
  EXPECT_EQ(state(id), "TERMINATED SUCCESS");
}

TEST_F(runs_life, runs_above_the_limit_of_a_job_are_skipped) {
  auto const job = job_of({{"a", ""}});
  auto const first = run(job);
  auto const second = run(job);
  EXPECT_EQ(state(second), "SKIPPED");
  pass(75s);
  EXPECT_EQ(state(first), "TERMINATED SUCCESS");
  EXPECT_EQ(state(run(job)), "PENDING") << "there is room again";
}

TEST_F(runs_life, runs_above_the_limit_of_a_job_wait_where_it_has_a_queue) {
  auto const job = job_of({{"a", ""}}, R"(,"queue":{"enabled":true})");
  auto const first = run(job);
  auto const second = run(job);
  auto const third = run(job);
  EXPECT_EQ(state(second), "QUEUED");
  pass(75s);
  EXPECT_EQ(state(first), "TERMINATED SUCCESS");
  EXPECT_EQ(state(second), "PENDING");
  EXPECT_EQ(state(third), "QUEUED");
  post("2.1/jobs/runs/cancel-all", R"({"all_queued_runs":true})");
  EXPECT_EQ(state(third), "TERMINATED CANCELED");
  pass(75s);
  EXPECT_EQ(state(second), "TERMINATED SUCCESS");
}

TEST_F(runs_life, cancel_all_ends_the_runs_of_one_job_and_no_other) {
  auto const job = job_of({{"a", ""}}, R"(,"max_concurrent_runs":3)");
  auto const other = job_of({{"a", ""}});
  auto const mine = run(job);
  auto const too = run(job);
  auto const not_mine = run(other);
  post("2.1/jobs/runs/cancel-all", R"({"job_id":)" + std::to_string(job) + '}');
  pass(5s);
  EXPECT_EQ(state(mine) + state(too), "TERMINATED CANCELEDTERMINATED CANCELED");
  EXPECT_EQ(state(not_mine), "PENDING");
}

TEST_F(runs_life, a_deleted_job_takes_its_active_runs_along) {
  auto const job = job_of({{"a", ""}});
  auto const id = run(job);
  auto const body = R"({"job_id":)" + std::to_string(job) + '}';
  post("2.1/jobs/delete", body);
  post("2.1/jobs/delete", body);
  pass(5s);
  EXPECT_EQ(state(id), "TERMINATED CANCELED");
  EXPECT_EQ(refused("POST", "2.1/jobs/run-now", "", body), "400 INVALID_PARAMETER_VALUE");
}

TEST_F(runs_life, a_repair_runs_what_failed_again_and_needs_the_latest_repair) {
  auto const job = job_of({{"a", ""}, {"b", R"(,"depends_on":[{"task_key":"a"}])"}});
  auto const id = run(job, R"(,"notebook_params":{"kiln_result":"FAILED,FAILED,SUCCESS"})");
  pass(3min);
  EXPECT_EQ(tasks(id), "a=TERMINATED FAILED b=TERMINATED UPSTREAM_FAILED");
  auto const repair = [id](std::string const& more) {
    return R"({"run_id":)" + std::to_string(id) + R"(,"rerun_all_failed_tasks":true)" + more + '}';
  };
  auto const first = post("2.1/jobs/runs/repair", repair("")).at("repair_id").as_int64();
  EXPECT_EQ(state(id), "PENDING");
  EXPECT_EQ(refused("POST", "2.1/jobs/runs/repair", "", repair("")), "400 INVALID_STATE");
  pass(3min);
  EXPECT_EQ(state(id), "TERMINATED FAILED");
  EXPECT_EQ(refused("POST", "2.1/jobs/runs/repair", "", repair("")), "400 INVALID_PARAMETER_VALUE");
  post("2.1/jobs/runs/repair", repair(R"(,"latest_repair_id":)" + std::to_string(first)));
  pass(5min);
  EXPECT_EQ(state(id), "TERMINATED SUCCESS");
  auto const whole = get("2.1/jobs/runs/get", "include_history=true&run_id=" + std::to_string(id));
  auto const& history = whole.at("repair_history").as_array();
  ASSERT_EQ(history.size(), 3U);
  EXPECT_EQ(history[0].at("type").as_string(), "ORIGINAL");
  EXPECT_EQ(state_in(history[1].as_object()), "TERMINATED FAILED");
  EXPECT_EQ(state_in(history[2].as_object()), "TERMINATED SUCCESS");
}

TEST_F(runs_life, a_circle_of_tasks_is_refused) {
  EXPECT_EQ(refused("POST", "2.1/jobs/runs/submit", "",
                    R"({"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/a"},)"
                    R"("depends_on":[{"task_key":"b"}]},{"task_key":"b","notebook_task":)"
                    R"({"notebook_path":"/b"},"depends_on":[{"task_key":"a"}]}]})"),
            "400 INVALID_PARAMETER_VALUE");
}

}  // namespace
}  // namespace kiln::emulation
