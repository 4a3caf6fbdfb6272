#pragma once

#include <kiln/bytes.hpp>
#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// DBFS API 2.0. Paths are absolute ("/tmp/x"); "dbfs:/tmp/x" is accepted by the server too.
/// Source of every shape: https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/dbfs
namespace kiln {

class engine;

namespace dbfs {

struct file_info {
  std::string path;
  bool is_dir = false;
  std::int64_t file_size = 0;                    ///< Bytes; 0 for a directory.
  std::optional<timestamp> modification_time{};  ///< Absent on old workspaces.
};

/// Opens a stream to a new file. The handle ends 10 minutes after its last use. Missing parents
/// are made. Fails with already_exists unless `overwrite`.
struct create {
  static constexpr endpoint at{verb::post, "/api/2.0/dbfs/create", repeat::not_idempotent};
  struct response {
    std::int64_t handle = 0;
  };
  std::string_view path;
  bool overwrite = false;
};

/// Appends to a stream. There is no offset: a repeated block is appended twice, so an attempt
/// whose answer was lost is not repeated (error::may_have_been_applied() tells).
struct add_block {
  static constexpr endpoint at{verb::post, "/api/2.0/dbfs/add-block", repeat::not_idempotent,
                               lane::bulk};
  using response = void;
  std::int64_t handle = 0;
  std::span<std::byte const> data;  ///< At most 1 MiB.
};

/// Ends a stream. A second close answers not_found.
struct close {
  static constexpr endpoint at{verb::post, "/api/2.0/dbfs/close", repeat::idempotent};
  using response = void;
  std::int64_t handle = 0;
};

/// Deletes a file or a directory; an absent path is a success. A large recursive delete may answer
/// 503 PARTIAL_DELETE after 45 s: the call then goes on until it is done or the deadline passes.
struct delete_ {
  static constexpr endpoint at{verb::post, "/api/2.0/dbfs/delete", repeat::idempotent};
  using response = void;
  std::string_view path;
  bool recursive = false;
};

struct get_status {
  static constexpr endpoint at{verb::get, "/api/2.0/dbfs/get-status", repeat::safe};
  using response = file_info;
  std::string_view path;
};

/// One level of a directory, or the one file. Large directories time out at the server near 60 s.
struct list {
  static constexpr endpoint at{verb::get, "/api/2.0/dbfs/list", repeat::safe};
  struct response {
    std::vector<file_info> files;
  };
  std::string_view path;
};

/// Makes a directory and its parents; a no-op when it is there.
struct mkdirs {
  static constexpr endpoint at{verb::post, "/api/2.0/dbfs/mkdirs", repeat::idempotent};
  using response = void;
  std::string_view path;
};

/// Fails with already_exists when the destination is an existing file. Repeating after a lost
/// answer finds the source gone, so such an attempt is not repeated.
struct move {
  static constexpr endpoint at{verb::post, "/api/2.0/dbfs/move", repeat::not_idempotent};
  using response = void;
  std::string_view source_path;
  std::string_view destination_path;
};

/// A whole small file in one request, as JSON.
struct put {
  static constexpr endpoint at{verb::post, "/api/2.0/dbfs/put", repeat::idempotent, lane::bulk};
  using response = void;
  std::string_view path;
  std::span<std::byte const> contents;  ///< At most 1 MiB.
  bool overwrite = false;
};

/// A whole file below 2 GiB in one streamed request, as multipart/form-data.
struct put_multipart {
  static constexpr endpoint at{verb::post, "/api/2.0/dbfs/put", repeat::idempotent, lane::bulk};
  using response = void;
  std::string_view path;
  bool overwrite = false;
};

/// A range of a file. Past the end: fewer bytes, or none.
struct read {
  static constexpr endpoint at{verb::get, "/api/2.0/dbfs/read", repeat::safe, lane::bulk};
  struct response {
    std::int64_t bytes_read = 0;
    bytes data;
  };
  std::string_view path;
  std::optional<std::int64_t> offset{};
  std::optional<std::int64_t> length{};  ///< At most 1 MiB; the server's default is 0.5 MB.
};

/// What workspace::dbfs() gives: every operation, one attempt or several as its endpoint allows.
/// A cheap copy of a shared handle; calls from any thread. Requests are encoded before a method
/// returns, so views in them need live no longer than the call expression.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<dbfs::create::response> create(dbfs::create const& r,
                                      call_options const& options = {}) const;
  task<void> add_block(dbfs::add_block const& r, call_options const& options = {}) const;
  task<void> close(dbfs::close const& r, call_options const& options = {}) const;
  task<void> delete_(dbfs::delete_ const& r, call_options const& options = {}) const;
  task<file_info> get_status(dbfs::get_status const& r, call_options const& options = {}) const;
  task<dbfs::list::response> list(dbfs::list const& r, call_options const& options = {}) const;
  task<void> mkdirs(dbfs::mkdirs const& r, call_options const& options = {}) const;
  task<void> move(dbfs::move const& r, call_options const& options = {}) const;
  task<void> put(dbfs::put const& r, call_options const& options = {}) const;
  /// `contents` is streamed, read again from its start if the attempt is repeated.
  task<void> put_multipart(dbfs::put_multipart const& r, std::shared_ptr<byte_source> contents,
                           call_options const& options = {}) const;
  task<dbfs::read::response> read(dbfs::read const& r, call_options const& options = {}) const;
  /// The same for many reads in a row: the answer's data is decoded into `memory`, such as the data
  /// of the one before, whatever is in it.
  task<dbfs::read::response> read(dbfs::read const& r, bytes memory,
                                  call_options const& options = {}) const;
  /// As read, into the caller's memory, which must stay valid until the task has ended or is
  /// destroyed. Gives the number of bytes; more than fit are an error (decode_failed). `length`
  /// defaults to the size of `into`.
  task<std::size_t> read_into(dbfs::read const& r, std::span<std::byte> into,
                              call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace dbfs
}  // namespace kiln
