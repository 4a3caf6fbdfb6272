#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/result.hpp>
#include <kiln/services/dbfs.hpp>
#include <kiln/transfer.hpp>
#include <kiln/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

/// Files and directories wherever their paths put them: below "/Volumes" by the Files API, all else
/// by that of DBFS. What `kiln fs` does to single paths.
namespace kiln {

namespace transfer {
class remote;
}

struct remove_progress {
  std::uint64_t removed = 0;  ///< Files and directories, as far as the server tells.
  std::uint64_t total = 0;    ///< 0: not known, as on DBFS, which is not listed first.
};
struct remove_report {
  std::uint64_t removed = 0;   ///< 0 also where the server did not tell.
  std::uint64_t requests = 0;  ///< Without retries.
};

/// What a removal would take away, and send.
struct remove_plan {
  std::uint64_t files = 0, directories = 0, bytes = 0;
  /// Still to send. On DBFS one delete, which a server that deletes large directories in parts has
  /// repeated.
  request_counts requests;
  request_counts requests_spent;  ///< Sent while planning.
  double rate = 0;                ///< Requests per second of the budget it was made for.
};

/// Told how a removal goes, on the executor of the awaiting coroutine; must not block.
class remove_observer {
 public:
  virtual ~remove_observer() = default;
  virtual void progressed(remove_progress const&) {}
};

/// A cheap copy of a shared handle. Paths are absolute, "dbfs:" before them is left out; views are
/// copied before a method returns. Errors as those of the services.
class remote_files {
 public:
  explicit remote_files(workspace ws, lane in_lane = lane::normal);

  /// One level of a directory, or the one file.
  [[nodiscard]] task<std::vector<dbfs::file_info>> list(std::string_view path) const;
  [[nodiscard]] task<dbfs::file_info> get_status(std::string_view path) const;
  /// With its parents; a no-op when it is there.
  [[nodiscard]] task<void> mkdirs(std::string_view path) const;
  /// Volumes have no move: invalid_argument, which says what to do instead.
  [[nodiscard]] task<void> move(std::string_view from, std::string_view to) const;
  /// At most read_bytes_max(); fewer at the end. `into` must stay valid until the task has ended.
  [[nodiscard]] task<std::size_t> read(std::string_view path, std::uint64_t offset,
                                       std::span<std::byte> into) const;
  [[nodiscard]] static std::uint64_t read_bytes_max(std::string_view path) noexcept;
  /// How many requests to that path to have under way at most: a volume takes ten at a time.
  [[nodiscard]] static std::size_t requests_in_flight_max(std::string_view path) noexcept;
  /// A file or an empty directory; a path that is not there is a success.
  [[nodiscard]] task<void> remove(std::string_view path) const;
  /// A directory with all below it, however often the server has to be told (PARTIAL_DELETE). Of a
  /// volume each file and directory costs a request, and nothing is deleted when a part of the tree
  /// cannot be listed. `observer` may be null, and must outlive the task.
  [[nodiscard]] task<remove_report> remove_all(std::string_view path,
                                               remove_observer* observer = nullptr) const;
  /// What remove() or, with `recursive`, remove_all() would do; nothing where nothing is. Costs a
  /// list a directory, and fails when one cannot be listed.
  [[nodiscard]] task<remove_plan> plan_removal(std::string_view path, bool recursive) const;

 private:
  workspace ws_;
  std::shared_ptr<transfer::remote> to_;
};

}  // namespace kiln
