#pragma once

#include "services/jobs_run_fields.hpp"
#include "services/jobs_tables.hpp"

#include <kiln/fields.hpp>
#include <kiln/services/jobs20.hpp>

// The JSON form of the requests and answers of API 2.0.
namespace kiln::jobs20 {

void fields(auto& io, job_task& v) {
  io("notebook_task", v.notebook_task);
  io("spark_jar_task", v.spark_jar_task);
  io("spark_python_task", v.spark_python_task);
  io("spark_submit_task", v.spark_submit_task);
}
void fields(auto& io, job_settings& v) {
  fields(io, static_cast<job_task&>(v));
  io("existing_cluster_id", v.existing_cluster_id);
  io("new_cluster", v.new_cluster);
  io("name", v.name);
  io("libraries", v.libraries);
  io("email_notifications", v.email_notifications);
  io("timeout_seconds", v.timeout_seconds);
  io("max_retries", v.max_retries);
  io("min_retry_interval_millis", v.min_retry_interval_millis);
  io("retry_on_timeout", v.retry_on_timeout);
  io("schedule", v.schedule);
  io("max_concurrent_runs", v.max_concurrent_runs);
}
void fields(auto& io, job& v) {
  io("job_id", v.job_id);
  io("creator_user_name", v.creator_user_name);
  io("settings", v.settings);
  io("created_time", v.created_time);
}
void fields(auto& io, create& v) { fields(io, static_cast<job_settings&>(v)); }
void fields(auto& io, create::response& v) { io("job_id", v.job_id); }
void fields(auto& io, delete_& v) { io("job_id", v.job_id); }
void fields(auto& io, get& v) { io("job_id", v.job_id); }
void fields(auto&, list&) {}
void fields(auto& io, list::response& v) { io("jobs", v.jobs); }
void fields(auto& io, reset& v) {
  io("job_id", v.job_id);
  io("new_settings", v.new_settings);
}
void fields(auto& io, update& v) {
  io("job_id", v.job_id);
  io("new_settings", v.new_settings);
  io("fields_to_remove", v.fields_to_remove);
}
void fields(auto& io, run_parameters& v) {
  io("jar_params", v.jar_params);
  io("notebook_params", v.notebook_params);
  io("python_params", v.python_params);
  io("spark_submit_params", v.spark_submit_params);
}
void fields(auto& io, run_now& v) {
  io("job_id", v.job_id);
  fields(io, static_cast<run_parameters&>(v));
  io("idempotency_token", v.idempotency_token);
}
void fields(auto& io, run_now::response& v) {
  io("run_id", v.run_id);
  io("number_in_job", v.number_in_job);
}
void fields(auto& io, runs_submit& v) {
  fields(io, static_cast<job_task&>(v));
  io("existing_cluster_id", v.existing_cluster_id);
  io("new_cluster", v.new_cluster);
  io("run_name", v.run_name);
  io("libraries", v.libraries);
  io("timeout_seconds", v.timeout_seconds);
  io("idempotency_token", v.idempotency_token);
}
void fields(auto& io, runs_submit::response& v) { io("run_id", v.run_id); }
void fields(auto& io, runs_cancel& v) { io("run_id", v.run_id); }
void fields(auto& io, runs_cancel_all& v) { io("job_id", v.job_id); }
void fields(auto& io, runs_delete& v) { io("run_id", v.run_id); }
void fields(auto& io, runs_export& v) {
  io("run_id", v.run_id);
  io("views_to_export", v.views_to_export);
}
void fields(auto& io, runs_export::response& v) { io("views", v.views); }
void fields(auto& io, run& v) {
  io("job_id", v.job_id);
  io("run_id", v.run_id);
  io("number_in_job", v.number_in_job);
  io("original_attempt_run_id", v.original_attempt_run_id);
  io("state", v.state);
  io("schedule", v.schedule);
  io("task", v.task);
  io("cluster_spec", v.cluster_spec);
  io("cluster_instance", v.cluster_instance);
  io("overriding_parameters", v.overriding_parameters);
  io("start_time", v.start_time);
  io("setup_duration", v.setup_duration);
  io("execution_duration", v.execution_duration);
  io("cleanup_duration", v.cleanup_duration);
  io("trigger", v.trigger);
  io("creator_user_name", v.creator_user_name);
  io("run_name", v.run_name);
  io("run_page_url", v.run_page_url);
  io("run_type", v.run_type);
}
void fields(auto& io, runs_get& v) { io("run_id", v.run_id); }
void fields(auto& io, runs_get_output& v) { io("run_id", v.run_id); }
void fields(auto& io, runs_get_output::response& v) {
  io("notebook_output", v.notebook_output);
  io("error", v.error);
  io("metadata", v.metadata);
}
void fields(auto& io, runs_list& v) {
  io("active_only", v.active_only);
  io("completed_only", v.completed_only);
  io("job_id", v.job_id);
  io("offset", v.offset);
  io("limit", v.limit);
}
void fields(auto& io, runs_list::response& v) {
  io("runs", v.runs);
  io("has_more", v.has_more);
}

}  // namespace kiln::jobs20
