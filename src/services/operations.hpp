#pragma once

#include <kiln/operations.hpp>

#include <span>

// Each service's rows, defined in its own .cpp beside its methods.
namespace kiln {

std::span<operation const> dbfs_operations();

}  // namespace kiln
