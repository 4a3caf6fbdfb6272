#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// What clusters of the emulated workspace can be made of.
namespace kiln::emulation {

struct spark_version_row {
  std::string_view key;
  std::string_view name;
};
std::span<spark_version_row const> spark_version_rows() noexcept;

/// Machines as Azure lends them.
struct node_type_row {
  std::string_view id;
  std::string_view category;
  std::int32_t memory_mb = 0;
  std::int32_t cores = 0;
  std::int32_t gpus = 0;
};
std::span<node_type_row const> node_type_rows() noexcept;
/// Null for what is not lent.
node_type_row const* find_node_type(std::string_view id) noexcept;

std::span<std::string_view const> zones() noexcept;

}  // namespace kiln::emulation
