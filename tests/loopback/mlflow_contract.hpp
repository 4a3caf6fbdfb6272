#pragma once

#include "core/random.hpp"
#include "loopback/engine_support.hpp"

#include <kiln/services/mlflow.hpp>
#include <kiln/services/model_registry.hpp>

#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <vector>

// What MLflow promises to its clients, as a list of tests that hold the emulator and any MLflow
// tracking server with a database to the same. Only what both know is asked for.
// The server is the one whose URL KILN_TEST_MLFLOW_URL gives; README says how to run one.
namespace kiln::mlflow_contract {

enum class side : std::uint8_t { emulator, server };

inline std::string server_url() {
  char const* const url = std::getenv("KILN_TEST_MLFLOW_URL");
  return url == nullptr ? std::string() : std::string(url);
}
/// Who is held to the contract.
inline std::vector<side> sides() {
  std::vector<side> out{side::emulator};
  if (!server_url().empty()) out.push_back(side::server);
  return out;
}

struct contract : engine_tests::emulated, testing::WithParamInterface<side> {
  std::vector<std::string> made;  ///< Experiments to delete.
  /// In every name, as a server keeps those of earlier runs.
  std::string const mark = "kiln-contract-" + random_source(entropy()).name();

  static void SetUpTestSuite() {
    if (!server_url().empty()) return;
    std::cout << "KILN_TEST_MLFLOW_URL is not set: only the emulator is held to the contract\n";
  }
  void SetUp() override {
    auto o = engine_tests::quick_options("", "dapi-of-nobody");
    if (GetParam() == side::server) {
      o.host = server_url();
    } else {
      serve();
      o = options();
    }
    budget_options fast;
    fast.rate = 100'000;
    fast.buckets.clear();
    o.budget = budget(fast);
    open(std::move(o));
  }
  void TearDown() override {
    for (auto const& id : made) {
      // It may be deleted already.
      static_cast<void>(wait(tracking().delete_experiment({.experiment_id = id})));
    }
  }

  [[nodiscard]] mlflow::service tracking() const { return ws->mlflow(); }
  [[nodiscard]] model_registry::service registry() const { return ws->model_registry(); }

  std::string new_experiment(std::string const& suffix = {}) {
    std::string const name = mark + suffix;
    auto const id = wait(tracking().create_experiment({.name = name}));
    EXPECT_TRUE(id) << id.error();
    if (!id) return {};
    made.push_back(id->experiment_id);
    return id->experiment_id;
  }
  std::string new_run(std::string const& experiment, std::string const& name = "run",
                      std::int64_t started = 1'600'000'000'000) {
    auto const run =
        wait(tracking().create_run({.experiment_id = experiment,
                                    .run_name = name,
                                    .start_time = timestamp(std::chrono::milliseconds(started))}));
    EXPECT_TRUE(run) << run.error();
    return run ? run->run.info.run_id : std::string();
  }
  mlflow::run get(std::string const& run) const {
    auto found = wait(tracking().get_run({.run_id = run}));
    EXPECT_TRUE(found) << found.error();
    return found ? std::move(found->run) : mlflow::run();
  }
  /// The error code of the server, "" when there was no error.
  template <class T>
  std::string code_of(task<T> work) const {
    auto const done = wait(std::move(work));
    return done ? std::string() : done.error().error_code();
  }
  template <class T>
  void must(task<T> work) const {
    auto const done = wait(std::move(work));
    EXPECT_TRUE(done) << done.error();
  }
};

inline std::string side_name(testing::TestParamInfo<side> const& info) {
  return info.param == side::emulator ? "emulator" : "server";
}

constexpr std::string_view bad_value = "INVALID_PARAMETER_VALUE";
constexpr std::string_view unknown = "RESOURCE_DOES_NOT_EXIST";
constexpr std::string_view taken = "RESOURCE_ALREADY_EXISTS";

}  // namespace kiln::mlflow_contract
