#pragma once

#include "services/compute_fields.hpp"

#include <kiln/fields.hpp>
#include <kiln/services/clusters.hpp>

// The JSON form of every struct of clusters.
namespace kiln::clusters {

void fields(auto& io, termination_reason& v) {
  io("code", v.code);
  io("parameters", v.parameters);
  io("type", v.type);
}
void fields(auto& io, node_aws_attributes& v) { io("is_spot", v.is_spot); }
void fields(auto& io, spark_node& v) {
  io("host_private_ip", v.host_private_ip);
  io("instance_id", v.instance_id);
  io("node_aws_attributes", v.node_aws_attributes);
  io("node_id", v.node_id);
  io("private_ip", v.private_ip);
  io("public_dns", v.public_dns);
  io("start_timestamp", v.start_timestamp);
}
void fields(auto& io, log_sync_status& v) {
  io("last_attempted", v.last_attempted);
  io("last_exception", v.last_exception);
}
void fields(auto& io, cluster& v) {
  io("cluster_id", v.cluster_id);
  io("cluster_name", v.cluster_name);
  io("state", v.state);
  io("state_message", v.state_message);
  io("termination_reason", v.termination_reason);
  io("cluster_source", v.cluster_source);
  io("creator_user_name", v.creator_user_name);
  io("start_time", v.start_time);
  io("terminated_time", v.terminated_time);
  io("last_state_loss_time", v.last_state_loss_time);
  io("last_restarted_time", v.last_restarted_time);
  io("cluster_cores", v.cluster_cores);
  io("cluster_memory_mb", v.cluster_memory_mb);
  io("driver", v.driver);
  io("executors", v.executors);
  io("jdbc_port", v.jdbc_port);
  io("spark_context_id", v.spark_context_id);
  io("cluster_log_status", v.cluster_log_status);
  io("default_tags", v.default_tags);
  io("autoscale", v.autoscale);
  io("num_workers", v.num_workers);
  io("node_type_id", v.node_type_id);
  io("driver_node_type_id", v.driver_node_type_id);
  io("instance_pool_id", v.instance_pool_id);
  io("driver_instance_pool_id", v.driver_instance_pool_id);
  io("driver_node_type_flexibility", v.driver_node_type_flexibility);
  io("worker_node_type_flexibility", v.worker_node_type_flexibility);
  io("spark_version", v.spark_version);
  io("runtime_engine", v.runtime_engine);
  io("spark_conf", v.spark_conf);
  io("spark_env_vars", v.spark_env_vars);
  io("autotermination_minutes", v.autotermination_minutes);
  io("custom_tags", v.custom_tags);
  io("aws_attributes", v.aws_attributes);
  io("azure_attributes", v.azure_attributes);
  io("gcp_attributes", v.gcp_attributes);
  io("cluster_log_conf", v.cluster_log_conf);
  io("docker_image", v.docker_image);
  io("init_scripts", v.init_scripts);
  io("enable_elastic_disk", v.enable_elastic_disk);
  io("enable_local_disk_encryption", v.enable_local_disk_encryption);
  io("remote_disk_throughput", v.remote_disk_throughput);
  io("total_initial_remote_disk_size", v.total_initial_remote_disk_size);
  io("data_security_mode", v.data_security_mode);
  io("dependency_mode", v.dependency_mode);
  io("single_user_name", v.single_user_name);
  io("policy_id", v.policy_id);
  io("ssh_public_keys", v.ssh_public_keys);
  io("workload_type", v.workload_type);
  io("is_single_node", v.is_single_node);
  io("kind", v.kind);
  io("use_ml_runtime", v.use_ml_runtime);
  io("spec", v.spec);
}
void fields(auto& io, cloud_node_info& v) { io("status", v.status); }
void fields(auto& io, node_instance_type& v) {
  io("instance_type_id", v.instance_type_id);
  io("local_disk_size_gb", v.local_disk_size_gb);
  io("local_disks", v.local_disks);
  io("local_nvme_disk_size_gb", v.local_nvme_disk_size_gb);
  io("local_nvme_disks", v.local_nvme_disks);
}
void fields(auto& io, node_type& v) {
  io("node_type_id", v.node_type_id);
  io("memory_mb", v.memory_mb);
  io("num_cores", v.num_cores);
  io("description", v.description);
  io("instance_type_id", v.instance_type_id);
  io("category", v.category);
  io("display_order", v.display_order);
  io("is_deprecated", v.is_deprecated);
  io("is_encrypted_in_transit", v.is_encrypted_in_transit);
  io("is_graviton", v.is_graviton);
  io("is_hidden", v.is_hidden);
  io("is_io_cache_enabled", v.is_io_cache_enabled);
  io("node_info", v.node_info);
  io("node_instance_type", v.node_instance_type);
  io("num_gpus", v.num_gpus);
  io("photon_driver_capable", v.photon_driver_capable);
  io("photon_worker_capable", v.photon_worker_capable);
  io("support_cluster_tags", v.support_cluster_tags);
  io("support_ebs_volumes", v.support_ebs_volumes);
  io("support_port_forwarding", v.support_port_forwarding);
  io("supports_elastic_disk", v.supports_elastic_disk);
}
void fields(auto& io, spark_version& v) {
  io("key", v.key);
  io("name", v.name);
}
void fields(auto& io, cluster_size& v) {
  io("autoscale", v.autoscale);
  io("num_workers", v.num_workers);
}
void fields(auto& io, init_script_execution& v) {
  io("error_message", v.error_message);
  io("execution_duration_seconds", v.execution_duration_seconds);
  io("status", v.status);
}
void fields(auto& io, init_script_outcome& v) {
  io("script", v.script);
  io("execution_details", v.execution_details);
  io("abfss", v.abfss);
  io("dbfs", v.dbfs);
  io("file", v.file);
  io("gcs", v.gcs);
  io("s3", v.s3);
  io("volumes", v.volumes);
  io("workspace", v.workspace);
  io("error_message", v.error_message);
  io("execution_duration_seconds", v.execution_duration_seconds);
  io("status", v.status);
  io("stderr", v.stderr_text);
}
void fields(auto& io, init_script_events& v) {
  io("cluster", v.cluster);
  io("global", v.global);
  io("reported_for_node", v.reported_for_node);
}
void fields(auto& io, event_details& v) {
  io("attributes", v.attributes);
  io("previous_attributes", v.previous_attributes);
  io("cause", v.cause);
  io("cluster_size", v.cluster_size);
  io("previous_cluster_size", v.previous_cluster_size);
  io("current_num_vcpus", v.current_num_vcpus);
  io("current_num_workers", v.current_num_workers);
  io("target_num_vcpus", v.target_num_vcpus);
  io("target_num_workers", v.target_num_workers);
  io("did_not_expand_reason", v.did_not_expand_reason);
  io("disk_size", v.disk_size);
  io("previous_disk_size", v.previous_disk_size);
  io("free_space", v.free_space);
  io("driver_state_message", v.driver_state_message);
  io("enable_termination_for_node_blocklisted", v.enable_termination_for_node_blocklisted);
  io("init_scripts", v.init_scripts);
  io("instance_id", v.instance_id);
  io("job_run_name", v.job_run_name);
  io("reason", v.reason);
  io("user", v.user);
}
void fields(auto& io, data_plane_event_details& v) {
  io("event_type", v.event_type);
  io("executor_failures", v.executor_failures);
  io("host_id", v.host_id);
  io("timestamp", v.timestamp);
}
void fields(auto& io, cluster_event& v) {
  io("cluster_id", v.cluster_id);
  io("data_plane_event_details", v.data_plane_event_details);
  io("details", v.details);
  io("timestamp", v.timestamp);
  io("type", v.type);
}
void fields(auto& io, clone_source& v) { io("source_cluster_id", v.source_cluster_id); }
void fields(auto& io, create::response& v) { io("cluster_id", v.cluster_id); }
void fields(auto& io, create& v) {
  fields(io, static_cast<compute::cluster_spec&>(v));
  io("clone_from", v.clone_from);
  io("idempotency_token", v.idempotency_token);
}
void fields(auto& io, delete_& v) { io("cluster_id", v.cluster_id); }
void fields(auto& io, edit& v) {
  io("cluster_id", v.cluster_id);
  fields(io, static_cast<compute::cluster_spec&>(v));
}
void fields(auto& io, next_events& v) {
  io("cluster_id", v.cluster_id);
  io("start_time", v.start_time);
  io("end_time", v.end_time);
  io("order", v.order);
  io("event_types", v.event_types);
  io("offset", v.offset);
  io("limit", v.limit);
  io("page_size", v.page_size);
  io("page_token", v.page_token);
}
void fields(auto& io, events::response& v) {
  io("events", v.events);
  io("next_page", v.next_page);
  io("total_count", v.total_count);
  io("next_page_token", v.next_page_token);
  io("prev_page_token", v.prev_page_token);
}
void fields(auto& io, events& v) {
  io("cluster_id", v.cluster_id);
  io("start_time", v.start_time);
  io("end_time", v.end_time);
  io("order", v.order);
  io("event_types", v.event_types);
  io("offset", v.offset);
  io("limit", v.limit);
  io("page_size", v.page_size);
  io("page_token", v.page_token);
}
void fields(auto& io, get& v) { io("cluster_id", v.cluster_id); }
void fields(auto& io, list_filter& v) {
  io("cluster_sources", v.cluster_sources);
  io("cluster_states", v.cluster_states);
  io("is_pinned", v.is_pinned);
  io("policy_id", v.policy_id);
}
void fields(auto& io, list_order& v) {
  io("direction", v.direction);
  io("field", v.field);
}
void fields(auto& io, list::response& v) {
  io("clusters", v.clusters);
  io("next_page_token", v.next_page_token);
  io("prev_page_token", v.prev_page_token);
}
void fields(auto& io, list& v) {
  io("can_use_client", v.can_use_client);
  io("filter_by", v.filter_by);
  io("page_size", v.page_size);
  io("page_token", v.page_token);
  io("sort_by", v.sort_by);
}
void fields(auto& io, list_node_types::response& v) { io("node_types", v.node_types); }
void fields(auto&, list_node_types&) {}
void fields(auto& io, list_zones::response& v) {
  io("default_zone", v.default_zone);
  io("zones", v.zones);
}
void fields(auto&, list_zones&) {}
void fields(auto& io, permanent_delete& v) { io("cluster_id", v.cluster_id); }
void fields(auto& io, pin& v) { io("cluster_id", v.cluster_id); }
void fields(auto& io, resize& v) {
  io("cluster_id", v.cluster_id);
  io("num_workers", v.num_workers);
  io("autoscale", v.autoscale);
}
void fields(auto& io, restart& v) {
  io("cluster_id", v.cluster_id);
  io("restart_user", v.restart_user);
}
void fields(auto& io, spark_versions::response& v) { io("versions", v.versions); }
void fields(auto&, spark_versions&) {}
void fields(auto& io, start& v) { io("cluster_id", v.cluster_id); }
void fields(auto& io, unpin& v) { io("cluster_id", v.cluster_id); }

}  // namespace kiln::clusters

// Their tables take long to compile: clusters_tables.cpp has them.
namespace kiln {

extern template type_info const& type_of<clusters::cluster>();
extern template type_info const& type_of<clusters::cluster_event>();
extern template type_info const& type_of<clusters::create>();
extern template type_info const& type_of<clusters::edit>();
extern template type_info const& type_of<clusters::events>();
extern template type_info const& type_of<clusters::events::response>();
extern template type_info const& type_of<clusters::list::response>();
extern template type_info const& type_of<clusters::list_node_types::response>();

}  // namespace kiln
