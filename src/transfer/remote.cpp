#include "transfer/remote.hpp"

#include "transfer/block_plan.hpp"
#include "transfer/names.hpp"
#include "transfer/volume_remote.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace kiln::transfer {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t slow_line_bytes_per_ms = 512;
constexpr milliseconds put_deadline_base{300'000};
constexpr std::uint64_t small_put_bytes_max = 16U << 20;  ///< The workspace's own deadline will do.
constexpr milliseconds brief_deadline{5'000};

bool may_pass(errc code) noexcept {
  switch (code) {
    case errc::throttled:
    case errc::unavailable:
    case errc::server_error:
    case errc::connection_lost:
    case errc::connect_failed:
    case errc::out_of_resources:
    case errc::resolve_failed:
    case errc::timed_out:
    case errc::malformed_response:
    case errc::unauthenticated:
      return true;
    default:
      return false;
  }
}

class dbfs_remote final : public remote {
 public:
  dbfs_remote(workspace const& ws, lane in_lane) : service_(ws.dbfs()) { options_.lane = in_lane; }

  task<void> put(std::string const& path, bool overwrite,
                 std::shared_ptr<byte_source> contents) override {
    auto const options = with_time_to_send(options_, contents->size());
    dbfs::put_multipart const request{path, overwrite};
    return service_.put_multipart(request, std::move(contents), options);
  }
  task<std::int64_t> create(std::string const& path) override { return create_handle(path); }
  task<void> add_block(std::int64_t handle, std::span<std::byte const> data) override {
    dbfs::add_block const request{handle, data};
    return service_.add_block(request, options_);
  }
  task<void> close(std::int64_t handle) override {
    dbfs::close const request{handle};
    return service_.close(request, options_);
  }
  task<void> move(std::string const& from, std::string const& to) override {
    dbfs::move const request{from, to};
    return service_.move(request, options_);
  }
  task<void> remove(std::string const& path, bool brief) override {
    auto const options = brief ? brief_call(options_) : options_;
    dbfs::delete_ const request{path, false};
    return service_.delete_(request, options);
  }
  task<void> mkdirs(std::string const& path) override {
    dbfs::mkdirs const request{path};
    return service_.mkdirs(request, options_);
  }
  task<dbfs::file_info> get_status(std::string const& path) override {
    dbfs::get_status const request{path};
    return service_.get_status(request, options_);
  }
  task<void> remove_directory(std::string const& path) override { return remove_part(path); }
  task<remote_listing> list(std::string const& path) override { return list_directory(path); }
  task<bytes> read(std::string const& path, std::uint64_t offset, std::size_t length,
                   bytes memory) override {
    return read_range(path, offset, length, std::move(memory));
  }

 private:
  task<bytes> read_range(std::string const& path, std::uint64_t offset, std::size_t length,
                         bytes memory) {
    dbfs::read const request{path, static_cast<std::int64_t>(offset),
                             static_cast<std::int64_t>(length)};
    auto answer = co_await service_.read(request, std::move(memory), options_);
    if (!answer) co_return answer.error();
    if (answer->data.size() > length) {
      co_return error(errc::decode_failed, "dbfs/read: more bytes than were asked for")
          .with_operation("dbfs/read")
          .with_where(path);
    }
    co_return std::move(answer->data);
  }
  task<std::int64_t> create_handle(std::string const& path) {
    dbfs::create const request{path, false};
    auto made = co_await service_.create(request, options_);
    if (!made) co_return made.error();
    co_return made->handle;
  }

  /// A call that may be repeated goes on by itself after a PARTIAL_DELETE, and nobody sees how far
  /// it is. So it is made as a single attempt, and again as an ordinary one where that ran into
  /// anything that an ordinary one gets over.
  task<void> remove_part(std::string const& path) {
    dbfs::delete_ const request{path, true};
    call_options once = options_;
    once.single_attempt = true;
    auto const gone = co_await service_.delete_(request, once);
    bool const last_word = !gone.has_error() || gone.error().error_code() == "PARTIAL_DELETE" ||
                           !may_pass(gone.error().code());
    if (last_word) co_return gone;
    auto const again = co_await service_.delete_(request, options_);
    co_return again;
  }
  task<remote_listing> list_directory(std::string const& path) {
    dbfs::list const request{path};
    auto answer = co_await service_.list(request, options_);
    if (!answer) co_return answer.error();
    remote_listing out;
    out.files = std::move(answer->files);
    out.spent.list = 1;
    co_return out;
  }

  dbfs::service service_;
  call_options options_;
};

/// Sends each call to where its path is.
class workspace_remote final : public remote {
 public:
  workspace_remote(workspace const& ws, lane in_lane)
      : dbfs_(ws, in_lane), volumes_(make_volume_remote(ws, in_lane)) {}

  task<void> put(std::string const& path, bool overwrite,
                 std::shared_ptr<byte_source> contents) override {
    return of(path).put(path, overwrite, std::move(contents));
  }
  task<std::int64_t> create(std::string const& path) override { return of(path).create(path); }
  // Only DBFS gives handles.
  task<void> add_block(std::int64_t handle, std::span<std::byte const> data) override {
    return dbfs_.add_block(handle, data);
  }
  task<void> close(std::int64_t handle) override { return dbfs_.close(handle); }
  task<void> move(std::string const& from, std::string const& to) override {
    return is_volume_path(to) ? volumes_->move(from, to) : of(from).move(from, to);
  }
  task<void> remove(std::string const& path, bool brief) override {
    return of(path).remove(path, brief);
  }
  task<void> remove_directory(std::string const& path) override {
    return of(path).remove_directory(path);
  }
  task<void> mkdirs(std::string const& path) override { return of(path).mkdirs(path); }
  task<dbfs::file_info> get_status(std::string const& path) override {
    return of(path).get_status(path);
  }
  task<remote_listing> list(std::string const& path) override { return of(path).list(path); }
  task<bytes> read(std::string const& path, std::uint64_t offset, std::size_t length,
                   bytes memory) override {
    return of(path).read(path, offset, length, std::move(memory));
  }
  task<bytes> read_of(std::string const& path, std::uint64_t offset, std::size_t length,
                      std::uint64_t size, std::optional<timestamp> modified,
                      bytes memory) override {
    return of(path).read_of(path, offset, length, size, modified, std::move(memory));
  }
  [[nodiscard]] bool tells_changes(std::string_view path) const noexcept override {
    return is_volume_path(path);
  }

 private:
  remote& of(std::string_view path) noexcept {
    return is_volume_path(path) ? *volumes_ : static_cast<remote&>(dbfs_);
  }

  dbfs_remote dbfs_;
  std::unique_ptr<remote> volumes_;
};

}  // namespace

call_options with_time_to_send(call_options options, std::uint64_t size) noexcept {
  if (size > small_put_bytes_max) {
    options.deadline =
        put_deadline_base + milliseconds(static_cast<std::int64_t>(size / slow_line_bytes_per_ms));
  }
  return options;
}

call_options brief_call(call_options options) noexcept {
  options.lane = lane::interactive;
  options.deadline = brief_deadline;
  return options;
}

std::size_t requests_in_flight_max(std::string_view path) noexcept {
  constexpr std::size_t volume_requests_max = 10;
  return is_volume_path(path) ? volume_requests_max : SIZE_MAX;
}

std::uint64_t range_bytes_of(std::string_view path) noexcept {
  return is_volume_path(path) ? volume_range_bytes : limits::dbfs_block_bytes_max;
}

std::size_t ranges_in_flight_max(std::string_view path, std::uint64_t bytes_max) noexcept {
  constexpr std::uint64_t memory_min = 36U << 20;
  // A quarter is for what connections, the journal and the allocator take beside. Of 48 MiB remain
  // 25 ranges of DBFS: 30 a second while each takes 0.8 s.
  std::uint64_t const memory = std::max(bytes_max / 4 * 3, memory_min);
  std::uint64_t const range = range_bytes_of(path);
  std::uint64_t const text = range * 4 / 3 + (range >> 4);
  std::uint64_t const by_memory = is_volume_path(path) ? UINT64_MAX : memory / text;
  std::uint64_t const most =
      std::min<std::uint64_t>({bytes_max / range, by_memory, requests_in_flight_max(path)});
  return static_cast<std::size_t>(std::max<std::uint64_t>(1, most));
}

std::unique_ptr<remote> make_remote(workspace const& ws, lane in_lane) {
  return std::make_unique<workspace_remote>(ws, in_lane);
}

}  // namespace kiln::transfer
