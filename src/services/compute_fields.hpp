#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/compute_types.hpp>

// The JSON form of what clusters, pools, jobs and libraries share.
namespace kiln::compute {

void fields(auto& io, autoscale& v) {
  io("min_workers", v.min_workers);
  io("max_workers", v.max_workers);
}
void fields(auto& io, aws_attributes& v) {
  io("availability", v.availability);
  io("ebs_volume_count", v.ebs_volume_count);
  io("ebs_volume_iops", v.ebs_volume_iops);
  io("ebs_volume_size", v.ebs_volume_size);
  io("ebs_volume_throughput", v.ebs_volume_throughput);
  io("ebs_volume_type", v.ebs_volume_type);
  io("first_on_demand", v.first_on_demand);
  io("instance_profile_arn", v.instance_profile_arn);
  io("spot_bid_price_percent", v.spot_bid_price_percent);
  io("zone_id", v.zone_id);
}
void fields(auto& io, log_analytics_info& v) {
  io("log_analytics_primary_key", v.log_analytics_primary_key);
  io("log_analytics_workspace_id", v.log_analytics_workspace_id);
}
void fields(auto& io, azure_attributes& v) {
  io("availability", v.availability);
  io("capacity_reservation_group", v.capacity_reservation_group);
  io("first_on_demand", v.first_on_demand);
  io("log_analytics_info", v.log_analytics_info);
  io("spot_bid_max_price", v.spot_bid_max_price);
}
void fields(auto& io, gcp_attributes& v) {
  io("availability", v.availability);
  io("boot_disk_size", v.boot_disk_size);
  io("confidential_compute_type", v.confidential_compute_type);
  io("first_on_demand", v.first_on_demand);
  io("google_service_account", v.google_service_account);
  io("local_ssd_count", v.local_ssd_count);
  io("use_preemptible_executors", v.use_preemptible_executors);
  io("zone_id", v.zone_id);
}
void fields(auto& io, node_type_flexibility& v) {
  io("alternate_node_type_ids", v.alternate_node_type_ids);
}
void fields(auto& io, storage_location& v) { io("destination", v.destination); }
void fields(auto& io, s3_location& v) {
  io("destination", v.destination);
  io("canned_acl", v.canned_acl);
  io("enable_encryption", v.enable_encryption);
  io("encryption_type", v.encryption_type);
  io("endpoint", v.endpoint);
  io("kms_key", v.kms_key);
  io("region", v.region);
}
void fields(auto& io, cluster_log_conf& v) {
  io("dbfs", v.dbfs);
  io("s3", v.s3);
  io("volumes", v.volumes);
}
void fields(auto& io, init_script_info& v) {
  io("abfss", v.abfss);
  io("dbfs", v.dbfs);
  io("file", v.file);
  io("gcs", v.gcs);
  io("s3", v.s3);
  io("volumes", v.volumes);
  io("workspace", v.workspace);
}
void fields(auto& io, docker_basic_auth& v) {
  io("password", v.password);
  io("username", v.username);
}
void fields(auto& io, docker_image& v) {
  io("basic_auth", v.basic_auth);
  io("url", v.url);
}
void fields(auto& io, clients_types& v) {
  io("jobs", v.jobs);
  io("notebooks", v.notebooks);
}
void fields(auto& io, workload_type& v) { io("clients", v.clients); }
void fields(auto& io, maven_library& v) {
  io("coordinates", v.coordinates);
  io("exclusions", v.exclusions);
  io("repo", v.repo);
}
void fields(auto& io, package_library& v) {
  io("package", v.package);
  io("repo", v.repo);
}
void fields(auto& io, library& v) {
  io("cran", v.cran);
  io("egg", v.egg);
  io("jar", v.jar);
  io("maven", v.maven);
  io("pypi", v.pypi);
  io("requirements", v.requirements);
  io("whl", v.whl);
}
void fields(auto& io, environment& v) {
  io("client", v.client);
  io("dependencies", v.dependencies);
}
void fields(auto& io, cluster_spec& v) {
  io("apply_policy_default_values", v.apply_policy_default_values);
  io("autoscale", v.autoscale);
  io("autotermination_minutes", v.autotermination_minutes);
  io("aws_attributes", v.aws_attributes);
  io("azure_attributes", v.azure_attributes);
  io("cluster_log_conf", v.cluster_log_conf);
  io("cluster_name", v.cluster_name);
  io("custom_tags", v.custom_tags);
  io("data_security_mode", v.data_security_mode);
  io("dependency_mode", v.dependency_mode);
  io("docker_image", v.docker_image);
  io("driver_instance_pool_id", v.driver_instance_pool_id);
  io("driver_node_type_flexibility", v.driver_node_type_flexibility);
  io("driver_node_type_id", v.driver_node_type_id);
  io("enable_elastic_disk", v.enable_elastic_disk);
  io("enable_local_disk_encryption", v.enable_local_disk_encryption);
  io("gcp_attributes", v.gcp_attributes);
  io("init_scripts", v.init_scripts);
  io("instance_pool_id", v.instance_pool_id);
  io("is_single_node", v.is_single_node);
  io("kind", v.kind);
  io("node_type_id", v.node_type_id);
  io("num_workers", v.num_workers);
  io("policy_id", v.policy_id);
  io("remote_disk_throughput", v.remote_disk_throughput);
  io("runtime_engine", v.runtime_engine);
  io("single_user_name", v.single_user_name);
  io("spark_conf", v.spark_conf);
  io("spark_env_vars", v.spark_env_vars);
  io("spark_version", v.spark_version);
  io("ssh_public_keys", v.ssh_public_keys);
  io("total_initial_remote_disk_size", v.total_initial_remote_disk_size);
  io("use_ml_runtime", v.use_ml_runtime);
  io("worker_node_type_flexibility", v.worker_node_type_flexibility);
  io("workload_type", v.workload_type);
}

}  // namespace kiln::compute

// Many structs hold these, and their tables take long to compile: compute_fields.cpp has them.
namespace kiln {

extern template type_info const& type_of<compute::aws_attributes>();
extern template type_info const& type_of<compute::azure_attributes>();
extern template type_info const& type_of<compute::cluster_log_conf>();
extern template type_info const& type_of<compute::cluster_spec>();
extern template type_info const& type_of<compute::docker_image>();
extern template type_info const& type_of<compute::gcp_attributes>();
extern template type_info const& type_of<compute::init_script_info>();
extern template type_info const& type_of<compute::library>();
extern template type_info const& type_of<compute::workload_type>();

}  // namespace kiln
