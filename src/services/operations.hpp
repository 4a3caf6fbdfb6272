#pragma once

#include <kiln/operations.hpp>

#include <span>

// Each service's rows, defined in its own .cpp beside its methods.
namespace kiln {

std::span<operation const> clusters_operations();
std::span<operation const> dbfs_operations();
std::span<operation const> files_operations();
std::span<operation const> groups_operations();
std::span<operation const> instance_pools_operations();
std::span<operation const> jobs20_operations();  // API 2.0, service "jobs" too
std::span<operation const> jobs_operations();    // API 2.1
std::span<operation const> libraries_operations();
std::span<operation const> mlflow_registry_operations();
std::span<operation const> mlflow_tracking_operations();
std::span<operation const> scim_operations();
std::span<operation const> tokens_operations();
std::span<operation const> workspace_tree_operations();

}  // namespace kiln
