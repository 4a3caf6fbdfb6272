#include "emulator/clusters_catalog.hpp"
#include "emulator/clusters_state.hpp"
#include "emulator/service.hpp"

#include <kiln/runtime_version.hpp>

namespace kiln::emulation {

namespace {

constexpr std::size_t custom_tags_max = 43;
constexpr std::size_t ssh_keys_max = 10;
constexpr std::int32_t autotermination_min = 10;
constexpr std::int32_t autotermination_max = 10'000;
constexpr std::int32_t workers_max = 100'000;

outcome<void> check_size(compute::cluster_spec const& spec) {
  if (spec.num_workers.has_value() == spec.autoscale.has_value()) {
    return invalid_parameter(spec.num_workers
                                 ? "Only one of num_workers and autoscale may be specified"
                                 : "Missing required field: size");
  }
  if (spec.num_workers && (*spec.num_workers < 0 || *spec.num_workers > workers_max)) {
    return invalid_parameter("num_workers must be between 0 and " + std::to_string(workers_max));
  }
  if (spec.autoscale) {
    auto const low = spec.autoscale->min_workers.value_or(0);
    auto const high = spec.autoscale->max_workers.value_or(0);
    if (low < 0 || high <= low || high > workers_max) {
      return invalid_parameter(
          "max_workers must be greater than min_workers, and neither negative");
    }
  }
  return {};
}

outcome<void> check_machines(compute::cluster_spec const& spec) {
  if (spec.node_type_id.empty() && spec.instance_pool_id.empty()) {
    return invalid_parameter("Missing required field: node_type_id");
  }
  if (!spec.node_type_id.empty() && !spec.instance_pool_id.empty()) {
    return invalid_parameter(
        "The field 'node_type_id' cannot be supplied when an instance pool ID is provided.");
  }
  for (auto const& id : {spec.node_type_id, spec.driver_node_type_id}) {
    if (!id.empty() && find_node_type(id) == nullptr) {
      return invalid_parameter("Node type " + id +
                               " is not supported; clusters/list-node-types has those that are");
    }
  }
  return {};
}

}  // namespace

outcome<void> check_spec(compute::cluster_spec const& spec) {
  if (spec.spark_version.empty()) return invalid_parameter("Missing required field: spark_version");
  if (!runtime_version::parse(spec.spark_version)) {
    return invalid_parameter("Invalid spark version " + spec.spark_version + '.');
  }
  if (auto good = check_size(spec); !good) return good;
  if (auto good = check_machines(spec); !good) return good;
  auto const minutes = spec.autotermination_minutes.value_or(0);
  if (minutes != 0 && (minutes < autotermination_min || minutes > autotermination_max)) {
    return invalid_parameter("autotermination_minutes must be 0 or between 10 and 10000");
  }
  if (spec.custom_tags.size() > custom_tags_max) {
    return invalid_parameter("A cluster has at most 43 custom tags");
  }
  if (spec.ssh_public_keys.size() > ssh_keys_max) {
    return invalid_parameter("A cluster has at most 10 SSH public keys");
  }
  return {};
}

}  // namespace kiln::emulation
