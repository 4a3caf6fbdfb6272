// What the emulated Jobs API takes, lists, limits and refuses.
#include "unit/emulator/jobs_support.hpp"

namespace kiln::emulation {
namespace {

using namespace std::chrono_literals;

struct jobs_rules : jobs_fixture {
  std::string submit_with(std::string_view token) {
    auto const body = here +
                      R"("notebook_task":{"notebook_path":"/n"},)"
                      R"("idempotency_token":")" +
                      std::string(token) + "\"}";
    auto const reply = send("POST", "/api/2.0/jobs/runs/submit", {}, body);
    return reply.body;
  }
};

TEST_F(jobs_rules, has_the_routes_of_each_version) {
  EXPECT_EQ(api.verbs_of("/api/2.0/jobs/runs/list"), "GET");
  EXPECT_EQ(api.verbs_of("/api/2.2/jobs/runs/submit"), "POST");
  EXPECT_EQ(api.verbs_of("/api/2.1/jobs/runs/repair"), "POST");
  for (auto const path : {"/api/2.0/jobs/runs/repair", "/api/2.3/jobs/list", "/api/2.1/jobs/lists",
                          "/api/2.1/jobs/", "/api/2.1", "/api/2.0/dbfs/list"}) {
    EXPECT_EQ(api.verbs_of(path), "") << path;
  }
}

TEST_F(jobs_rules, a_token_gives_the_run_it_made) {
  auto const first = submit_with("t");
  EXPECT_EQ(submit_with("t"), first);
  pass(10min);
  EXPECT_EQ(submit_with("t"), first) << "it is over, but it is there";
  EXPECT_NE(submit_with("u"), first);
  EXPECT_EQ(refused("POST", "2.0/jobs/runs/submit", "",
                    here +
                        R"("notebook_task":{"notebook_path":"/n"},)"
                        R"("idempotency_token":")" +
                        std::string(65, 'x') + "\"}"),
            "400 INVALID_PARAMETER_VALUE");
}

TEST_F(jobs_rules, a_token_of_a_deleted_run_stays_taken) {
  auto const id = boost::json::parse(submit_with("t")).at("run_id").as_int64();
  auto const body = R"({"run_id":)" + std::to_string(id) + '}';
  EXPECT_EQ(refused("POST", "2.0/jobs/runs/delete", "", body), "400 INVALID_STATE");
  pass(10min);
  post("2.0/jobs/runs/delete", body);
  EXPECT_EQ(refused("POST", "2.0/jobs/runs/delete", "", body), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused("GET", "2.0/jobs/runs/get", "run_id=" + std::to_string(id)),
            "400 INVALID_PARAMETER_VALUE");
  EXPECT_NE(submit_with("t").find("INVALID_PARAMETER_VALUE"), std::string::npos);
}

TEST_F(jobs_rules, tokens_of_2020_stand_for_active_runs_only) {
  auto o = options();
  o.tokens_of_active_runs_only = true;
  serve(o);
  auto const first = submit_with("t");
  EXPECT_EQ(submit_with("t"), first);
  pass(10min);
  EXPECT_NE(submit_with("t"), first);
}

TEST_F(jobs_rules, active_runs_are_limited) {
  auto o = options();
  o.active_runs_max = 2;
  serve(o);
  submit();
  submit();
  std::string const body = here + R"("notebook_task":{"notebook_path":"/n"}})";
  EXPECT_EQ(refused("POST", "2.0/jobs/runs/submit", "", body), "429 RESOURCE_EXHAUSTED");
  pass(75s);
  submit();
  o.refuse_with_429 = false;
  o.active_runs_max = 0;
  serve(o);
  EXPECT_EQ(refused("POST", "2.0/jobs/runs/submit", "", body), "400 QUOTA_EXCEEDED");
}

TEST_F(jobs_rules, runs_created_within_an_hour_are_limited) {
  auto o = options();
  o.runs_per_hour_max = 2;
  serve(o);
  submit();
  pass(30min);
  submit();
  std::string const body = here + R"("notebook_task":{"notebook_path":"/n"}})";
  pass(30min - 1ms);
  EXPECT_EQ(refused("POST", "2.0/jobs/runs/submit", "", body), "429 RESOURCE_EXHAUSTED");
  pass(1ms);
  submit();
}

