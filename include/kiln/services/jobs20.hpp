#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/pages.hpp>
#include <kiln/result.hpp>
#include <kiln/services/jobs_run_types.hpp>
#include <kiln/services/jobs_types.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Jobs API 2.0: jobs of one task. What it shares with 2.1 are the types of kiln::jobs; members
/// that 2.0 does not know say so there. It lists up to 999 runs a page where 2.1 lists 25.
/// Source of every shape: https://learn.microsoft.com/azure/databricks/dev-tools/api/2.0/jobs
///
/// An unknown job or run is answered 400 INVALID_PARAMETER_VALUE "… does not exist", which kiln
/// gives as errc::not_found. Whoever starts runs may meet QUOTA_EXCEEDED: too many runs are active,
/// or were created within the hour.
namespace kiln {

class engine;

namespace jobs20 {

using jobs::cron_schedule;
using jobs::run_state;

/// Exactly one of them.
struct job_task {
  std::optional<jobs::notebook_task> notebook_task{};
  std::optional<jobs::spark_jar_task> spark_jar_task{};
  std::optional<jobs::spark_python_task> spark_python_task{};
  std::optional<jobs::spark_submit_task> spark_submit_task{};
};

/// All that is stored of a job: one of the four tasks, and either an existing or a new cluster.
struct job_settings : job_task {
  std::string existing_cluster_id;
  std::optional<compute::cluster_spec> new_cluster{};
  std::string name;  ///< At most 4096 bytes; not unique.
  std::vector<compute::library> libraries;
  std::optional<jobs::email_notifications> email_notifications{};
  std::optional<std::int32_t> timeout_seconds{};  ///< 0: none.
  std::optional<std::int32_t> max_retries{};      ///< -1: without end.
  std::optional<std::int32_t> min_retry_interval_millis{};
  std::optional<bool> retry_on_timeout{};
  std::optional<cron_schedule> schedule{};
  /// At most 1000; 0 skips every run. Default: 1.
  std::optional<std::int32_t> max_concurrent_runs{};
};

struct job {
  std::int64_t job_id = 0;
  std::string creator_user_name;  ///< Empty when that user is gone.
  job_settings settings;
  std::optional<timestamp> created_time{};
};

/// Names are not unique, so a repeat makes a second job: after a lost answer, look the job up by
/// name. At most 1000 jobs were kept in 2020, 10 MB a request.
struct create : job_settings {
  static constexpr endpoint at{verb::post, "/api/2.0/jobs/create", repeat::not_idempotent};
  struct response {
    std::int64_t job_id = 0;
  };
};

/// Its runs end, without waiting for that. Deleting a job that is gone is a success.
struct delete_ {
  static constexpr endpoint at{verb::post, "/api/2.0/jobs/delete", repeat::idempotent};
  using response = void;
  std::int64_t job_id = 0;
};

struct get {
  static constexpr endpoint at{verb::get, "/api/2.0/jobs/get", repeat::safe};
  using response = job;
  std::int64_t job_id = 0;
};

/// All of them, in one answer.
struct list {
  static constexpr endpoint at{verb::get, "/api/2.0/jobs/list", repeat::safe};
  struct response {
    std::vector<job> jobs;
  };
};

/// Replaces all settings. Runs under way keep theirs.
struct reset {
  static constexpr endpoint at{verb::post, "/api/2.0/jobs/reset", repeat::idempotent};
  using response = void;
  std::int64_t job_id = 0;
  job_settings new_settings;
};

/// Replaces the settings that are given, whole members at a time.
struct update {
  static constexpr endpoint at{verb::post, "/api/2.0/jobs/update", repeat::idempotent};
  using response = void;
  std::int64_t job_id = 0;
  std::optional<job_settings> new_settings{};
  std::vector<std::string> fields_to_remove;  ///< "schedule", "libraries"
};

/// What a run gives its task in place of what the job says; one of them, as the kind of the task
/// is. Each is at most 10,000 bytes as JSON.
struct run_parameters {
  std::vector<std::string> jar_params;
  std::map<std::string, std::string> notebook_params;
  std::vector<std::string> python_params;
  std::vector<std::string> spark_submit_params;
};

/// Starts a run. Repeated after a lost answer only with an idempotency_token.
struct run_now : run_parameters {
  static constexpr endpoint at{verb::post, "/api/2.0/jobs/run-now", repeat::token};
  struct response {
    std::int64_t run_id = 0;
    std::int64_t number_in_job = 0;
  };
  std::int64_t job_id = 0;
  /// At most 64 characters. A run that was made with it is given instead of a new one. In 2020 that
  /// was so for active runs only, and not for run-now at all.
  std::string idempotency_token;
};

/// Starts a run of a task that no job holds. Repeated after a lost answer only with an
/// idempotency_token.
struct runs_submit : job_task {
  static constexpr endpoint at{verb::post, "/api/2.0/jobs/runs/submit", repeat::token};
  struct response {
    std::int64_t run_id = 0;
  };
  std::string existing_cluster_id;
  std::optional<compute::cluster_spec> new_cluster{};
  std::string run_name;  ///< At most 4096 bytes; "Untitled" by default.
  std::vector<compute::library> libraries;
  std::optional<std::int32_t> timeout_seconds{};  ///< 0: none.
  std::string idempotency_token;                  ///< As run_now::idempotency_token.
};

/// Ends a run, without waiting for that. A run that is at its end stays as it is.
struct runs_cancel {
  static constexpr endpoint at{verb::post, "/api/2.0/jobs/runs/cancel", repeat::idempotent};
  using response = void;
  std::int64_t run_id = 0;
};

/// Ends the runs of a job; new ones may start meanwhile.
struct runs_cancel_all {
  static constexpr endpoint at{verb::post, "/api/2.0/jobs/runs/cancel-all", repeat::idempotent};
  using response = void;
  std::int64_t job_id = 0;
};

/// Fails while the run is active. A second delete fails too.
struct runs_delete {
  static constexpr endpoint at{verb::post, "/api/2.0/jobs/runs/delete", repeat::not_idempotent};
  using response = void;
  std::int64_t run_id = 0;
};

/// Notebooks, and the views of dashboards, as HTML.
struct runs_export {
  static constexpr endpoint at{verb::get, "/api/2.0/jobs/runs/export", repeat::safe};
  struct response {
    std::vector<jobs::view_item> views;
  };
  std::int64_t run_id = 0;
  std::optional<jobs::views_to_export> views_to_export{};
};

/// A run. Durations are milliseconds; the three of them add up to all its time.
struct run {
  std::int64_t job_id = 0;
  std::int64_t run_id = 0;
  std::optional<std::int64_t> number_in_job{};
  std::optional<std::int64_t> original_attempt_run_id{};
  run_state state;
  std::optional<cron_schedule> schedule{};
  std::optional<job_task> task{};
  std::optional<jobs::cluster_spec> cluster_spec{};
  std::optional<jobs::cluster_instance> cluster_instance{};
  std::optional<run_parameters> overriding_parameters{};
  std::optional<timestamp> start_time{};
  std::optional<std::int64_t> setup_duration{};
  std::optional<std::int64_t> execution_duration{};
  std::optional<std::int64_t> cleanup_duration{};
  open_enum<jobs::trigger_type> trigger;
  std::string creator_user_name;
  std::string run_name;
  std::string run_page_url;
  open_enum<jobs::run_type> run_type;
};

/// Runs are kept for 60 days.
struct runs_get {
  static constexpr endpoint at{verb::get, "/api/2.0/jobs/runs/get", repeat::safe};
  using response = run;
  std::int64_t run_id = 0;
};

struct runs_get_output {
  static constexpr endpoint at{verb::get, "/api/2.0/jobs/runs/get-output", repeat::safe};
  struct response {
    std::optional<jobs::notebook_output> notebook_output{};
    std::string error;  ///< Why there is no output.
    run metadata;
  };
  std::int64_t run_id = 0;
};

/// Newest start first.
struct runs_list {
  static constexpr endpoint at{verb::get, "/api/2.0/jobs/runs/list", repeat::safe};
  struct response {
    std::vector<run> runs;
    bool has_more = false;
  };
  std::optional<bool> active_only{};  ///< Either this or completed_only.
  std::optional<bool> completed_only{};
  std::optional<std::int64_t> job_id{};  ///< Of this job only.
  std::optional<std::int32_t> offset{};  ///< Of the first run, counted from the newest.
  std::optional<std::int32_t> limit{};   ///< Runs a page, at most 999; 20 by default, 0: the most.
};

/// What workspace::jobs20() gives. A cheap copy of a shared handle; calls from any thread. Requests
/// are encoded before a method returns. Those that hold documents are passed as named lvalues.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<jobs20::create::response> create(jobs20::create const& r, call_options const& o = {}) const;
  task<jobs20::create::response> create(jobs20::create&& r,
                                        call_options const& o = {}) const = delete;
  task<void> delete_(jobs20::delete_ const& r, call_options const& o = {}) const;
  task<job> get(jobs20::get const& r, call_options const& o = {}) const;
  task<jobs20::list::response> list(jobs20::list const& r = {}, call_options const& o = {}) const;
  task<void> reset(jobs20::reset const& r, call_options const& o = {}) const;
  task<void> reset(jobs20::reset&& r, call_options const& o = {}) const = delete;
  task<void> update(jobs20::update const& r, call_options const& o = {}) const;
  task<void> update(jobs20::update&& r, call_options const& o = {}) const = delete;

