#include "services/operations.hpp"

#include <vector>

namespace kiln {

std::span<operation const> operations() {
  static std::vector<operation> const all = [] {
    std::vector<operation> out;
    auto const add = [&out](std::span<operation const> rows) {
      out.insert(out.end(), rows.begin(), rows.end());
    };
    add(clusters_operations());
    add(dbfs_operations());
    add(files_operations());
    add(groups_operations());
    add(instance_pools_operations());
    add(jobs20_operations());
    add(jobs_operations());
    add(libraries_operations());
    add(mlflow_registry_operations());
    add(mlflow_tracking_operations());
    add(scim_operations());
    add(tokens_operations());
    add(workspace_tree_operations());
    return out;
  }();
  return all;
}

}  // namespace kiln
