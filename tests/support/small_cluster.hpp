#pragma once

#include <kiln/services/compute_types.hpp>

#include <string>

// The least that a workspace makes a cluster of, for runs that need one.
namespace kiln::test {

inline compute::cluster_spec small_cluster() {
  compute::cluster_spec out;
  out.spark_version = "7.3.x-scala2.12";
  out.node_type_id = "Standard_DS3_v2";
  out.num_workers = 1;
  return out;
}

/// The same as a member of a task or of a run: '"new_cluster":{…},'.
inline std::string const on_small_cluster =
    R"("new_cluster":{"spark_version":"7.3.x-scala2.12","node_type_id":"Standard_DS3_v2",)"
    R"("num_workers":1},)";

}  // namespace kiln::test