TEST_F(jobs_rules, runs_are_listed_by_offset_newest_first) {
  for (int i = 0; i < 5; ++i) submit();
  auto const page = get("2.0/jobs/runs/list", "limit=2&offset=1");
  EXPECT_EQ(ids(page), "1004 1003");
  EXPECT_TRUE(page.at("has_more").as_bool());
  auto const last = get("2.0/jobs/runs/list", "limit=2&offset=3");
  EXPECT_EQ(ids(last), "1002 1001");
  EXPECT_FALSE(last.at("has_more").as_bool());
  EXPECT_EQ(ids(get("2.0/jobs/runs/list", "limit=2&offset=5")), "");
}

TEST_F(jobs_rules, runs_are_listed_by_token_though_new_ones_come) {
  for (int i = 0; i < 5; ++i) submit();
  auto const first = get("2.1/jobs/runs/list", "limit=2");
  EXPECT_EQ(ids(first), "1005 1004");
  submit();
  auto const second =
      get("2.1/jobs/runs/list",
          "limit=2&page_token=" + std::string(first.at("next_page_token").as_string()));
  EXPECT_EQ(ids(second), "1003 1002");
  auto const back =
      get("2.1/jobs/runs/list",
          "limit=2&page_token=" + std::string(second.at("prev_page_token").as_string()));
  EXPECT_EQ(ids(back), "1005 1004");
  auto const third =
      get("2.1/jobs/runs/list",
          "limit=2&page_token=" + std::string(second.at("next_page_token").as_string()));
  EXPECT_EQ(ids(third), "1001");
  EXPECT_FALSE(third.contains("next_page_token"));
  EXPECT_FALSE(third.at("has_more").as_bool());
}

TEST_F(jobs_rules, pages_are_as_long_as_each_version_allows) {
  EXPECT_EQ(refused("GET", "2.0/jobs/runs/list", "limit=1000"), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused("GET", "2.1/jobs/runs/list", "limit=26"), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused("GET", "2.1/jobs/list", "limit=101"), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused("GET", "2.1/jobs/runs/list", "limit=-1"), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused("GET", "2.1/jobs/runs/list", "page_token=x1"), "400 INVALID_PARAMETER_VALUE");
  for (int i = 0; i < 30; ++i) submit();
  EXPECT_EQ(get("2.0/jobs/runs/list").at("runs").as_array().size(), 20U);
  EXPECT_EQ(get("2.0/jobs/runs/list", "limit=0").at("runs").as_array().size(), 30U);
  EXPECT_EQ(get("2.1/jobs/runs/list", "limit=0").at("runs").as_array().size(), 25U);
}

TEST_F(jobs_rules, lists_are_filtered) {
  auto const short_one = submit(R"({"kiln_seconds":"1"})");
  auto const job = post("2.0/jobs/create", here + R"("name":"J",)"
                                                  R"("notebook_task":{"notebook_path":"/n"}})")
                       .at("job_id")
                       .as_int64();
  pass(30s);
  auto const of_job =
      post("2.0/jobs/run-now", R"({"job_id":)" + std::to_string(job) + '}').at("run_id").as_int64();
  auto const long_one = submit();
  auto const all = [](auto... each) {
    std::string out;
    ((out += (out.empty() ? "" : " ") + std::to_string(each)), ...);
    return out;
  };
  EXPECT_EQ(ids(get("2.0/jobs/runs/list", "active_only=true")), all(long_one, of_job));
  EXPECT_EQ(ids(get("2.0/jobs/runs/list", "completed_only=true")), all(short_one));
  EXPECT_EQ(ids(get("2.0/jobs/runs/list", "job_id=" + std::to_string(job))), all(of_job));
  EXPECT_EQ(ids(get("2.0/jobs/runs/list", "completed_only=true&job_id=" + std::to_string(job))),
            "");
  EXPECT_EQ(ids(get("2.0/jobs/runs/list", "job_id=12345")), "");
  EXPECT_EQ(ids(get("2.1/jobs/runs/list", "run_type=SUBMIT_RUN")), all(long_one, short_one));
  EXPECT_EQ(ids(get("2.1/jobs/runs/list", "run_type=JOB_RUN")), all(of_job));
  EXPECT_EQ(ids(get("2.1/jobs/runs/list", "start_time_from=1600000010000")), all(long_one, of_job));
  EXPECT_EQ(ids(get("2.1/jobs/runs/list", "start_time_to=1600000010000")), all(short_one));
  EXPECT_EQ(refused("GET", "2.0/jobs/runs/list", "active_only=true&completed_only=true"),
            "400 INVALID_PARAMETER_VALUE");
}

