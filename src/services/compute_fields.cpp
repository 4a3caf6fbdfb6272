#include "services/compute_fields.hpp"

namespace kiln::compute {

kiln::enum_table spellings(aws_availability) noexcept {
  static constexpr auto words = spell("ON_DEMAND", "SPOT", "SPOT_WITH_FALLBACK");
  return words;
}
kiln::enum_table spellings(ebs_volume_type) noexcept {
  static constexpr auto words = spell("GENERAL_PURPOSE_SSD", "THROUGHPUT_OPTIMIZED_HDD");
  return words;
}
kiln::enum_table spellings(azure_availability) noexcept {
  static constexpr auto words = spell("ON_DEMAND_AZURE", "SPOT_AZURE", "SPOT_WITH_FALLBACK_AZURE");
  return words;
}
kiln::enum_table spellings(gcp_availability) noexcept {
  static constexpr auto words =
      spell("ON_DEMAND_GCP", "PREEMPTIBLE_GCP", "PREEMPTIBLE_WITH_FALLBACK_GCP");
  return words;
}
kiln::enum_table spellings(confidential_compute_type) noexcept {
  static constexpr auto words = spell("CONFIDENTIAL_COMPUTE_TYPE_NONE", "SEV_SNP");
  return words;
}
kiln::enum_table spellings(data_security_mode) noexcept {
  static constexpr auto words = spell("DATA_SECURITY_MODE_AUTO", "DATA_SECURITY_MODE_DEDICATED",
                                      "DATA_SECURITY_MODE_STANDARD", "LEGACY_PASSTHROUGH",
                                      "LEGACY_SINGLE_USER", "LEGACY_SINGLE_USER_STANDARD",
                                      "LEGACY_TABLE_ACL", "NONE", "SINGLE_USER", "USER_ISOLATION");
  return words;
}
kiln::enum_table spellings(dependency_mode) noexcept {
  static constexpr auto words = spell("DEPENDENCY_MODE_AUTO", "DEPENDENCY_MODE_CLUSTER_LIBRARIES",
                                      "DEPENDENCY_MODE_ENVIRONMENTS");
  return words;
}
kiln::enum_table spellings(runtime_engine) noexcept {
  static constexpr auto words = spell("NULL", "PHOTON", "STANDARD");
  return words;
}
kiln::enum_table spellings(cluster_kind) noexcept {
  static constexpr auto words = spell("CLASSIC_PREVIEW");
  return words;
}

}  // namespace kiln::compute

namespace kiln {

template type_info const& type_of<compute::aws_attributes>();
template type_info const& type_of<compute::azure_attributes>();
template type_info const& type_of<compute::cluster_log_conf>();
template type_info const& type_of<compute::cluster_spec>();
template type_info const& type_of<compute::docker_image>();
template type_info const& type_of<compute::gcp_attributes>();
template type_info const& type_of<compute::init_script_info>();
template type_info const& type_of<compute::library>();
template type_info const& type_of<compute::workload_type>();

}  // namespace kiln
