// The clusters that runs of the emulated workspace make, and those that they are given.
#include "emulator/clusters_view.hpp"
#include "unit/emulator/jobs_support.hpp"

#include <boost/json/serialize.hpp>

namespace kiln::emulation {
namespace {

using namespace std::chrono_literals;
using clusters::event_type;
using cluster_state = clusters::state;

constexpr std::string_view notebook_json = R"("notebook_task":{"notebook_path":"/n"})";

struct run_clusters_life : jobs_fixture {
  std::int64_t submit_20(std::string_view more) {
    auto const body =
        '{' + std::string(more) + R"("run_name":"r",)" + std::string(notebook_json) + '}';
    return post("2.0/jobs/runs/submit", body).at("run_id").as_int64();
  }
  std::int64_t submit_new() { return submit_20(test::on_small_cluster); }
  std::int64_t submit_tasks(std::string_view tasks, std::string_view more = {}) {
    auto const body = R"({"tasks":[)" + std::string(tasks) + ']' + std::string(more) + '}';
    return post("2.1/jobs/runs/submit", body).at("run_id").as_int64();
  }
  boost::json::object run(std::int64_t id) {
    return get("2.1/jobs/runs/get", "run_id=" + std::to_string(id));
  }
  static std::string cluster_in(boost::json::object const& told) {
    if (!told.contains("cluster_instance")) return {};
    return std::string(told.at("cluster_instance").at("cluster_id").as_string());
  }
  /// Of a run, or of one of its tasks.
  std::string cluster_of(std::int64_t id) { return cluster_in(run(id)); }
  std::string cluster_of(std::int64_t id, std::size_t task) {
    return cluster_in(run(id).at("tasks").as_array()[task].as_object());
  }
  emulated_cluster const& told(std::string const& id) {
    api.advance(now);
    auto const found = clusters.find(id, now);
    EXPECT_TRUE(found) << id;
    return **found;
  }
  cluster_state of(std::string const& id) { return told(id).state; }
  std::size_t listed() {
    api.advance(now);
    return clusters.list(true, now).size();
  }
  void end(std::string const& id) {
    api.advance(now);
    ASSERT_TRUE(clusters.terminate(id, {}, "ada@example.com", now));
  }
  std::vector<event_type> events(std::string const& id) {
    std::vector<event_type> out;
    for (auto const& each : told(id).events) out.push_back(each.type);
    return out;
  }
};

TEST_F(run_clusters_life, a_cluster_of_its_own_lives_as_long_as_its_run) {
  auto const id = submit_new();
  auto const own = cluster_of(id);
  ASSERT_NE(own, "") << "known from the beginning";
  EXPECT_EQ(of(own), cluster_state::pending);
  pass(9'999ms);
  EXPECT_EQ(of(own), cluster_state::pending);
  pass(1ms);
  EXPECT_EQ(of(own), cluster_state::running);
  EXPECT_EQ(cluster_of(id), own);
  EXPECT_TRUE(run(id).at("cluster_instance").as_object().contains("spark_context_id"));
  pass(60s);
  EXPECT_EQ(state_in(run(id)), "TERMINATING");
  EXPECT_EQ(of(own), cluster_state::terminating);
  pass(5s);
  EXPECT_EQ(of(own), cluster_state::terminated);
  auto const& ended = told(own);
  EXPECT_EQ(ended.reason->code, clusters::termination_code::job_finished);
  EXPECT_EQ(ended.reason->type, clusters::termination_type::success);
  EXPECT_EQ(events(own), (std::vector{event_type::creating, event_type::running,
                                      event_type::driver_healthy, event_type::terminating}));
  EXPECT_EQ(epoch_ms(ended.events[1].at), 1'600'000'010'000);
  EXPECT_EQ(epoch_ms(ended.events[3].at), 1'600'000'070'000);
}

TEST_F(run_clusters_life, it_is_told_as_a_cluster_of_a_job) {
  auto const id = submit_new();
  auto const job = std::to_string(run(id).at("job_id").as_int64());
  auto const view = view_of(told(cluster_of(id)));
  EXPECT_EQ(view.cluster_name, "job-" + job + "-run-1");
  EXPECT_EQ(view.cluster_source, clusters::cluster_source::job);
  EXPECT_EQ(view.creator_user_name, "ada@example.com");
  EXPECT_EQ(view.num_workers, 1);
  EXPECT_EQ(view.default_tags.at("RunName"), "r");
  EXPECT_EQ(view.default_tags.at("JobId"), job);
  auto const several = submit_tasks(R"({"task_key":"load",)" + test::on_small_cluster +
                                    std::string(notebook_json) + '}');
  auto const named = view_of(told(cluster_of(several, 0))).cluster_name;
  EXPECT_TRUE(named.ends_with("-run-" + std::to_string(several) + "-load")) << named;
}

TEST_F(run_clusters_life, runs_of_a_job_have_clusters_of_their_own) {
  auto const job =
      post("2.0/jobs/create", '{' + test::on_small_cluster + R"("max_concurrent_runs":2,)" +
                                  std::string(notebook_json) + '}')
          .at("job_id")
          .as_int64();
  auto const body = R"({"job_id":)" + std::to_string(job) + '}';
  auto const first = cluster_of(post("2.0/jobs/run-now", body).at("run_id").as_int64());
  auto const second = cluster_of(post("2.0/jobs/run-now", body).at("run_id").as_int64());
  EXPECT_NE(first, second);
  EXPECT_EQ(told(second).spec->cluster_name, "job-" + std::to_string(job) + "-run-2");
  auto const skipped = post("2.0/jobs/run-now", body).at("run_id").as_int64();
  EXPECT_EQ(cluster_of(skipped), "") << "one that is skipped makes none";
  EXPECT_EQ(listed(), 3U);
}

TEST_F(run_clusters_life, a_cancelled_run_ends_its_cluster) {
  for (auto const after : {0s, 30s}) {
    auto const id = submit_new();
    pass(after);
    auto const own = cluster_of(id);
    post("2.0/jobs/runs/cancel", R"({"run_id":)" + std::to_string(id) + '}');
    EXPECT_EQ(of(own), cluster_state::terminating);
    pass(10s);
    EXPECT_EQ(of(own), cluster_state::terminated);
    EXPECT_EQ(state_in(run(id)), "TERMINATED CANCELED");
  }
}

TEST_F(run_clusters_life, every_attempt_has_a_cluster_of_its_own) {
  auto const id = submit_tasks(R"({"task_key":"t","max_retries":1,)" + test::on_small_cluster +
                               R"("notebook_task":{"notebook_path":"/n","base_parameters":)"
                               R"({"kiln_result":"FAILED,SUCCESS"}}})");
  auto const first = cluster_of(id, 0);
  pass(75s);
  auto const second = cluster_of(id, 0);
  EXPECT_NE(first, second);
  EXPECT_EQ(of(first), cluster_state::terminated);
  EXPECT_EQ(of(second), cluster_state::pending);
  pass(75s);
  EXPECT_EQ(of(second), cluster_state::terminated);
  EXPECT_EQ(state_in(run(id)), "TERMINATED SUCCESS");
}

TEST_F(run_clusters_life, tasks_share_a_job_cluster_until_the_last_of_them_is_done) {
  auto const task = [](std::string const& key, std::string const& more) {
    return R"({"task_key":")" + key + R"(","job_cluster_key":"shared",)" + more +
           std::string(notebook_json) + '}';
  };
  auto const job =
      post("2.1/jobs/create",
           R"({"name":"j","job_clusters":[{"job_cluster_key":"shared",)" +
               test::on_small_cluster.substr(0, test::on_small_cluster.size() - 1) +
               R"(}],"tasks":[)" + task("a", "") + ',' +
               task("b", R"("depends_on":[{"task_key":"a"}],)") + R"(,{"task_key":"c",)" +
               R"("depends_on":[{"task_key":"b"}],)" + std::string(notebook_json) + "}]}")
          .at("job_id")
          .as_int64();
  auto const id =
      post("2.1/jobs/run-now", R"({"job_id":)" + std::to_string(job) + '}').at("run_id").as_int64();
  auto const shared = cluster_of(id, 0);
  EXPECT_EQ(cluster_of(id, 1), "") << "not begun";
  pass(75s);
  EXPECT_EQ(tasks(id), "a=TERMINATED SUCCESS b=PENDING c=BLOCKED");
  EXPECT_EQ(of(shared), cluster_state::running) << "b is to use it";
  EXPECT_EQ(cluster_of(id, 1), shared);
  EXPECT_EQ(told(shared).spec->cluster_name,
            "job-" + std::to_string(job) + "-run-" + std::to_string(id) + "-shared");
  pass(70s);
  EXPECT_EQ(of(shared), cluster_state::terminating);
  pass(5s);
  EXPECT_EQ(tasks(id), "a=TERMINATED SUCCESS b=TERMINATED SUCCESS c=PENDING");
  EXPECT_EQ(of(shared), cluster_state::terminated);
  EXPECT_EQ(cluster_of(id, 2), "") << "serverless";
  EXPECT_EQ(listed(), 2U);
}

TEST_F(run_clusters_life, a_repair_makes_its_job_cluster_anew) {
  auto const id =
      submit_tasks(R"({"task_key":"a","job_cluster_key":"k","notebook_task":{"notebook_path":"/n",)"
                   R"("base_parameters":{"kiln_result":"FAILED,SUCCESS"}}})",
                   R"(,"job_clusters":[{"job_cluster_key":"k",)" +
                       test::on_small_cluster.substr(0, test::on_small_cluster.size() - 1) + "}]");
  auto const first = cluster_of(id, 0);
  pass(2min);
  post("2.1/jobs/runs/repair",
       R"({"run_id":)" + std::to_string(id) + R"(,"rerun_all_failed_tasks":true})");
  auto const second = cluster_of(id, 0);
  EXPECT_NE(first, second);
  EXPECT_EQ(of(first), cluster_state::terminated);
  EXPECT_EQ(of(second), cluster_state::pending);
  pass(2min);
  EXPECT_EQ(of(second), cluster_state::terminated);
  EXPECT_EQ(state_in(run(id)), "TERMINATED SUCCESS");
}

TEST_F(run_clusters_life, an_existing_cluster_must_be_there_and_be_none_of_a_job) {
  for (auto const& [path, body] :
       {std::pair<std::string, std::string>{
            "2.0/jobs/runs/submit",
            R"({"existing_cluster_id":"1122-000000-none",)" + std::string(notebook_json) + '}'},
        {"2.1/jobs/runs/submit",
         R"({"tasks":[{"task_key":"t","existing_cluster_id":"1122-000000-none",)" +
             std::string(notebook_json) + "}]}"}}) {
    auto const reply = send("POST", "/api/" + path, {}, body);
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.body, R"({"error_code":"INVALID_PARAMETER_VALUE","message":)"
                          R"("Cluster 1122-000000-none does not exist"})");
  }
  EXPECT_EQ(ids(get("2.0/jobs/runs/list")), "");
  auto const own = cluster_of(submit_new());
  EXPECT_EQ(refused("POST", "2.0/jobs/runs/submit", {},
                    R"({"existing_cluster_id":")" + own + "\"," + std::string(notebook_json) + '}'),
            "400 INVALID_PARAMETER_VALUE");
}

TEST_F(run_clusters_life, a_job_outlives_its_cluster_and_its_runs_do_not) {
  auto const job = post("2.0/jobs/create", here + std::string(notebook_json) + '}');
  ASSERT_TRUE(clusters.permanent_delete(cluster, now));
  EXPECT_EQ(refused("POST", "2.0/jobs/run-now", {}, boost::json::serialize(job)),
            "400 INVALID_PARAMETER_VALUE");
}

TEST_F(run_clusters_life, a_run_starts_its_terminated_cluster_and_waits_for_it) {
  emulator_clusters_options slow;
  slow.start = 25s;
  clusters = clusters_state(slow, 1);
  cluster = clusters.create(test::small_cluster(), {"ada@example.com"}, now).value();
  end(cluster);
  pass(1s);
  EXPECT_EQ(of(cluster), cluster_state::terminated);
  auto const id = submit_20(R"("existing_cluster_id":")" + cluster + "\",");
  EXPECT_EQ(of(cluster), cluster_state::pending);
  pass(24'999ms);
  EXPECT_EQ(state_in(run(id)), "PENDING") << "of its own it would be pending for 10 s";
  pass(1ms);
  EXPECT_EQ(state_in(run(id)), "RUNNING");
  EXPECT_EQ(cluster_of(id), cluster);
  pass(65s);
  EXPECT_EQ(state_in(run(id)), "TERMINATED SUCCESS");
  EXPECT_EQ(of(cluster), cluster_state::running) << "it was there before and stays";
}

TEST_F(run_clusters_life, a_cluster_that_works_does_not_time_out) {
  auto idle = test::small_cluster();
  idle.autotermination_minutes = 10;
  auto const id = clusters.create(idle, {"ada@example.com"}, now).value();
  pass(5s);
  submit_20(R"("existing_cluster_id":")" + id + R"(","timeout_seconds":0,)");
  auto const long_run = post("2.0/jobs/runs/submit", R"({"existing_cluster_id":")" + id +
                                                         R"(","notebook_task":{"notebook_path":)"
                                                         R"("/n","base_parameters":)"
                                                         R"({"kiln_seconds":"3600"}}})")
                            .at("run_id")
                            .as_int64();
  pass(1h);
  EXPECT_EQ(of(id), cluster_state::running);
  pass(10s);
  EXPECT_EQ(state_in(run(long_run)), "TERMINATING");
  pass(10min - 1ms);
  EXPECT_EQ(of(id), cluster_state::running);
  pass(1ms);
  EXPECT_EQ(of(id), cluster_state::terminating);
}

