#include "transfer/volume_remote.hpp"

#include "core/failed_task.hpp"
#include "core/limits.hpp"
#include "transfer/names.hpp"

#include <kiln/services/files.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kiln::transfer {

namespace {

error no_such_thing(std::string_view what, std::string const& path) {
  return error(errc::invalid_argument, std::string(what))
      .with_operation("fs/files")
      .with_where(path);
}

std::optional<timestamp> to_the_second(std::optional<timestamp> at) {
  if (!at) return std::nullopt;
  return timestamp(std::chrono::floor<std::chrono::seconds>(*at));
}

dbfs::file_info info_of(files::directory_entry&& entry, std::string const& directory) {
  dbfs::file_info out;
  out.path = std::move(entry.path);
  while (out.path.ends_with('/')) out.path.pop_back();
  if (out.path.empty()) out.path = joined(directory, entry.name);
  out.is_dir = entry.is_directory;
  out.file_size = entry.is_directory ? 0 : entry.file_size;
  out.modification_time = entry.last_modified;
  return out;
}

class volume_remote final : public remote {
 public:
  volume_remote(workspace const& ws, lane in_lane) : service_(ws.files()) {
    options_.lane = in_lane;
  }

  task<void> put(std::string const& path, bool overwrite,
                 std::shared_ptr<byte_source> contents) override {
    if (contents->size() > limits::files_upload_bytes_max) {
      return failed_task<void>(no_such_thing(
          "a volume takes files of at most 5 GiB by this API: split it, or pack it smaller", path));
    }
    auto const options = with_time_to_send(options_, contents->size());
    files::upload const request{path, overwrite};
    return service_.upload(request, std::move(contents), options);
  }
  task<std::int64_t> create(std::string const& path) override {
    return failed_task<std::int64_t>(no_such_thing("a volume has no streams of blocks", path));
  }
  task<void> add_block(std::int64_t, std::span<std::byte const>) override {
    return failed_task<void>(no_such_thing("a volume has no streams of blocks", {}));
  }
  task<void> close(std::int64_t) override {
    return failed_task<void>(no_such_thing("a volume has no streams of blocks", {}));
  }
  task<void> move(std::string const& from, std::string const&) override {
    return failed_task<void>(no_such_thing(
        "the API of volumes has no move: copy it here with kiln fs cp, copy it to its new place, "
        "then kiln fs rm the old one",
        from));
  }
  task<void> remove(std::string const& path, bool brief) override {
    return delete_file(path, brief ? brief_call(options_) : options_);
  }
  task<void> remove_directory(std::string const& path) override { return delete_directory(path); }
  task<void> mkdirs(std::string const& path) override {
    files::create_directory const request{path};
    return service_.create_directory(request, options_);
  }
  task<dbfs::file_info> get_status(std::string const& path) override { return look_at(path); }
  task<remote_listing> list(std::string const& path) override { return list_pages(path); }
  task<bytes> read(std::string const& path, std::uint64_t offset, std::size_t length,
                   bytes memory) override {
    return read_range(path, offset, length, std::nullopt, std::nullopt, std::move(memory));
  }
  task<bytes> read_of(std::string const& path, std::uint64_t offset, std::size_t length,
                      std::uint64_t size, std::optional<timestamp> modified,
                      bytes memory) override {
    return read_range(path, offset, length, size, modified, std::move(memory));
  }
  [[nodiscard]] bool tells_changes(std::string_view) const noexcept override { return true; }

 private:
  /// As on DBFS, what is not there is deleted already.
  task<void> delete_file(std::string const& path, call_options const how) {
    files::delete_ const request{path};
    auto const gone = co_await service_.delete_(request, how);
    if (gone.has_error() && gone.error().code() != errc::not_found) co_return gone.error();
    co_return result<void>();
  }
  task<void> delete_directory(std::string const& path) {
    files::delete_directory const request{path};
    auto const gone = co_await service_.delete_directory(request, options_);
    if (gone.has_error() && gone.error().code() != errc::not_found) co_return gone.error();
    co_return result<void>();
  }

  task<dbfs::file_info> look_at(std::string const& path) {
    dbfs::file_info out;
    out.path = path;
    files::get_metadata const as_file{path};
    auto const file = co_await service_.get_metadata(as_file, options_);
    if (!file.has_error()) {
      out.file_size = file->content_length;
      out.modification_time = files::modified_at(*file);
      co_return out;
    }
    if (file.error().code() != errc::not_found) co_return file.error();
    files::get_directory_metadata const as_directory{path};
    auto const directory = co_await service_.get_directory_metadata(as_directory, options_);
    if (directory.has_error()) co_return directory.error();
    out.is_dir = true;
    co_return out;
  }

  task<remote_listing> list_pages(std::string const& path) {
    remote_listing out;
    std::string token;
    for (std::size_t page = 0; page < limits::pages_max; ++page) {
      files::list_directory_contents request{path, limits::files_page_max, token};
      auto answer = co_await service_.list_directory_contents(request, options_);
      ++out.spent.list;
      if (answer.has_error() && answer.error().code() == errc::not_found && page == 0) {
        auto file = co_await list_file(path);
        co_return file;
      }
      if (answer.has_error()) co_return answer.error();
      for (auto& entry : answer->contents) out.files.push_back(info_of(std::move(entry), path));
      if (answer->next_page_token.empty()) co_return out;
      if (answer->next_page_token == token) break;
      token = std::move(answer->next_page_token);
    }
    co_return error(errc::decode_failed, "the listing runs in circles")
        .with_operation("fs/directories")
        .with_where(path);
  }

  /// What is no directory may be a file.
  task<remote_listing> list_file(std::string const& path) {
    files::get_metadata const request{path};
    auto const file = co_await service_.get_metadata(request, options_);
    if (file.has_error()) co_return file.error();
    remote_listing out;
    out.spent.list = 1;
    out.spent.get_status = 1;
    dbfs::file_info info;
    info.path = path;
    info.file_size = file->content_length;
    info.modification_time = files::modified_at(*file);
    out.files.push_back(std::move(info));
    co_return out;
  }

  task<bytes> read_range(std::string const& path, std::uint64_t offset, std::size_t length,
                         std::optional<std::uint64_t> size, std::optional<timestamp> modified,
                         bytes memory) {
    bytes into = std::move(memory);
    into.resize(length);
    files::download const request{path};
    files::range part;
    part.offset = offset;
    part.unmodified_since = modified;
    auto const got = co_await service_.download_range(request, part, into, options_);
    bool changed = got.has_error() && got.error().http_status() == 412;
    // A file that was put back by an older one is unmodified since, and yet another.
    if (!got.has_error() && modified && got->last_modified) {
      changed = *got->last_modified != to_the_second(modified);
    }
    if (!got.has_error() && size) changed = changed || got->file_size != *size;
    if (changed) {
      co_return error(errc::file_changed, "the file changed on the server while it was read")
          .with_operation("fs/files")
          .with_where(path);
    }
    if (got.has_error()) co_return got.error();
    into.resize(got->size);
    co_return into;
  }

  files::service service_;
  call_options options_;
};

}  // namespace

std::unique_ptr<remote> make_volume_remote(workspace const& ws, lane in_lane) {
  return std::make_unique<volume_remote>(ws, in_lane);
}

}  // namespace kiln::transfer