  task<jobs20::run_now::response> run_now(jobs20::run_now const& r,
                                          call_options const& o = {}) const;
  task<jobs20::run_now::response> run_now(jobs20::run_now&& r,
                                          call_options const& o = {}) const = delete;
  task<jobs20::runs_submit::response> runs_submit(jobs20::runs_submit const& r,
                                                  call_options const& o = {}) const;
  task<jobs20::runs_submit::response> runs_submit(jobs20::runs_submit&& r,
                                                  call_options const& o = {}) const = delete;
  task<void> runs_cancel(jobs20::runs_cancel const& r, call_options const& o = {}) const;
  task<void> runs_cancel_all(jobs20::runs_cancel_all const& r, call_options const& o = {}) const;
  task<void> runs_delete(jobs20::runs_delete const& r, call_options const& o = {}) const;
  task<jobs20::runs_export::response> runs_export(jobs20::runs_export const& r,
                                                  call_options const& o = {}) const;
  task<run> runs_get(jobs20::runs_get const& r, call_options const& o = {}) const;
  task<jobs20::runs_get_output::response> runs_get_output(jobs20::runs_get_output const& r,
                                                          call_options const& o = {}) const;
  task<jobs20::runs_list::response> runs_list(jobs20::runs_list const& r,
                                              call_options const& o = {}) const;
  /// Page by page, `limit` runs in all; 0: all there are.
  pages<run> runs_list_pages(jobs20::runs_list const& r = {}, std::int64_t limit = 0,
                             call_options const& o = {}) const;
  task<std::vector<run>> runs_list_all(jobs20::runs_list const& r = {}, std::int64_t limit = 0,
                                       call_options const& o = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace jobs20
}  // namespace kiln