TEST_F(jobs_rules, runs_are_forgotten_after_sixty_days) {
  auto const id = submit();
  pass(24h * 59);
  EXPECT_EQ(state(id), "TERMINATED SUCCESS");
  pass(24h * 2);
  EXPECT_EQ(refused("GET", "2.0/jobs/runs/get", "run_id=" + std::to_string(id)),
            "400 INVALID_PARAMETER_VALUE");
}

TEST_F(jobs_rules, a_job_of_one_version_is_seen_in_the_other) {
  auto const id = post("2.0/jobs/create",
                       here + R"("name":"J","max_retries":1,)"
                              R"("notebook_task":{"notebook_path":"/n"},"timeout_seconds":9})")
                      .at("job_id")
                      .as_int64();
  auto const query = "job_id=" + std::to_string(id);
  auto const plain = get("2.0/jobs/get", query).at("settings").as_object();
  EXPECT_EQ(plain.at("notebook_task").at("notebook_path").as_string(), "/n");
  EXPECT_EQ(plain.at("max_retries").as_int64(), 1);
  EXPECT_FALSE(plain.contains("tasks"));
  auto const now_21 = get("2.1/jobs/get", query).at("settings").as_object();
  EXPECT_EQ(now_21.at("format").as_string(), "SINGLE_TASK");
  auto const& task = now_21.at("tasks").as_array().front().as_object();
  EXPECT_EQ(task.at("existing_cluster_id").as_string(), cluster);
  EXPECT_EQ(task.at("max_retries").as_int64(), 1);
  EXPECT_EQ(now_21.at("timeout_seconds").as_int64(), 9);
}

TEST_F(jobs_rules, an_update_replaces_members_and_matches_tasks_by_key) {
  auto const id =
      post("2.1/jobs/create",
           R"({"name":"J","tasks":[)"
           R"({"task_key":"a","notebook_task":{"notebook_path":"/a"}},)"
           R"({"task_key":"b","notebook_task":{"notebook_path":"/b"}}],)"
           R"("schedule":{"quartz_cron_expression":"0 0 0 * * ?","timezone_id":"UTC"}})")
          .at("job_id")
          .as_int64();
  auto const job = std::to_string(id);
  post("2.1/jobs/update", R"({"job_id":)" + job +
                              R"(,"fields_to_remove":["schedule","tasks/a"],"new_settings":)"
                              R"({"tasks":[{"task_key":"c","notebook_task":)"
                              R"({"notebook_path":"/c"}},{"task_key":"b","notebook_task":)"
                              R"({"notebook_path":"/new"}}]}})");
  auto const settings = get("2.1/jobs/get", "job_id=" + job).at("settings").as_object();
  EXPECT_FALSE(settings.contains("schedule"));
  auto const& tasks = settings.at("tasks").as_array();
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].at("notebook_task").at("notebook_path").as_string(), "/new");
  EXPECT_EQ(tasks[1].at("task_key").as_string(), "c");
  EXPECT_EQ(refused("POST", "2.1/jobs/update", "",
                    R"({"job_id":)" + job + R"(,"fields_to_remove":["tasks/b","tasks/c"]})"),
            "400 INVALID_PARAMETER_VALUE")
      << "a job needs a task";
  post("2.1/jobs/reset", R"({"job_id":)" + job +
                             R"(,"new_settings":{"tasks":[{"task_key":"z",)"
                             R"("spark_python_task":{"python_file":"dbfs:/x.py"}}]}})");
  EXPECT_EQ(get("2.1/jobs/get", "job_id=" + job).at("settings").at("name").as_string(), "Untitled");
}

