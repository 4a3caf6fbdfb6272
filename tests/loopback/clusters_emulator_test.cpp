// Clusters, pools and libraries through the whole engine, on the emulator's own clock.
#include "loopback/engine_support.hpp"

#include <kiln/services/clusters.hpp>
#include <kiln/services/instance_pools.hpp>
#include <kiln/services/libraries.hpp>

#include <array>
#include <set>
#include <vector>

namespace kiln {
namespace {

using clusters::state;

struct clusters_emulator : engine_tests::emulated {
  emulator_clusters_options times;

  void SetUp() override {
    // Nothing happens but by pass().
    times.start = times.warm_start = times.resize = std::chrono::hours(1);
    times.terminate = times.machine = times.library = std::chrono::hours(1);
    auto o = unlimited();
    o.clusters = times;
    serve(o);
    open();
  }
  void pass(std::chrono::milliseconds by) {
    auto const body = "{\"advance_ms\":" + std::to_string(by.count()) + '}';
    auto const done = wait(ws->raw(verb::post, "/_emulator/clock", body));
    ASSERT_TRUE(done) << done.error();
  }
  template <class T>
  T made(task<T> work) {
    auto out = wait(std::move(work));
    EXPECT_TRUE(out) << out.error();
    if constexpr (!std::is_void_v<T>) return out ? std::move(*out) : T{};
  }
  template <class T>
  error failed(task<T> work) {
    auto out = wait(std::move(work));
    EXPECT_TRUE(out.has_error());
    return out.has_error() ? out.error() : error();
  }
  std::string cluster(std::string name = "c") {
    clusters::create r;
    r.cluster_name = std::move(name);
    r.spark_version = "7.3.x-scala2.12";
    r.node_type_id = "Standard_DS3_v2";
    r.num_workers = 2;
    return made(ws->clusters().create(r)).cluster_id;
  }
  state of(std::string const& id) {
    return made(ws->clusters().get({id})).state.value().value_or(state::unknown);
  }
};

TEST_F(clusters_emulator, a_cluster_lives_and_is_told_whole) {
  auto const id = cluster();
  EXPECT_EQ(of(id), state::pending);
  pass(times.start);
  auto const c = made(ws->clusters().get({id}));
  EXPECT_EQ(c.state, state::running);
  EXPECT_EQ(c.executors.size(), 2U);
  EXPECT_EQ(c.cluster_cores, 12);
  EXPECT_TRUE(c.driver);
  EXPECT_EQ(c.default_tags.at("ClusterId"), id);
  EXPECT_EQ(c.spec.value().num_workers, 2);
  made(ws->clusters().resize({.cluster_id = id, .num_workers = 5}));
  EXPECT_EQ(of(id), state::resizing);
  pass(times.resize);
  EXPECT_EQ(made(ws->clusters().get({id})).num_workers, 5);
  made(ws->clusters().delete_({id}));
  pass(times.terminate);
  auto const ended = made(ws->clusters().get({id}));
  EXPECT_EQ(ended.state, state::terminated);
  EXPECT_EQ(ended.termination_reason.value().code, clusters::termination_code::user_request);
  EXPECT_FALSE(ended.driver);
  made(ws->clusters().start({id}));
  EXPECT_EQ(of(id), state::pending);
}

TEST_F(clusters_emulator, errors_are_typed) {
  EXPECT_EQ(failed(ws->clusters().get({"0101-none"})).code(), errc::not_found);
  EXPECT_EQ(failed(ws->libraries().cluster_status({"0101-none"})).code(), errc::not_found);
  EXPECT_EQ(failed(ws->instance_pools().get({"none"})).code(), errc::not_found);
  auto const id = cluster();
  EXPECT_EQ(failed(ws->clusters().restart({id})).error_code(), "INVALID_STATE");
  clusters::create bad;
  bad.spark_version = "seven";
  EXPECT_EQ(failed(ws->clusters().create(bad)).code(), errc::invalid_request);
}

TEST_F(clusters_emulator, pages_give_every_cluster_once) {
  std::set<std::string> ids;
  for (int i = 0; i < 7; ++i) ids.insert(cluster("c" + std::to_string(i)));
  clusters::list three{};
  three.page_size = 3;
  for (auto const* const version : {"2.0", "2.1"}) {
    auto const all = made(ws->clusters().list_all(three, 0, {.api_version = version}));
    std::set<std::string> seen;
    for (auto const& c : all) seen.insert(c.cluster_id);
    EXPECT_EQ(all.size(), 7U) << version;
    EXPECT_EQ(seen, ids) << version;
  }
  EXPECT_EQ(made(ws->clusters().list_all(three, 4, {.api_version = "2.1"})).size(), 4U);
  EXPECT_EQ(made(ws->clusters().list(three, {.api_version = "2.1"})).clusters.size(), 3U);
  std::array const none{state::terminated};
  clusters::list ended{};
  ended.filter_by.cluster_states = none;
  EXPECT_TRUE(made(ws->clusters().list(ended, {.api_version = "2.1"})).clusters.empty());
}

TEST_F(clusters_emulator, events_come_page_by_page_in_either_order) {
  auto const id = cluster();
  for (int i = 0; i < 10; ++i) {
    made(ws->clusters().pin({id}));
    made(ws->clusters().unpin({id}));
  }
  clusters::events by_four{.cluster_id = id};
  by_four.limit = 4;
  auto const newest = made(ws->clusters().events_all(by_four));
  ASSERT_EQ(newest.size(), 21U);
  EXPECT_EQ(newest.front().type, clusters::event_type::unpinned);
  EXPECT_EQ(newest.back().type, clusters::event_type::creating);
  by_four.order = clusters::events_order::ascending;
  auto const oldest = made(ws->clusters().events_all(by_four));
  ASSERT_EQ(oldest.size(), 21U);
  EXPECT_EQ(oldest.front().type, clusters::event_type::creating);
  std::array const pins{clusters::event_type::pinned};
  by_four.event_types = pins;
  EXPECT_EQ(made(ws->clusters().events_all(by_four)).size(), 10U);
  EXPECT_EQ(made(ws->clusters().events_all(by_four, 3)).size(), 3U);
  auto const page = made(ws->clusters().events(by_four));
  EXPECT_EQ(page.total_count, 10);
  EXPECT_EQ(page.next_page.value().offset, 4);
  by_four.limit = 501;
  EXPECT_EQ(failed(ws->clusters().events(by_four)).code(), errc::invalid_request);
}

TEST_F(clusters_emulator, a_pool_lends_to_a_cluster) {
  instance_pools::create r;
  r.instance_pool_name = "p";
  r.node_type_id = "Standard_DS3_v2";
  r.min_idle_instances = 2;
  auto const pool = made(ws->instance_pools().create(r)).instance_pool_id;
  pass(times.machine);
  EXPECT_EQ(made(ws->instance_pools().get({pool})).stats.value().idle_count, 2);
  clusters::create c;
  c.spark_version = "7.3.x-scala2.12";
  c.instance_pool_id = pool;
  c.num_workers = 1;
  made(ws->clusters().create(c));
  EXPECT_EQ(made(ws->instance_pools().list()).instance_pools.at(0).stats.value().used_count, 2);
  made(ws->instance_pools().delete_({pool}));
  EXPECT_TRUE(made(ws->instance_pools().list()).instance_pools.empty());
}

TEST_F(clusters_emulator, libraries_install_and_go_with_a_restart_and_are_cloned) {
  auto const id = cluster();
  std::vector<compute::library> two(2);
  two[0].jar = "dbfs:/a.jar";
  two[1].pypi.emplace().package = "no-such-thing";
  made(ws->libraries().install({.cluster_id = id, .libraries = two}));
  pass(times.start);
  pass(times.library);
  auto const there = made(ws->libraries().cluster_status({id})).library_statuses;
  ASSERT_EQ(there.size(), 2U);
  EXPECT_EQ(there[0].status, libraries::install_status::installed);
  EXPECT_EQ(there[1].status, libraries::install_status::failed);
  clusters::create copy;
  copy.spark_version = "7.3.x-scala2.12";
  copy.node_type_id = "Standard_DS3_v2";
  copy.num_workers = 0;
  copy.clone_from.emplace().source_cluster_id = id;
  made(ws->clusters().create(copy));
  EXPECT_EQ(made(ws->libraries().all_cluster_statuses()).statuses.size(), 2U);
  made(ws->libraries().uninstall({.cluster_id = id, .libraries = two}));
  made(ws->clusters().restart({id}));
  pass(times.start);
  EXPECT_TRUE(made(ws->libraries().cluster_status({id})).library_statuses.empty());
}

TEST_F(clusters_emulator, catalogues_are_full) {
  EXPECT_GT(made(ws->clusters().spark_versions()).versions.size(), 50U);
  EXPECT_GT(made(ws->clusters().list_node_types()).node_types.size(), 10U);
  EXPECT_FALSE(made(ws->clusters().list_zones()).default_zone.empty());
}

}  // namespace
}  // namespace kiln
