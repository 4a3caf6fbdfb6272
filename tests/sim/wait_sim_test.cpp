#include "sim/simulation.hpp"
#include "support/small_cluster.hpp"

#include <kiln/services/jobs20.hpp>
#include <kiln/wait.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// Waiting for runs of the emulated workspace, through the whole engine, on a virtual clock.
namespace kiln {
namespace {

using namespace std::chrono_literals;

class wait_sim : public testing::TestWithParam<std::uint64_t> {};

struct started_run {
  std::int64_t id = 0;
  std::string result;
};

jobs20::runs_submit make_run(std::uint64_t seconds, std::string const& result) {
  jobs20::runs_submit run;
  run.new_cluster = test::small_cluster();
  auto& task = run.spark_python_task.emplace();
  task.python_file = "dbfs:/train.py";
  task.parameters = {"kiln_seconds=" + std::to_string(seconds), "kiln_result=" + result};
  return run;
}

TEST_P(wait_sim, every_run_ends_as_it_did_and_the_wait_costs_a_share_of_the_budget) {
  random_source dice(GetParam());
  test::simulation::settings s;
  s.seed = GetParam();
  s.emulator.rate = 30;
  s.link.latency = 5ms;
  s.break_share = 0.05;
  s.break_bytes_max = 200'000;
  s.workspace.timeouts.first_byte = 3s;
  s.workspace.timeouts.idle_read = 3s;
  test::simulation sim(s);
  auto& world = sim.world();

  std::vector<started_run> runs;
  auto const jobs = sim.workspace().jobs20();
  for (int i = 0; i < 120; ++i) {
    char const* const results[] = {"SUCCESS", "SUCCESS", "FAILED", "TIMEDOUT"};
    std::string const result = results[dice.below(4)];
    auto request = make_run(5 + dice.below(120), result);
    request.idempotency_token = "t" + std::to_string(i);
    auto const answer = world.run(jobs.runs_submit(request));
    ASSERT_TRUE(answer.has_value()) << answer.error().describe();
    runs.push_back({answer->run_id, result});
  }
  auto const before = sim.workspace().stats().requests;
  auto const began = world.now();
  std::vector<std::shared_ptr<test::virtual_world::running<result<jobs20::run>>>> waits;
  for (auto const& run : runs) {
    waits.push_back(world.start(wait_until(sim.workspace(), until::run20_finished{run.id})));
  }
  world.run_until([&] {
    return std::all_of(waits.begin(), waits.end(), [](auto const& w) { return w->done(); });
  });
  for (std::size_t i = 0; i < runs.size(); ++i) {
    ASSERT_TRUE(waits[i]->value && waits[i]->value->has_value()) << runs[i].id;
    auto const& run = **waits[i]->value;
    EXPECT_EQ(run.run_id, runs[i].id);
    EXPECT_TRUE(is_final(run.state));
    EXPECT_EQ(run.state.result_state.raw(), runs[i].result);
  }
  auto const spent = sim.workspace().stats().requests - before;
  auto const took = std::chrono::duration<double>(world.now() - began).count();
  EXPECT_LE(took, 130 + 2 * 33);
  EXPECT_LE(static_cast<double>(spent), 1.5 * took + 20);
  EXPECT_LE(sim.emulated().stats().worst_second, 30U);
  (void)world.run(sim.workspace().close(1s));
}

INSTANTIATE_TEST_SUITE_P(seeds, wait_sim, testing::Range<std::uint64_t>(1, 5));

}  // namespace
}  // namespace kiln
