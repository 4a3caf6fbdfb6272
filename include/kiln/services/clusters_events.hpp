#pragma once

#include <kiln/services/clusters_termination.hpp>
#include <kiln/services/compute_types.hpp>
#include <kiln/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a cluster's log of events tells.
/// Source: https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/clusters
namespace kiln::clusters {

enum class event_type : std::uint8_t {
  add_nodes_failed,
  automatic_cluster_update,
  autoscaling_backoff,
  autoscaling_failed,
  autoscaling_stats_report,
  cluster_migrated,
  creating,
  dbfs_down,
  decommission_ended,
  decommission_started,
  deferred_policy_enforcement_failed,
  deferred_policy_enforcement_scheduled,
  did_not_expand_disk,
  driver_healthy,
  driver_not_responding,
  driver_unavailable,
  edited,
  expanded_disk,
  failed_to_expand_disk,
  init_scripts_finished,
  init_scripts_started,
  metastore_down,
  nodes_lost,
  node_blacklisted,
  node_excluded_decommissioned,
  pinned,
  resizing,
  restarting,
  running,
  spark_exception,
  starting,
  terminating,
  uc_volume_misconfigured,
  unpinned,
  upsize_completed,
};
kiln::enum_table spellings(event_type) noexcept;

/// By time.
enum class events_order : std::uint8_t { ascending, descending };
kiln::enum_table spellings(events_order) noexcept;

/// Why a cluster changed its size.
enum class resize_cause : std::uint8_t {
  autorecovery,
  autoscale,
  autoscale_v2,
  dbr_autoscale,
  replace_bad_nodes,
  user_request,
};
kiln::enum_table spellings(resize_cause) noexcept;

/// Either a number or bounds.
struct cluster_size {
  std::optional<compute::autoscale> autoscale{};
  std::optional<std::int32_t> num_workers{};
};

enum class init_script_status : std::uint8_t {
  failed_execution,
  failed_fetch,
  fuse_mount_failed,
  not_executed,  ///< One before it failed.
  skipped,
  succeeded,
  unknown,
};
kiln::enum_table spellings(init_script_status) noexcept;

struct init_script_execution {
  std::string error_message;
  std::optional<std::int32_t> execution_duration_seconds{};
  open_enum<init_script_status> status;
};

/// A script and what came of it: in `script` and `execution_details` as API 2.0 says it, in the
/// other members as 2.1 does.
struct init_script_outcome {
  std::optional<compute::init_script_info> script{};
  std::optional<init_script_execution> execution_details{};

  std::optional<compute::storage_location> abfss{};
  std::optional<compute::storage_location> dbfs{};
  std::optional<compute::storage_location> file{};
  std::optional<compute::storage_location> gcs{};
  std::optional<compute::s3_location> s3{};
  std::optional<compute::storage_location> volumes{};
  std::optional<compute::storage_location> workspace{};
  std::string error_message;
  std::optional<std::int32_t> execution_duration_seconds{};
  open_enum<init_script_status> status;
  std::string stderr_text;  ///< "stderr": the end of it.
};

struct init_script_events {
  std::vector<init_script_outcome> cluster;  ///< The cluster's own, in their order.
  std::vector<init_script_outcome> global;   ///< The workspace's.
  std::string reported_for_node;
};

/// Each type of event has some of these.
struct event_details {
  std::optional<compute::cluster_spec> attributes{};  ///< Of creating and edited.
  std::optional<compute::cluster_spec> previous_attributes{};
  open_enum<resize_cause> cause;
  std::optional<clusters::cluster_size> cluster_size{};
  std::optional<clusters::cluster_size> previous_cluster_size{};
  std::optional<std::int32_t> current_num_vcpus{};
  std::optional<std::int32_t> current_num_workers{};
  std::optional<std::int32_t> target_num_vcpus{};
  std::optional<std::int32_t> target_num_workers{};
  std::string did_not_expand_reason;
  std::optional<std::int64_t> disk_size{};  ///< Bytes.
  std::optional<std::int64_t> previous_disk_size{};
  std::optional<std::int64_t> free_space{};
  std::string driver_state_message;
  std::optional<bool> enable_termination_for_node_blocklisted{};
  std::optional<init_script_events> init_scripts{};
  std::string instance_id;
  std::string job_run_name;
  std::optional<termination_reason> reason{};  ///< Of terminating.
  std::string user;                            ///< Who did it; empty: the service.
};

enum class data_plane_event_type : std::uint8_t { node_blacklisted, node_excluded_decommissioned };
kiln::enum_table spellings(data_plane_event_type) noexcept;

struct data_plane_event_details {
  open_enum<data_plane_event_type> event_type;
  std::optional<std::int32_t> executor_failures{};
  std::string host_id;
  std::optional<kiln::timestamp> timestamp{};
};

struct cluster_event {
  std::string cluster_id;
  std::optional<clusters::data_plane_event_details> data_plane_event_details{};
  std::optional<event_details> details{};
  std::optional<kiln::timestamp> timestamp{};
  open_enum<event_type> type;
};

}  // namespace kiln::clusters