TEST_F(run_clusters_life, what_ends_or_restarts_a_cluster_ends_the_runs_on_it) {
  auto const id = submit();
  auto const waiting = submit(R"({"kiln_pending_seconds":"30"})");
  auto const own = submit_new();
  pass(20s);
  EXPECT_EQ(state_in(run(id)), "RUNNING");
  end(cluster);
  EXPECT_EQ(state_in(run(id)), "INTERNAL_ERROR FAILED");
  EXPECT_EQ(state_in(run(waiting)), "PENDING");
  pass(10s);
  EXPECT_EQ(state_in(run(waiting)), "INTERNAL_ERROR FAILED");
  EXPECT_EQ(state_in(run(own)), "RUNNING") << "it is on another";
  end(cluster_of(own));
  EXPECT_EQ(state_in(run(own)), "INTERNAL_ERROR FAILED");
  ASSERT_TRUE(clusters.start(cluster, "ada@example.com", now));
  auto const restarted = submit();
  pass(20s);
  EXPECT_EQ(state_in(run(restarted)), "RUNNING");
  ASSERT_TRUE(clusters.restart(cluster, "ada@example.com", now));
  EXPECT_EQ(state_in(run(restarted)), "INTERNAL_ERROR FAILED");
  EXPECT_NE(boost::json::serialize(run(restarted).at("state")).find("cluster"), std::string::npos);
}

