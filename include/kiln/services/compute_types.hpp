#pragma once

#include <kiln/open_enum.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What clusters, pools, jobs and libraries say of machines and of what is installed on them.
/// An empty string, list or map and a nullopt are not sent: the server's default then holds.
/// Source of every shape:
/// https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/clusters
namespace kiln::compute {

/// Both bounds count workers; the driver comes on top.
struct autoscale {
  std::optional<std::int32_t> min_workers{};
  std::optional<std::int32_t> max_workers{};
};

// What the clouds lend machines for, and which of theirs.

enum class aws_availability : std::uint8_t { on_demand, spot, spot_with_fallback };
kiln::enum_table spellings(aws_availability) noexcept;

enum class ebs_volume_type : std::uint8_t { general_purpose_ssd, throughput_optimized_hdd };
kiln::enum_table spellings(ebs_volume_type) noexcept;

struct aws_attributes {
  open_enum<aws_availability> availability;
  std::optional<std::int32_t> ebs_volume_count{};  ///< A node, 0 to 10.
  std::optional<std::int32_t> ebs_volume_iops{};
  std::optional<std::int32_t> ebs_volume_size{};        ///< GiB.
  std::optional<std::int32_t> ebs_volume_throughput{};  ///< MiB/s.
  open_enum<compute::ebs_volume_type> ebs_volume_type;
  /// So many nodes, the driver first, are not spot instances.
  std::optional<std::int32_t> first_on_demand{};
  std::string instance_profile_arn;
  std::optional<std::int32_t> spot_bid_price_percent{};  ///< Of the on-demand price.
  std::string zone_id;                                   ///< "us-west-2a", or "auto".
};

enum class azure_availability : std::uint8_t {
  on_demand_azure,
  spot_azure,
  spot_with_fallback_azure,
};
kiln::enum_table spellings(azure_availability) noexcept;

struct log_analytics_info {
  std::string log_analytics_primary_key;  ///< A secret.
  std::string log_analytics_workspace_id;
};

struct azure_attributes {
  open_enum<azure_availability> availability;
  std::string capacity_reservation_group;
  /// So many nodes, the driver first, are not spot instances; at least 1.
  std::optional<std::int32_t> first_on_demand{};
  std::optional<compute::log_analytics_info> log_analytics_info{};
  /// Dollars an hour; -1: never evicted for the price.
  std::optional<double> spot_bid_max_price{};
};

enum class gcp_availability : std::uint8_t {
  on_demand_gcp,
  preemptible_gcp,
  preemptible_with_fallback_gcp,
};
kiln::enum_table spellings(gcp_availability) noexcept;

enum class confidential_compute_type : std::uint8_t { none, sev_snp };
kiln::enum_table spellings(confidential_compute_type) noexcept;

struct gcp_attributes {
  open_enum<gcp_availability> availability;
  std::optional<std::int32_t> boot_disk_size{};  ///< GB.
  open_enum<compute::confidential_compute_type> confidential_compute_type;
  std::optional<std::int32_t> first_on_demand{};
  std::string google_service_account;
  std::optional<std::int32_t> local_ssd_count{};  ///< A node; each has 375 GB.
  std::optional<bool> use_preemptible_executors{};
  std::string zone_id;  ///< "HA", "AUTO", or a zone.
};

/// Node types that may stand in for the one asked for, the best first.
struct node_type_flexibility {
  std::vector<std::string> alternate_node_type_ids;
};

// Where logs go and init scripts come from.

/// A place named by a URL or a path: "dbfs:/logs", "/Volumes/a/b/c", "abfss://…", "gs://…".
struct storage_location {
  std::string destination;
};

struct s3_location {
  std::string destination;  ///< "s3://bucket/prefix"
  std::string canned_acl;   ///< "bucket-owner-full-control"
  std::optional<bool> enable_encryption{};
  std::string encryption_type;  ///< "sse-s3" or "sse-kms".
  std::string endpoint;         ///< Either this or `region`.
  std::string kms_key;
  std::string region;
};

/// Exactly one of them. Logs are delivered every five minutes.
struct cluster_log_conf {
  std::optional<storage_location> dbfs{};
  std::optional<s3_location> s3{};
  std::optional<storage_location> volumes{};
};

/// Exactly one of them. The scripts of a cluster run one after the other, in their order.
struct init_script_info {
  std::optional<storage_location> abfss{};
  std::optional<storage_location> dbfs{};
  std::optional<storage_location> file{};  ///< Of the image of the container.
  std::optional<storage_location> gcs{};
  std::optional<s3_location> s3{};
  std::optional<storage_location> volumes{};
  std::optional<storage_location> workspace{};
};

// What runs on a cluster.

struct docker_basic_auth {
  std::string password;  ///< A secret.
  std::string username;
};

struct docker_image {
  std::optional<docker_basic_auth> basic_auth{};
  std::string url;
};

struct clients_types {
  std::optional<bool> jobs{};
  std::optional<bool> notebooks{};
};

/// What a cluster may be used for; all of it by default.
struct workload_type {
  std::optional<clients_types> clients{};
};

struct maven_library {
  std::string coordinates;              ///< "org.jsoup:jsoup:1.7.2"
  std::vector<std::string> exclusions;  ///< "slf4j:slf4j", "*:hadoop-client"
  std::string repo;                     ///< Default: Maven Central and Spark Packages.
};

/// A package of PyPI ("simplejson==3.8.0") or of CRAN ("geojson"), or of `repo` instead.
struct package_library {
  std::string package;
  std::string repo;
};

/// Exactly one of them.
struct library {
  std::optional<package_library> cran{};
  std::string egg;  ///< The path of a file, as are the next four.
  std::string jar;
  std::optional<maven_library> maven{};
  std::optional<package_library> pypi{};
  std::string requirements;
  std::string whl;
};

/// What a serverless task needs installed.
struct environment {
  std::string client;                     ///< The version of the environment, "1".
  std::vector<std::string> dependencies;  ///< Lines of a requirements file.
};

enum class data_security_mode : std::uint8_t {
  auto_,
  dedicated,
  standard,
  legacy_passthrough,
  legacy_single_user,
  legacy_single_user_standard,
  legacy_table_acl,
  none,
  single_user,
  user_isolation,
};
kiln::enum_table spellings(data_security_mode) noexcept;

enum class dependency_mode : std::uint8_t { auto_, cluster_libraries, environments };
kiln::enum_table spellings(dependency_mode) noexcept;

enum class runtime_engine : std::uint8_t { null, photon, standard };
kiln::enum_table spellings(runtime_engine) noexcept;

enum class cluster_kind : std::uint8_t { classic_preview };
kiln::enum_table spellings(cluster_kind) noexcept;

/// A cluster to be made: its size (num_workers or autoscale), its machines (node types or a pool)
/// and its software. A policy may fill in or forbid members.
struct cluster_spec {
  /// Members that are left out are filled in from the policy's defaults.
  std::optional<bool> apply_policy_default_values{};
  std::optional<compute::autoscale> autoscale{};
  std::optional<std::int32_t> autotermination_minutes{};  ///< 10 to 10000; 0: never.
  std::optional<compute::aws_attributes> aws_attributes{};
  std::optional<compute::azure_attributes> azure_attributes{};
  std::optional<compute::cluster_log_conf> cluster_log_conf{};
  std::string cluster_name;                        ///< Not unique. A job names its clusters itself.
  std::map<std::string, std::string> custom_tags;  ///< At most 43.
  open_enum<compute::data_security_mode> data_security_mode;
  open_enum<compute::dependency_mode> dependency_mode;
  std::optional<compute::docker_image> docker_image{};
  std::string driver_instance_pool_id;  ///< Default: instance_pool_id.
  std::optional<node_type_flexibility> driver_node_type_flexibility{};
  std::string driver_node_type_id;            ///< Default: node_type_id.
  std::optional<bool> enable_elastic_disk{};  ///< Disks grow when they run full.
  std::optional<bool> enable_local_disk_encryption{};
  std::optional<compute::gcp_attributes> gcp_attributes{};
  std::vector<init_script_info> init_scripts;
  std::string instance_pool_id;
  std::optional<bool> is_single_node{};
  open_enum<cluster_kind> kind;
  std::string node_type_id;
  std::optional<std::int32_t> num_workers{};  ///< 0: the driver alone.
  std::string policy_id;
  std::optional<std::int32_t> remote_disk_throughput{};  ///< Mb/s.
  open_enum<compute::runtime_engine> runtime_engine;     ///< Default: as spark_version says.
  std::string single_user_name;                          ///< For data_security_mode single_user.
  std::map<std::string, std::string> spark_conf;
  std::map<std::string, std::string> spark_env_vars;
  std::string spark_version;                 ///< A runtime key; see kiln/runtime_version.hpp.
  std::vector<std::string> ssh_public_keys;  ///< At most 10, for the user "ubuntu" on port 2200.
  std::optional<std::int32_t> total_initial_remote_disk_size{};  ///< GB.
  std::optional<bool> use_ml_runtime{};
  std::optional<node_type_flexibility> worker_node_type_flexibility{};
  std::optional<compute::workload_type> workload_type{};
};

}  // namespace kiln::compute
