#pragma once

#include "services/compute_fields.hpp"

#include <kiln/fields.hpp>
#include <kiln/services/jobs_types.hpp>

// The JSON form of what jobs are.
namespace kiln::jobs {

void fields(auto& io, notebook_task& v) {
  io("notebook_path", v.notebook_path);
  io("base_parameters", v.base_parameters);
  io("revision_timestamp", v.revision_timestamp);
  io("source", v.source);
  io("warehouse_id", v.warehouse_id);
}
void fields(auto& io, spark_jar_task& v) {
  io("jar_uri", v.jar_uri);
  io("main_class_name", v.main_class_name);
  io("parameters", v.parameters);
}
void fields(auto& io, spark_python_task& v) {
  io("python_file", v.python_file);
  io("parameters", v.parameters);
  io("source", v.source);
}
void fields(auto& io, spark_submit_task& v) { io("parameters", v.parameters); }
void fields(auto& io, python_wheel_task& v) {
  io("package_name", v.package_name);
  io("entry_point", v.entry_point);
  io("named_parameters", v.named_parameters);
  io("parameters", v.parameters);
}
void fields(auto& io, pipeline_task& v) {
  io("pipeline_id", v.pipeline_id);
  io("full_refresh", v.full_refresh);
}
void fields(auto& io, dbt_task& v) {
  io("commands", v.commands);
  io("catalog", v.catalog);
  io("profiles_directory", v.profiles_directory);
  io("project_directory", v.project_directory);
  io("schema", v.schema);
  io("source", v.source);
  io("warehouse_id", v.warehouse_id);
}
void fields(auto& io, sql_task_subscription& v) {
  io("destination_id", v.destination_id);
  io("user_name", v.user_name);
}
void fields(auto& io, sql_task_alert& v) {
  io("alert_id", v.alert_id);
  io("pause_subscriptions", v.pause_subscriptions);
  io("subscriptions", v.subscriptions);
}
void fields(auto& io, sql_task_dashboard& v) {
  io("dashboard_id", v.dashboard_id);
  io("custom_subject", v.custom_subject);
  io("pause_subscriptions", v.pause_subscriptions);
  io("subscriptions", v.subscriptions);
}
void fields(auto& io, sql_task_file& v) {
  io("path", v.path);
  io("source", v.source);
}
void fields(auto& io, sql_task_query& v) { io("query_id", v.query_id); }
void fields(auto& io, sql_task& v) {
  io("warehouse_id", v.warehouse_id);
  io("alert", v.alert);
  io("dashboard", v.dashboard);
  io("file", v.file);
  io("parameters", v.parameters);
  io("query", v.query);
}
void fields(auto& io, condition_task& v) {
  io("op", v.op);
  io("left", v.left);
  io("right", v.right);
  io("outcome", v.outcome);
}
void fields(auto& io, for_each_task_run_stats& v) {
  io("active_iterations", v.active_iterations);
  io("completed_iterations", v.completed_iterations);
  io("failed_iterations", v.failed_iterations);
  io("scheduled_iterations", v.scheduled_iterations);
  io("succeeded_iterations", v.succeeded_iterations);
  io("total_iterations", v.total_iterations);
}
void fields(auto& io, for_each_error_message_stats& v) {
  io("count", v.count);
  io("error_message", v.error_message);
  io("termination_category", v.termination_category);
}
void fields(auto& io, for_each_stats& v) {
  io("error_message_stats", v.error_message_stats);
  io("task_run_stats", v.task_run_stats);
}
void fields(auto& io, for_each_task& v) {
  io("inputs", v.inputs);
  io("task", v.task);
  io("concurrency", v.concurrency);
  io("stats", v.stats);
}
void fields(auto& io, pipeline_params& v) { io("full_refresh", v.full_refresh); }
void fields(auto& io, run_parameters& v) {
  io("dbt_commands", v.dbt_commands);
  io("jar_params", v.jar_params);
  io("notebook_params", v.notebook_params);
  io("pipeline_params", v.pipeline_params);
  io("python_named_params", v.python_named_params);
  io("python_params", v.python_params);
  io("spark_submit_params", v.spark_submit_params);
  io("sql_params", v.sql_params);
}
void fields(auto& io, run_job_task& v) {
  io("job_id", v.job_id);
  fields(io, static_cast<run_parameters&>(v));
  io("job_parameters", v.job_parameters);
}
void fields(auto& io, task_dependency& v) {
  io("task_key", v.task_key);
  io("outcome", v.outcome);
}
void fields(auto& io, health_rule& v) {
  io("metric", v.metric);
  io("op", v.op);
  io("value", v.value);
}
void fields(auto& io, health_rules& v) { io("rules", v.rules); }
void fields(auto& io, email_notifications& v) {
  io("no_alert_for_skipped_runs", v.no_alert_for_skipped_runs);
  io("on_duration_warning_threshold_exceeded", v.on_duration_warning_threshold_exceeded);
  io("on_failure", v.on_failure);
  io("on_start", v.on_start);
  io("on_streaming_backlog_exceeded", v.on_streaming_backlog_exceeded);
  io("on_success", v.on_success);
}
void fields(auto& io, webhook& v) { io("id", v.id); }
void fields(auto& io, webhook_notifications& v) {
  io("on_duration_warning_threshold_exceeded", v.on_duration_warning_threshold_exceeded);
  io("on_failure", v.on_failure);
  io("on_start", v.on_start);
  io("on_streaming_backlog_exceeded", v.on_streaming_backlog_exceeded);
  io("on_success", v.on_success);
}
void fields(auto& io, job_notification_settings& v) {
  io("no_alert_for_canceled_runs", v.no_alert_for_canceled_runs);
  io("no_alert_for_skipped_runs", v.no_alert_for_skipped_runs);
}
void fields(auto& io, task_notification_settings& v) {
  io("alert_on_last_attempt", v.alert_on_last_attempt);
  io("no_alert_for_canceled_runs", v.no_alert_for_canceled_runs);
  io("no_alert_for_skipped_runs", v.no_alert_for_skipped_runs);
}
void fields(auto& io, task& v) {
  io("task_key", v.task_key);
  io("condition_task", v.condition_task);
  io("dbt_task", v.dbt_task);
  io("depends_on", v.depends_on);
  io("description", v.description);
  io("disable_auto_optimization", v.disable_auto_optimization);
  io("email_notifications", v.email_notifications);
  io("environment_key", v.environment_key);
  io("existing_cluster_id", v.existing_cluster_id);
  io("for_each_task", v.for_each_task);
  io("health", v.health);
  io("job_cluster_key", v.job_cluster_key);
  io("libraries", v.libraries);
  io("max_retries", v.max_retries);
  io("min_retry_interval_millis", v.min_retry_interval_millis);
  io("new_cluster", v.new_cluster);
  io("notebook_task", v.notebook_task);
  io("notification_settings", v.notification_settings);
  io("pipeline_task", v.pipeline_task);
  io("python_wheel_task", v.python_wheel_task);
  io("retry_on_timeout", v.retry_on_timeout);
  io("run_if", v.run_if);
  io("run_job_task", v.run_job_task);
  io("spark_jar_task", v.spark_jar_task);
  io("spark_python_task", v.spark_python_task);
  io("spark_submit_task", v.spark_submit_task);
  io("sql_task", v.sql_task);
  io("timeout_seconds", v.timeout_seconds);
  io("webhook_notifications", v.webhook_notifications);
}
void fields(auto& io, job_cluster& v) {
  io("job_cluster_key", v.job_cluster_key);
  io("new_cluster", v.new_cluster);
}
void fields(auto& io, job_environment& v) {
  io("environment_key", v.environment_key);
  io("spec", v.spec);
}
void fields(auto& io, git_snapshot& v) { io("used_commit", v.used_commit); }
void fields(auto& io, job_source& v) {
  io("job_config_path", v.job_config_path);
  io("import_from_git_branch", v.import_from_git_branch);
  io("dirty_state", v.dirty_state);
}
void fields(auto& io, git_source& v) {
  io("git_url", v.git_url);
  io("git_provider", v.git_provider);
  io("git_branch", v.git_branch);
  io("git_commit", v.git_commit);
  io("git_snapshot", v.git_snapshot);
  io("git_tag", v.git_tag);
  io("job_source", v.job_source);
}
void fields(auto& io, cron_schedule& v) {
  io("quartz_cron_expression", v.quartz_cron_expression);
  io("timezone_id", v.timezone_id);
  io("pause_status", v.pause_status);
}
void fields(auto& io, continuous& v) { io("pause_status", v.pause_status); }
void fields(auto& io, file_arrival_trigger& v) {
  io("url", v.url);
  io("min_time_between_triggers_seconds", v.min_time_between_triggers_seconds);
  io("wait_after_last_change_seconds", v.wait_after_last_change_seconds);
}
void fields(auto& io, periodic_trigger& v) {
  io("interval", v.interval);
  io("unit", v.unit);
}
void fields(auto& io, table_update_trigger& v) {
  io("condition", v.condition);
  io("min_time_between_triggers_seconds", v.min_time_between_triggers_seconds);
  io("table_names", v.table_names);
  io("wait_after_last_change_seconds", v.wait_after_last_change_seconds);
}
void fields(auto& io, trigger_settings& v) {
  io("file_arrival", v.file_arrival);
  io("pause_status", v.pause_status);
  io("periodic", v.periodic);
  io("table", v.table);
  io("table_update", v.table_update);
}
void fields(auto& io, queue_settings& v) { io("enabled", v.enabled); }
void fields(auto& io, job_parameter_definition& v) {
  io("name", v.name);
  io("default", v.default_);
}
void fields(auto& io, job_run_as& v) {
  io("service_principal_name", v.service_principal_name);
  io("user_name", v.user_name);
}
void fields(auto& io, job_deployment& v) {
  io("kind", v.kind);
  io("metadata_file_path", v.metadata_file_path);
}
void fields(auto& io, access_control_request& v) {
  io("group_name", v.group_name);
  io("permission_level", v.permission_level);
  io("service_principal_name", v.service_principal_name);
  io("user_name", v.user_name);
}
void fields(auto& io, job_settings& v) {
  io("continuous", v.continuous);
  io("deployment", v.deployment);
  io("description", v.description);
  io("edit_mode", v.edit_mode);
  io("email_notifications", v.email_notifications);
  io("environments", v.environments);
  io("format", v.format);
  io("git_source", v.git_source);
  io("health", v.health);
  io("job_clusters", v.job_clusters);
  io("max_concurrent_runs", v.max_concurrent_runs);
  io("name", v.name);
  io("notification_settings", v.notification_settings);
  io("parameters", v.parameters);
  io("queue", v.queue);
  io("run_as", v.run_as);
  io("schedule", v.schedule);
  io("tags", v.tags);
  io("tasks", v.tasks);
  io("timeout_seconds", v.timeout_seconds);
  io("trigger", v.trigger);
  io("webhook_notifications", v.webhook_notifications);
}

}  // namespace kiln::jobs

