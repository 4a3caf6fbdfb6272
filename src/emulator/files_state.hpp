#pragma once

#include "emulator/dbfs_state.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::emulation {

/// The rules of the Files API on the tree below "/Volumes", which the rest of DBFS does not see.
/// Every volume exists: /Volumes/CATALOG/SCHEMA/VOLUME of any names. What is above the volumes can
/// be looked at, not changed.
class files_state {
 public:
  explicit files_state(dbfs_state& tree) : tree_(tree) {}

  outcome<void> upload(std::string_view path, std::shared_ptr<content> bytes, bool overwrite,
                       moment now);
  outcome<void> create_directory(std::string_view path, moment now);
  outcome<void> remove_file(std::string_view path);
  outcome<void> remove_directory(std::string_view path);
  outcome<dbfs_info> file(std::string_view path) const;
  outcome<void> directory(std::string_view path) const;
  /// Entries with names behind `after`.
  outcome<std::vector<dbfs_info>> list(std::string_view path, std::string_view after,
                                       std::size_t count) const;
  outcome<dbfs_state::range> read(std::string_view path) const;

 private:
  dbfs_state& tree_;
};

}  // namespace kiln::emulation
