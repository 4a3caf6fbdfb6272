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
#include <string_view>
#include <vector>

/// Jobs API 2.1: jobs of several tasks. call_options::api_version "2.2" sends the same requests to
/// 2.2, which queues runs by default and tells at most 100 elements of a job's or a run's lists in
/// one answer: get_whole() and runs_get_whole() follow its pages.
/// Source of every shape: https://docs.databricks.com/api/workspace/jobs
///
/// An unknown job or run is answered 400 INVALID_PARAMETER_VALUE "… does not exist", which kiln
/// gives as errc::not_found. Whoever starts runs may meet QUOTA_EXCEEDED: too many runs are active,
/// or were created within the hour.
namespace kiln {

class engine;

namespace jobs {

struct job {
  std::optional<timestamp> created_time{};
  std::string creator_user_name;  ///< Empty when that user is gone.
  /// API 2.2: a list of the settings goes on. In lists, when asked for tasks: see get_whole().
  bool has_more = false;
  std::int64_t job_id = 0;
  std::string next_page_token;   ///< API 2.2: empty on the last page. Not in lists.
  std::string run_as_user_name;  ///< Not in lists.
  job_settings settings;
};

/// Names are not unique, so a repeat makes a second job: after a lost answer, look the job up by
/// name. At most 10,000 jobs are kept, 10 MB a request.
struct create : job_settings {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/create", repeat::not_idempotent};
  struct response {
    std::int64_t job_id = 0;
  };
  std::vector<access_control_request> access_control_list;
};

/// Its runs end, without waiting for that. Deleting a job that is gone is a success.
struct delete_ {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/delete", repeat::idempotent};
  using response = void;
  std::int64_t job_id = 0;
};

struct get {
  static constexpr endpoint at{verb::get, "/api/2.1/jobs/get", repeat::safe};
  using response = job;
  std::int64_t job_id = 0;
  std::string_view page_token{};  ///< API 2.2.
};

/// Newest first.
struct list {
  static constexpr endpoint at{verb::get, "/api/2.1/jobs/list", repeat::safe};
  struct response {
    bool has_more = false;
    std::vector<job> jobs;
    std::string next_page_token;  ///< Empty on the last page.
    std::string prev_page_token;
  };
  std::optional<bool> expand_tasks{};    ///< Tasks and clusters too.
  std::optional<std::int32_t> limit{};   ///< Items a page, at most 100; 20 by default.
  std::string_view name{};               ///< Exactly so, in any case of letters.
  std::optional<std::int32_t> offset{};  ///< Deprecated: at most 1000.
  std::string_view page_token{};
};

/// Replaces all settings. Runs under way keep theirs.
struct reset {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/reset", repeat::idempotent};
  using response = void;
  std::int64_t job_id = 0;
  job_settings new_settings;
};

/// Replaces the settings that are given, whole members at a time; tasks and job clusters are
/// matched by their keys.
struct update {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/update", repeat::idempotent};
  using response = void;
  std::int64_t job_id = 0;
  std::vector<std::string> fields_to_remove;  ///< "schedule", "tasks/key"
  std::optional<job_settings> new_settings{};
};

/// Starts a run. Repeated after a lost answer only with an idempotency_token.
struct run_now : run_parameters {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/run-now", repeat::token};
  struct response {
    std::int64_t number_in_job = 0;
    std::int64_t run_id = 0;
  };
  std::int64_t job_id = 0;
  /// At most 64 characters. A run that was made with it is given instead of a new one; if it was
  /// deleted since, that is an error.
  std::string idempotency_token;
  std::map<std::string, std::string> job_parameters;
  std::optional<queue_settings> queue{};
};

/// Starts a run of tasks that no job holds. Repeated after a lost answer only with an
/// idempotency_token.
struct runs_submit {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/runs/submit", repeat::token};
  struct response {
    std::int64_t run_id = 0;
  };
  std::vector<access_control_request> access_control_list;
  std::optional<jobs::email_notifications> email_notifications{};
  std::vector<job_environment> environments;
  std::optional<jobs::git_source> git_source{};
  std::optional<health_rules> health{};
  std::string idempotency_token;  ///< As run_now::idempotency_token.
  std::optional<job_notification_settings> notification_settings{};
  std::optional<queue_settings> queue{};
  std::optional<job_run_as> run_as{};
  std::string run_name;  ///< At most 4096 bytes; "Untitled" by default.
  std::vector<task> tasks;
  std::optional<std::int32_t> timeout_seconds{};  ///< 0: none.
  std::optional<jobs::webhook_notifications> webhook_notifications{};
};

/// Ends a run, without waiting for that. A run that is at its end stays as it is.
struct runs_cancel {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/runs/cancel", repeat::idempotent};
  using response = void;
  std::int64_t run_id = 0;
};

/// Ends the runs of a job, or all that are queued; new runs may start meanwhile.
struct runs_cancel_all {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/runs/cancel-all", repeat::idempotent};
  using response = void;
  /// Without job_id: the queued runs of all jobs.
  std::optional<bool> all_queued_runs{};
  std::optional<std::int64_t> job_id{};
};

/// Fails while the run is active. A second delete fails too.
struct runs_delete {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/runs/delete", repeat::not_idempotent};
  using response = void;
  std::int64_t run_id = 0;
};

/// Notebooks, and the views of dashboards, as HTML. Of a run of one task, or of a task's run.
struct runs_export {
  static constexpr endpoint at{verb::get, "/api/2.1/jobs/runs/export", repeat::safe};
  struct response {
    std::vector<view_item> views;
  };
  std::int64_t run_id = 0;
  std::optional<jobs::views_to_export> views_to_export{};
};

/// Runs are kept for 60 days.
struct runs_get {
  static constexpr endpoint at{verb::get, "/api/2.1/jobs/runs/get", repeat::safe};
  using response = run;
  std::int64_t run_id = 0;
  std::optional<bool> include_history{};  ///< Fills run::repair_history.
  std::optional<bool> include_resolved_values{};
  std::string_view page_token{};  ///< API 2.2.
};

/// Of a run of one task, or of a task's run; an error for a run of several tasks.
struct runs_get_output {
  static constexpr endpoint at{verb::get, "/api/2.1/jobs/runs/get-output", repeat::safe};
  struct response {
    std::optional<jobs::dbt_output> dbt_output{};
    std::string error;        ///< Why the task failed.
    std::string error_trace;  ///< Its stack.
    std::string info;
    std::string logs;  ///< The last 5 MB of what a jar, a script or a wheel printed.
    std::optional<bool> logs_truncated{};
    run metadata;
    std::optional<jobs::notebook_output> notebook_output{};
    std::optional<jobs::run_job_output> run_job_output{};
    std::optional<jobs::sql_output> sql_output{};
  };
  std::int64_t run_id = 0;
};

/// Newest start first.
struct runs_list {
  static constexpr endpoint at{verb::get, "/api/2.1/jobs/runs/list", repeat::safe};
  struct response {
    bool has_more = false;
    std::string next_page_token;  ///< Empty on the last page.
    std::string prev_page_token;
    std::vector<run> runs;
  };
  std::optional<bool> active_only{};  ///< Either this or completed_only.
  std::optional<bool> completed_only{};
  std::optional<bool> expand_tasks{};    ///< Tasks and clusters too.
  std::optional<std::int64_t> job_id{};  ///< Of this job only.
  std::optional<std::int32_t> limit{};   ///< Runs a page, at most 25; 20 by default, 0: 25.
  std::optional<std::int32_t> offset{};  ///< Deprecated: at most 10,000.
  std::string_view page_token{};
  std::optional<jobs::run_type> run_type{};
  std::optional<timestamp> start_time_from{};
  std::optional<timestamp> start_time_to{};
};

/// Runs tasks of a run again that is at its end and did not succeed; what is given replaces the
/// parameters of the run. Not repeated after a lost answer: with latest_repair_id a second repair
/// fails, so ask runs_get with include_history.
struct runs_repair : run_parameters {
  static constexpr endpoint at{verb::post, "/api/2.1/jobs/runs/repair", repeat::not_idempotent};
  struct response {
    std::int64_t repair_id = 0;
  };
  std::int64_t run_id = 0;
  std::map<std::string, std::string> job_parameters;
  std::optional<std::int64_t> latest_repair_id{};  ///< Needed from the second repair on.
  std::optional<bool> rerun_all_failed_tasks{};    ///< Either this or rerun_tasks.
  std::optional<bool> rerun_dependent_tasks{};     ///< Also those that succeeded.
  std::vector<std::string> rerun_tasks;            ///< Their keys.
};

/// What workspace::jobs() gives. A cheap copy of a shared handle; calls from any thread. Requests
/// are encoded before a method returns. Those that hold documents are passed as named lvalues.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  kiln::task<jobs::create::response> create(jobs::create const& r,
                                            call_options const& o = {}) const;
  kiln::task<jobs::create::response> create(jobs::create&& r,
                                            call_options const& o = {}) const = delete;
  kiln::task<void> delete_(jobs::delete_ const& r, call_options const& o = {}) const;
  kiln::task<job> get(jobs::get const& r, call_options const& o = {}) const;
  /// Of all pages: tasks, job clusters, parameters and environments, however many there are. With
  /// an API before 2.2 the same as get(). A job that is changed meanwhile may come mixed.
  kiln::task<job> get_whole(jobs::get const& r, call_options const& o = {}) const;
  kiln::task<jobs::list::response> list(jobs::list const& r, call_options const& o = {}) const;
  /// Page by page, `limit` jobs in all; 0: all there are.
  pages<job> list_pages(jobs::list const& r = {}, std::int64_t limit = 0,
                        call_options const& o = {}) const;
  kiln::task<std::vector<job>> list_all(jobs::list const& r = {}, std::int64_t limit = 0,
                                        call_options const& o = {}) const;
  kiln::task<void> reset(jobs::reset const& r, call_options const& o = {}) const;
  kiln::task<void> reset(jobs::reset&& r, call_options const& o = {}) const = delete;
  kiln::task<void> update(jobs::update const& r, call_options const& o = {}) const;
  kiln::task<void> update(jobs::update&& r, call_options const& o = {}) const = delete;