TEST_F(jobs_rules, jobs_are_listed_by_name_and_page) {
  for (auto const name : {"one", "two", "ONE"}) {
    post("2.1/jobs/create", R"({"name":")" + std::string(name) +
                                R"(","tasks":[{"task_key":"a","notebook_task":)"
                                R"({"notebook_path":"/a"}}]})");
  }
  EXPECT_EQ(get("2.0/jobs/list").at("jobs").as_array().size(), 3U);
  auto const named = get("2.1/jobs/list", "name=one").at("jobs").as_array();
  ASSERT_EQ(named.size(), 2U);
  EXPECT_FALSE(named[0].at("settings").as_object().contains("tasks"));
  auto const page = get("2.1/jobs/list", "limit=2&expand_tasks=true");
  EXPECT_EQ(page.at("jobs").as_array().size(), 2U);
  EXPECT_TRUE(page.at("jobs").as_array()[0].at("settings").as_object().contains("tasks"));
  auto const rest = get(
      "2.1/jobs/list", "limit=2&page_token=" + std::string(page.at("next_page_token").as_string()));
  EXPECT_EQ(rest.at("jobs").as_array().size(), 1U);
  EXPECT_FALSE(rest.at("has_more").as_bool());
}

TEST_F(jobs_rules, output_and_export_are_of_one_task) {
  auto const id = submit(R"({"kiln_output":"42","kiln_seconds":"1"})");
  auto const query = "run_id=" + std::to_string(id);
  EXPECT_FALSE(get("2.0/jobs/runs/get-output", query).contains("notebook_output"));
  pass(1min);
  auto const output = get("2.0/jobs/runs/get-output", query);
  EXPECT_EQ(output.at("notebook_output").at("result").as_string(), "42");
  EXPECT_EQ(output.at("metadata").at("run_id").as_int64(), id);
  auto const views = get("2.0/jobs/runs/export", query).at("views").as_array();
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].at("name").as_string(), "n");
  auto const several =
      post(
          "2.1/jobs/runs/submit",
          R"({"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/a","base_parameters":)"
          R"({"kiln_result":"FAILED"}}},{"task_key":"b","notebook_task":{"notebook_path":"/b"}}]})")
          .at("run_id")
          .as_int64();
  EXPECT_EQ(refused("GET", "2.1/jobs/runs/get-output", "run_id=" + std::to_string(several)),
            "400 INVALID_PARAMETER_VALUE");
  pass(5min);
  auto const run = get("2.1/jobs/runs/get", "run_id=" + std::to_string(several));
  auto const task = run.at("tasks").as_array()[0].at("run_id").as_int64();
  EXPECT_TRUE(get("2.1/jobs/runs/get-output", "run_id=" + std::to_string(task)).contains("error"));
}

TEST_F(jobs_rules, what_cannot_run_is_refused) {
  for (std::string const& body : std::vector<std::string>{
           R"({"existing_cluster_id":")" + cluster + "\"}",
           R"({"notebook_task":{"notebook_path":"/n"}})",
           here + R"("new_cluster":{},"notebook_task":{"notebook_path":"/n"}})",
           here + R"("notebook_task":{}})", here + R"("notebook_task":7})",
           here + R"("notebook_task":{"notebook_path":"/n"},"spark_jar_task":{}})",
           here + R"("spark_submit_task":{"parameters":[]}})",
           here + R"("notebook_task":{"notebook_path":"/n"},"run_name":1})",
           R"({"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/n"}}]})"}) {
    EXPECT_EQ(refused("POST", "2.0/jobs/runs/submit", "", body), "400 INVALID_PARAMETER_VALUE")
        << body;
  }
  for (auto const body :
       {R"({"tasks":[]})", R"({"tasks":[7]})",
        R"({"tasks":[{"notebook_task":{"notebook_path":"/n"}}]})",
        R"({"tasks":[{"task_key":"a"}]})",
        R"({"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/n"},"run_if":"NEVER"}]})",
        R"({"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/n"},)"
        R"("depends_on":[{"task_key":"b"}]}]})"}) {
    EXPECT_EQ(refused("POST", "2.1/jobs/create", "", body), "400 INVALID_PARAMETER_VALUE") << body;
  }
  EXPECT_EQ(ids(get("2.0/jobs/runs/list")), "");
}

