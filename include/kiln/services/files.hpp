#pragma once

#include <kiln/bytes.hpp>
#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/pages.hpp>
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

/// Files API 2.0: files and directories of Unity Catalog volumes. Paths are absolute and begin with
/// the volume, "/Volumes/catalog/schema/volume/a/b.csv". Content travels as it is, without JSON or
/// base64. There is no move and no recursive delete. The service lets 10 requests through at a
/// time, 100 a second.
/// Source of every shape: https://docs.databricks.com/api/workspace/files
namespace kiln {

class engine;

namespace files {

struct directory_entry {
  std::string path;
  std::string name;
  bool is_directory = false;
  std::int64_t file_size = 0;  ///< Bytes; 0 for a directory.
  std::optional<timestamp> last_modified{};
};

/// What the headers of an answer say of a file.
struct file_metadata {
  std::int64_t content_length = 0;
  std::string content_type;
  std::string last_modified;  ///< "Sun, 06 Nov 1994 08:49:37 GMT"; see modified_at().
};
/// To the second; nullopt where it is missing or no date.
[[nodiscard]] std::optional<timestamp> modified_at(file_metadata const& of);

/// Makes a directory and its parents; a no-op when it is there. Fails with already_exists when a
/// file is in the way.
struct create_directory {
  static constexpr endpoint at{verb::put, "/api/2.0/fs/directories{directory_path}",
                               repeat::idempotent};
  using response = void;
  std::string_view directory_path;
};

/// Deletes a file. Another attempt after a lost answer finds it gone: not_found.
struct delete_ {
  static constexpr endpoint at{verb::delete_, "/api/2.0/fs/files{file_path}", repeat::idempotent};
  using response = void;
  std::string_view file_path;
};

/// Deletes an empty directory; otherwise fails with invalid_request.
struct delete_directory {
  static constexpr endpoint at{verb::delete_, "/api/2.0/fs/directories{directory_path}",
                               repeat::idempotent};
  using response = void;
  std::string_view directory_path;
};

/// A file, or a part of it.
struct download {
  static constexpr endpoint at{verb::get, "/api/2.0/fs/files{file_path}", repeat::safe, lane::bulk};
  using response = void;
  std::string_view file_path;
};

/// Whether a directory is there.
struct get_directory_metadata {
  static constexpr endpoint at{verb::head, "/api/2.0/fs/directories{directory_path}", repeat::safe};
  using response = void;
  std::string_view directory_path;
};

struct get_metadata {
  static constexpr endpoint at{verb::head, "/api/2.0/fs/files{file_path}", repeat::safe};
  using response = file_metadata;
  std::string_view file_path;
};

/// One level of a directory, in pages; not_found for a file.
struct list_directory_contents {
  static constexpr endpoint at{verb::get, "/api/2.0/fs/directories{directory_path}", repeat::safe};
  struct response {
    std::vector<directory_entry> contents;
    std::string next_page_token;  ///< Empty on the last page.
  };
  std::string_view directory_path;
  std::optional<std::int64_t> page_size{};  ///< At most 1000.
  std::string_view page_token{};
};

/// A whole file of at most 5 GiB; makes missing directories. Fails with already_exists unless
/// `overwrite`.
struct upload {
  static constexpr endpoint at{verb::put, "/api/2.0/fs/files{file_path}", repeat::idempotent,
                               lane::bulk};
  using response = void;
  std::string_view file_path;
  std::optional<bool> overwrite{};
};

/// Which part of a file download_range() asks for, and of which state of it.
struct range {
  std::uint64_t offset = 0;
  /// Fails with conflict (HTTP 412) when the file was changed later than this, to the second.
  std::optional<timestamp> unmodified_since{};
};
/// What came of it.
struct range_content {
  std::size_t size = 0;  ///< Bytes; fewer than asked for at the end of the file, 0 behind it.
  std::uint64_t file_size = 0;
  std::optional<timestamp> last_modified{};  ///< To the second.
};

/// What workspace::files() gives. A cheap copy of a shared handle; calls from any thread. Requests
/// are encoded before a method returns, so views in them need live no longer than the call
/// expression.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<void> create_directory(files::create_directory const& r,
                              call_options const& options = {}) const;
  task<void> delete_(files::delete_ const& r, call_options const& options = {}) const;
  task<void> delete_directory(files::delete_directory const& r,
                              call_options const& options = {}) const;
  /// Writes the whole file to `into`, which is restarted when an attempt is repeated.
  task<file_metadata> download(files::download const& r, std::shared_ptr<byte_sink> into,
                               call_options const& options = {}) const;
  /// As many bytes as `into` holds, straight into the caller's memory, which must stay valid until
  /// the task has ended.
  task<range_content> download_range(files::download const& r, files::range const& part,
                                     std::span<std::byte> into,
                                     call_options const& options = {}) const;
  task<void> get_directory_metadata(files::get_directory_metadata const& r,
                                    call_options const& options = {}) const;
  task<file_metadata> get_metadata(files::get_metadata const& r,
                                   call_options const& options = {}) const;
  task<files::list_directory_contents::response> list_directory_contents(
      files::list_directory_contents const& r, call_options const& options = {}) const;
  pages<directory_entry> list_directory_contents_pages(files::list_directory_contents const& r,
                                                       std::int64_t limit = 0,
                                                       call_options const& options = {}) const;
  task<std::vector<directory_entry>> list_directory_contents_all(
      files::list_directory_contents const& r, std::int64_t limit = 0,
      call_options const& options = {}) const;
  /// `contents` is streamed, read again from its start if the attempt is repeated.
  task<void> upload(files::upload const& r, std::shared_ptr<byte_source> contents,
                    call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace files
}  // namespace kiln
