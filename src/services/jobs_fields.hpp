#pragma once

#include "services/jobs_run_fields.hpp"
#include "services/jobs_tables.hpp"

#include <kiln/fields.hpp>
#include <kiln/services/jobs.hpp>

// The JSON form of the requests and answers of API 2.1.
namespace kiln::jobs {

void fields(auto& io, job& v) {
  io("created_time", v.created_time);
  io("creator_user_name", v.creator_user_name);
  io("has_more", v.has_more);
  io("job_id", v.job_id);
  io("next_page_token", v.next_page_token);
  io("run_as_user_name", v.run_as_user_name);
  io("settings", v.settings);
}
void fields(auto& io, create& v) {
  fields(io, static_cast<job_settings&>(v));
  io("access_control_list", v.access_control_list);
}
void fields(auto& io, create::response& v) { io("job_id", v.job_id); }
void fields(auto& io, delete_& v) { io("job_id", v.job_id); }
void fields(auto& io, get& v) {
  io("job_id", v.job_id);
  io("page_token", v.page_token);
}
void fields(auto& io, list& v) {
  io("expand_tasks", v.expand_tasks);
  io("limit", v.limit);
  io("name", v.name);
  io("offset", v.offset);
  io("page_token", v.page_token);
}
void fields(auto& io, list::response& v) {
  io("has_more", v.has_more);
  io("jobs", v.jobs);
  io("next_page_token", v.next_page_token);
  io("prev_page_token", v.prev_page_token);
}
void fields(auto& io, reset& v) {
  io("job_id", v.job_id);
  io("new_settings", v.new_settings);
}
void fields(auto& io, update& v) {
  io("job_id", v.job_id);
  io("fields_to_remove", v.fields_to_remove);
  io("new_settings", v.new_settings);
}
void fields(auto& io, run_now& v) {
  io("job_id", v.job_id);
  fields(io, static_cast<run_parameters&>(v));
  io("idempotency_token", v.idempotency_token);
  io("job_parameters", v.job_parameters);
  io("queue", v.queue);
}
void fields(auto& io, run_now::response& v) {
  io("number_in_job", v.number_in_job);
  io("run_id", v.run_id);
}
void fields(auto& io, runs_submit& v) {
  io("access_control_list", v.access_control_list);
  io("email_notifications", v.email_notifications);
  io("environments", v.environments);
  io("git_source", v.git_source);
  io("health", v.health);
  io("idempotency_token", v.idempotency_token);
  io("notification_settings", v.notification_settings);
  io("queue", v.queue);
  io("run_as", v.run_as);
  io("run_name", v.run_name);
  io("tasks", v.tasks);
  io("timeout_seconds", v.timeout_seconds);
  io("webhook_notifications", v.webhook_notifications);
}
void fields(auto& io, runs_submit::response& v) { io("run_id", v.run_id); }
void fields(auto& io, runs_cancel& v) { io("run_id", v.run_id); }
void fields(auto& io, runs_cancel_all& v) {
  io("all_queued_runs", v.all_queued_runs);
  io("job_id", v.job_id);
}
void fields(auto& io, runs_delete& v) { io("run_id", v.run_id); }
void fields(auto& io, runs_export& v) {
  io("run_id", v.run_id);
  io("views_to_export", v.views_to_export);
}
void fields(auto& io, runs_export::response& v) { io("views", v.views); }
void fields(auto& io, runs_get& v) {
  io("run_id", v.run_id);
  io("include_history", v.include_history);
  io("include_resolved_values", v.include_resolved_values);
  io("page_token", v.page_token);
}
void fields(auto& io, runs_get_output& v) { io("run_id", v.run_id); }
void fields(auto& io, runs_get_output::response& v) {
  io("dbt_output", v.dbt_output);
  io("error", v.error);
  io("error_trace", v.error_trace);
  io("info", v.info);
  io("logs", v.logs);
  io("logs_truncated", v.logs_truncated);
  io("metadata", v.metadata);
  io("notebook_output", v.notebook_output);
  io("run_job_output", v.run_job_output);
  io("sql_output", v.sql_output);
}
void fields(auto& io, runs_list& v) {
  io("active_only", v.active_only);
  io("completed_only", v.completed_only);
  io("expand_tasks", v.expand_tasks);
  io("job_id", v.job_id);
  io("limit", v.limit);
  io("offset", v.offset);
  io("page_token", v.page_token);
  io("run_type", v.run_type);
  io("start_time_from", v.start_time_from);
  io("start_time_to", v.start_time_to);
}
void fields(auto& io, runs_list::response& v) {
  io("has_more", v.has_more);
  io("next_page_token", v.next_page_token);
  io("prev_page_token", v.prev_page_token);
  io("runs", v.runs);
}
void fields(auto& io, runs_repair& v) {
  io("run_id", v.run_id);
  fields(io, static_cast<run_parameters&>(v));
  io("job_parameters", v.job_parameters);
  io("latest_repair_id", v.latest_repair_id);
  io("rerun_all_failed_tasks", v.rerun_all_failed_tasks);
  io("rerun_dependent_tasks", v.rerun_dependent_tasks);
  io("rerun_tasks", v.rerun_tasks);
}
void fields(auto& io, runs_repair::response& v) { io("repair_id", v.repair_id); }

}  // namespace kiln::jobs
