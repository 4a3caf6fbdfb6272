#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/services/compute_types.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Instance pools API 2.0: idle machines kept ready, so that clusters start sooner.
/// An unknown pool is errc::not_found.
/// Source of every shape:
/// https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/instance-pools
namespace kiln {

class engine;

namespace instance_pools {

enum class aws_availability : std::uint8_t { on_demand, spot };
kiln::enum_table spellings(aws_availability) noexcept;

struct aws_attributes {
  open_enum<aws_availability> availability;
  std::string instance_profile_arn;
  std::optional<std::int32_t> spot_bid_price_percent{};  ///< Of the on-demand price.
  std::string zone_id;                                   ///< "us-west-2a"
};

enum class azure_availability : std::uint8_t { on_demand_azure, spot_azure };
kiln::enum_table spellings(azure_availability) noexcept;

struct azure_attributes {
  open_enum<azure_availability> availability;
  std::string capacity_reservation_group;
  /// Dollars an hour; -1: never evicted for the price.
  std::optional<double> spot_bid_max_price{};
};

struct gcp_attributes {
  open_enum<compute::gcp_availability> gcp_availability;
  std::optional<std::int32_t> local_ssd_count{};  ///< A node; each has 375 GB.
  std::string zone_id;
};

enum class azure_disk_volume_type : std::uint8_t { premium_lrs, standard_lrs };
kiln::enum_table spellings(azure_disk_volume_type) noexcept;

/// One of them.
struct disk_type {
  open_enum<instance_pools::azure_disk_volume_type> azure_disk_volume_type;
  open_enum<compute::ebs_volume_type> ebs_volume_type;
};

/// The disks of every machine, beside those its type brings along.
struct disk_spec {
  std::optional<std::int32_t> disk_count{};
  std::optional<std::int32_t> disk_iops{};
  std::optional<std::int32_t> disk_size{};        ///< GiB each.
  std::optional<std::int32_t> disk_throughput{};  ///< MiB/s each.
  std::optional<instance_pools::disk_type> disk_type{};
};

enum class state : std::uint8_t { active, deleted, stopped };
kiln::enum_table spellings(state) noexcept;

/// Machines of a pool. Together they are never more than its max_capacity.
struct pool_stats {
  std::int32_t used_count = 0;
  std::int32_t idle_count = 0;
  std::int32_t pending_used_count = 0;  ///< Starting, for a cluster that waits.
  std::int32_t pending_idle_count = 0;  ///< Starting, to be idle.
};

/// A machine that could not be had.
struct pending_instance_error {
  std::string instance_id;
  std::string message;
};

struct pool_status {
  std::vector<pending_instance_error> pending_instance_errors;
};

/// A pool. It is ready when stats.idle_count has reached min_idle_instances.
struct instance_pool {
  std::string instance_pool_id;
  std::string instance_pool_name;
  open_enum<instance_pools::state> state;
  std::optional<pool_stats> stats{};
  std::optional<pool_status> status{};

