#include "emulator/clusters_view.hpp"

#include "emulator/clusters_catalog.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

namespace kiln::emulation {

namespace {

std::string describe_state(emulated_cluster const& c) {
  switch (c.state) {
    case clusters::state::pending:
      return "Starting Spark";
    case clusters::state::terminating:
    case clusters::state::terminated:
      return c.reason ? "Terminated: " + std::string(c.reason->code.raw()) : std::string();
    default:
      return {};
  }
}

clusters::spark_node node_of(emulated_cluster const& c, std::int32_t number) {
  clusters::spark_node n;
  auto const text = std::to_string(number);
  auto const launch = std::to_string(c.launches);
  n.node_id = c.id + '-' + launch + '-' + text;
  n.instance_id = "i-" + n.node_id;
  n.private_ip =
      "10.139." + std::to_string((number >> 8) & 0xff) + '.' + std::to_string(number & 0xff);
  n.host_private_ip = n.private_ip;
  n.start_timestamp = in_ms(c.running_at);
  return n;
}

/// What exists only while the cluster runs.
void add_machines(clusters::cluster& v, emulated_cluster const& c) {
  constexpr std::int32_t executors_told_max = 1'000;
  constexpr std::int32_t jdbc = 10'000;
  v.driver = node_of(c, 0);
  for (std::int32_t i = 1; i <= std::min(c.workers, executors_told_max); ++i) {
    v.executors.push_back(node_of(c, i));
  }
  v.jdbc_port = jdbc;
  // Of 63 bits, as the service's are.
  v.spark_context_id =
      static_cast<std::int64_t>((std::hash<std::string>{}(c.id) + c.launches) >> 1);
  if (auto const* machine = find_node_type(c.spec->node_type_id)) {
    v.cluster_cores = static_cast<double>(machine->cores) * (c.workers + 1);
    v.cluster_memory_mb = std::int64_t{machine->memory_mb} * (c.workers + 1);
  }
}

void add_tags(clusters::cluster& v, emulated_cluster const& c) {
  v.default_tags = {{"Vendor", "Databricks"},
                    {"Creator", c.creator},
                    {"ClusterName", c.spec->cluster_name},
                    {"ClusterId", c.id}};
  if (!c.is_of_job()) return;
  v.default_tags["RunName"] = c.run_name;
  v.default_tags["JobId"] = std::to_string(c.job_id);
}

void add_spec(clusters::cluster& v, compute::cluster_spec const& s) {
  v.cluster_name = s.cluster_name;
  v.autoscale = s.autoscale;
  v.node_type_id = s.node_type_id;
  v.driver_node_type_id = s.driver_node_type_id.empty() ? s.node_type_id : s.driver_node_type_id;
  v.instance_pool_id = s.instance_pool_id;
  v.driver_instance_pool_id = s.driver_instance_pool_id;
  v.driver_node_type_flexibility = s.driver_node_type_flexibility;
  v.worker_node_type_flexibility = s.worker_node_type_flexibility;
  v.spark_version = s.spark_version;
  v.runtime_engine = s.runtime_engine;
  v.spark_conf = s.spark_conf;
  v.spark_env_vars = s.spark_env_vars;
  v.autotermination_minutes = s.autotermination_minutes.value_or(0);
  v.custom_tags = s.custom_tags;
  v.aws_attributes = s.aws_attributes;
  v.azure_attributes = s.azure_attributes;
  v.gcp_attributes = s.gcp_attributes;
  v.cluster_log_conf = s.cluster_log_conf;
  v.docker_image = s.docker_image;
  v.init_scripts = s.init_scripts;
  v.enable_elastic_disk = s.enable_elastic_disk.value_or(true);
  v.enable_local_disk_encryption = s.enable_local_disk_encryption.value_or(false);
  v.remote_disk_throughput = s.remote_disk_throughput;
  v.total_initial_remote_disk_size = s.total_initial_remote_disk_size;
  v.data_security_mode = s.data_security_mode;
  v.dependency_mode = s.dependency_mode;
  v.single_user_name = s.single_user_name;
  v.policy_id = s.policy_id;
  v.ssh_public_keys = s.ssh_public_keys;
  v.workload_type = s.workload_type;
  v.is_single_node = s.is_single_node;
  v.kind = s.kind;
  v.use_ml_runtime = s.use_ml_runtime;
  v.spec = s;
}

/// What a request for events asks for, defaults in place.
struct events_wish {
  std::int64_t start = 0;
  std::int64_t end = 0;
  bool ascending = false;
  std::vector<std::string> types;
  std::int64_t offset = 0;
  std::int64_t limit = 0;
};

/// "offset-end", which is all a page needs besides the request.
outcome<void> apply_token(events_wish& wish, std::string const& token) {
  auto const dash = token.find('-');
  auto const number = [](std::string_view text, std::int64_t& into) {
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), into);
    return code == std::errc() && end == text.data() + text.size() && into >= 0;
  };
  if (dash == std::string::npos || !number(token.substr(0, dash), wish.offset) ||
      !number(token.substr(dash + 1), wish.end)) {
    return invalid_parameter("page_token is none that was given");
  }
  return {};
}

