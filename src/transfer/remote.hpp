#pragma once

#include "core/limits.hpp"

#include <kiln/bytes.hpp>
#include <kiln/result.hpp>
#include <kiln/services/dbfs.hpp>
#include <kiln/timestamp.hpp>
#include <kiln/transfer.hpp>
#include <kiln/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::transfer {

/// One level of a directory, or the one file, and what it took to know.
struct remote_listing {
  std::vector<dbfs::file_info> files;
  request_counts spent;
};

/// What a transfer needs of the server: DBFS, and volumes below "/Volumes", which look alike from
/// here. The seam at which protocols are tested step by step. References must stay valid until the
/// task has ended.
class remote {
 public:
  virtual ~remote() = default;
  virtual task<void> put(std::string const& path, bool overwrite,
                         std::shared_ptr<byte_source> contents) = 0;
  virtual task<std::int64_t> create(std::string const& path) = 0;
  /// `data` is encoded before it returns, and need not live longer.
  virtual task<void> add_block(std::int64_t handle, std::span<std::byte const> data) = 0;
  virtual task<void> close(std::int64_t handle) = 0;
  virtual task<void> move(std::string const& from, std::string const& to) = 0;
  /// `brief`: while a cancelled transfer is cleaning up; gives up after a few seconds.
  virtual task<void> remove(std::string const& path, bool brief) = 0;
  /// Of a volume: an empty directory. Of DBFS: with all below it, and PARTIAL_DELETE is an error.
  virtual task<void> remove_directory(std::string const& path) = 0;
  virtual task<void> mkdirs(std::string const& path) = 0;
  virtual task<dbfs::file_info> get_status(std::string const& path) = 0;
  virtual task<remote_listing> list(std::string const& path) = 0;
  /// Never more than `length` bytes; fewer at the end. They take over `memory`, which may be that
  /// of a read before: many in a row then ask the system for none.
  virtual task<bytes> read(std::string const& path, std::uint64_t offset, std::size_t length,
                           bytes memory) = 0;
  task<bytes> read(std::string const& path, std::uint64_t offset, std::size_t length) {
    return read(path, offset, length, bytes());
  }
  /// The same, failing with file_changed where the server tells that the file is not that of `size`
  /// and `modified` any more; see tells_changes().
  virtual task<bytes> read_of(std::string const& path, std::uint64_t offset, std::size_t length,
                              std::uint64_t size, std::optional<timestamp> modified, bytes memory) {
    static_cast<void>(size);
    static_cast<void>(modified);
    return read(path, offset, length, std::move(memory));
  }
  /// Whether every read_of() of a file whose time of change is known looks whether it has changed.
  [[nodiscard]] virtual bool tells_changes(std::string_view path) const noexcept {
    static_cast<void>(path);
    return false;
  }
};

/// How many requests of one transfer to that path may be under way: the service of volumes takes
/// ten at a time, DBFS as many as the engine lets go.
[[nodiscard]] std::size_t requests_in_flight_max(std::string_view path) noexcept;

/// The most that one read of that path gives.
[[nodiscard]] std::uint64_t range_bytes_of(std::string_view path) noexcept;

/// How many ranges of files at that path are under way at most, either way, in about `bytes_max` of
/// memory; at least one. Those of DBFS go as text, which is counted; they come as bytes.
[[nodiscard]] std::size_t ranges_in_flight_max(std::string_view path,
                                               std::uint64_t bytes_max) noexcept;

std::unique_ptr<remote> make_remote(workspace const& ws, lane in_lane);

}  // namespace kiln::transfer
