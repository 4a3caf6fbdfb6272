#pragma once

#include <kiln/result.hpp>
#include <kiln/timestamp.hpp>
#include <kiln/workspace.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Files and trees to and from DBFS with the fewest requests: one multipart put a file up, one read
/// a MiB down, nothing for an empty file down, one list a directory. Whatever their number and
/// size, memory stays below bytes_in_flight_max plus the plan itself.
namespace kiln {

// g++ 12 takes an enumerator of an enum class for a name of the namespace.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
enum class overwrite : std::uint8_t {
  fail,    ///< A file whose target exists is an item that failed. The default.
  never,   ///< ... is skipped and counted.
  always,  ///< ... replaces it.
  /// ... replaces it if it was changed later than the target, otherwise is skipped and counted.
  /// Times of this machine and of the server are compared. Of an upload of a tree this costs a list
  /// for each directory of it that is there already, of one file a get-status.
  if_newer,
  /// ... or if their sizes differ, as sync() has it. Costs the same.
  if_different,
};
#pragma GCC diagnostic pop
std::string_view to_string(overwrite how) noexcept;  ///< "if-newer"

/// What becomes of symbolic links below the source of an upload. The source itself may be one.
enum class link_mode : std::uint8_t {
  skip,    ///< They are left out with a word.
  follow,  ///< What they lead to is sent. One that leads to a directory around it, or to nothing,
           ///< is an item that failed.
};

/// Which requests an upload uses.
enum class upload_strategy : std::uint8_t {
  automatic,  ///< One put a file; blocks above 2 GiB and where the server refuses the put.
  put,        ///< One put, whatever the server says to it.
  blocks,     ///< A stream of blocks of at most 1 MiB.
};

enum class transfer_state : std::uint8_t { done, skipped, failed };

/// One file or directory of a transfer. Each item ends in exactly one state.
struct transfer_item {
  std::string source;
  std::string destination;
  bool is_dir = false;
  std::uint64_t size = 0;               ///< Bytes.
  std::optional<timestamp> modified{};  ///< Of the source, where known.
};

struct transfer_failure {
  transfer_item item;
  error reason;
  /// skipped: a symbolic link or a special file, which is left out with a word.
  transfer_state state = transfer_state::failed;
};

/// Requests by kind; what a plan predicts and a report counts.
struct request_counts {
  std::uint64_t put = 0, create = 0, add_block = 0, close = 0, move = 0, read = 0, list = 0,
                get_status = 0, mkdirs = 0, delete_ = 0;
  [[nodiscard]] std::uint64_t total() const noexcept;
};

/// What a transfer would do: a value, made without sending more than the lists (and the status of
/// the root) it needs.
struct transfer_plan {
  bool upload = true;
  /// Directories before what is in them; of an upload only the empty ones, as others are made by
  /// what is in them.
  std::vector<transfer_item> items;
  std::vector<transfer_failure> refused;  ///< Unsafe names, unreadable or special files.
  std::uint64_t files = 0, directories = 0, bytes = 0;
  request_counts requests;        ///< Still to send.
  request_counts requests_spent;  ///< Sent while planning.
  double rate = 0;                ///< Requests per second of the budget it was made for.
  /// The least time the budget allows for `requests`; of a share of it, in (0, 1], accordingly.
  [[nodiscard]] std::chrono::milliseconds least_time(double share = 1) const noexcept;
  /// Bytes a second of a link that takes as long as the budget: a slower one binds, of a faster one
  /// the budget does. 0 when nothing is to be copied.
  [[nodiscard]] double binding_bytes_per_second() const noexcept;
  /// What the same bytes would take as one file, such as an archive.
  [[nodiscard]] request_counts requests_as_one_file() const noexcept;
};

struct transfer_report {
  /// Failed directories and refused entries count as failed files.
  std::uint64_t files_done = 0, files_skipped = 0, files_failed = 0, directories = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t requests = 0;   ///< By the workspace handle during the transfer, retries included.
  std::uint64_t throttled = 0;  ///< 429s during the transfer.
  std::chrono::nanoseconds elapsed{};
  std::vector<transfer_failure> failures;
  std::uint64_t files_resumed = 0;  ///< Of all these, ended before this process began.
  std::uint64_t files_verified = 0;
  std::string id;  ///< Of the transfer's journal; empty when none is left.
};

/// A moment of a running transfer.
struct transfer_progress {
  std::uint64_t files_done = 0, files_total = 0;  ///< Skipped and failed ones count as done.
  std::uint64_t bytes_done = 0, bytes_total = 0;
  std::uint64_t requests = 0, requests_total = 0;
  std::chrono::nanoseconds elapsed{};
};

/// How one item ended, and what is known of it. What it refers to lives as long as the call.
struct transfer_outcome {
  transfer_item const& item;
  transfer_state state = transfer_state::done;
  error const* why = nullptr;  ///< Of failed and, where there is something to say, skipped.
  std::uint64_t bytes = 0;     ///< Transferred.
  /// Of what was sent or received, in hex; with transfer_options::manifest only.
  std::string_view sha256{};
  std::uint64_t requests = 0;  ///< Made for it alone, not counting those sent again.
  bool verified = false;       ///< Read back, and the same.
};

/// Told how a transfer goes, on the executor of the awaiting coroutine; must not block.
class transfer_observer {
 public:
  virtual ~transfer_observer() = default;
  virtual void planned(transfer_plan const&) {}
  /// Before planned(): the transfer has this id in its journal, and goes on from there if resumed.
  virtual void journaled(std::string_view /*id*/, bool /*resumed*/) {}
  virtual void progressed(transfer_progress const&) {}
  virtual void finished(transfer_item const&, transfer_state, error const* /*why failed*/) {}
  /// The same with all that is known; whoever overrides it is not told finished().
  virtual void ended(transfer_outcome const& o) { finished(o.item, o.state, o.why); }
};

/// Trivially destructible, so it may be written in braces beside a co_await.
struct transfer_options {
  kiln::overwrite overwrite = overwrite::fail;
  /// Globs over paths relative to the source, in any order; see the README. Without an include
  /// everything takes part; what is excluded does not, whatever includes it. Copied.
  std::span<std::string const> include{};
  std::span<std::string const> exclude{};
  /// Only these paths relative to the source, files or whole directories; one that is not there is
  /// an item that failed. nullopt: all. Copied.
  std::optional<std::span<std::string const>> only{};
  link_mode links = link_mode::skip;
  /// Each file is read back from the server and compared with the local one, byte by byte: a read a
  /// MiB more. One that differs is an item that failed; of a download nothing of it stays.
  bool verify = false;
  /// A file to be written with a line of JSON for each item as it ends, and a last one that sums
  /// up: see the README. A transfer that goes on writes it anew, with what was done before. Copied.
  std::string_view manifest{};
  bool recursive = true;                          ///< false: a directory as source is an error.
  std::uint32_t files_in_flight_max = 64;         ///< > 0.
  std::uint64_t bytes_in_flight_max = 48U << 20;  ///< Buffers of downloads; >= 1 MiB.
  bool fsync = true;                      ///< A downloaded file is on the disk before its rename.
  bool stream_always = false;             ///< The same as upload_strategy::blocks.
  transfer_observer* observer = nullptr;  ///< Must outlive the transfer.
  lane in_lane = lane::bulk;
  upload_strategy strategy = upload_strategy::automatic;
  /// The directory of journals, made where missing; empty: none is kept. With a journal, the same
  /// call (direction, host, source, destination, overwrite, selection) goes on where one was killed
  /// or cancelled, whose plan it takes over, and what was begun is kept for that. Fails with
  /// errc::conflict while another process is at work on it. Copied.
  std::string_view state_dir{};
  /// Once it is true, nothing more is begun, what is under way is finished, and the transfer ends
  /// with errc::cancelled. May be set from any thread; must outlive the transfer.
  std::atomic<bool> const* drain = nullptr;
  /// Where to write the blocks of large downloads and wait for the disk (fsync), such as a pool of
  /// one thread; null: in between, where it holds up other work of the transfer's executor. Must
  /// outlive the transfer.
  asio::any_io_executor const* disk = nullptr;
};

/// Copies a local file or tree to DBFS. A file given for an existing directory goes into it; a
/// directory's content goes to `remote` itself, as `cp -rT` does. Errors of single items are in the
/// report; the result is an error only when nothing could be started, the transfer was cancelled
/// (errc::cancelled, after temporary files are gone; items not begun are not told of) or the handle
/// was closed. Throws std::invalid_argument for options that can never work.
[[nodiscard]] task<transfer_report> upload(workspace ws, std::string_view local,
                                           std::string_view remote,
                                           transfer_options const& options = {});
/// Copies a DBFS file or tree to the local disk: each file to a temporary name in its target
/// folder, then fsync and rename. Names that would leave `local` are refused.
[[nodiscard]] task<transfer_report> download(workspace ws, std::string_view remote,
                                             std::string_view local,
                                             transfer_options const& options = {});

/// What upload() or download() would do.
[[nodiscard]] task<transfer_plan> plan_upload(workspace ws, std::string_view local,
                                              std::string_view remote,
                                              transfer_options const& options = {});
[[nodiscard]] task<transfer_plan> plan_download(workspace ws, std::string_view remote,
                                                std::string_view local,
                                                transfer_options const& options = {});

/// What a journal tells of one transfer.
struct transfer_record {
  std::string id;
  bool upload = true;
  std::string host, source, destination;
  kiln::overwrite overwrite = overwrite::fail;
  std::string selection;  ///< Of what was chosen, made for people; empty: all of the source.
  timestamp created{};
  bool ended = false;  ///< Every item has ended, some of them failed: retry_failed().
  bool running = false;
  std::int64_t pid = 0;     ///< Of the process that is at work on it, if it could be told.
  std::uint64_t items = 0;  ///< Files and directories.
  std::uint64_t done = 0, skipped = 0, failed = 0;
  std::uint64_t bytes = 0, bytes_done = 0;
  std::uint64_t left_on_server = 0;  ///< Files under temporary names that it knows of.
  std::string damage;                ///< Why the journal cannot be read; then only `id` is known.
};
/// One item of it; `state` is empty while it is still to be done.
struct transfer_entry {
  transfer_item item;
  std::optional<transfer_state> state;
  error why;
};

/// All transfers with a journal: unfinished ones, and those with failed items. Blocks for a moment.
[[nodiscard]] result<std::vector<transfer_record>> list_transfers(std::string_view state_dir);
[[nodiscard]] result<std::vector<transfer_entry>> list_transfer_items(std::string_view state_dir,
                                                                      std::string_view id);
/// Goes on with an unfinished transfer of options.state_dir; what it copies, and whether it
/// overwrites, is in its journal. Fails with file_not_found for an unknown id, invalid_argument
/// when it is of another host.
[[nodiscard]] task<transfer_report> resume_transfer(workspace ws, std::string_view id,
                                                    transfer_options const& options);
/// The same, and failed items are tried again.
[[nodiscard]] task<transfer_report> retry_failed(workspace ws, std::string_view id,
                                                 transfer_options const& options);
/// What these two would still do: the items that are left, and what they take. Asks no server and
/// changes nothing. Fails as they do.
[[nodiscard]] task<transfer_plan> plan_resume(workspace ws, std::string_view id,
                                              transfer_options const& options);
[[nodiscard]] task<transfer_plan> plan_retry_failed(workspace ws, std::string_view id,
                                                    transfer_options const& options);
/// Gives up a transfer that left nothing on a server, as forget_transfer() does; asks none. False:
/// it did, and nothing was changed. Blocks for a moment.
[[nodiscard]] result<bool> forget_local_transfer(std::string_view id, std::string_view state_dir);
/// Gives up a transfer: deletes what it has left under temporary names on both sides, and its
/// journal. What is done stays done.
[[nodiscard]] task<void> forget_transfer(workspace ws, std::string_view id,
                                         std::string_view state_dir);

}  // namespace kiln
