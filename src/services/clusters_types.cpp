#include <kiln/services/clusters_events.hpp>
#include <kiln/services/clusters_types.hpp>

// The API's words for what clusters, machines and events can be.
namespace kiln::clusters {

kiln::enum_table spellings(state) noexcept {
  static constexpr auto words = spell("ERROR", "PENDING", "RESIZING", "RESTARTING", "RUNNING",
                                      "TERMINATED", "TERMINATING", "UNKNOWN");
  return words;
}
kiln::enum_table spellings(cluster_source) noexcept {
  static constexpr auto words =
      spell("API", "JOB", "MODELS", "PIPELINE", "PIPELINE_MAINTENANCE", "SQL", "UI");
  return words;
}
kiln::enum_table spellings(node_obstacle) noexcept {
  static constexpr auto words = spell("NotAvailableInRegion", "NotEnabledOnSubscription");
  return words;
}
kiln::enum_table spellings(event_type) noexcept {
  static constexpr auto words = spell(
      "ADD_NODES_FAILED", "AUTOMATIC_CLUSTER_UPDATE", "AUTOSCALING_BACKOFF", "AUTOSCALING_FAILED",
      "AUTOSCALING_STATS_REPORT", "CLUSTER_MIGRATED", "CREATING", "DBFS_DOWN", "DECOMMISSION_ENDED",
      "DECOMMISSION_STARTED", "DEFERRED_POLICY_ENFORCEMENT_FAILED",
      "DEFERRED_POLICY_ENFORCEMENT_SCHEDULED", "DID_NOT_EXPAND_DISK", "DRIVER_HEALTHY",
      "DRIVER_NOT_RESPONDING", "DRIVER_UNAVAILABLE", "EDITED", "EXPANDED_DISK",
      "FAILED_TO_EXPAND_DISK", "INIT_SCRIPTS_FINISHED", "INIT_SCRIPTS_STARTED", "METASTORE_DOWN",
      "NODES_LOST", "NODE_BLACKLISTED", "NODE_EXCLUDED_DECOMMISSIONED", "PINNED", "RESIZING",
      "RESTARTING", "RUNNING", "SPARK_EXCEPTION", "STARTING", "TERMINATING",
      "UC_VOLUME_MISCONFIGURED", "UNPINNED", "UPSIZE_COMPLETED");
  static_assert(words.size() == static_cast<std::size_t>(event_type::upsize_completed) + 1);
  return words;
}
kiln::enum_table spellings(events_order) noexcept {
  static constexpr auto words = spell("ASC", "DESC");
  return words;
}
kiln::enum_table spellings(resize_cause) noexcept {
  static constexpr auto words = spell("AUTORECOVERY", "AUTOSCALE", "AUTOSCALE_V2", "DBR_AUTOSCALE",
                                      "REPLACE_BAD_NODES", "USER_REQUEST");
  return words;
}
kiln::enum_table spellings(init_script_status) noexcept {
  static constexpr auto words = spell("FAILED_EXECUTION", "FAILED_FETCH", "FUSE_MOUNT_FAILED",
                                      "NOT_EXECUTED", "SKIPPED", "SUCCEEDED", "UNKNOWN");
  return words;
}
kiln::enum_table spellings(data_plane_event_type) noexcept {
  static constexpr auto words = spell("NODE_BLACKLISTED", "NODE_EXCLUDED_DECOMMISSIONED");
  return words;
}

}  // namespace kiln::clusters
