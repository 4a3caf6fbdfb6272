#pragma once

#include <kiln/bytes.hpp>
#include <kiln/result.hpp>
#include <kiln/transfer.hpp>
#include <kiln/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

/// One file of DBFS or of a volume from a source or to a sink of the caller's own, in place of a
/// local file.
namespace kiln {

/// How it ended; a failure is the task's error.
struct stream_result {
  transfer_state state = transfer_state::done;  ///< skipped: by overwrite::never.
  std::uint64_t bytes = 0;
  std::string sha256;          ///< Of what was sent or received, in hex; empty when skipped.
  std::uint64_t requests = 0;  ///< Made for it, not counting those sent again.
};

/// Sends what `source` has to the file `remote` with the protocols of upload(): one put, or blocks
/// under a temporary name, each outcome settled. The source is read by offset, from its start again
/// where a request is repeated, on the engine's executor or that of the awaiting coroutine, one
/// read at a time. Of the options those about trees and journals are not used, and a comparison
/// (overwrite::if_newer, if_different) fails with invalid_argument: a source has no time.
/// Cancelled, it ends as upload() does.
[[nodiscard]] task<stream_result> upload(workspace ws, std::shared_ptr<byte_source> source,
                                         std::string_view remote,
                                         transfer_options const& options = {});

/// A byte_sink that may wait, such as a pipe or a socket: no part is handed to it before it has
/// taken the one before. Called on a strand over the executor of the awaiting coroutine.
class async_byte_sink {
 public:
  virtual ~async_byte_sink() = default;
  /// Before the first byte, and again when the file has to be read anew: forget what was written.
  virtual task<void> restart() = 0;
  /// `data` is valid until the task has ended.
  virtual task<void> write(std::span<std::byte const> data) = 0;
};

/// Hands the content of the file `remote` to `sink`, in order, while up to bytes_in_flight_max are
/// read ahead. The sink is called on a strand over the executor of the awaiting coroutine; what it
/// fails with ends the download. restart() comes before the first byte, and again, a few times at
/// most, when the file has changed on the server meanwhile. Of DBFS it costs a get-status, a read a
/// MiB and, of a file of several, another get-status; of a volume a get-status and a read each
/// 4 MiB.
[[nodiscard]] task<stream_result> download(workspace ws, std::string_view remote,
                                           std::shared_ptr<byte_sink> sink,
                                           transfer_options const& options = {});
[[nodiscard]] task<stream_result> download(workspace ws, std::string_view remote,
                                           std::shared_ptr<async_byte_sink> sink,
                                           transfer_options const& options = {});
/// What such a download would take; costs a get-status itself.
[[nodiscard]] task<transfer_plan> plan_download_to_sink(workspace ws, std::string_view remote,
                                                        transfer_options const& options = {});

}  // namespace kiln
