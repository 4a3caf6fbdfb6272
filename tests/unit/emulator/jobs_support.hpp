#pragma once

#include "emulator/jobs_api.hpp"
#include "support/small_cluster.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace kiln::emulation {

/// The Jobs API without HTTP and with a clock that the test moves. A run is pending for 10 s, runs
/// for 60 s and is terminating for 5 s unless it says otherwise.
struct jobs_fixture : testing::Test {
  moment now{instant(std::chrono::hours(1)), wall_time(std::chrono::seconds(1'600'000'000))};
  clusters_state clusters{emulator_clusters_options(), 1};
  jobs_api api{options(), clusters};
  std::string cluster;  ///< The id of a running one.
  std::string here;     ///< '{"existing_cluster_id":"…",', the beginning of a run on it.

  jobs_fixture() {
    clusters.on_loss([this](std::string const& id, moment at) { api.cluster_lost(id, at); });
    cluster = clusters.create(test::small_cluster(), {"ada@example.com"}, moment()).value();
    here = R"({"existing_cluster_id":")" + cluster + R"(",)";
  }

  static emulator_jobs_options options() {
    emulator_jobs_options o;
    o.run_pending = std::chrono::seconds(10);
    o.run_duration = std::chrono::seconds(60);
    o.run_cleanup = std::chrono::seconds(5);
    return o;
  }
  void serve(emulator_jobs_options const& o) { api = jobs_api(o, clusters); }
  void pass(std::chrono::milliseconds d) {
    now.steady += d;
    now.wall += d;
  }
  api_reply send(std::string_view verb, std::string_view path, std::string_view query,
                 std::string_view body) {
    return api.handle({verb, path, query, body, "ada@example.com"}, now);
  }
  /// "POST /api/<name>": the reply must be a 200.
  boost::json::object post(std::string_view name, std::string_view body) {
    auto const reply = send("POST", "/api/" + std::string(name), {}, body);
    EXPECT_EQ(reply.status, 200) << name << ' ' << body << ": " << reply.body;
    return boost::json::parse(reply.body).as_object();
  }
  boost::json::object get(std::string_view name, std::string_view query = {}) {
    auto const reply = send("GET", "/api/" + std::string(name), query, {});
    EXPECT_EQ(reply.status, 200) << name << '?' << query << ": " << reply.body;
    return boost::json::parse(reply.body).as_object();
  }
  /// "400 INVALID_STATE"
  std::string refused(std::string_view verb, std::string_view name, std::string_view query,
                      std::string_view body = {}) {
    auto const reply = send(verb, "/api/" + std::string(name), query, body);
    auto const o = boost::json::parse(reply.body).as_object();
    if (!o.contains("error_code")) return reply.body;
    EXPECT_FALSE(o.at("message").as_string().empty());
    return std::to_string(reply.status) + ' ' + std::string(o.at("error_code").as_string());
  }
  std::int64_t submit(std::string_view parameters = "{}", std::string_view more = {}) {
    auto const body = here +
                      R"("run_name":"r","notebook_task":)"
                      R"({"notebook_path":"/n","base_parameters":)" +
                      std::string(parameters) + '}' + std::string(more) + '}';
    return post("2.0/jobs/runs/submit", body).at("run_id").as_int64();
  }
  /// "TERMINATED SUCCESS", "RUNNING"
  static std::string state_in(boost::json::object const& run) {
    auto const& state = run.at("state").as_object();
    std::string out(state.at("life_cycle_state").as_string());
    if (state.contains("result_state")) {
      (out += ' ') += std::string_view(state.at("result_state").as_string());
    }
    return out;
  }
  std::string state(std::int64_t run_id) {
    return state_in(get("2.1/jobs/runs/get", "run_id=" + std::to_string(run_id)));
  }
  /// The states of the tasks of a run, "a=RUNNING b=BLOCKED".
  std::string tasks(std::int64_t run_id) {
    std::string out;
    auto const run = get("2.1/jobs/runs/get", "run_id=" + std::to_string(run_id));
    for (auto const& each : run.at("tasks").as_array()) {
      if (!out.empty()) out += ' ';
      out += std::string(each.at("task_key").as_string()) + '=' + state_in(each.as_object());
    }
    return out;
  }
  /// The run ids of a page, "1003 1002".
  static std::string ids(boost::json::object const& page) {
    std::string out;
    if (!page.contains("runs")) return out;
    for (auto const& each : page.at("runs").as_array()) {
      if (!out.empty()) out += ' ';
      out += std::to_string(each.at("run_id").as_int64());
    }
    return out;
  }
};

}  // namespace kiln::emulation
