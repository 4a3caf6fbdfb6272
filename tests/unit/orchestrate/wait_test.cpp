#include "unit/orchestrate/answering_engine.hpp"

#include <kiln/services/clusters.hpp>
#include <kiln/services/instance_pools.hpp>
#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>
#include <kiln/services/libraries.hpp>
#include <kiln/services/model_registry.hpp>
#include <kiln/wait.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;
using wait_tests::answering_engine;
using wait_tests::reply;

/// A server that answers one path after the other as it is told.
struct wait_test : testing::Test {
  struct rule {
    std::string path;  ///< How the target begins.
    std::vector<std::string> bodies;
    std::size_t next = 0;
  };
  test::virtual_world world;
  instant const begin = world.now();
  std::vector<rule> rules;
  std::vector<std::string> requests;
  workspace ws{answering_engine(
      world, [this](http::request const& what, instant) { return answer(what.target); })};

  /// The last body stays.
  void give(std::string path, std::vector<std::string> bodies) {
    rules.push_back({std::move(path), std::move(bodies)});
  }
  net::attempt_outcome answer(std::string const& target) {
    requests.push_back(target);
    for (auto& r : rules) {
      if (!target.starts_with(r.path)) continue;
      auto const at = std::min(r.next++, r.bodies.size() - 1);
      return reply(200, r.bodies[at]);
    }
    return reply(404, R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no"})");
  }
  [[nodiscard]] std::ptrdiff_t asked(std::string const& path) const {
    return std::count_if(requests.begin(), requests.end(),
                         [&](auto const& target) { return target.starts_with(path); });
  }
};

std::string run(std::int64_t id, std::string const& life_cycle, std::string const& result = {}) {
  std::string state = R"({"life_cycle_state":")" + life_cycle + "\"";
  if (!result.empty()) state += R"(,"result_state":")" + result + "\"";
  return R"({"run_id":)" + std::to_string(id) + R"(,"state":)" + state +
         R"(,"state_message":"so it went"}})";
}

TEST_F(wait_test, a_run_is_waited_for_through_states_nobody_knows_to_any_end) {
  give("/api/2.1/jobs/runs/get", {run(7, "QUEUED"), run(7, "PENDING"), run(7, "RUNNING"),
                                  run(7, "MEDITATING"), run(7, "TERMINATED", "FAILED")});
  auto const got = world.run(wait_until(ws, until::run_finished{7}));
  ASSERT_TRUE(got.has_value()) << got.error().describe();
  EXPECT_EQ(got->run_id, 7);
  EXPECT_EQ(got->state.result_state, jobs::run_result_state::failed);
  EXPECT_EQ(requests.size(), 5U);
  EXPECT_EQ(requests[0], "/api/2.1/jobs/runs/get?run_id=7");
}

TEST_F(wait_test, every_final_state_of_a_run_ends_the_wait) {
  for (auto const* state : {"TERMINATED", "SKIPPED", "INTERNAL_ERROR"}) {
    rules.clear();
    give("/api/2.0/jobs/runs/get", {run(7, "RUNNING"), run(7, state)});
    auto const got = world.run(wait_until(ws, until::run20_finished{7}));
    ASSERT_TRUE(got.has_value()) << state;
    EXPECT_EQ(got->state.life_cycle_state.raw(), state);
  }
}

TEST_F(wait_test, ids_beyond_2_to_the_53_are_exact) {
  constexpr std::int64_t id = 9'007'199'254'740'993;
  give("/api/2.1/jobs/runs/get?run_id=9007199254740993", {run(id, "TERMINATED")});
  auto const got = world.run(wait_until(ws, until::run_finished{id}));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->run_id, id);
}

