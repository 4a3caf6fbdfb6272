#pragma once

#include <kiln/fields.hpp>
#include <kiln/open_enum.hpp>
#include <kiln/services/compute_types.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a job is: its tasks, what starts them and who hears of it. Shared by kiln/services/jobs.hpp
/// (API 2.1) and jobs20.hpp (API 2.0). An empty string, list or map and a nullopt are not sent.
/// Source of every shape: https://docs.databricks.com/api/workspace/jobs (2.1) and
/// https://learn.microsoft.com/azure/databricks/dev-tools/api/2.0/jobs (2.0)
namespace kiln::jobs {

// What a task does. A task has exactly one of these.

/// Where a file of a task is: in the workspace, or in the job's git_source.
enum class source : std::uint8_t { git, workspace };
kiln::enum_table spellings(source) noexcept;

struct notebook_task {
  std::string notebook_path;  ///< Absolute in the workspace, relative in a repository.
  /// Overridden by the notebook_params of a run; dbutils.widgets.get() reads them.
  std::map<std::string, std::string> base_parameters;
  std::optional<std::int64_t> revision_timestamp{};  ///< API 2.0 only: of that revision.
  open_enum<jobs::source> source;                    ///< Not in API 2.0.
  std::string warehouse_id;                          ///< Not in API 2.0. For SQL cells only.
};

struct spark_jar_task {
  std::string jar_uri;  ///< Deprecated: name the jar in `libraries`.
  std::string main_class_name;
  std::vector<std::string> parameters;
};

struct spark_python_task {
  std::string python_file;  ///< "dbfs:/…", "s3:/…", a path of the workspace or of a repository.
  std::vector<std::string> parameters;
  open_enum<jobs::source> source;  ///< Not in API 2.0.
};

/// On a new cluster only.
struct spark_submit_task {
  std::vector<std::string> parameters;  ///< As of the command line, "--class" and so on.
};

struct python_wheel_task {
  std::string package_name;
  std::string entry_point;
  std::map<std::string, std::string> named_parameters;  ///< Either these or `parameters`.
  std::vector<std::string> parameters;
};

struct pipeline_task {
  std::string pipeline_id;
  std::optional<bool> full_refresh{};
};

struct dbt_task {
  std::vector<std::string> commands;  ///< At most 10, each beginning with "dbt".
  std::string catalog;
  std::string profiles_directory;
  std::string project_directory;
  std::string schema;
  open_enum<jobs::source> source;
  std::string warehouse_id;
};

/// Exactly one of them.
struct sql_task_subscription {
  std::string destination_id;
  std::string user_name;
};
struct sql_task_alert {
  std::string alert_id;
  std::optional<bool> pause_subscriptions{};
  std::vector<sql_task_subscription> subscriptions;
};
struct sql_task_dashboard {
  std::string dashboard_id;
  std::string custom_subject;
  std::optional<bool> pause_subscriptions{};
  std::vector<sql_task_subscription> subscriptions;
};
struct sql_task_file {
  std::string path;
  open_enum<jobs::source> source;
};
struct sql_task_query {
  std::string query_id;
};

/// One of alert, dashboard, file and query.
struct sql_task {
  std::string warehouse_id;
  std::optional<sql_task_alert> alert{};
  std::optional<sql_task_dashboard> dashboard{};
  std::optional<sql_task_file> file{};
  std::map<std::string, std::string> parameters;
  std::optional<sql_task_query> query{};
};

enum class condition_task_op : std::uint8_t {
  equal_to,
  greater_than,
  greater_than_or_equal,
  less_than,
  less_than_or_equal,
  not_equal,
};
kiln::enum_table spellings(condition_task_op) noexcept;

/// Compares; tasks that depend on it say with which outcome. Needs no cluster.
struct condition_task {
  open_enum<condition_task_op> op;
  std::string left;  ///< Text, or a reference such as "{{job.repair_count}}".
  std::string right;
  std::string outcome;  ///< Of a run: "true" or "false".
};

struct for_each_task_run_stats {
  std::optional<std::int32_t> active_iterations{};
  std::optional<std::int32_t> completed_iterations{};
  std::optional<std::int32_t> failed_iterations{};
  std::optional<std::int32_t> scheduled_iterations{};
  std::optional<std::int32_t> succeeded_iterations{};
  std::optional<std::int32_t> total_iterations{};
};
struct for_each_error_message_stats {
  std::optional<std::int32_t> count{};
  std::string error_message;
  std::string termination_category;
};
struct for_each_stats {
  std::vector<for_each_error_message_stats> error_message_stats;
  std::optional<for_each_task_run_stats> task_run_stats{};
};

/// Runs a task once for each input.
struct for_each_task {
  std::string inputs;  ///< A JSON array as text, or a reference to one.
  json_text task;      ///< A task as JSON: one type cannot hold itself.
  std::optional<std::int32_t> concurrency{};
  std::optional<for_each_stats> stats{};  ///< Of a run.
};

struct pipeline_params {
  std::optional<bool> full_refresh{};
};

/// What a run gives its tasks in place of what the job says. Which of them count depends on the
/// kinds of tasks. Each is at most 10,000 bytes as JSON.
struct run_parameters {
  std::vector<std::string> dbt_commands;
  std::vector<std::string> jar_params;
  std::map<std::string, std::string> notebook_params;
  std::optional<jobs::pipeline_params> pipeline_params{};
  std::map<std::string, std::string> python_named_params;
  std::vector<std::string> python_params;
  std::vector<std::string> spark_submit_params;
  std::map<std::string, std::string> sql_params;
};

/// Runs another job.
struct run_job_task : run_parameters {
  std::int64_t job_id = 0;
  std::map<std::string, std::string> job_parameters;
};

// When a task runs, and what happens when it fails.

struct task_dependency {
  std::string task_key;
  std::string outcome;  ///< Of a condition_task: "true" or "false".
};

/// What the tasks it depends on must have come to; all_success by default.
enum class run_if : std::uint8_t {
  all_done,
  all_failed,
  all_success,
  at_least_one_failed,
  at_least_one_success,
  none_failed,
};
kiln::enum_table spellings(run_if) noexcept;

enum class health_metric : std::uint8_t {
  run_duration_seconds,
  streaming_backlog_bytes,
  streaming_backlog_files,
  streaming_backlog_records,
  streaming_backlog_seconds,
};
kiln::enum_table spellings(health_metric) noexcept;

enum class health_operator : std::uint8_t { greater_than };
kiln::enum_table spellings(health_operator) noexcept;

struct health_rule {
  open_enum<health_metric> metric;
  open_enum<health_operator> op;
  std::int64_t value = 0;
};
struct health_rules {
  std::vector<health_rule> rules;
};

// Who hears of it.

/// Addresses, for each event.
struct email_notifications {
  std::optional<bool> no_alert_for_skipped_runs{};
  std::vector<std::string> on_duration_warning_threshold_exceeded;  ///< Not in API 2.0.
  std::vector<std::string> on_failure;
  std::vector<std::string> on_start;
  std::vector<std::string> on_streaming_backlog_exceeded;  ///< Not in API 2.0.
  std::vector<std::string> on_success;
};

struct webhook {
  std::string id;  ///< Of a notification destination.
};
/// At most 3 for each event.
struct webhook_notifications {
  std::vector<webhook> on_duration_warning_threshold_exceeded;
  std::vector<webhook> on_failure;
  std::vector<webhook> on_start;
  std::vector<webhook> on_streaming_backlog_exceeded;
  std::vector<webhook> on_success;
};

struct job_notification_settings {
  std::optional<bool> no_alert_for_canceled_runs{};
  std::optional<bool> no_alert_for_skipped_runs{};
};
struct task_notification_settings {
  std::optional<bool> alert_on_last_attempt{};
  std::optional<bool> no_alert_for_canceled_runs{};
  std::optional<bool> no_alert_for_skipped_runs{};
};

/// A task of a job, or of a one-time run (which knows neither retries nor job clusters). It runs on
/// an existing cluster, a new one of its own, one of the job's, or without (`environment_key`).
struct task {
  std::string task_key;  ///< At most 100 of [A-Za-z0-9_-]; unique in the job.
  std::optional<jobs::condition_task> condition_task{};
  std::optional<jobs::dbt_task> dbt_task{};
  std::vector<task_dependency> depends_on;
  std::string description;
  std::optional<bool> disable_auto_optimization{};
  std::optional<jobs::email_notifications> email_notifications{};
  std::string environment_key;
  std::string existing_cluster_id;
  std::optional<jobs::for_each_task> for_each_task{};
  std::optional<health_rules> health{};
  std::string job_cluster_key;
  std::vector<compute::library> libraries;
  std::optional<std::int32_t> max_retries{};  ///< -1: without end.
  std::optional<std::int32_t> min_retry_interval_millis{};
  std::optional<compute::cluster_spec> new_cluster{};
  std::optional<jobs::notebook_task> notebook_task{};
  std::optional<task_notification_settings> notification_settings{};
  std::optional<jobs::pipeline_task> pipeline_task{};
  std::optional<jobs::python_wheel_task> python_wheel_task{};
  std::optional<bool> retry_on_timeout{};
  open_enum<jobs::run_if> run_if;
  std::optional<jobs::run_job_task> run_job_task{};
  std::optional<jobs::spark_jar_task> spark_jar_task{};
  std::optional<jobs::spark_python_task> spark_python_task{};
  std::optional<jobs::spark_submit_task> spark_submit_task{};
  std::optional<jobs::sql_task> sql_task{};
  std::optional<std::int32_t> timeout_seconds{};  ///< 0: none.
  std::optional<jobs::webhook_notifications> webhook_notifications{};
};

// What a job shares among its tasks, and what starts it.

/// A cluster that tasks share by its key; made for the run, ended after its last task.
struct job_cluster {
  std::string job_cluster_key;
  compute::cluster_spec new_cluster;
};

struct job_environment {
  std::string environment_key;
  std::optional<compute::environment> spec{};
};

enum class git_provider : std::uint8_t {
  aws_code_commit,
  azure_dev_ops_services,
  bitbucket_cloud,
  bitbucket_server,
  git_hub,
  git_hub_enterprise,
  git_lab,
  git_lab_enterprise_edition,
};
kiln::enum_table spellings(git_provider) noexcept;

struct git_snapshot {
  std::string used_commit;
};

enum class job_source_dirty_state : std::uint8_t { disconnected, not_synced };
kiln::enum_table spellings(job_source_dirty_state) noexcept;

struct job_source {
  std::string job_config_path;
  std::string import_from_git_branch;
  open_enum<job_source_dirty_state> dirty_state;
};

/// A repository whose files the tasks name. One of branch, commit and tag.
struct git_source {
  std::string git_url;
  open_enum<jobs::git_provider> git_provider;
  std::string git_branch;
  std::string git_commit;
  std::optional<jobs::git_snapshot> git_snapshot{};  ///< Of a run: what was used.
  std::string git_tag;
  std::optional<jobs::job_source> job_source{};
};

enum class pause_status : std::uint8_t { paused, unpaused };
kiln::enum_table spellings(pause_status) noexcept;

struct cron_schedule {
  std::string quartz_cron_expression;  ///< "20 30 * * * ?"
  std::string timezone_id;             ///< "Europe/London"
  open_enum<jobs::pause_status> pause_status;
};

/// Always one run under way.
struct continuous {
  open_enum<jobs::pause_status> pause_status;
};

struct file_arrival_trigger {
  std::string url;
  std::optional<std::int32_t> min_time_between_triggers_seconds{};  ///< At least 60.
  std::optional<std::int32_t> wait_after_last_change_seconds{};     ///< At least 60.
};

enum class periodic_unit : std::uint8_t { days, hours, unspecified, weeks };
kiln::enum_table spellings(periodic_unit) noexcept;

struct periodic_trigger {
  std::optional<std::int32_t> interval{};
  open_enum<periodic_unit> unit;
};

enum class table_condition : std::uint8_t { all_updated, any_updated };
kiln::enum_table spellings(table_condition) noexcept;

struct table_update_trigger {
  open_enum<table_condition> condition;
  std::optional<std::int32_t> min_time_between_triggers_seconds{};  ///< At least 60.
  std::vector<std::string> table_names;
  std::optional<std::int32_t> wait_after_last_change_seconds{};  ///< At least 60.
};

/// One of them. `table` is an older name of `table_update`.
struct trigger_settings {
  std::optional<file_arrival_trigger> file_arrival{};
  open_enum<jobs::pause_status> pause_status;
  std::optional<periodic_trigger> periodic{};
  std::optional<table_update_trigger> table{};
  std::optional<table_update_trigger> table_update{};
};

/// Runs above a limit wait instead of being skipped; off by default in 2.0 and 2.1, on in 2.2.
struct queue_settings {
  bool enabled = false;
};

struct job_parameter_definition {
  std::string name;
  std::optional<std::string> default_{};
};

/// One of them.
struct job_run_as {
  std::string service_principal_name;
  std::string user_name;
};

enum class deployment_kind : std::uint8_t { bundle };
kiln::enum_table spellings(deployment_kind) noexcept;

struct job_deployment {
  open_enum<deployment_kind> kind;
  std::string metadata_file_path;
};

enum class job_edit_mode : std::uint8_t { editable, ui_locked };
kiln::enum_table spellings(job_edit_mode) noexcept;

enum class job_format : std::uint8_t { multi_task, single_task };
kiln::enum_table spellings(job_format) noexcept;

enum class permission_level : std::uint8_t {
  can_attach_to,
  can_bind,
  can_edit,
  can_edit_metadata,
  can_manage,
  can_manage_production_versions,
  can_manage_run,
  can_manage_staging_versions,
  can_query,
  can_read,
  can_restart,
  can_run,
  can_use,
  can_view,
  can_view_metadata,
  is_owner,
};
kiln::enum_table spellings(permission_level) noexcept;

/// One name, and what it may do.
struct access_control_request {
  std::string group_name;
  open_enum<jobs::permission_level> permission_level;
  std::string service_principal_name;
  std::string user_name;
};

/// All that is stored of a job, as API 2.1 has it.
struct job_settings {
  std::optional<jobs::continuous> continuous{};
  std::optional<job_deployment> deployment{};
  std::string description;
  open_enum<job_edit_mode> edit_mode;
  std::optional<jobs::email_notifications> email_notifications{};
  std::vector<job_environment> environments;
  open_enum<job_format> format;  ///< Told by the server, ignored by it.
  std::optional<jobs::git_source> git_source{};
  std::optional<health_rules> health{};
  std::vector<job_cluster> job_clusters;  ///< At most 100.
  /// At most 1000; 0 skips every run. Default: 1.
  std::optional<std::int32_t> max_concurrent_runs{};
  std::string name;  ///< At most 4096 bytes; not unique.
  std::optional<job_notification_settings> notification_settings{};
  std::vector<job_parameter_definition> parameters;
  std::optional<queue_settings> queue{};
  std::optional<job_run_as> run_as{};
  std::optional<cron_schedule> schedule{};
  std::map<std::string, std::string> tags;  ///< At most 25.
  std::vector<task> tasks;                  ///< At most 100.
  std::optional<std::int32_t> timeout_seconds{};
  std::optional<trigger_settings> trigger{};
  std::optional<jobs::webhook_notifications> webhook_notifications{};
};

}  // namespace kiln::jobs
