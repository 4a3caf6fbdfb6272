#pragma once

#include "emulator/runs_script.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What is to be run, read once from the JSON of a job or of a one-time run and then constant.
namespace kiln::emulation {

enum class run_condition : std::uint8_t {
  all_success,
  all_done,
  all_failed,
  at_least_one_failed,
  at_least_one_success,
  none_failed,
};

/// The fragments are members of JSON objects as text, '"name":value,…', ready to be put into
/// answers: thousands of runs share them.
struct task_spec {
  struct dependency {
    std::size_t on = 0;   ///< Index of the task.
    std::string outcome;  ///< Of a condition task; empty: any.
  };
  std::string key;
  std::vector<dependency> depends_on;
  std::vector<std::size_t> needed_by;
  run_condition run_if = run_condition::all_success;
  std::chrono::milliseconds timeout{0};  ///< 0: none.
  std::int64_t retries_max = 0;          ///< -1: without end.
  std::chrono::milliseconds retry_interval{0};
  bool retry_on_timeout = false;
  std::string kind;     ///< '"notebook_task":{…}'
  std::string cluster;  ///< '"new_cluster":{…},"libraries":[…]'; may be empty.
  std::string rest;     ///< All others that were given; may be empty.
  std::string existing_cluster_id;
  std::int32_t job_cluster = -1;  ///< Its place among the job_clusters; below 0: none of them.
  bool new_cluster = false;       ///< A cluster of its own. Without any of the three: serverless.
  std::string notebook_path;      ///< Of a notebook task.
  std::string outcome;            ///< Of a condition task: "true" or "false".
  script_words words;

  [[nodiscard]] bool is_condition() const noexcept { return !outcome.empty(); }
};

struct run_spec {
  std::vector<task_spec> tasks;
  /// In the form of API 2.0, without tasks: the run and its only task have one run_id.
  bool plain = false;
  std::chrono::milliseconds timeout{0};   ///< 0: none.
  std::vector<std::string> job_clusters;  ///< Each an object.
  std::string rest;                       ///< Fragment: git_source, schedule.
};

inline constexpr std::size_t tasks_max = 1'000;
inline constexpr std::size_t job_clusters_max = 100;

/// Of job settings or of a submit in the form of API 2.1, whose `tasks` must be good: keys unique,
/// dependencies known and without a circle, one kind of work each. INVALID_PARAMETER_VALUE says
/// what is wrong. The words of the script are checked with `options`.
outcome<std::shared_ptr<run_spec const>> make_run_spec(boost::json::object const& settings,
                                                       emulator_jobs_options const& options);

/// Settings in the form of API 2.0 as those of 2.1 with one task; and back, where there is one.
boost::json::object with_tasks(boost::json::object const& plain);
boost::json::object without_tasks(boost::json::object const& settings);

/// '"name":value' added behind what is there.
void add_fragment(std::string& to, std::string_view name, boost::json::value const& value);

}  // namespace kiln::emulation