TEST_F(wait_test, waits_for_many_runs_read_pages_in_both_versions) {
  std::string runs21;
  std::string runs20;
  std::vector<std::shared_ptr<test::virtual_world::running<result<jobs::run>>>> new_ones;
  std::vector<std::shared_ptr<test::virtual_world::running<result<jobs20::run>>>> old_ones;
  for (int i = 20; i > 0; --i) {
    runs21 += (runs21.empty() ? "" : ",") + run(i, "TERMINATED", "SUCCESS");
    new_ones.push_back(world.start(wait_until(ws, until::run_finished{i})));
    old_ones.push_back(world.start(wait_until(ws, until::run20_finished{i})));
  }
  runs20 = R"({"has_more":false,"runs":[)" + runs21 + "]}";
  runs21 = R"({"runs":[)" + runs21 + "]}";
  give("/api/2.1/jobs/runs/list", {R"({"runs":[]})", runs21});
  give("/api/2.0/jobs/runs/list", {R"({"has_more":false})", runs20});
  for (int i = 20; i > 0; --i) {
    give("/api/2.1/jobs/runs/get?run_id=" + std::to_string(i), {run(i, "PENDING")});
    give("/api/2.0/jobs/runs/get?run_id=" + std::to_string(i), {run(i, "PENDING")});
  }
  world.run_for(30s);
  EXPECT_EQ(requests[0].substr(0, 23), "/api/2.1/jobs/runs/list");
  EXPECT_NE(requests[0].find("limit=25"), std::string::npos);
  EXPECT_NE(requests[0].find("expand_tasks=true"), std::string::npos);
  EXPECT_EQ(asked("/api/2.0/jobs/runs/list?limit=999"), asked("/api/2.0/jobs/runs/list"));
  for (auto const& one : new_ones) {
    world.run_until([&] { return one->done(); });
    EXPECT_TRUE(one->value && one->value->has_value());
  }
  for (auto const& one : old_ones) {
    world.run_until([&] { return one->done(); });
    EXPECT_TRUE(one->value && one->value->has_value());
  }
  EXPECT_LE(world.now() - begin, 4min) << "what was late on the list is found there";
}

std::string cluster(std::string const& id, std::string const& state, std::string const& more = {}) {
  return R"({"cluster_id":")" + id + R"(","state":")" + state + "\"" + more + "}";
}

TEST_F(wait_test, a_cluster_is_waited_for_until_it_runs) {
  give("/api/2.0/clusters/get?cluster_id=c-1",
       {cluster("c-1", "TERMINATING"), cluster("c-1", "PENDING"), cluster("c-1", "WARMING_UP"),
        cluster("c-1", "RUNNING")});
  auto const got = world.run(wait_until(ws, until::cluster_running{"c-1"}));
  ASSERT_TRUE(got.has_value()) << got.error().describe();
  EXPECT_EQ(got->state, clusters::state::running);
  EXPECT_EQ(requests.size(), 4U);
}

TEST_F(wait_test, a_cluster_that_terminates_instead_tells_why) {
  give("/api/2.0/clusters/get",
       {cluster("c-1", "TERMINATED",
                R"(,"state_message":"no machines","termination_reason":{"code":)"
                R"("CLOUD_PROVIDER_LAUNCH_FAILURE","type":"CLOUD_FAILURE","parameters":)"
                R"({"azure_error_code":"Quota"}})")});
  auto const got = world.run(wait_until(ws, until::cluster_running{"c-1"}));
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::conflict);
  EXPECT_EQ(got.error().message(),
            "cluster c-1 is TERMINATED: CLOUD_PROVIDER_LAUNCH_FAILURE (CLOUD_FAILURE), "
            "azure_error_code: Quota; no machines");
  EXPECT_TRUE(world.run(wait_until(ws, until::cluster_terminated{"c-1"})).has_value());
}

TEST_F(wait_test, waits_for_running_and_for_terminated_share_the_list) {
  std::string all;
  for (auto const* id : {"a", "b", "c", "d"}) {
    all += (all.empty() ? "" : ",") + cluster(id, id[0] < 'c' ? "RUNNING" : "TERMINATED");
  }
  give("/api/2.0/clusters/list", {"{\"clusters\":[" + all + "]}"});
  auto const a = world.start(wait_until(ws, until::cluster_running{"a"}));
  auto const b = world.start(wait_until(ws, until::cluster_running{"b"}));
  auto const c = world.start(wait_until(ws, until::cluster_terminated{"c"}));
  auto const d = world.start(wait_until(ws, until::cluster_terminated{"d"}));
  world.run_until([&] { return a->done() && b->done() && c->done() && d->done(); });
  EXPECT_TRUE(a->value->has_value() && b->value->has_value());
  EXPECT_TRUE(c->value->has_value() && d->value->has_value());
  EXPECT_EQ(requests, std::vector<std::string>{"/api/2.0/clusters/list"});
}

