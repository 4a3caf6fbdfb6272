#pragma once

#include "transfer/plan.hpp"
#include "transfer/selection.hpp"

#include <kiln/sync.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What differs between two trees, and what makes them alike. Pure.
namespace kiln::transfer {

struct sync_entry {
  std::string path;  ///< Relative to its root.
  bool is_dir = false;
  std::uint64_t size = 0;
  std::optional<timestamp> modified{};
  std::uint64_t inode = 0;  ///< Of a local file; 0: not known.
};

/// A file that an earlier run left alike on both sides.
struct remembered_file {
  std::string path;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  timestamp local_modified{};
  /// It was so on the server at the latest then, by the local clock.
  timestamp seen{};
};

struct sync_rules {
  bool upload = true;
  bool remove = false;
  /// The target does not tell names apart that differ in case only: of such files of the source the
  /// first is taken and the others are refused.
  bool ignores_case = false;
  selection const* chosen = nullptr;  ///< Null: everything.
  plan_rules uploads;                 ///< What an upload costs.
};

struct two_trees {
  std::vector<sync_entry> source;
  std::vector<sync_entry> target;
  /// Relative paths of directories that could not be looked at, on either side: nothing at or below
  /// them is removed.
  std::vector<std::string> unknown;
  std::vector<remembered_file> remembered;
};

/// Files of both trees that time and size call alike: what a comparison of content is about.
[[nodiscard]] std::vector<std::string> seemingly_alike(two_trees const& trees,
                                                       sync_rules const& rules);

/// `different`: sorted paths whose content was compared and found to differ. What is refused is
/// named by its relative path.
[[nodiscard]] sync_plan make_sync_plan(two_trees trees, sync_rules const& rules,
                                       std::vector<std::string> const& different = {});

}  // namespace kiln::transfer
