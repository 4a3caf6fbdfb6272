#pragma once

#include "emulator/api.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// A DBC archive: a zip whose members are notebooks as JSON and folders.
namespace kiln::emulation {

struct archive_member {
  std::string name;  ///< "etl/load.python"; a folder's ends in '/'.
  std::string content;
};

/// Members are stored, not compressed.
[[nodiscard]] std::string write_archive(std::span<archive_member const> members);
/// INVALID_PARAMETER_VALUE when it is no zip, or one with compressed members.
outcome<std::vector<archive_member>> read_archive(std::string_view archive);

constexpr std::size_t archive_members_max = 10'000;

}  // namespace kiln::emulation
