#include "emulator/instance_pools_state.hpp"

#include "emulator/clusters_catalog.hpp"
#include "emulator/service.hpp"

#include <algorithm>
#include <utility>

namespace kiln::emulation {

instance_pools_state::instance_pools_state(std::chrono::milliseconds starting, std::uint64_t seed)
    : starting_(starting), seed_(seed), random_(seed + 1) {}

void instance_pools_state::clear() {
  pools_.clear();
  random_ = random_source(seed_ + 1);
}

std::int64_t instance_pools_state::machines_of(pool const& p) {
  auto count = static_cast<std::int64_t>(p.idle.size() + p.starting.size());
  for (auto const& [cluster, l] : p.loans) count += l.machines;
  return count;
}

void instance_pools_state::settle(pool& p, wall_time now) const {
  while (!p.starting.empty() && p.starting.front() <= now) {
    p.idle.push_back(p.starting.front());
    p.starting.pop_front();
  }
  auto const least = static_cast<std::size_t>(std::max(0, p.said.min_idle_instances.value_or(0)));
  auto const patience =
      std::chrono::minutes(p.said.idle_instance_autotermination_minutes.value_or(0));
  while (p.idle.size() > least && p.idle.front() + patience <= now) p.idle.pop_front();
  auto const most = p.said.max_capacity.value_or(machines_max);
  auto wanted = static_cast<std::int64_t>(least) -
                static_cast<std::int64_t>(p.idle.size() + p.starting.size());
  wanted = std::min(wanted, most - machines_of(p));
  for (; wanted > 0; --wanted) p.starting.push_back(now + starting_);
}

outcome<instance_pools_state::pool*> instance_pools_state::find(std::string const& id,
                                                                wall_time now) {
  auto const at = pools_.find(id);
  if (at == pools_.end()) return not_found("Can't find an instance pool with id: " + id);
  settle(at->second, now);
  return &at->second;
}

template <class Request>
outcome<void> instance_pools_state::check(std::string const& id, Request const& wanted) const {
  constexpr std::size_t name_max = 100;
  constexpr std::size_t tags_max = 41;
  constexpr std::int32_t idle_minutes_max = 10'000;
  auto const& name = wanted.instance_pool_name;
  auto const idle_min = wanted.min_idle_instances.value_or(0);
  auto const& capacity = wanted.max_capacity;
  auto const minutes = wanted.idle_instance_autotermination_minutes.value_or(0);
  if (name.empty()) return invalid_parameter("Missing required field: instance_pool_name");
  if (name.size() >= name_max) {
    return invalid_parameter("instance_pool_name must be below 100 characters");
  }
  if (minutes < 0 || minutes > idle_minutes_max) {
    return invalid_parameter("idle_instance_autotermination_minutes must be between 0 and 10000");
  }
  if (wanted.custom_tags.size() > tags_max) {
    return invalid_parameter("A pool has at most 41 custom tags");
  }
  if (idle_min < 0 || idle_min > machines_max || (capacity && *capacity < std::max(1, idle_min))) {
    return invalid_parameter("max_capacity must not be below min_idle_instances, nor that below 0");
  }
  for (auto const& [other, p] : pools_) {
    if (other != id && p.said.instance_pool_name == name) {
      return invalid_parameter("An instance pool with name '" + name + "' already exists");
    }
  }
  return {};
}

outcome<std::string> instance_pools_state::create(instance_pools::create const& spec,
                                                  std::string const& user, moment now) {
  if (auto good = check({}, spec); !good) return good.error();
  if (spec.node_type_id.empty()) return invalid_parameter("Missing required field: node_type_id");
  if (find_node_type(spec.node_type_id) == nullptr) {
    return invalid_parameter("Node type " + spec.node_type_id + " is not supported");
  }
  if (pools_.size() >= pools_max) {
    return api_error{400, "QUOTA_EXCEEDED", "The workspace has 1000 pools; delete some first"};
  }
  auto const id = random_.name().substr(0, 12) + "-pool-" + random_.name().substr(0, 8);
  pool& p = pools_[id];
  auto& said = p.said;
  said.instance_pool_id = id;
  said.instance_pool_name = spec.instance_pool_name;
  said.state = instance_pools::state::active;
  said.status.emplace();
  said.node_type_id = spec.node_type_id;
  said.node_type_flexibility = spec.node_type_flexibility;
  said.enable_auto_alternate_node_types = spec.enable_auto_alternate_node_types;
  said.min_idle_instances = spec.min_idle_instances.value_or(0);
  said.max_capacity = spec.max_capacity;
  said.idle_instance_autotermination_minutes =
      spec.idle_instance_autotermination_minutes.value_or(60);
  said.aws_attributes = spec.aws_attributes;
  said.azure_attributes = spec.azure_attributes;
  said.gcp_attributes = spec.gcp_attributes;
  said.disk_spec = spec.disk_spec;
  said.enable_elastic_disk = spec.enable_elastic_disk.value_or(true);
  said.remote_disk_throughput = spec.remote_disk_throughput;
  said.total_initial_remote_disk_size = spec.total_initial_remote_disk_size;
  said.custom_tags = spec.custom_tags;
  said.default_tags = {{"Vendor", "Databricks"},
                       {"DatabricksInstancePoolCreatorId", user},
                       {"DatabricksInstancePoolId", id}};
  said.preloaded_docker_images = spec.preloaded_docker_images;
  said.preloaded_spark_versions = spec.preloaded_spark_versions;
  settle(p, now.wall);
  return id;
}

outcome<void> instance_pools_state::edit(instance_pools::edit const& wanted, moment now) {
  auto const found = find(wanted.instance_pool_id, now.wall);
  if (!found) return found.error();
  auto& said = (*found)->said;
  if (auto good = check(wanted.instance_pool_id, wanted); !good) return good;
  if (wanted.node_type_id != said.node_type_id) {
    return invalid_parameter("The node type of a pool cannot be changed");
  }
  said.instance_pool_name = wanted.instance_pool_name;
  said.min_idle_instances = wanted.min_idle_instances.value_or(0);
  said.max_capacity = wanted.max_capacity;
  said.idle_instance_autotermination_minutes =
      wanted.idle_instance_autotermination_minutes.value_or(60);
  if (!wanted.custom_tags.empty()) said.custom_tags = wanted.custom_tags;
  settle(**found, now.wall);
  return {};
}

outcome<void> instance_pools_state::remove(std::string const& id, moment now) {
  auto const found = find(id, now.wall);
  if (!found) return found.error();
  pools_.erase(id);
  return {};
}

instance_pools::instance_pool instance_pools_state::told(pool const& p, wall_time now) const {
  auto out = p.said;
  auto& stats = out.stats.emplace();
  stats.idle_count = static_cast<std::int32_t>(p.idle.size());
  stats.pending_idle_count = static_cast<std::int32_t>(p.starting.size());
  for (auto const& [cluster, l] : p.loans) {
    auto const starting = l.ready_at > now ? l.starting : 0;
    stats.pending_used_count += starting;
    stats.used_count += l.machines - starting;
  }
  return out;
}

outcome<instance_pools::instance_pool> instance_pools_state::get(std::string const& id,
                                                                 moment now) {
  auto const found = find(id, now.wall);
  if (!found) return found.error();
  return told(**found, now.wall);
}

std::vector<instance_pools::instance_pool> instance_pools_state::list(moment now) {
  std::vector<instance_pools::instance_pool> out;
  for (auto& [id, p] : pools_) {
    settle(p, now.wall);
    out.push_back(told(p, now.wall));
  }
  std::sort(out.begin(), out.end(), [](auto const& a, auto const& b) {
    return a.instance_pool_name < b.instance_pool_name;
  });
  return out;
}

void instance_pools_state::give_back(pool& p, std::string const& cluster, wall_time now) const {
  auto const at = p.loans.find(cluster);
  if (at == p.loans.end()) return;
  for (std::int32_t i = 0; i < at->second.machines; ++i) p.idle.push_back(now);
  p.loans.erase(at);
}

machine_lender::answer instance_pools_state::lend(std::string const& id, std::string const& cluster,
                                                  std::int32_t machines, wall_time now) {
  auto const found = find(id, now);
  if (!found) return answer::no_such_pool;
  pool& p = **found;
  auto const before = p.loans.find(cluster);
  auto const lent = before == p.loans.end() ? 0 : before->second.machines;
  // Machines that are lent or idle already need no room.
  std::int64_t in_use = -lent;
  for (auto const& [other, l] : p.loans) in_use += l.machines;
  if (in_use + machines > p.said.max_capacity.value_or(machines_max)) return answer::too_many;
  give_back(p, cluster, now);
  loan l;
  l.machines = machines;
  l.ready_at = now + starting_;
  for (std::int32_t i = 0; i < machines; ++i) {
    if (p.idle.empty()) {
      ++l.starting;
    } else {
      p.idle.pop_back();
    }
  }
  // Those that were starting to be idle are what the cluster waits for.
  for (auto i = l.starting; i > 0 && !p.starting.empty(); --i) p.starting.pop_front();
  p.loans[cluster] = l;
  settle(p, now);
  return l.starting == 0 ? answer::idle_ones : answer::new_ones;
}

void instance_pools_state::take_back(std::string const& id, std::string const& cluster,
                                     wall_time now) {
  auto const found = find(id, now);
  if (!found) return;
  give_back(**found, cluster, now);
  settle(**found, now);
}

}  // namespace kiln::emulation
