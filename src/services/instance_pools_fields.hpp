#pragma once

#include "services/compute_fields.hpp"

#include <kiln/fields.hpp>
#include <kiln/services/instance_pools.hpp>

// The JSON form of every struct of instance pools.
namespace kiln::instance_pools {

void fields(auto& io, aws_attributes& v) {
  io("availability", v.availability);
  io("instance_profile_arn", v.instance_profile_arn);
  io("spot_bid_price_percent", v.spot_bid_price_percent);
  io("zone_id", v.zone_id);
}
void fields(auto& io, azure_attributes& v) {
  io("availability", v.availability);
  io("capacity_reservation_group", v.capacity_reservation_group);
  io("spot_bid_max_price", v.spot_bid_max_price);
}
void fields(auto& io, gcp_attributes& v) {
  io("gcp_availability", v.gcp_availability);
  io("local_ssd_count", v.local_ssd_count);
  io("zone_id", v.zone_id);
}
void fields(auto& io, disk_type& v) {
  io("azure_disk_volume_type", v.azure_disk_volume_type);
  io("ebs_volume_type", v.ebs_volume_type);
}
void fields(auto& io, disk_spec& v) {
  io("disk_count", v.disk_count);
  io("disk_iops", v.disk_iops);
  io("disk_size", v.disk_size);
  io("disk_throughput", v.disk_throughput);
  io("disk_type", v.disk_type);
}
void fields(auto& io, pool_stats& v) {
  io("used_count", v.used_count);
  io("idle_count", v.idle_count);
  io("pending_used_count", v.pending_used_count);
  io("pending_idle_count", v.pending_idle_count);
}
void fields(auto& io, pending_instance_error& v) {
  io("instance_id", v.instance_id);
  io("message", v.message);
}
void fields(auto& io, pool_status& v) { io("pending_instance_errors", v.pending_instance_errors); }
void fields(auto& io, instance_pool& v) {
  io("instance_pool_id", v.instance_pool_id);
  io("instance_pool_name", v.instance_pool_name);
  io("state", v.state);
  io("stats", v.stats);
  io("status", v.status);
  io("node_type_id", v.node_type_id);
  io("node_type_flexibility", v.node_type_flexibility);
  io("enable_auto_alternate_node_types", v.enable_auto_alternate_node_types);
  io("min_idle_instances", v.min_idle_instances);
  io("max_capacity", v.max_capacity);
  io("idle_instance_autotermination_minutes", v.idle_instance_autotermination_minutes);
  io("aws_attributes", v.aws_attributes);
  io("azure_attributes", v.azure_attributes);
  io("gcp_attributes", v.gcp_attributes);
  io("disk_spec", v.disk_spec);
  io("enable_elastic_disk", v.enable_elastic_disk);
  io("remote_disk_throughput", v.remote_disk_throughput);
  io("total_initial_remote_disk_size", v.total_initial_remote_disk_size);
  io("custom_tags", v.custom_tags);
  io("default_tags", v.default_tags);
  io("preloaded_docker_images", v.preloaded_docker_images);
  io("preloaded_spark_versions", v.preloaded_spark_versions);
}
void fields(auto& io, create::response& v) { io("instance_pool_id", v.instance_pool_id); }
void fields(auto& io, create& v) {
  io("instance_pool_name", v.instance_pool_name);
  io("node_type_id", v.node_type_id);
  io("aws_attributes", v.aws_attributes);
  io("azure_attributes", v.azure_attributes);
  io("custom_tags", v.custom_tags);
  io("disk_spec", v.disk_spec);
  io("enable_auto_alternate_node_types", v.enable_auto_alternate_node_types);
  io("enable_elastic_disk", v.enable_elastic_disk);
  io("gcp_attributes", v.gcp_attributes);
  io("idle_instance_autotermination_minutes", v.idle_instance_autotermination_minutes);
  io("max_capacity", v.max_capacity);
  io("min_idle_instances", v.min_idle_instances);
  io("node_type_flexibility", v.node_type_flexibility);
  io("preloaded_docker_images", v.preloaded_docker_images);
  io("preloaded_spark_versions", v.preloaded_spark_versions);
  io("remote_disk_throughput", v.remote_disk_throughput);
  io("total_initial_remote_disk_size", v.total_initial_remote_disk_size);
}
void fields(auto& io, delete_& v) { io("instance_pool_id", v.instance_pool_id); }
void fields(auto& io, edit& v) {
  io("instance_pool_id", v.instance_pool_id);
  io("instance_pool_name", v.instance_pool_name);
  io("node_type_id", v.node_type_id);
  io("custom_tags", v.custom_tags);
  io("enable_auto_alternate_node_types", v.enable_auto_alternate_node_types);
  io("idle_instance_autotermination_minutes", v.idle_instance_autotermination_minutes);
  io("max_capacity", v.max_capacity);
  io("min_idle_instances", v.min_idle_instances);
  io("remote_disk_throughput", v.remote_disk_throughput);
  io("total_initial_remote_disk_size", v.total_initial_remote_disk_size);
}
void fields(auto& io, get& v) { io("instance_pool_id", v.instance_pool_id); }
void fields(auto& io, list::response& v) { io("instance_pools", v.instance_pools); }
void fields(auto&, list&) {}

}  // namespace kiln::instance_pools