TEST_F(run_clusters_life,
       a_cluster_that_cannot_start_fails_its_run_and_the_next_attempt_has_another) {
  auto const spec = R"("new_cluster":{"spark_version":"7.3.x-scala2.12","num_workers":1,)"
                    R"("node_type_id":"Standard_DS3_v2","spark_conf":)"
                    R"({"kiln.emulator.termination_code":"CLOUD_PROVIDER_LAUNCH_FAILURE"}},)";
  auto const id = submit_20(spec + std::string(R"("max_retries":1,)"));
  auto const first = cluster_of(id);
  pass(10s);
  EXPECT_EQ(of(first), cluster_state::terminating);
  EXPECT_EQ(told(first).reason->code, clusters::termination_code::cloud_provider_launch_failure);
  auto const second = cluster_of(id);
  EXPECT_NE(first, second) << "runs/submit has retries in later versions";
  pass(10s);
  EXPECT_EQ(state_in(run(id)), "INTERNAL_ERROR FAILED");
  auto const no_pool =
      submit_20(R"("new_cluster":{"spark_version":"7.3.x-scala2.12","num_workers":1,)"
                R"("instance_pool_id":"none"},)");
  pass(10s);
  EXPECT_EQ(state_in(run(no_pool)), "INTERNAL_ERROR FAILED");
}