  kiln::task<jobs::run_now::response> run_now(jobs::run_now const& r,
                                              call_options const& o = {}) const;
  kiln::task<jobs::run_now::response> run_now(jobs::run_now&& r,
                                              call_options const& o = {}) const = delete;
  kiln::task<jobs::runs_submit::response> runs_submit(jobs::runs_submit const& r,
                                                      call_options const& o = {}) const;
  kiln::task<jobs::runs_submit::response> runs_submit(jobs::runs_submit&& r,
                                                      call_options const& o = {}) const = delete;
  kiln::task<void> runs_cancel(jobs::runs_cancel const& r, call_options const& o = {}) const;
  kiln::task<void> runs_cancel_all(jobs::runs_cancel_all const& r,
                                   call_options const& o = {}) const;
  kiln::task<void> runs_delete(jobs::runs_delete const& r, call_options const& o = {}) const;
  kiln::task<jobs::runs_export::response> runs_export(jobs::runs_export const& r,
                                                      call_options const& o = {}) const;
  kiln::task<run> runs_get(jobs::runs_get const& r, call_options const& o = {}) const;
  /// Of all pages: tasks or iterations, job clusters, parameters and repairs. With an API before
  /// 2.2 the same as runs_get(). What is told of the run itself is of the first page.
  kiln::task<run> runs_get_whole(jobs::runs_get const& r, call_options const& o = {}) const;
  kiln::task<jobs::runs_get_output::response> runs_get_output(jobs::runs_get_output const& r,
                                                              call_options const& o = {}) const;
  kiln::task<jobs::runs_list::response> runs_list(jobs::runs_list const& r,
                                                  call_options const& o = {}) const;
  /// Page by page, `limit` runs in all; 0: all there are.
  pages<run> runs_list_pages(jobs::runs_list const& r = {}, std::int64_t limit = 0,
                             call_options const& o = {}) const;
  kiln::task<std::vector<run>> runs_list_all(jobs::runs_list const& r = {}, std::int64_t limit = 0,
                                             call_options const& o = {}) const;
  kiln::task<jobs::runs_repair::response> runs_repair(jobs::runs_repair const& r,
                                                      call_options const& o = {}) const;
  kiln::task<jobs::runs_repair::response> runs_repair(jobs::runs_repair&& r,
                                                      call_options const& o = {}) const = delete;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace jobs
}  // namespace kiln
