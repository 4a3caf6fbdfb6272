#include "unit/orchestrate/answering_engine.hpp"

#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>
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