TEST_F(run_clusters_life, of_those_that_have_ended_the_last_thirty_are_remembered) {
  std::vector<std::string> made;
  for (int i = 0; i < 500; ++i) made.push_back(cluster_of(submit_new()));
  EXPECT_EQ(listed(), 501U) << "all of them are active";
  pass(1h);
  auto const last = submit_new();
  pass(1h);
  EXPECT_EQ(listed(), 31U);
  EXPECT_EQ(of(cluster_of(last)), cluster_state::terminated);
  EXPECT_FALSE(clusters.find(made.front(), now));
  EXPECT_EQ(clusters.list(false, now).size(), 31U);
}

TEST_F(run_clusters_life, a_pinned_one_is_remembered_too) {
  auto const first = cluster_of(submit_new());
  ASSERT_TRUE(clusters.pin(first, true, "ada@example.com", now));
  for (int i = 0; i < 40; ++i) submit_new();
  pass(1h);
  EXPECT_EQ(listed(), 32U);
  EXPECT_EQ(of(first), cluster_state::terminated);
}

TEST_F(run_clusters_life, what_no_cluster_can_be_made_of_is_refused_when_it_is_asked_for) {
  auto const both = R"("existing_cluster_id":"c",)" + test::on_small_cluster;
  for (std::string const& cluster_part :
       {std::string(R"("new_cluster":{},)"), std::string(R"("new_cluster":7,)"),
        std::string(R"("new_cluster":{"spark_version":"7.3.x-scala2.12","num_workers":1,)"
                    R"("node_type_id":"no-such-type"},)"),
        std::string(R"("job_cluster_key":"nowhere",)"), both}) {
    auto const task = R"({"task_key":"t",)" + cluster_part + std::string(notebook_json) + '}';
    for (auto const path : {"2.1/jobs/runs/submit", "2.1/jobs/create"}) {
      EXPECT_EQ(refused("POST", path, {}, R"({"tasks":[)" + task + "]}"),
                "400 INVALID_PARAMETER_VALUE")
          << task;
    }
  }
  auto const one = R"({"job_cluster_key":"k",)" +
                   test::on_small_cluster.substr(0, test::on_small_cluster.size() - 1) + '}';
  for (auto const& list : {"7", "[7]", R"([{"job_cluster_key":"k"}])", R"([{"new_cluster":{}}])"}) {
    EXPECT_EQ(refused("POST", "2.1/jobs/create", {},
                      R"({"tasks":[{"task_key":"t",)" + std::string(notebook_json) +
                          R"(}],"job_clusters":)" + list + '}'),
              "400 INVALID_PARAMETER_VALUE")
        << list;
  }
  EXPECT_EQ(refused("POST", "2.1/jobs/create", {},
                    R"({"tasks":[{"task_key":"t",)" + std::string(notebook_json) +
                        R"(}],"job_clusters":[)" + one + ',' + one + "]}"),
            "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused("POST", "2.1/jobs/create", {},
                    R"({"tasks":[{"task_key":"t","spark_jar_task":{"main_class_name":"a.B"}}]})"),
            "400 INVALID_PARAMETER_VALUE")
      << "there are no jars without a cluster";
}

}  // namespace
}  // namespace kiln::emulation