  std::string node_type_id;
  std::optional<compute::node_type_flexibility> node_type_flexibility{};
  std::optional<bool> enable_auto_alternate_node_types{};
  std::optional<std::int32_t> min_idle_instances{};
  std::optional<std::int32_t> max_capacity{};
  std::optional<std::int32_t> idle_instance_autotermination_minutes{};
  std::optional<instance_pools::aws_attributes> aws_attributes{};
  std::optional<instance_pools::azure_attributes> azure_attributes{};
  std::optional<instance_pools::gcp_attributes> gcp_attributes{};
  std::optional<instance_pools::disk_spec> disk_spec{};
  std::optional<bool> enable_elastic_disk{};
  std::optional<std::int32_t> remote_disk_throughput{};          ///< Mb/s.
  std::optional<std::int32_t> total_initial_remote_disk_size{};  ///< GB.
  std::map<std::string, std::string> custom_tags;
  std::map<std::string, std::string> default_tags;  ///< Vendor, DatabricksInstancePoolId, …
  std::vector<compute::docker_image> preloaded_docker_images;
  std::vector<std::string> preloaded_spark_versions;
};

/// Makes a pool. Names are unique, so a repeat is refused: after a lost answer, look the pool up by
/// its name.
struct create {
  static constexpr endpoint at{verb::post, "/api/2.0/instance-pools/create",
                               repeat::not_idempotent};
  struct response {
    std::string instance_pool_id;
  };
  std::string instance_pool_name;  ///< Unique, below 100 characters.
  std::string node_type_id;
  std::optional<instance_pools::aws_attributes> aws_attributes{};
  std::optional<instance_pools::azure_attributes> azure_attributes{};
  std::map<std::string, std::string> custom_tags;  ///< At most 41.
  std::optional<instance_pools::disk_spec> disk_spec{};
  std::optional<bool> enable_auto_alternate_node_types{};
  std::optional<bool> enable_elastic_disk{};
  std::optional<instance_pools::gcp_attributes> gcp_attributes{};
  /// When a machine beyond min_idle_instances is given back; 0: at once.
  std::optional<std::int32_t> idle_instance_autotermination_minutes{};
  std::optional<std::int32_t> max_capacity{};        ///< Used and idle machines; default: no bound.
  std::optional<std::int32_t> min_idle_instances{};  ///< Default 0.
  std::optional<compute::node_type_flexibility> node_type_flexibility{};
  std::vector<compute::docker_image> preloaded_docker_images;
  std::vector<std::string> preloaded_spark_versions;             ///< At most one.
  std::optional<std::int32_t> remote_disk_throughput{};          ///< Mb/s.
  std::optional<std::int32_t> total_initial_remote_disk_size{};  ///< GB.
};

/// Ends a pool: idle machines go at once, those in use when their clusters end. A second delete
/// answers not_found.
struct delete_ {
  static constexpr endpoint at{verb::post, "/api/2.0/instance-pools/delete",
                               repeat::not_idempotent};
  using response = void;
  std::string_view instance_pool_id;
};

/// Changes a pool's name, tags, size and times. The node type must be given as it is.
struct edit {
  static constexpr endpoint at{verb::post, "/api/2.0/instance-pools/edit", repeat::idempotent};
  using response = void;
  std::string instance_pool_id;
  std::string instance_pool_name;
  std::string node_type_id;
  std::map<std::string, std::string> custom_tags;
  std::optional<bool> enable_auto_alternate_node_types{};
  std::optional<std::int32_t> idle_instance_autotermination_minutes{};
  std::optional<std::int32_t> max_capacity{};
  std::optional<std::int32_t> min_idle_instances{};
  std::optional<std::int32_t> remote_disk_throughput{};
  std::optional<std::int32_t> total_initial_remote_disk_size{};
};

struct get {
  static constexpr endpoint at{verb::get, "/api/2.0/instance-pools/get", repeat::safe};
  using response = instance_pool;
  std::string_view instance_pool_id;
};

/// Every pool that is not deleted, in one answer.
struct list {
  static constexpr endpoint at{verb::get, "/api/2.0/instance-pools/list", repeat::safe};
  struct response {
    std::vector<instance_pool> instance_pools;
  };
};

/// What workspace::instance_pools() gives. A cheap copy of a shared handle; calls from any thread.
/// Requests are encoded before a method returns, so views in them need live no longer than the call
/// expression.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<instance_pools::create::response> create(instance_pools::create const& r,
                                                call_options const& options = {}) const;
  task<instance_pools::create::response> create(instance_pools::create&& r,
                                                call_options const& options = {}) const = delete;
  task<void> delete_(instance_pools::delete_ const& r, call_options const& options = {}) const;
  task<void> edit(instance_pools::edit const& r, call_options const& options = {}) const;
  task<void> edit(instance_pools::edit&& r, call_options const& options = {}) const = delete;
  task<instance_pool> get(instance_pools::get const& r, call_options const& options = {}) const;
  task<instance_pools::list::response> list(call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace instance_pools
}  // namespace kiln
