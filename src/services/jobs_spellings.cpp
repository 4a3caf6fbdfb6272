#include <kiln/services/jobs_run_types.hpp>
#include <kiln/services/jobs_types.hpp>

// The words of the API for the enums of jobs and runs.
namespace kiln::jobs {

kiln::enum_table spellings(source) noexcept {
  static constexpr auto words = spell("GIT", "WORKSPACE");
  return words;
}
kiln::enum_table spellings(condition_task_op) noexcept {
  static constexpr auto words = spell("EQUAL_TO", "GREATER_THAN", "GREATER_THAN_OR_EQUAL",
                                      "LESS_THAN", "LESS_THAN_OR_EQUAL", "NOT_EQUAL");
  return words;
}
kiln::enum_table spellings(run_if) noexcept {
  static constexpr auto words = spell("ALL_DONE", "ALL_FAILED", "ALL_SUCCESS",
                                      "AT_LEAST_ONE_FAILED", "AT_LEAST_ONE_SUCCESS", "NONE_FAILED");
  return words;
}
kiln::enum_table spellings(health_metric) noexcept {
  static constexpr auto words =
      spell("RUN_DURATION_SECONDS", "STREAMING_BACKLOG_BYTES", "STREAMING_BACKLOG_FILES",
            "STREAMING_BACKLOG_RECORDS", "STREAMING_BACKLOG_SECONDS");
  return words;
}
kiln::enum_table spellings(health_operator) noexcept {
  static constexpr auto words = spell("GREATER_THAN");
  return words;
}
kiln::enum_table spellings(git_provider) noexcept {
  static constexpr auto words =
      spell("awsCodeCommit", "azureDevOpsServices", "bitbucketCloud", "bitbucketServer", "gitHub",
            "gitHubEnterprise", "gitLab", "gitLabEnterpriseEdition");
  return words;
}
kiln::enum_table spellings(job_source_dirty_state) noexcept {
  static constexpr auto words = spell("DISCONNECTED", "NOT_SYNCED");
  return words;
}
kiln::enum_table spellings(pause_status) noexcept {
  static constexpr auto words = spell("PAUSED", "UNPAUSED");
  return words;
}
kiln::enum_table spellings(periodic_unit) noexcept {
  static constexpr auto words = spell("DAYS", "HOURS", "TIME_UNIT_UNSPECIFIED", "WEEKS");
  return words;
}
kiln::enum_table spellings(table_condition) noexcept {
  static constexpr auto words = spell("ALL_UPDATED", "ANY_UPDATED");
  return words;
}
kiln::enum_table spellings(deployment_kind) noexcept {
  static constexpr auto words = spell("BUNDLE");
  return words;
}
kiln::enum_table spellings(job_edit_mode) noexcept {
  static constexpr auto words = spell("EDITABLE", "UI_LOCKED");
  return words;
}
kiln::enum_table spellings(job_format) noexcept {
  static constexpr auto words = spell("MULTI_TASK", "SINGLE_TASK");
  return words;
}
kiln::enum_table spellings(permission_level) noexcept {
  static constexpr auto words =
      spell("CAN_ATTACH_TO", "CAN_BIND", "CAN_EDIT", "CAN_EDIT_METADATA", "CAN_MANAGE",
            "CAN_MANAGE_PRODUCTION_VERSIONS", "CAN_MANAGE_RUN", "CAN_MANAGE_STAGING_VERSIONS",
            "CAN_QUERY", "CAN_READ", "CAN_RESTART", "CAN_RUN", "CAN_USE", "CAN_VIEW",
            "CAN_VIEW_METADATA", "IS_OWNER");
  return words;
}

kiln::enum_table spellings(run_life_cycle_state) noexcept {
  static constexpr auto words =
      spell("BLOCKED", "PENDING", "QUEUED", "RUNNING", "TERMINATING", "WAITING_FOR_RETRY",
            "INTERNAL_ERROR", "SKIPPED", "TERMINATED");
  return words;
}
kiln::enum_table spellings(run_result_state) noexcept {
  static constexpr auto words =
      spell("CANCELED", "EXCLUDED", "FAILED", "MAXIMUM_CONCURRENT_RUNS_REACHED", "SUCCESS",
            "SUCCESS_WITH_FAILURES", "TIMEDOUT", "UPSTREAM_CANCELED", "UPSTREAM_FAILED");
  return words;
}
kiln::enum_table spellings(run_type) noexcept {
  static constexpr auto words = spell("JOB_RUN", "SUBMIT_RUN", "WORKFLOW_RUN");
  return words;
}
kiln::enum_table spellings(trigger_type) noexcept {
  static constexpr auto words =
      spell("FILE_ARRIVAL", "ONE_TIME", "PERIODIC", "RETRY", "RUN_JOB_TASK", "TABLE");
  return words;
}
kiln::enum_table spellings(repair_type) noexcept {
  static constexpr auto words = spell("ORIGINAL", "REPAIR");
  return words;
}
kiln::enum_table spellings(sql_alert_state) noexcept {
  static constexpr auto words = spell("OK", "TRIGGERED", "UNKNOWN");
  return words;
}
kiln::enum_table spellings(sql_widget_status) noexcept {
  static constexpr auto words = spell("CANCELLED", "FAILED", "PENDING", "RUNNING", "SUCCESS");
  return words;
}
kiln::enum_table spellings(view_type) noexcept {
  static constexpr auto words = spell("DASHBOARD", "NOTEBOOK");
  return words;
}
kiln::enum_table spellings(views_to_export) noexcept {
  static constexpr auto words = spell("ALL", "CODE", "DASHBOARDS");
  return words;
}

bool is_final(run_state const& state) noexcept {
  auto const at = state.life_cycle_state.value();
  return at == run_life_cycle_state::terminated || at == run_life_cycle_state::skipped ||
         at == run_life_cycle_state::internal_error;
}

bool is_success(run_state const& state) noexcept {
  return is_final(state) && state.result_state == run_result_state::success;
}

}  // namespace kiln::jobs
