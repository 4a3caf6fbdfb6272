#pragma once

#include "transfer/plan.hpp"
#include "transfer/remote.hpp"
#include "transfer/selection.hpp"
#include "transfer/sync_plan.hpp"

#include <kiln/sync.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::transfer {

/// What a sync or a comparison is about. Lives in the frame of the coroutine given to the caller.
struct sync_job {
  sync_job(workspace handle, sync_options const& o);
  sync_job(sync_job const&) = delete;
  sync_job& operator=(sync_job const&) = delete;

  /// Takes apart which side is where, and what is chosen.
  result<void> between(std::string_view source, std::string_view destination);
  result<void> beside(std::string_view local_path, std::string_view remote_path);

  workspace ws;
  sync_options options;  ///< Its views are not to be used.
  std::string state_dir;
  std::string manifest_path;
  std::vector<std::string> include, exclude;
  std::optional<std::vector<std::string>> only;
  selection chosen;
  bool upload = true;
  std::string local;
  std::string remote_root;  ///< "/a/b"
  std::unique_ptr<remote> service;
};

struct looked_at_both {
  two_trees trees;
  std::vector<transfer_failure> refused;
  std::uint64_t lists = 0, statuses = 0;  ///< Requests made.
};

/// Walks both trees. A missing target is an empty one.
task<looked_at_both> look_at_both(sync_job const& j);

}  // namespace kiln::transfer
