#include "emulator/clusters_state.hpp"

#include "emulator/clusters_catalog.hpp"

#include <kiln/runtime_version.hpp>

#include <gtest/gtest.h>

#include <set>

namespace kiln::emulation {
namespace {

using clusters::event_type;
using clusters::state;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

compute::cluster_spec small_spec() {
  compute::cluster_spec s;
  s.spark_version = "7.3.x-scala2.12";
  s.node_type_id = "Standard_DS3_v2";
  s.num_workers = 2;
  return s;
}

struct clusters_states : testing::Test {
  emulator_clusters_options options;
  clusters_state all{options, 1};
  moment now{instant(hours(1)), wall_time(hours(24 * 365 * 50))};

  void pass(std::chrono::nanoseconds d) {
    now.steady += std::chrono::duration_cast<instant::duration>(d);
    now.wall += std::chrono::duration_cast<wall_time::duration>(d);
  }
  std::string made(compute::cluster_spec spec, clusters_state::origin from = {}) {
    from.creator = "me";
    auto const id = all.create(std::move(spec), std::move(from), now);
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    return id ? *id : std::string();
  }
  std::string running() {
    auto id = made(small_spec());
    pass(options.start);
    return id;
  }
  state of(std::string const& id) { return (*all.find(id, now))->state; }
  std::vector<event_type> events(std::string const& id) {
    std::vector<event_type> out;
    for (auto const& e : (*all.find(id, now))->events) out.push_back(e.type);
    return out;
  }
  std::string made_for_job(std::string const& id) {
    all.create_for_job(small_spec(), {id, "me", "nightly", 7}, now);
    return id;
  }
  void end(std::string const& id) {
    clusters::termination_reason why;
    why.code = clusters::termination_code::user_request;
    EXPECT_TRUE(all.terminate(id, why, "me", now));
  }
  template <class T>
  static std::string code(outcome<T> const& o) {
    return o ? "" : o.error().code;
  }
};

TEST_F(clusters_states, lives_from_pending_to_terminated_by_the_clock) {
  auto const id = made(small_spec());
  EXPECT_EQ(of(id), state::pending);
  pass(options.start - milliseconds(1));
  EXPECT_EQ(of(id), state::pending);
  pass(milliseconds(1));
  EXPECT_EQ(of(id), state::running);
  end(id);
  EXPECT_EQ(of(id), state::terminating);
  pass(options.terminate);
  EXPECT_EQ(of(id), state::terminated);
  EXPECT_EQ((*all.find(id, now))->reason->code, clusters::termination_code::user_request);
  EXPECT_EQ(events(id), (std::vector{event_type::creating, event_type::running,
                                     event_type::driver_healthy, event_type::terminating}));
}

TEST_F(clusters_states, events_have_the_times_things_happened_however_late_one_asks) {
  auto const id = made(small_spec());
  auto const made_at = now.wall;
  pass(hours(2));
  auto const& log = (*all.find(id, now))->events;
  ASSERT_EQ(log.size(), 3U);
  EXPECT_EQ(log[1].at, made_at + options.start);
}

TEST_F(clusters_states, ends_after_minutes_without_work_and_not_while_a_run_is_on_it) {
  auto spec = small_spec();
  spec.autotermination_minutes = 30;
  auto const id = made(spec);
  pass(options.start);
  all.work(id, +1, now);
  pass(hours(5));
  EXPECT_EQ(of(id), state::running);
  all.work(id, -1, now);
  pass(minutes(30) - milliseconds(1));
  EXPECT_EQ(of(id), state::running);
  pass(milliseconds(1));
  EXPECT_EQ(of(id), state::terminating);
  auto const& reason = *(*all.find(id, now))->reason;
  EXPECT_EQ(reason.code, clusters::termination_code::inactivity);
  EXPECT_EQ(reason.parameters.at("inactivity_duration_min"), "30");
}

TEST_F(clusters_states, resize_restart_and_edit_are_refused_in_other_states) {
  auto const id = made(small_spec());
  clusters::cluster_size three;
  three.num_workers = 3;
  EXPECT_EQ(code(all.resize(id, three, "me", now)), "INVALID_STATE");
  EXPECT_EQ(code(all.restart(id, "me", now)), "INVALID_STATE");
  EXPECT_EQ(code(all.edit(id, small_spec(), "me", now)), "INVALID_STATE");
  pass(options.start);
  EXPECT_TRUE(all.resize(id, three, "me", now));
  EXPECT_EQ(of(id), state::resizing);
  EXPECT_EQ(code(all.resize(id, three, "me", now)), "INVALID_STATE");
  pass(options.resize);
  EXPECT_EQ(of(id), state::running);
  EXPECT_EQ((*all.find(id, now))->workers, 3);
  EXPECT_TRUE(all.restart(id, "me", now));
  EXPECT_EQ(of(id), state::restarting);
  pass(options.start);
  EXPECT_EQ((*all.find(id, now))->launches, 2U);
  EXPECT_TRUE(all.edit(id, small_spec(), "me", now));
  EXPECT_EQ(of(id), state::restarting) << "an edit restarts what runs";
  pass(options.start);
  EXPECT_EQ((*all.find(id, now))->workers, 2);
}

TEST_F(clusters_states, start_wakes_what_is_terminated_and_nothing_else) {
  auto const id = running();
  EXPECT_TRUE(all.start(id, "me", now));
  EXPECT_EQ(of(id), state::running);
  end(id);
  EXPECT_EQ(code(all.start(id, "me", now)), "INVALID_STATE");
  pass(options.terminate);
  EXPECT_TRUE(all.edit(id, small_spec(), "me", now));
  EXPECT_EQ(of(id), state::terminated) << "an edit does not start it";
  EXPECT_TRUE(all.start(id, "me", now));
  pass(options.start);
  EXPECT_EQ(of(id), state::running);
  EXPECT_FALSE((*all.find(id, now))->reason);
}

TEST_F(clusters_states, a_jobs_cluster_cannot_be_edited_or_started) {
  auto const id = made_for_job("1122-000000-run1");
  pass(hours(1));
  EXPECT_EQ(of(id), state::pending) << "it waits for its run";
  all.come_up(id, now);
  EXPECT_EQ(of(id), state::running);
  EXPECT_EQ(code(all.edit(id, small_spec(), "me", now)), "INVALID_STATE");
  end(id);
  pass(options.terminate);
  EXPECT_EQ(code(all.start(id, "me", now)), "INVALID_STATE");
}

TEST_F(clusters_states, an_idempotency_token_stands_for_its_active_cluster) {
  clusters_state::origin once;
  once.idempotency_token = "once";
  auto const id = made(small_spec(), once);
  EXPECT_EQ(made(small_spec(), once), id);
  end(id);
  EXPECT_NE(made(small_spec(), once), id) << "terminated ones do not count";
  once.idempotency_token = std::string(65, 'x');
  EXPECT_EQ(code(all.create(small_spec(), once, now)), "INVALID_PARAMETER_VALUE");
}

TEST_F(clusters_states, an_unknown_cluster_is_an_invalid_parameter) {
  auto const found = all.find("0101-1", now);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().status, 400);
  EXPECT_EQ(found.error().code, "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(found.error().message, "Cluster 0101-1 does not exist");
}

TEST_F(clusters_states, only_so_many_are_pinned_and_a_pinned_one_is_not_deleted) {
  options.pinned_max = 2;
  all = clusters_state(options, 1);
  std::string const ids[] = {running(), running(), running()};
  EXPECT_TRUE(all.pin(ids[0], true, "me", now));
  EXPECT_TRUE(all.pin(ids[0], true, "me", now)) << "twice is once";
  EXPECT_TRUE(all.pin(ids[1], true, "me", now));
  EXPECT_EQ(code(all.pin(ids[2], true, "me", now)), "QUOTA_EXCEEDED");
  EXPECT_EQ(code(all.permanent_delete(ids[0], now)), "INVALID_STATE");
  EXPECT_TRUE(all.pin(ids[0], false, "me", now));
  EXPECT_TRUE(all.permanent_delete(ids[0], now));
  EXPECT_FALSE(all.find(ids[0], now));
  EXPECT_TRUE(all.pin(ids[2], true, "me", now));
}

TEST_F(clusters_states, a_list_keeps_the_last_seventy_and_thirty_terminated_for_thirty_days) {
  for (int i = 0; i < 80; ++i) end(made(small_spec()));
  for (int i = 0; i < 40; ++i) end(made_for_job("1122-000000-run" + std::to_string(i)));
  auto const oldest = made(small_spec());
  EXPECT_TRUE(all.pin(oldest, true, "me", now));
  end(oldest);
  pass(options.terminate);
  auto const alive = made(small_spec());
  EXPECT_EQ(all.list(false, now).size(), 70U + 30U + 1U + 1U);
  EXPECT_EQ(all.list(true, now).size(), 80U + 30U + 1U + 1U) << "jobs' are forgotten";
  EXPECT_EQ(all.list(false, now).front()->id, alive) << "newest first";
  pass(hours(24 * 31));
  EXPECT_EQ(all.list(true, now).size(), 2U) << "the pinned one and the one alive";
}

TEST_F(clusters_states, a_scripted_launch_ends_with_its_code) {
  auto spec = small_spec();
  spec.spark_conf["kiln.emulator.termination_code"] = "CLOUD_PROVIDER_LAUNCH_FAILURE";
  auto const id = made(spec);
  pass(options.start + options.terminate);
  EXPECT_EQ(of(id), state::terminated);
  EXPECT_EQ((*all.find(id, now))->reason->code,
            clusters::termination_code::cloud_provider_launch_failure);
}

TEST_F(clusters_states, specs_that_make_no_cluster_are_refused) {
  using changer = void (*)(compute::cluster_spec&);
  changer const bad[] = {
      [](auto& s) { s.spark_version.clear(); },
      [](auto& s) { s.spark_version = "seven"; },
      [](auto& s) { s.node_type_id.clear(); },
      [](auto& s) { s.node_type_id = "Standard_Abacus"; },
      [](auto& s) { s.instance_pool_id = "a pool's machines have a type already"; },
      [](auto& s) { s.num_workers.reset(); },
      [](auto& s) { s.num_workers = -1; },
      [](auto& s) {
        s.autoscale = compute::autoscale{1, 2};
      },
      [](auto& s) {
        s.num_workers.reset();
        s.autoscale = compute::autoscale{2, 1};
      },
      [](auto& s) { s.autotermination_minutes = 9; },
      [](auto& s) { s.autotermination_minutes = 10'001; },
      [](auto& s) {
        for (int i = 0; i < 44; ++i) s.custom_tags[std::to_string(i)];
      },
      [](auto& s) { s.ssh_public_keys.resize(11); },
  };
  for (std::size_t i = 0; i < std::size(bad); ++i) {
    auto spec = small_spec();
    bad[i](spec);
    EXPECT_EQ(code(all.create(spec, {}, now)), "INVALID_PARAMETER_VALUE") << i;
  }
  EXPECT_TRUE(all.list(true, now).empty());
}

TEST(clusters_catalog, lists_runtimes_by_keys_that_parse_and_names_that_tell_lts) {
  std::set<std::string_view> keys;
  bool lts = false;
  for (auto const& row : spark_version_rows()) {
    EXPECT_TRUE(keys.insert(row.key).second) << row.key;
    EXPECT_TRUE(runtime_version::parse(row.key)) << row.key;
    EXPECT_NE(row.name.find("(includes Apache Spark "), std::string_view::npos) << row.name;
    lts = lts || row.name.find(" LTS ") != std::string_view::npos;
  }
  EXPECT_TRUE(lts);
  EXPECT_TRUE(keys.contains("7.3.x-scala2.12"));
  EXPECT_EQ(find_node_type("Standard_Abacus"), nullptr);
}

}  // namespace
}  // namespace kiln::emulation