TEST_F(jobs_rules, parameters_of_a_run_are_bounded_and_told) {
  auto const job = post("2.0/jobs/create", here + R"("notebook_task":)"
                                                  R"({"notebook_path":"/n"}})")
                       .at("job_id")
                       .as_int64();
  auto const body = [job](std::string const& value) {
    return R"({"job_id":)" + std::to_string(job) + R"(,"notebook_params":{"x":")" + value + "\"}}";
  };
  EXPECT_EQ(refused("POST", "2.0/jobs/run-now", "", body(std::string(10'000, 'x'))),
            "400 INVALID_PARAMETER_VALUE");
  auto const made = post("2.0/jobs/run-now", body("1"));
  EXPECT_EQ(made.at("number_in_job").as_int64(), 1);
  auto const run =
      get("2.0/jobs/runs/get", "run_id=" + std::to_string(made.at("run_id").as_int64()));
  EXPECT_EQ(run.at("overriding_parameters").at("notebook_params").at("x").as_string(), "1");
  EXPECT_EQ(run.at("creator_user_name").as_string(), "ada@example.com");
  EXPECT_EQ(run.at("run_type").as_string(), "JOB_RUN");
}

/// '"name":[{…},…]' with `count` elements.
std::string list_of(std::string_view name, std::string_view key, int count,
                    std::string_view more = {}) {
  std::string out = '"' + std::string(name) + "\":[";
  for (int i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += "{\"" + std::string(key) + "\":\"" + std::to_string(i) + '"' + std::string(more) + '}';
  }
  return out + ']';
}

std::size_t length(boost::json::object const& o, std::string_view name) {
  return o.contains(name) ? o.at(name).as_array().size() : 0;
}

constexpr std::string_view does_notebook = R"(,"notebook_task":{"notebook_path":"/n"})";
std::string const has_cluster =
    ',' + test::on_small_cluster.substr(0, test::on_small_cluster.size() - 1);

TEST_F(jobs_rules, a_job_of_2_2_is_told_a_hundred_elements_of_each_list_at_a_time) {
  auto const body = "{" + list_of("tasks", "task_key", 205, does_notebook) + ',' +
                    list_of("parameters", "name", 101) + ',' +
                    list_of("job_clusters", "job_cluster_key", 3, has_cluster) + '}';
  EXPECT_EQ(refused("POST", "2.1/jobs/create", "", body), "400 INVALID_PARAMETER_VALUE");
  auto const job =
      "job_id=" + std::to_string(post("2.2/jobs/create", body).at("job_id").as_int64());
  auto const lengths = [](boost::json::object const& answer) {
    auto const& settings = answer.at("settings").as_object();
    return std::vector{length(settings, "tasks"), length(settings, "parameters"),
                       length(settings, "job_clusters")};
  };
  using several = std::vector<std::size_t>;
  auto const first = get("2.2/jobs/get", job);
  EXPECT_EQ(lengths(first), (several{100, 100, 3}));
  EXPECT_TRUE(first.at("has_more").as_bool());
  auto const after = [&](boost::json::object const& page) {
    return get("2.2/jobs/get",
               job + "&page_token=" + std::string(page.at("next_page_token").as_string()));
  };
  auto const second = after(first);
  EXPECT_EQ(lengths(second), (several{100, 1, 0}));
  auto const& tasks = second.at("settings").at("tasks").as_array();
  EXPECT_EQ(tasks.front().at("task_key").as_string(), "100");
  auto const third = after(second);
  EXPECT_EQ(lengths(third), (several{5, 0, 0}));
  EXPECT_FALSE(third.at("has_more").as_bool());
  EXPECT_FALSE(third.contains("next_page_token"));
  auto const old = get("2.1/jobs/get", job);
  EXPECT_EQ(lengths(old), (several{205, 101, 3}));
  EXPECT_FALSE(old.contains("has_more"));
  EXPECT_EQ(refused("GET", "2.2/jobs/get", job + "&page_token=n100"),
            "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused("GET", "2.2/jobs/get", job + "&page_token=e"), "400 INVALID_PARAMETER_VALUE");
}

TEST_F(jobs_rules, a_list_of_2_2_says_of_what_there_is_more) {
  post("2.2/jobs/create", "{" + list_of("tasks", "task_key", 100, does_notebook) + '}');
  post("2.2/jobs/create", "{" + list_of("tasks", "task_key", 101, does_notebook) + '}');
  auto const jobs = get("2.2/jobs/list", "expand_tasks=true").at("jobs").as_array();
  EXPECT_TRUE(jobs[0].at("has_more").as_bool());
  EXPECT_EQ(length(jobs[0].at("settings").as_object(), "tasks"), 100U);
  EXPECT_FALSE(jobs[0].as_object().contains("next_page_token"));
  EXPECT_FALSE(jobs[1].at("has_more").as_bool());
  EXPECT_FALSE(get("2.2/jobs/list").at("jobs").as_array()[0].as_object().contains("has_more"));
  post("2.2/jobs/runs/submit", "{" + list_of("tasks", "task_key", 101, does_notebook) + '}');
  auto const run = get("2.2/jobs/runs/list", "expand_tasks=true").at("runs").as_array()[0];
  EXPECT_TRUE(run.at("has_more").as_bool());
  EXPECT_EQ(length(run.as_object(), "tasks"), 100U);
  EXPECT_EQ(
      length(get("2.1/jobs/runs/list", "expand_tasks=true").at("runs").as_array()[0].as_object(),
             "tasks"),
      101U);
}

TEST_F(jobs_rules, a_run_of_2_2_is_told_in_pages_that_together_are_the_run_of_2_1) {
  auto const body = "{" + list_of("tasks", "task_key", 101, does_notebook) + ',' +
                    list_of("job_clusters", "job_cluster_key", 2, has_cluster) + '}';
  auto const run =
      "run_id=" + std::to_string(post("2.2/jobs/runs/submit", body).at("run_id").as_int64());
  auto const old = get("2.1/jobs/runs/get", run);
  auto first = get("2.2/jobs/runs/get", run);
  auto const second =
      get("2.2/jobs/runs/get",
          run + "&page_token=" + std::string(first.at("next_page_token").as_string()));
  EXPECT_FALSE(second.contains("next_page_token"));
  EXPECT_FALSE(second.contains("job_clusters"));
  first.at("tasks").as_array().push_back(second.at("tasks").as_array().at(0));
  first.erase("next_page_token");
  first.erase("has_more");
  EXPECT_EQ(boost::json::value(first), boost::json::value(old));
  EXPECT_EQ(refused("GET", "2.2/jobs/runs/get", run + "&page_token=x"),
            "400 INVALID_PARAMETER_VALUE");
}

TEST_F(jobs_rules, a_page_costs_its_length_however_many_runs_there_are) {
  auto o = options();
  o.active_runs_max = 200'000;
  o.runs_per_hour_max = 200'000;
  serve(o);
  constexpr std::size_t count = 20'000;
  for (std::size_t i = 0; i < count; ++i) submit(R"({"kiln_seconds":"1"})");
  pass(1h);
  std::size_t seen = 0;
  for (std::size_t offset = 0; offset < count; offset += 999) {
    auto const page =
        get("2.0/jobs/runs/list", "completed_only=true&limit=999&offset=" + std::to_string(offset));
    seen += page.at("runs").as_array().size();
  }
  EXPECT_EQ(seen, count);
  auto const last = get("2.0/jobs/runs/list", "limit=999&offset=19900");
  EXPECT_EQ(last.at("runs").as_array().size(), 100U);
}

}  // namespace
}  // namespace kiln::emulation
