#pragma once

#include <kiln/services/clusters_termination.hpp>
#include <kiln/services/compute_types.hpp>
#include <kiln/timestamp.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What clusters and the machines they may be made of look like.
/// Source: https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/clusters
namespace kiln::clusters {

/// pending > running > terminating > terminated. A running cluster may be resizing or restarting
/// for a while; every state but terminated may turn into terminating.
enum class state : std::uint8_t {
  error,  ///< Not used.
  pending,
  resizing,
  restarting,
  running,
  terminated,
  terminating,
  unknown,
};
kiln::enum_table spellings(state) noexcept;

enum class cluster_source : std::uint8_t {
  api,
  job,
  models,
  pipeline,
  pipeline_maintenance,
  sql,
  ui,
};
kiln::enum_table spellings(cluster_source) noexcept;

struct node_aws_attributes {
  std::optional<bool> is_spot{};
};

/// A machine of a running cluster. Addresses are those of the cluster's own network.
struct spark_node {
  std::string host_private_ip;
  std::string instance_id;  ///< The cloud's name of it.
  std::optional<clusters::node_aws_attributes> node_aws_attributes{};
  std::string node_id;
  std::string private_ip;  ///< Of Spark, in its container.
  std::string public_dns;
  std::optional<timestamp> start_timestamp{};
};

struct log_sync_status {
  std::optional<timestamp> last_attempted{};
  std::string last_exception;  ///< Empty: the last attempt went well.
};

/// A cluster as the server has it: what it was asked to be (as in compute::cluster_spec, with the
/// server's defaults in place), what it is, and what it was made of.
struct cluster {
  std::string cluster_id;
  std::string cluster_name;
  open_enum<clusters::state> state;
  std::string state_message;
  /// Of clusters that terminated or are about to.
  std::optional<clusters::termination_reason> termination_reason{};
  open_enum<clusters::cluster_source> cluster_source;
  std::string creator_user_name;

  std::optional<timestamp> start_time{};            ///< When it was created.
  std::optional<timestamp> terminated_time{};       ///< Absent while it runs.
  std::optional<timestamp> last_state_loss_time{};  ///< When the driver last began anew.
  std::optional<timestamp> last_restarted_time{};

  // What it has now.
  std::optional<double> cluster_cores{};  ///< May be a part of a core, as machines are shared.
  std::optional<std::int64_t> cluster_memory_mb{};
  std::optional<spark_node> driver{};
  std::vector<spark_node> executors;
  std::optional<std::int32_t> jdbc_port{};
  std::optional<std::int64_t> spark_context_id{};  ///< Changes whenever the driver begins anew.
  std::optional<log_sync_status> cluster_log_status{};
  std::map<std::string, std::string> default_tags;  ///< Vendor, Creator, ClusterName, ClusterId, …

  // What it is to be.
  std::optional<compute::autoscale> autoscale{};
  std::optional<std::int32_t> num_workers{};
  std::string node_type_id;
  std::string driver_node_type_id;
  std::string instance_pool_id;
  std::string driver_instance_pool_id;
  std::optional<compute::node_type_flexibility> driver_node_type_flexibility{};
  std::optional<compute::node_type_flexibility> worker_node_type_flexibility{};
  std::string spark_version;
  open_enum<compute::runtime_engine> runtime_engine;
  std::map<std::string, std::string> spark_conf;
  std::map<std::string, std::string> spark_env_vars;
  std::optional<std::int32_t> autotermination_minutes{};  ///< 0: never.
  std::map<std::string, std::string> custom_tags;
  std::optional<compute::aws_attributes> aws_attributes{};
  std::optional<compute::azure_attributes> azure_attributes{};
  std::optional<compute::gcp_attributes> gcp_attributes{};
  std::optional<compute::cluster_log_conf> cluster_log_conf{};
  std::optional<compute::docker_image> docker_image{};
  std::vector<compute::init_script_info> init_scripts;
  std::optional<bool> enable_elastic_disk{};
  std::optional<bool> enable_local_disk_encryption{};
  std::optional<std::int32_t> remote_disk_throughput{};          ///< Mb/s.
  std::optional<std::int32_t> total_initial_remote_disk_size{};  ///< GB.
  open_enum<compute::data_security_mode> data_security_mode;
  open_enum<compute::dependency_mode> dependency_mode;
  std::string single_user_name;
  std::string policy_id;
  std::vector<std::string> ssh_public_keys;
  std::optional<compute::workload_type> workload_type{};
  std::optional<bool> is_single_node{};
  open_enum<compute::cluster_kind> kind;
  std::optional<bool> use_ml_runtime{};

  /// As its creator or last editor gave it, without defaults of the server or of a policy.
  std::optional<compute::cluster_spec> spec{};
};

/// Why a node type cannot be had.
enum class node_obstacle : std::uint8_t { not_available_in_region, not_enabled_on_subscription };
kiln::enum_table spellings(node_obstacle) noexcept;

struct cloud_node_info {
  std::vector<open_enum<node_obstacle>> status;  ///< Empty: it can be had.
};

struct node_instance_type {
  std::string instance_type_id;
  std::optional<std::int32_t> local_disk_size_gb{};
  std::optional<std::int32_t> local_disks{};
  std::optional<std::int32_t> local_nvme_disk_size_gb{};
  std::optional<std::int32_t> local_nvme_disks{};
};

/// A kind of machine.
struct node_type {
  std::string node_type_id;  ///< "Standard_DS3_v2"
  std::int32_t memory_mb = 0;
  double num_cores = 0;     ///< 0.5: two of them share a core.
  std::string description;  ///< For people.
  std::string instance_type_id;
  std::string category;  ///< "General Purpose"
  std::optional<std::int32_t> display_order{};
  std::optional<bool> is_deprecated{};
  std::optional<bool> is_encrypted_in_transit{};
  std::optional<bool> is_graviton{};
  std::optional<bool> is_hidden{};
  std::optional<bool> is_io_cache_enabled{};
  std::optional<cloud_node_info> node_info{};
  std::optional<clusters::node_instance_type> node_instance_type{};
  std::optional<std::int32_t> num_gpus{};
  std::optional<bool> photon_driver_capable{};
  std::optional<bool> photon_worker_capable{};
  std::optional<bool> support_cluster_tags{};
  std::optional<bool> support_ebs_volumes{};
  std::optional<bool> support_port_forwarding{};
  std::optional<bool> supports_elastic_disk{};
};

/// A runtime a cluster can be made of; kiln/runtime_version.hpp chooses among them.
struct spark_version {
  std::string key;   ///< What compute::cluster_spec::spark_version takes.
  std::string name;  ///< "7.3 LTS (includes Apache Spark 3.0.1, Scala 2.12)"
};

}  // namespace kiln::clusters
