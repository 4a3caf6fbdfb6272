#include "emulator/libraries_state.hpp"

#include <gtest/gtest.h>

namespace kiln::emulation {
namespace {

using libraries::install_status;
using std::chrono::hours;
using std::chrono::milliseconds;

compute::library jar(std::string path) {
  compute::library l;
  l.jar = std::move(path);
  return l;
}

struct libraries_states : testing::Test {
  emulator_clusters_options options;
  clusters_state clusters{options, 1};
  libraries_state all{clusters, options.library};
  moment now{instant(hours(1)), wall_time(hours(24 * 365 * 50))};
  std::string id;

  void pass(wall_time::duration d) { now.wall += d; }
  void SetUp() override {
    compute::cluster_spec s;
    s.spark_version = "7.3.x-scala2.12";
    s.node_type_id = "Standard_DS3_v2";
    s.num_workers = 1;
    id = *clusters.create(s, {}, now);
  }
  std::vector<install_status> statuses() {
    std::vector<install_status> out;
    auto const found = all.status(id, now);
    for (auto const& s : found->library_statuses) {
      out.push_back(s.status.value().value());
    }
    return out;
  }
};

TEST_F(libraries_states, waits_for_its_cluster_and_installs_in_its_time) {
  EXPECT_TRUE(all.install(id, {jar("dbfs:/a.jar")}, now));
  EXPECT_EQ(statuses(), std::vector{install_status::pending});
  pass(options.start);
  EXPECT_EQ(statuses(), std::vector{install_status::resolving});
  pass(options.library / 2);
  EXPECT_EQ(statuses(), std::vector{install_status::installing});
  pass(options.library / 2);
  EXPECT_EQ(statuses(), std::vector{install_status::installed});
}

TEST_F(libraries_states, the_same_library_is_installed_once) {
  EXPECT_TRUE(all.install(id, {jar("a"), jar("a")}, now));
  EXPECT_TRUE(all.install(id, {jar("a"), jar("b")}, now));
  EXPECT_EQ(statuses().size(), 2U);
}

TEST_F(libraries_states, is_uninstalled_by_the_next_restart) {
  EXPECT_TRUE(all.install(id, {jar("a"), jar("b")}, now));
  pass(options.start + options.library);
  EXPECT_TRUE(all.uninstall(id, {jar("a"), jar("never there")}, now));
  EXPECT_EQ(statuses(),
            (std::vector{install_status::uninstall_on_restart, install_status::installed}));
  EXPECT_TRUE(clusters.restart(id, "me", now));
  pass(options.start);
  EXPECT_EQ(statuses(), std::vector{install_status::resolving}) << "the other installs again";
}

TEST_F(libraries_states, fails_and_is_skipped_where_it_must) {
  compute::library maven;
  maven.maven.emplace().coordinates = "org.x:y_2.11:1.0";
  compute::library pypi;
  pypi.pypi.emplace().package = "no-such-package";
  EXPECT_TRUE(all.install(id, {maven, pypi, jar("y_2.12.jar")}, now));
  pass(options.start + options.library);
  EXPECT_EQ(statuses(), (std::vector{install_status::skipped, install_status::failed,
                                     install_status::installed}));
  EXPECT_FALSE(all.status(id, now)->library_statuses[0].messages.empty());
}

TEST_F(libraries_states, nothing_is_installed_on_a_terminated_cluster) {
  EXPECT_TRUE(clusters.terminate(id, {}, "me", now));
  pass(options.terminate);
  EXPECT_EQ(all.install(id, {jar("a")}, now).error().code, "INVALID_STATE");
  EXPECT_EQ(all.install("none", {jar("a")}, now).error().code, "INVALID_PARAMETER_VALUE");
}

TEST_F(libraries_states, a_library_is_exactly_one_thing) {
  auto two = jar("a");
  two.egg = "b";
  EXPECT_EQ(all.install(id, {two}, now).error().code, "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(all.install(id, {{}}, now).error().code, "INVALID_PARAMETER_VALUE");
  EXPECT_TRUE(statuses().empty());
}

TEST_F(libraries_states, all_tells_of_clusters_that_have_libraries) {
  EXPECT_TRUE(all.all(now).empty());
  EXPECT_TRUE(all.install(id, {jar("a")}, now));
  ASSERT_EQ(all.all(now).size(), 1U);
  EXPECT_EQ(all.all(now)[0].cluster_id, id);
  EXPECT_TRUE(clusters.permanent_delete(id, now));
  EXPECT_TRUE(all.all(now).empty());
}

}  // namespace
}  // namespace kiln::emulation