// Jobs and their runs hold these, and their tables take long to compile: jobs_type_tables.cpp has
// them.
namespace kiln {

extern template type_info const& type_of<jobs::access_control_request>();
extern template type_info const& type_of<jobs::condition_task>();
extern template type_info const& type_of<jobs::cron_schedule>();
extern template type_info const& type_of<jobs::dbt_task>();
extern template type_info const& type_of<jobs::email_notifications>();
extern template type_info const& type_of<jobs::for_each_task>();
extern template type_info const& type_of<jobs::git_source>();
extern template type_info const& type_of<jobs::health_rules>();
extern template type_info const& type_of<jobs::job_cluster>();
extern template type_info const& type_of<jobs::job_environment>();
extern template type_info const& type_of<jobs::notebook_task>();
extern template type_info const& type_of<jobs::pipeline_task>();
extern template type_info const& type_of<jobs::python_wheel_task>();
extern template type_info const& type_of<jobs::run_job_task>();
extern template type_info const& type_of<jobs::run_parameters>();
extern template type_info const& type_of<jobs::spark_jar_task>();
extern template type_info const& type_of<jobs::spark_python_task>();
extern template type_info const& type_of<jobs::spark_submit_task>();
extern template type_info const& type_of<jobs::sql_task>();
extern template type_info const& type_of<jobs::task>();
extern template type_info const& type_of<jobs::task_dependency>();
extern template type_info const& type_of<jobs::task_notification_settings>();
extern template type_info const& type_of<jobs::webhook_notifications>();

}  // namespace kiln
