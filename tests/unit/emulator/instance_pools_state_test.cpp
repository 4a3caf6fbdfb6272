#include "emulator/instance_pools_state.hpp"

#include <gtest/gtest.h>

namespace kiln::emulation {
namespace {

using answer = machine_lender::answer;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

struct instance_pools_states : testing::Test {
  milliseconds const starting{1'000};
  instance_pools_state all{starting, 1};
  moment now{instant(hours(1)), wall_time(hours(24 * 365 * 50))};

  void pass(wall_time::duration d) { now.wall += d; }
  static instance_pools::create spec(std::int32_t idle, std::optional<std::int32_t> most = {}) {
    instance_pools::create r;
    r.instance_pool_name = "p";
    r.node_type_id = "Standard_DS3_v2";
    r.min_idle_instances = idle;
    r.max_capacity = most;
    r.idle_instance_autotermination_minutes = 10;
    return r;
  }
  std::string made(instance_pools::create const& r) {
    auto const id = all.create(r, "me", now);
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    return id ? *id : std::string();
  }
  /// used, idle, pending used, pending idle
  std::vector<int> stats(std::string const& id) {
    auto const s = all.get(id, now)->stats.value();
    return {s.used_count, s.idle_count, s.pending_used_count, s.pending_idle_count};
  }
};

TEST_F(instance_pools_states, starts_its_idle_machines) {
  auto const id = made(spec(3));
  EXPECT_EQ(stats(id), (std::vector{0, 0, 0, 3}));
  pass(starting);
  EXPECT_EQ(stats(id), (std::vector{0, 3, 0, 0}));
}

TEST_F(instance_pools_states, lends_idle_machines_first_and_starts_new_ones) {
  auto const id = made(spec(2));
  pass(starting);
  EXPECT_EQ(all.lend(id, "a", 2, now.wall), answer::idle_ones);
  EXPECT_EQ(stats(id), (std::vector{2, 0, 0, 2})) << "idle ones are replaced";
  EXPECT_EQ(all.lend(id, "b", 3, now.wall), answer::new_ones);
  EXPECT_EQ(stats(id), (std::vector{2, 0, 3, 2}));
  pass(starting);
  EXPECT_EQ(stats(id), (std::vector{5, 2, 0, 0}));
}

TEST_F(instance_pools_states, idle_machines_beyond_the_least_go_after_their_time) {
  auto const id = made(spec(1));
  pass(starting);
  EXPECT_EQ(all.lend(id, "a", 3, now.wall), answer::new_ones);
  pass(starting);
  all.take_back(id, "a", now.wall);
  EXPECT_EQ(stats(id)[1], 4);
  pass(minutes(10) - milliseconds(1));
  EXPECT_GE(stats(id)[1], 3);
  pass(milliseconds(1));
  EXPECT_EQ(stats(id), (std::vector{0, 1, 0, 0}));
}

TEST_F(instance_pools_states, never_has_more_machines_than_its_capacity) {
  auto const id = made(spec(2, 3));
  pass(starting);
  EXPECT_EQ(all.lend(id, "a", 4, now.wall), answer::too_many);
  EXPECT_EQ(all.lend(id, "a", 3, now.wall), answer::new_ones);
  EXPECT_EQ(stats(id), (std::vector{2, 0, 1, 0})) << "no room for idle ones";
  EXPECT_EQ(all.lend(id, "b", 1, now.wall), answer::too_many);
  EXPECT_EQ(all.lend(id, "a", 2, now.wall), answer::idle_ones) << "instead of what it had";
  EXPECT_EQ(all.lend("none", "a", 1, now.wall), answer::no_such_pool);
}

TEST_F(instance_pools_states, names_are_unique_and_bounded) {
  auto const id = made(spec(0));
  EXPECT_EQ(all.create(spec(0), "me", now).error().code, "INVALID_PARAMETER_VALUE");
  auto other = spec(0);
  other.instance_pool_name = std::string(100, 'x');
  EXPECT_FALSE(all.create(other, "me", now));
  other.instance_pool_name = std::string(99, 'x');
  EXPECT_TRUE(all.create(other, "me", now));
  EXPECT_TRUE(all.remove(id, now));
  EXPECT_TRUE(all.create(spec(0), "me", now)) << "a name is free again";
  EXPECT_EQ(all.remove(id, now).error().code, "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(instance_pools_states, idle_machines_wait_for_no_less_than_nothing_and_a_week_at_most) {
  auto r = spec(1);
  auto const id = made(r);
  r.instance_pool_name = "other";
  for (auto const minutes : {-1, 10'001}) {
    r.idle_instance_autotermination_minutes = minutes;
    EXPECT_EQ(all.create(r, "me", now).error().code, "INVALID_PARAMETER_VALUE") << minutes;
    instance_pools::edit e;
    e.instance_pool_id = id;
    e.instance_pool_name = "p";
    e.node_type_id = "Standard_DS3_v2";
    e.idle_instance_autotermination_minutes = minutes;
    EXPECT_EQ(all.edit(e, now).error().code, "INVALID_PARAMETER_VALUE") << minutes;
  }
  r.idle_instance_autotermination_minutes = 0;
  EXPECT_TRUE(all.create(r, "me", now));
}

TEST_F(instance_pools_states, an_edit_changes_size_and_name_but_not_the_machines) {
  auto const id = made(spec(1));
  instance_pools::edit e;
  e.instance_pool_id = id;
  e.instance_pool_name = "q";
  e.node_type_id = "Standard_DS3_v2";
  e.min_idle_instances = 2;
  EXPECT_TRUE(all.edit(e, now));
  pass(starting);
  EXPECT_EQ(stats(id)[1], 2);
  EXPECT_EQ(all.get(id, now)->instance_pool_name, "q");
  e.node_type_id = "Standard_DS4_v2";
  EXPECT_EQ(all.edit(e, now).error().code, "INVALID_PARAMETER_VALUE");
}

TEST_F(instance_pools_states, a_cluster_of_a_pool_starts_sooner_or_not_at_all) {
  emulator_clusters_options options;
  clusters_state on(options, 1);
  on.use(&all);
  auto const id = made(spec(3, 3));
  pass(starting);
  compute::cluster_spec s;
  s.spark_version = "7.3.x-scala2.12";
  s.instance_pool_id = id;
  s.num_workers = 2;
  auto const first = on.create(s, {}, now);
  auto const second = on.create(s, {}, now);
  ASSERT_TRUE(first && second);
  pass(options.warm_start);
  EXPECT_EQ((*on.find(*first, now))->state, clusters::state::running);
  EXPECT_EQ(stats(id), (std::vector{3, 0, 0, 0}));
  EXPECT_EQ((*on.find(*second, now))->reason->code,
            clusters::termination_code::instance_pool_max_capacity_reached);
  EXPECT_TRUE(on.terminate(*first, {}, "me", now));
  pass(options.terminate);
  EXPECT_EQ((*on.find(*first, now))->state, clusters::state::terminated);
  EXPECT_EQ(stats(id), (std::vector{0, 3, 0, 0}));
}

}  // namespace
}  // namespace kiln::emulation
