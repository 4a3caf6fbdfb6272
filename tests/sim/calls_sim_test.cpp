// Hundreds of calls of every lane, some cancelled, some with deadlines, through a bad network: each
// ends exactly once, nothing stays behind, and no second sees more than the budget.
#include "sim/simulation.hpp"

#include <kiln/services/dbfs.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t seeds = 200;

class calls_sim : public testing::TestWithParam<std::uint64_t> {};

TEST_P(calls_sim, every_call_ends_once_and_leaves_nothing_behind) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  test::simulation::settings s;
  s.seed = GetParam();
  random_source dice(s.seed);
  s.link.latency = std::chrono::milliseconds(dice.below(120));
  s.link.seed = s.seed;
  s.break_share = dice.below(2) == 0 ? 0.3 : 0;
  s.break_bytes_max = 20'000;
  s.emulator.limiter = dice.below(2) == 0 ? limiter_kind::window : limiter_kind::strict_window;
  s.workspace.timeouts.first_byte = 3s;
  s.workspace.timeouts.idle_read = 2s;
  s.workspace.pool.connections_max = 1 + dice.below(12);
  test::simulation sim(s);

  using call = test::virtual_world::running<result<void>>;
  std::vector<std::shared_ptr<call>> calls;
  std::vector<std::string> paths;
  auto const count = 100 + dice.below(100);
  for (std::uint64_t i = 0; i < count; ++i) paths.push_back("/d" + std::to_string(dice.below(40)));
  auto const service = sim.workspace().dbfs();
  for (std::uint64_t i = 0; i < count; ++i) {
    call_options options;
    options.lane = static_cast<lane>(dice.below(4));
    options.tenant = static_cast<std::uint32_t>(dice.below(3));
    if (dice.below(5) == 0) options.deadline = std::chrono::milliseconds(1 + dice.below(5'000));
    calls.push_back(sim.world().start(service.mkdirs({.path = paths[i]}, options)));
    if (dice.below(10) == 0) sim.world().run_for(std::chrono::milliseconds(dice.below(200)));
    if (dice.below(12) == 0) {
      calls[dice.below(calls.size())]->stop.emit(asio::cancellation_type::terminal);
    }
  }
  auto const all_done = [&calls] {
    for (auto const& c : calls) {
      if (!c->done()) return false;
    }
    return true;
  };
  sim.world().run_until(all_done);
  ASSERT_TRUE(all_done());
  std::uint64_t succeeded = 0;
  for (auto const& c : calls) succeeded += c->value && c->value->has_value() ? 1U : 0U;
  EXPECT_GT(succeeded, count / 3);
  auto const stats = sim.workspace().stats();
  EXPECT_EQ(stats.waiting, 0U);
  EXPECT_EQ(stats.in_flight, 0U);
  EXPECT_LE(sim.emulated().stats().worst_second, 30U);
  (void)sim.world().run(sim.workspace().close(1s));
}

INSTANTIATE_TEST_SUITE_P(seeds, calls_sim, testing::Range<std::uint64_t>(1, seeds + 1));

}  // namespace
}  // namespace kiln