std::string installing(std::vector<std::string> const& states) {
  std::string all;
  for (auto const& state : states) {
    all += (all.empty() ? "" : ",") + (R"({"library":{"jar":"dbfs:/a.jar"},"status":")" + state) +
           R"(","messages":["m of )" + state + "\"]}";
  }
  return R"({"cluster_id":"c","library_statuses":[)" + all + "]}";
}

TEST_F(wait_test, libraries_are_waited_for_until_none_is_on_its_way) {
  give("/api/2.0/libraries/cluster-status?cluster_id=c",
       {installing({"INSTALLED", "RESOLVING"}), installing({"FAILED", "INSTALLING"}),
        installing({"INSTALLED", "UNHEARD_OF"}),
        installing({"INSTALLED", "SKIPPED", "RESTORED", "UNINSTALL_ON_RESTART"})});
  auto const got = world.run(wait_until(ws, until::libraries_installed{"c"}));
  ASSERT_TRUE(got.has_value()) << got.error().describe();
  EXPECT_EQ(got->library_statuses.size(), 4U);
  EXPECT_EQ(requests.size(), 4U);
}

TEST_F(wait_test, a_library_that_failed_fails_the_wait_with_its_messages) {
  give("/api/2.0/libraries/cluster-status", {installing({"FAILED", "INSTALLED"})});
  auto const got = world.run(wait_until(ws, until::libraries_installed{"c"}));
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::conflict);
  EXPECT_NE(got.error().message().find("FAILED: m of FAILED"), std::string::npos);
}

std::string pool(std::string const& state, int idle) {
  return R"({"instance_pool_id":"p","state":")" + state +
         R"(","min_idle_instances":2,"stats":{"idle_count":)" + std::to_string(idle) + "}}";
}

TEST_F(wait_test, a_pool_is_filled_when_it_keeps_as_many_idle_as_it_shall) {
  give("/api/2.0/instance-pools/get?instance_pool_id=p",
       {pool("ACTIVE", 0), pool("ACTIVE", 1), pool("ACTIVE", 2)});
  auto const got = world.run(wait_until(ws, until::pool_filled{"p"}));
  ASSERT_TRUE(got.has_value()) << got.error().describe();
  EXPECT_EQ(requests.size(), 3U);
  rules.clear();
  give("/api/2.0/instance-pools/get", {pool("DELETED", 0)});
  auto const gone = world.run(wait_until(ws, until::pool_filled{"p"}));
  ASSERT_TRUE(gone.has_error());
  EXPECT_EQ(gone.error().code(), errc::conflict);
}

TEST_F(wait_test, a_model_version_is_ready_or_failed_with_its_message) {
  give("/api/2.0/mlflow/model-versions/get?name=my%20model&version=3",
       {R"({"model_version":{"name":"my model","version":"3","status":"PENDING_REGISTRATION"}})",
        R"({"model_version":{"name":"my model","version":"3","status":"READY"}})"});
  auto const got = world.run(wait_until(ws, until::model_version_ready{"my model", "3"}));
  ASSERT_TRUE(got.has_value()) << got.error().describe();
  EXPECT_EQ(got->version, "3");
  EXPECT_EQ(requests.size(), 2U);

  give("/api/2.0/mlflow/model-versions/get",
       {R"({"model_version":{"status":"FAILED_REGISTRATION","status_message":"disk full"}})"});
  auto const failed = world.run(wait_until(ws, until::model_version_ready{"m", "1"}));
  ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error().code(), errc::conflict);
  EXPECT_EQ(failed.error().message(), "version 1 of model m is FAILED_REGISTRATION: disk full");
}

TEST_F(wait_test, what_is_not_there_is_not_found_and_bad_options_are_refused) {
  auto const got = world.run(wait_until(ws, until::run_finished{7}));
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::not_found);
  wait_options never_ends;
  never_ends.timeout = 0s;
  EXPECT_THROW((void)wait_until(ws, until::run_finished{7}, never_ends), std::invalid_argument);
}

}  // namespace
}  // namespace kiln
