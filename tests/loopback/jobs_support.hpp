#pragma once

#include "loopback/engine_support.hpp"
#include "support/small_cluster.hpp"

#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>

#include <string>
#include <utility>

namespace kiln::engine_tests {

using namespace std::chrono_literals;

/// An emulated workspace whose runs take a minute, and what is run in it.
struct jobs_world : emulated {
  static emulator_options slow_runs() {
    auto o = unlimited();
    o.jobs.run_pending = 10s;
    o.jobs.run_duration = 60s;
    o.jobs.run_cleanup = 5s;
    return o;
  }
  void start(emulator_options o = slow_runs()) {
    serve(std::move(o));
    open();
  }
  /// The emulator's clock goes on.
  void pass(std::chrono::milliseconds d) {
    auto const moved = wait(ws->raw(verb::post, "/_emulator/clock",
                                    R"({"advance_ms":)" + std::to_string(d.count()) + '}'));
    ASSERT_TRUE(moved) << moved.error();
  }
  static jobs20::runs_submit one_time(std::string token = {}) {
    jobs20::runs_submit r;
    r.run_name = "once";
    r.new_cluster = test::small_cluster();
    r.notebook_task.emplace().notebook_path = "/n";
    r.idempotency_token = std::move(token);
    return r;
  }
  static jobs::task notebook(std::string key) {
    jobs::task t;
    t.task_key = std::move(key);
    t.notebook_task.emplace().notebook_path = "/n";
    return t;
  }
};

}  // namespace kiln::engine_tests
