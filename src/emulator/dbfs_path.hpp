#pragma once

#include "emulator/api.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::emulation {

/// "/a/b" of "dbfs:/a//b/"; "/" is the root. Relative paths, "." and "..", NUL and bytes that are
/// no UTF-8 are INVALID_PARAMETER_VALUE.
outcome<std::string> normal_path(std::string_view text);

/// ("/a", "b") of "/a/b" and ("/", "a") of "/a"; `path` is normal and not the root.
std::pair<std::string_view, std::string_view> split_last(std::string_view path) noexcept;
std::vector<std::string_view> components(std::string_view path);
/// True when `path` is `folder` or lies below it.
bool is_within(std::string_view path, std::string_view folder) noexcept;

constexpr std::size_t path_bytes_max = 4'096;
constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t path_depth_max = 256;

}  // namespace kiln::emulation