outcome<events_wish> wish_of(parameters const& in, moment now) {
  constexpr std::int64_t limit_default = 50;
  constexpr std::int64_t limit_max = 500;
  events_wish wish;
  auto const order = in.text_or("order", "DESC");
  if (!order) return order.error();
  if (*order != "ASC" && *order != "DESC") return invalid_parameter("order is not ASC or DESC");
  wish.ascending = *order == "ASC";
  auto const start = in.integer_or("start_time", 0);
  if (!start) return start.error();
  auto const end = in.integer_or("end_time", epoch_ms(now.wall));
  if (!end) return end.error();
  auto const offset = in.integer_or("offset", 0);
  if (!offset) return offset.error();
  auto const limit = in.integer_or(in.find("page_size") ? "page_size" : "limit", limit_default);
  if (!limit) return limit.error();
  auto types = in.texts("event_types");
  if (!types) return types.error();
  if (*limit < 0 || *limit > limit_max) {
    return invalid_parameter("limit must be between 0 and 500");
  }
  if (*offset < 0) return invalid_parameter("offset must not be negative");
  if (*offset > 0 && !wish.ascending && in.find("end_time") == nullptr) {
    return invalid_parameter("end_time is required with an offset and descending order");
  }
  wish.start = *start;
  wish.end = *end;
  wish.offset = *offset;
  wish.limit = *limit == 0 ? limit_default : *limit;
  wish.types = std::move(*types);
  auto const token = in.text_or("page_token", "");
  if (!token) return token.error();
  if (!token->empty()) {
    if (auto good = apply_token(wish, *token); !good) return good.error();
  }
  return wish;
}

bool fits(cluster_note const& e, events_wish const& wish) {
  auto const at = epoch_ms(e.at);
  if (at < wish.start || at > wish.end) return false;
  auto const type = open_enum(e.type);
  return wish.types.empty() ||
         std::find(wish.types.begin(), wish.types.end(), type.raw()) != wish.types.end();
}

clusters::cluster_size size_of(compute::cluster_spec const& spec) {
  return {spec.autoscale, spec.num_workers};
}

clusters::cluster_event event_of(emulated_cluster const& c, cluster_note const& n) {
  clusters::cluster_event e;
  e.cluster_id = c.id;
  e.timestamp = in_ms(n.at);
  e.type = n.type;
  auto& details = e.details.emplace();
  details.user = n.user;
  details.current_num_workers = n.workers;
  details.target_num_workers = n.workers_wanted;
  if (n.spec) details.cluster_size = size_of(*n.spec);
  if (n.spec_before) details.previous_cluster_size = size_of(*n.spec_before);
  if (n.reason) details.reason = *n.reason;
  if (n.type == clusters::event_type::creating || n.type == clusters::event_type::edited) {
    details.attributes = *n.spec;
    details.attributes->num_workers.reset();
    details.attributes->autoscale.reset();
    if (n.spec_before) details.previous_attributes = *n.spec_before;
  }
  if (n.type == clusters::event_type::resizing) {
    details.cause = clusters::resize_cause::user_request;
  }
  if (n.type == clusters::event_type::creating) details.job_run_name = c.run_name;
  return e;
}

}  // namespace

clusters::cluster view_of(emulated_cluster const& c) {
  clusters::cluster v;
  v.cluster_id = c.id;
  v.state = c.state;
  v.state_message = describe_state(c);
  if (c.reason) v.termination_reason = *c.reason;
  v.cluster_source = c.source;
  v.creator_user_name = c.creator;
  v.start_time = in_ms(c.created);
  v.last_state_loss_time = c.launches == 0 ? in_ms(c.created) : in_ms(c.running_at);
  if (c.terminated) v.terminated_time = in_ms(*c.terminated);
  if (c.restarted) v.last_restarted_time = in_ms(*c.restarted);
  add_spec(v, *c.spec);
  v.num_workers = c.workers;
  add_tags(v, c);
  if (c.is_up()) add_machines(v, c);
  return v;
}

outcome<clusters::events::response> events_of(emulated_cluster const& c, parameters const& in,
                                              moment now) {
  auto const wish = wish_of(in, now);
  if (!wish) return wish.error();
  std::vector<cluster_note const*> matching;
  for (auto const& e : c.events) {
    if (fits(e, *wish)) matching.push_back(&e);
  }
  if (!wish->ascending) std::reverse(matching.begin(), matching.end());
  clusters::events::response out;
  out.total_count = static_cast<std::int64_t>(matching.size());
  auto const first = std::min(wish->offset, out.total_count);
  auto const last = std::min(first + wish->limit, out.total_count);
  for (auto i = first; i < last; ++i) {
    out.events.push_back(event_of(c, *matching[static_cast<std::size_t>(i)]));
  }
  if (last == out.total_count) return out;
  auto& next = out.next_page.emplace();
  next.cluster_id = c.id;
  if (wish->start > 0) next.start_time = timestamp(std::chrono::milliseconds(wish->start));
  next.end_time = timestamp(std::chrono::milliseconds(wish->end));
  next.order =
      wish->ascending ? clusters::events_order::ascending : clusters::events_order::descending;
  for (auto const& type : wish->types) next.event_types.emplace_back(std::string_view(type));
  next.offset = last;
  next.limit = wish->limit;
  out.next_page_token = std::to_string(last) + '-' + std::to_string(wish->end);
  return out;
}

}  // namespace kiln::emulation
