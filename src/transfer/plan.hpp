#pragma once

#include "core/limits.hpp"

#include <kiln/services/dbfs.hpp>
#include <kiln/transfer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// From what was found to what will be done. Pure.
namespace kiln::transfer {

/// One entry below the root of a tree.
struct found {
  std::string path;  ///< Relative to the root, separated by '/'; never empty.
  bool is_dir = false;
  std::uint64_t size = 0;
  std::optional<timestamp> modified{};
  std::uint64_t inode = 0;  ///< Of a local file; the same under whatever name.
};

/// What a walk found, in any order.
struct listing {
  std::vector<found> entries;
  std::vector<transfer_failure> refused;
};

struct plan_rules {
  kiln::overwrite overwrite = overwrite::fail;
  bool stream_always = false;
  /// The targets are known not to exist: a stream need not ask before it spends its blocks.
  bool targets_absent = false;
  bool put_always = false;    ///< Even where the server is known to refuse.
  bool verify = false;        ///< Each file is read back.
  bool root_if_empty = true;  ///< The directory is made even where nothing is to go into it.
  std::uint64_t put_bytes_max = limits::dbfs_put_bytes_max;
  bool volume = false;  ///< The targets are in a volume, which knows puts only.
};

/// Whether an upload of `size` bytes takes a stream rather than one put.
[[nodiscard]] bool needs_stream(std::uint64_t size, plan_rules const& rules) noexcept;

/// Requests of one uploaded file, when nothing fails.
[[nodiscard]] request_counts upload_requests(std::uint64_t size, plan_rules const& rules) noexcept;
/// The same of a downloaded one: several reads are of one file only if that has not changed behind
/// the last of them. A volume takes longer ranges, and itself answers each on that condition.
[[nodiscard]] request_counts download_requests(std::uint64_t size, bool volume = false) noexcept;
/// With what reading it back takes, where the rules want that.
[[nodiscard]] request_counts download_requests(std::uint64_t size,
                                               plan_rules const& rules) noexcept;
/// Adds without wrapping around: sizes come from a server.
void add(request_counts& to, request_counts const& more) noexcept;
void add_item(transfer_plan& plan, transfer_item item, request_counts const& requests);

/// Directories with something in them are made by what is in them and are no items.
[[nodiscard]] transfer_plan upload_plan(listing tree, std::string_view local_root,
                                        std::string_view remote_root, plan_rules const& rules);
[[nodiscard]] transfer_plan download_plan(listing tree, std::string_view remote_root,
                                          std::string_view local_root,
                                          plan_rules const& rules = {});
/// One file; the paths are complete.
[[nodiscard]] transfer_plan file_upload_plan(std::string local, std::string remote,
                                             std::uint64_t size, plan_rules const& rules);
[[nodiscard]] transfer_plan file_download_plan(std::string remote, std::string local,
                                               std::uint64_t size,
                                               std::optional<timestamp> modified = {},
                                               plan_rules const& rules = {});

/// What a dbfs/list of `folder` gives for a walk below it: names that can be stored, each once.
/// `below` is the path of `folder` relative to the root of the walk.
[[nodiscard]] listing checked_children(std::string_view folder, std::string_view below,
                                       std::vector<dbfs::file_info> files);

}  // namespace kiln::transfer
