#pragma once

#include "core/limits.hpp"
#include "transfer/plan.hpp"
#include "transfer/remote.hpp"
#include "transfer/selection.hpp"

#include <kiln/transfer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What stands before a transfer: its job as the caller gave it, and its plan.
namespace kiln::transfer {

/// What one transfer is about. Lives in the frame of the coroutine that was given to the caller.
struct job {
  job(workspace handle, std::string_view local_path, std::string_view remote_path,
      transfer_options const& o)
      : ws(std::move(handle)),
        local(local_path),
        remote_given(remote_path),
        state_dir(o.state_dir),
        manifest_path(o.manifest),
        include(o.include.begin(), o.include.end()),
        exclude(o.exclude.begin(), o.exclude.end()),
        options(o),
        service(make_remote(ws, o.in_lane)) {
    if (o.only) only.emplace(o.only->begin(), o.only->end());
    options.state_dir = state_dir;
    options.manifest = manifest_path;
    options.include = include;
    options.exclude = exclude;
    options.only.reset();
  }
  /// One that is in its journal, which says what and where.
  job(workspace handle, std::string_view transfer_id, bool again, transfer_options const& o)
      : job(std::move(handle), std::string_view(), std::string_view(), o) {
    id = transfer_id;
    retry_failed = again;
  }
  job(job const&) = delete;
  job& operator=(job const&) = delete;

  /// What of it is below "dbfs:", as it was given.
  [[nodiscard]] std::string_view remote_root() const noexcept {
    std::string_view const all = remote_given;
    return all.starts_with("dbfs:") ? all.substr(5) : all;
  }

  workspace ws;
  std::string local;
  std::string remote_given;
  std::string state_dir;
  std::string manifest_path;
  std::vector<std::string> include, exclude;
  std::optional<std::vector<std::string>> only;
  selection chosen;  ///< Of these; see choose().
  transfer_options options;
  std::unique_ptr<remote> service;
  std::string id;             ///< Of a transfer to go on with; empty: as the paths say.
  bool retry_failed = false;  ///< Of it.
  std::uint64_t put_bytes_max = limits::dbfs_put_bytes_max;  ///< What the server is known to take.
};

/// A plan and what its execution needs beside it.
struct prepared {
  transfer_plan plan;
  std::string local_root;  ///< Of a download: what its destinations are below.
  bool targets_absent = false;
  bool target_may_be_directory = false;
};

/// "/a" for "/a//"; "/" for the root.
[[nodiscard]] std::string without_slashes(std::string path);
[[nodiscard]] bool streams_always(transfer_options const& options) noexcept;
/// As it is carried out: a plan holds only what is to be written, whatever the comparison was.
[[nodiscard]] kiln::overwrite carried_out(kiln::overwrite how) noexcept;
[[nodiscard]] plan_rules rules_of(job const& j, bool targets_absent);
/// Makes the job's selection. Fails with invalid_argument for a pattern or path that is none.
result<void> choose(job& j);

/// Asks the server no more than it must, unless `curious`: for a plan that is to be shown.
task<prepared> prepare(job const& j, bool upload, bool curious);

}  // namespace kiln::transfer
