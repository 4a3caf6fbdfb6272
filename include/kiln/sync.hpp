#pragma once

#include <kiln/result.hpp>
#include <kiln/transfer.hpp>
#include <kiln/workspace.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// One tree made like another, at the cost of what differs: between the local disk and DBFS.
namespace kiln {

enum class sync_action : std::uint8_t {
  copy,            ///< Not there yet.
  replace,         ///< There, but different.
  move,            ///< There under another name: renamed at the target, nothing is sent.
  make_directory,  ///< Empty at the source, missing at the target.
  remove,          ///< A file or directory that the source does not have.
};
std::string_view to_string(sync_action action) noexcept;

/// What will be done to one entry, and why.
struct sync_step {
  sync_action action = sync_action::copy;
  std::string path;  ///< Relative to both roots.
  std::string from;  ///< Of a move: its present path at the target.
  bool is_dir = false;
  std::uint64_t size = 0;   ///< Bytes that will be sent or received.
  std::string_view reason;  ///< "size differs"; static storage.
};

struct sync_plan {
  bool upload = true;
  /// In the order in which they are carried out: removals and directories that make room, moves,
  /// directories, copies, removals.
  std::vector<sync_step> steps;
  std::vector<transfer_failure> refused;
  std::uint64_t unchanged = 0;    ///< Files that stay as they are.
  std::uint64_t files = 0;        ///< To be copied or replaced.
  std::uint64_t bytes = 0;        ///< Of those.
  request_counts requests;        ///< Still to send.
  request_counts requests_spent;  ///< Sent while planning.
  double rate = 0;
  [[nodiscard]] std::chrono::milliseconds least_time() const noexcept;
};

struct sync_report {
  std::uint64_t copied = 0, replaced = 0, moved = 0, removed = 0, directories = 0, unchanged = 0,
                failed = 0;
  std::uint64_t bytes = 0;
  std::uint64_t requests = 0;   ///< By the workspace handle meanwhile, retries included.
  std::uint64_t throttled = 0;  ///< 429s meanwhile.
  std::chrono::nanoseconds elapsed{};
  std::vector<transfer_failure> failures;
};

/// Told how it goes, on the executor of the awaiting coroutine; must not block.
class sync_observer {
 public:
  virtual ~sync_observer() = default;
  virtual void planned(sync_plan const&) {}
  virtual void progressed(transfer_progress const&) {}
  virtual void finished(sync_step const&, error const* /*why it failed*/) {}
};

/// Trivially destructible, so it may be written in braces beside a co_await.
struct sync_options {
  bool remove = false;  ///< What the source does not have is deleted at the target.
  bool checksum =
      false;  ///< Files of equal size are read from the server and compared byte by byte.
  std::span<std::string const> include{};  ///< Globs; see the README. Empty: everything.
  std::span<std::string const> exclude{};  ///< Wins over include. What it names is never deleted.
  /// Only these paths relative to both roots, files or whole directories; nothing else is touched.
  /// One that the source does not have is deleted at the target with `remove`, without it an entry
  /// that failed. nullopt: all. Copied.
  std::optional<std::span<std::string const>> only{};
  link_mode links = link_mode::skip;  ///< Of a local source.
  std::uint32_t files_in_flight_max = 64;
  std::uint64_t bytes_in_flight_max = 48U << 20;
  bool fsync = true;
  /// Where what is known of earlier runs is kept, which is what tells a renamed file from a new
  /// one; empty: nowhere, and a renamed file is sent again. Copied.
  std::string_view state_dir{};
  /// A file to be written with a line of JSON for each step as it ends, and a last one that sums
  /// up: see the README. Of verify() not used. Copied.
  std::string_view manifest{};
  sync_observer* observer = nullptr;  ///< Must outlive it.
  lane in_lane = lane::bulk;
};

/// Makes `destination` like `source`: one of them is on DBFS ("dbfs:/..."), the other a local
/// directory. A file is copied when it is missing there, its size differs, or it is newer at the
/// source; a download gives it the time of change it has on the server. Ends as upload() does.
[[nodiscard]] task<sync_report> sync(workspace ws, std::string_view source,
                                     std::string_view destination,
                                     sync_options const& options = {});
/// What sync() would do. With `checksum` the comparison is made, and paid for, here.
[[nodiscard]] task<sync_plan> plan_sync(workspace ws, std::string_view source,
                                        std::string_view destination,
                                        sync_options const& options = {});

/// How a local file or tree and one on DBFS differ.
struct verify_report {
  struct difference {
    std::string path;  ///< Relative; empty for the root.
    std::string what;  ///< "missing on DBFS", "size 3 here, 5 there", "byte 1048577 differs"
  };
  std::uint64_t files = 0;  ///< Compared.
  std::uint64_t bytes = 0;  ///< Of those.
  std::uint64_t requests = 0;
  std::vector<difference> differences;
  std::vector<transfer_failure> failures;  ///< What could not be compared.
};
struct verify_plan {
  std::uint64_t files = 0;        ///< To be read.
  std::uint64_t bytes = 0;        ///< Of those.
  std::uint64_t differences = 0;  ///< Known from the listings already.
  std::vector<transfer_failure> refused;
  request_counts requests;        ///< Still to send, when it is listed once more.
  request_counts requests_spent;  ///< Sent while planning.
  double rate = 0;
};
/// What verify() would cost. Lists both sides, reads nothing.
[[nodiscard]] task<verify_plan> plan_verify(workspace ws, std::string_view local,
                                            std::string_view remote,
                                            sync_options const& options = {});
/// Compares names, sizes and every byte; costs a list a directory and a read a MiB.
[[nodiscard]] task<verify_report> verify(workspace ws, std::string_view local,
                                         std::string_view remote, sync_options const& options = {});

}  // namespace kiln
