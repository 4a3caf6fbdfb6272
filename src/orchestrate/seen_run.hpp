#pragma once

#include "orchestrate/waiter.hpp"

#include <kiln/fields.hpp>
#include <kiln/services/jobs_run_types.hpp>
#include <kiln/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Runs as sweeps see them: what both versions of the Jobs API tell of a run, and no more, for a
// page of 2.0 holds 999 of them.
namespace kiln::runs {

struct seen_run {
  std::int64_t run_id = 0;
  std::int64_t job_id = 0;
  std::string run_name;
  std::string run_page_url;
  std::string trigger;  ///< "ONE_TIME": somebody asked for it.
  std::string creator_user_name;
  jobs::run_state state;
  std::optional<timestamp> start_time{};
  std::optional<timestamp> end_time{};  ///< Not in 2.0, where the durations add up to it.
  std::optional<std::int64_t> setup_duration{}, execution_duration{}, cleanup_duration{};  ///< ms
  json_text overriding_parameters;
  std::vector<jobs::job_parameter> job_parameters;
};

/// When it ended, as far as the server told.
[[nodiscard]] timestamp end_of(seen_run const& run) noexcept;

struct seen_page {
  std::vector<seen_run> runs;
};

/// All runs of the workspace, whatever version of the API started them: by the list of 2.0, whose
/// pages are forty times as long, and by 2.1 where the server refuses 2.0. Values are seen_run.
[[nodiscard]] watch_kind const& any_run();

/// Pages of runs, newest first: by 2.0 or by 2.1. `job_id` 0: of all jobs, one-time runs too.
[[nodiscard]] paged_call list_runs(std::int64_t job_id, bool by_20);
[[nodiscard]] result<seen_page> read_runs(http::response const& answer,
                                          std::string const& operation, std::string const& where);

}  // namespace kiln::runs
