#pragma once

#include "services/jobs_type_fields.hpp"

#include <kiln/fields.hpp>
#include <kiln/services/jobs_run_types.hpp>

// The JSON form of runs and of what they give.
namespace kiln::jobs {

void fields(auto& io, run_state& v) {
  io("life_cycle_state", v.life_cycle_state);
  io("queue_reason", v.queue_reason);
  io("result_state", v.result_state);
  io("state_message", v.state_message);
  io("user_cancelled_or_timedout", v.user_cancelled_or_timedout);
}
void fields(auto& io, trigger_info& v) { io("run_id", v.run_id); }
void fields(auto& io, cluster_instance& v) {
  io("cluster_id", v.cluster_id);
  io("spark_context_id", v.spark_context_id);
}
void fields(auto& io, cluster_spec& v) {
  io("existing_cluster_id", v.existing_cluster_id);
  io("job_cluster_key", v.job_cluster_key);
  io("libraries", v.libraries);
  io("new_cluster", v.new_cluster);
}
void fields(auto& io, job_parameter& v) {
  io("default", v.default_);
  io("name", v.name);
  io("value", v.value);
}
void fields(auto& io, resolved_values& v) {
  io("condition_task", v.condition_task);
  io("dbt_task", v.dbt_task);
  io("notebook_task", v.notebook_task);
  io("python_wheel_task", v.python_wheel_task);
  io("run_job_task", v.run_job_task);
  io("simulation_task", v.simulation_task);
  io("spark_jar_task", v.spark_jar_task);
  io("spark_python_task", v.spark_python_task);
  io("spark_submit_task", v.spark_submit_task);
  io("sql_task", v.sql_task);
}
void fields(auto& io, resolved_values::condition& v) {
  io("left", v.left);
  io("right", v.right);
}
void fields(auto& io, resolved_values::dbt& v) { io("commands", v.commands); }
void fields(auto& io, resolved_values::notebook& v) { io("base_parameters", v.base_parameters); }
void fields(auto& io, resolved_values::pairs& v) { io("parameters", v.parameters); }
void fields(auto& io, resolved_values::python_wheel& v) {
  io("named_parameters", v.named_parameters);
  io("parameters", v.parameters);
}
void fields(auto& io, resolved_values::run_job& v) {
  io("job_parameters", v.job_parameters);
  io("parameters", v.parameters);
}
void fields(auto& io, resolved_values::strings& v) { io("parameters", v.parameters); }
void fields(auto& io, run_task& v) {
  io("task_key", v.task_key);
  io("attempt_number", v.attempt_number);
  io("cleanup_duration", v.cleanup_duration);
  io("cluster_instance", v.cluster_instance);
  io("condition_task", v.condition_task);
  io("dbt_task", v.dbt_task);
  io("depends_on", v.depends_on);
  io("description", v.description);
  io("email_notifications", v.email_notifications);
  io("end_time", v.end_time);
  io("environment_key", v.environment_key);
  io("execution_duration", v.execution_duration);
  io("existing_cluster_id", v.existing_cluster_id);
  io("for_each_task", v.for_each_task);
  io("git_source", v.git_source);
  io("job_cluster_key", v.job_cluster_key);
  io("libraries", v.libraries);
  io("new_cluster", v.new_cluster);
  io("notebook_task", v.notebook_task);
  io("notification_settings", v.notification_settings);
  io("pipeline_task", v.pipeline_task);
  io("python_wheel_task", v.python_wheel_task);
  io("queue_duration", v.queue_duration);
  io("resolved_values", v.resolved_values);
  io("run_duration", v.run_duration);
  io("run_id", v.run_id);
  io("run_if", v.run_if);
  io("run_job_task", v.run_job_task);
  io("run_page_url", v.run_page_url);
  io("setup_duration", v.setup_duration);
  io("spark_jar_task", v.spark_jar_task);
  io("spark_python_task", v.spark_python_task);
  io("spark_submit_task", v.spark_submit_task);
  io("sql_task", v.sql_task);
  io("start_time", v.start_time);
  io("state", v.state);
  io("timeout_seconds", v.timeout_seconds);
  io("webhook_notifications", v.webhook_notifications);
}
void fields(auto& io, repair_history_item& v) {
  io("end_time", v.end_time);
  io("id", v.id);
  io("start_time", v.start_time);
  io("state", v.state);
  io("task_run_ids", v.task_run_ids);
  io("type", v.type);
}
void fields(auto& io, run& v) {
  io("attempt_number", v.attempt_number);
  io("cleanup_duration", v.cleanup_duration);
  io("cluster_instance", v.cluster_instance);
  io("cluster_spec", v.cluster_spec);
  io("creator_user_name", v.creator_user_name);
  io("description", v.description);
  io("end_time", v.end_time);
  io("execution_duration", v.execution_duration);
  io("git_source", v.git_source);
  io("has_more", v.has_more);
  io("iterations", v.iterations);
  io("job_clusters", v.job_clusters);
  io("job_id", v.job_id);
  io("job_parameters", v.job_parameters);
  io("next_page_token", v.next_page_token);
  io("number_in_job", v.number_in_job);
  io("original_attempt_run_id", v.original_attempt_run_id);
  io("overriding_parameters", v.overriding_parameters);
  io("queue_duration", v.queue_duration);
  io("repair_history", v.repair_history);
  io("run_duration", v.run_duration);
  io("run_id", v.run_id);
  io("run_name", v.run_name);
  io("run_page_url", v.run_page_url);
  io("run_type", v.run_type);
  io("schedule", v.schedule);
  io("setup_duration", v.setup_duration);
  io("start_time", v.start_time);
  io("state", v.state);
  io("tasks", v.tasks);
  io("trigger", v.trigger);
  io("trigger_info", v.trigger_info);
}
void fields(auto& io, notebook_output& v) {
  io("result", v.result);
  io("truncated", v.truncated);
}
void fields(auto& io, dbt_output& v) {
  io("artifacts_headers", v.artifacts_headers);
  io("artifacts_link", v.artifacts_link);
}
void fields(auto& io, run_job_output& v) { io("run_id", v.run_id); }
void fields(auto& io, sql_statement_output& v) { io("lookup_key", v.lookup_key); }
void fields(auto& io, sql_alert_output& v) {
  io("alert_state", v.alert_state);
  io("output_link", v.output_link);
  io("query_text", v.query_text);
  io("sql_statements", v.sql_statements);
  io("warehouse_id", v.warehouse_id);
}
void fields(auto& io, sql_output_error& v) { io("message", v.message); }
void fields(auto& io, sql_dashboard_widget_output& v) {
  io("end_time", v.end_time);
  io("error", v.error);
  io("output_link", v.output_link);
  io("start_time", v.start_time);
  io("status", v.status);
  io("widget_id", v.widget_id);
  io("widget_title", v.widget_title);
}
void fields(auto& io, sql_dashboard_output& v) {
  io("warehouse_id", v.warehouse_id);
  io("widgets", v.widgets);
}
void fields(auto& io, sql_query_output& v) {
  io("endpoint_id", v.endpoint_id);
  io("output_link", v.output_link);
  io("query_text", v.query_text);
  io("sql_statements", v.sql_statements);
  io("warehouse_id", v.warehouse_id);
}
void fields(auto& io, sql_output& v) {
  io("alert_output", v.alert_output);
  io("dashboard_output", v.dashboard_output);
  io("query_output", v.query_output);
}
void fields(auto& io, view_item& v) {
  io("content", v.content);
  io("name", v.name);
  io("type", v.type);
}

}  // namespace kiln::jobs
