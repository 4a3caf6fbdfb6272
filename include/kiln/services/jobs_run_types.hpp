#pragma once

#include <kiln/services/jobs_types.hpp>
#include <kiln/timestamp.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What became of a job: its runs, their states and what they gave. Shared by
/// kiln/services/jobs.hpp (API 2.1) and jobs20.hpp (API 2.0).
namespace kiln::jobs {

/// pending > running > terminating > terminated. skipped comes straight from pending: the job ran
/// already as often as it may. internal_error is the service's own failure, from any of them.
/// queued, blocked (by other tasks) and waiting_for_retry come before pending. The last three of
/// the enum are final; a state this library does not know is not.
enum class run_life_cycle_state : std::uint8_t {
  blocked,
  pending,
  queued,
  running,
  terminating,
  waiting_for_retry,
  internal_error,
  skipped,
  terminated,
};
kiln::enum_table spellings(run_life_cycle_state) noexcept;

/// Stands once the run has terminated, never while it is pending, running or when it was skipped;
/// never changes once it stands.
enum class run_result_state : std::uint8_t {
  canceled,
  excluded,
  failed,
  maximum_concurrent_runs_reached,
  success,
  success_with_failures,
  timedout,
  upstream_canceled,
  upstream_failed,
};
kiln::enum_table spellings(run_result_state) noexcept;

struct run_state {
  open_enum<run_life_cycle_state> life_cycle_state;
  std::string queue_reason;  ///< Not in API 2.0.
  open_enum<run_result_state> result_state;
  std::string state_message;  ///< For people.
  std::optional<bool> user_cancelled_or_timedout{};
};

/// Whether the run will change no more. False for states that are not known here.
[[nodiscard]] bool is_final(run_state const& state) noexcept;
/// Whether it has come to its end and its result is success.
[[nodiscard]] bool is_success(run_state const& state) noexcept;

enum class run_type : std::uint8_t {
  job_run,     ///< Of a job: by run_now, a schedule, a trigger.
  submit_run,  ///< One time, by runs/submit.
  workflow_run,
};
kiln::enum_table spellings(run_type) noexcept;

enum class trigger_type : std::uint8_t {
  file_arrival,
  one_time,
  periodic,
  retry,
  run_job_task,
  table,
};
kiln::enum_table spellings(trigger_type) noexcept;

/// For a run of a run_job_task: the run that started it.
struct trigger_info {
  std::optional<std::int64_t> run_id{};
};

struct cluster_instance {
  std::string cluster_id;  ///< Known once the cluster is asked for.
  std::string spark_context_id;
};

/// What a run was asked to run on.
struct cluster_spec {
  std::string existing_cluster_id;
  std::string job_cluster_key;  ///< Not in API 2.0.
  std::vector<compute::library> libraries;
  std::optional<compute::cluster_spec> new_cluster{};
};

struct job_parameter {
  std::string default_;
  std::string name;
  std::string value;
};

/// Parameters with their references replaced; each kind of task has those that it may have.
struct resolved_values {
  struct condition {
    std::string left;
    std::string right;
  };
  struct dbt {
    std::vector<std::string> commands;
  };
  struct notebook {
    std::map<std::string, std::string> base_parameters;
  };
  struct pairs {
    std::map<std::string, std::string> parameters;
  };
  struct python_wheel {
    std::map<std::string, std::string> named_parameters;
    std::vector<std::string> parameters;
  };
  struct run_job {
    std::map<std::string, std::string> job_parameters;
    std::map<std::string, std::string> parameters;
  };
  struct strings {
    std::vector<std::string> parameters;
  };
  std::optional<condition> condition_task{};
  std::optional<dbt> dbt_task{};
  std::optional<notebook> notebook_task{};
  std::optional<python_wheel> python_wheel_task{};
  std::optional<run_job> run_job_task{};
  std::optional<pairs> simulation_task{};
  std::optional<strings> spark_jar_task{};
  std::optional<strings> spark_python_task{};
  std::optional<strings> spark_submit_task{};
  std::optional<pairs> sql_task{};
};

/// A task of a run; its run_id is its own, for runs/get-output. Durations are milliseconds.
struct run_task {
  std::string task_key;
  std::optional<std::int32_t> attempt_number{};  ///< 0 for the first.
  std::optional<std::int64_t> cleanup_duration{};
  std::optional<jobs::cluster_instance> cluster_instance{};
  std::optional<jobs::condition_task> condition_task{};
  std::optional<jobs::dbt_task> dbt_task{};
  std::vector<task_dependency> depends_on;
  std::string description;
  std::optional<jobs::email_notifications> email_notifications{};
  std::optional<timestamp> end_time{};
  std::string environment_key;
  std::optional<std::int64_t> execution_duration{};
  std::string existing_cluster_id;
  std::optional<jobs::for_each_task> for_each_task{};
  std::optional<jobs::git_source> git_source{};
  std::string job_cluster_key;
  std::vector<compute::library> libraries;
  std::optional<compute::cluster_spec> new_cluster{};
  std::optional<jobs::notebook_task> notebook_task{};
  std::optional<task_notification_settings> notification_settings{};
  std::optional<jobs::pipeline_task> pipeline_task{};
  std::optional<jobs::python_wheel_task> python_wheel_task{};
  std::optional<std::int64_t> queue_duration{};
  std::optional<jobs::resolved_values> resolved_values{};
  std::optional<std::int64_t> run_duration{};
  std::int64_t run_id = 0;
  open_enum<jobs::run_if> run_if;
  std::optional<jobs::run_job_task> run_job_task{};
  std::string run_page_url;
  std::optional<std::int64_t> setup_duration{};
  std::optional<jobs::spark_jar_task> spark_jar_task{};
  std::optional<jobs::spark_python_task> spark_python_task{};
  std::optional<jobs::spark_submit_task> spark_submit_task{};
  std::optional<jobs::sql_task> sql_task{};
  std::optional<timestamp> start_time{};
  run_state state;
  std::optional<std::int32_t> timeout_seconds{};
  std::optional<jobs::webhook_notifications> webhook_notifications{};
};

enum class repair_type : std::uint8_t { original, repair };
kiln::enum_table spellings(repair_type) noexcept;

struct repair_history_item {
  std::optional<timestamp> end_time{};
  std::int64_t id = 0;  ///< 0 for the original run.
  std::optional<timestamp> start_time{};
  run_state state;
  std::vector<std::int64_t> task_run_ids;
  open_enum<repair_type> type;
};

/// A run, as API 2.1 has it. Durations are milliseconds; those of setup, execution and cleanup are
/// 0 for runs of several tasks, which tell them task by task.
struct run {
  std::optional<std::int32_t> attempt_number{};
  std::optional<std::int64_t> cleanup_duration{};
  std::optional<jobs::cluster_instance> cluster_instance{};
  std::optional<jobs::cluster_spec> cluster_spec{};
  std::string creator_user_name;
  std::string description;
  std::optional<timestamp> end_time{};  ///< 0 while it runs.
  std::optional<std::int64_t> execution_duration{};
  std::optional<jobs::git_source> git_source{};
  /// API 2.2: a list goes on. In lists of runs, when asked for tasks: see runs_get_whole().
  bool has_more = false;
  std::vector<run_task> iterations;  ///< API 2.2: of the one for_each_task that is in `tasks`.
  std::vector<job_cluster> job_clusters;
  std::int64_t job_id = 0;
  std::vector<job_parameter> job_parameters;
  std::string next_page_token;  ///< API 2.2: empty on the last page. Not in lists of runs.
  std::optional<std::int64_t> number_in_job{};
  std::optional<std::int64_t> original_attempt_run_id{};
  std::optional<run_parameters> overriding_parameters{};
  std::optional<std::int64_t> queue_duration{};
  std::vector<repair_history_item> repair_history;  ///< Asked for by include_history.
  std::optional<std::int64_t> run_duration{};
  std::int64_t run_id = 0;
  std::string run_name;
  std::string run_page_url;
  open_enum<jobs::run_type> run_type;
  std::optional<cron_schedule> schedule{};
  std::optional<std::int64_t> setup_duration{};
  std::optional<timestamp> start_time{};
  run_state state;
  std::vector<run_task> tasks;
  open_enum<trigger_type> trigger;
  std::optional<jobs::trigger_info> trigger_info{};
};

// What a run gave.

struct notebook_output {
  std::string result;  ///< What dbutils.notebook.exit() was given, its first 5 MB.
  std::optional<bool> truncated{};
};

struct dbt_output {
  std::map<std::string, std::string> artifacts_headers;  ///< To be sent with the link.
  std::string artifacts_link;                            ///< Signed, for 30 minutes.
};

struct run_job_output {
  std::optional<std::int64_t> run_id{};
};

struct sql_statement_output {
  std::string lookup_key;
};

enum class sql_alert_state : std::uint8_t { ok, triggered, unknown };
kiln::enum_table spellings(sql_alert_state) noexcept;

struct sql_alert_output {
  open_enum<sql_alert_state> alert_state;
  std::string output_link;
  std::string query_text;
  std::vector<sql_statement_output> sql_statements;
  std::string warehouse_id;
};

enum class sql_widget_status : std::uint8_t { cancelled, failed, pending, running, success };
kiln::enum_table spellings(sql_widget_status) noexcept;

struct sql_output_error {
  std::string message;
};
struct sql_dashboard_widget_output {
  std::optional<timestamp> end_time{};
  std::optional<sql_output_error> error{};
  std::string output_link;
  std::optional<timestamp> start_time{};
  open_enum<sql_widget_status> status;
  std::string widget_id;
  std::string widget_title;
};
struct sql_dashboard_output {
  std::string warehouse_id;
  std::vector<sql_dashboard_widget_output> widgets;
};

struct sql_query_output {
  std::string endpoint_id;
  std::string output_link;
  std::string query_text;
  std::vector<sql_statement_output> sql_statements;
  std::string warehouse_id;
};

/// One of them.
struct sql_output {
  std::optional<sql_alert_output> alert_output{};
  std::optional<sql_dashboard_output> dashboard_output{};
  std::optional<sql_query_output> query_output{};
};

enum class view_type : std::uint8_t { dashboard, notebook };
kiln::enum_table spellings(view_type) noexcept;

/// A view as HTML.
struct view_item {
  std::string content;
  std::string name;
  open_enum<view_type> type;
};

/// `code` by default.
enum class views_to_export : std::uint8_t { all, code, dashboards };
kiln::enum_table spellings(views_to_export) noexcept;

}  // namespace kiln::jobs
