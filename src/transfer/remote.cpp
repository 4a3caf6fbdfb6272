#include "transfer/remote.hpp"

#include <chrono>
#include <utility>

namespace kiln::transfer {

namespace {

using std::chrono::milliseconds;

// A put of 2 GiB does not fit the deadline of a call that is made for small ones, so a put gets the
// time that a slow line needs. A line that stands still is noticed much earlier, by the timeouts.
constexpr std::uint64_t slow_line_bytes_per_ms = 512;
constexpr milliseconds put_deadline_base{300'000};
constexpr std::uint64_t small_put_bytes_max = 16U << 20;  ///< The workspace's own deadline will do.
constexpr milliseconds brief_deadline{5'000};

class workspace_remote final : public remote {
 public:
  workspace_remote(workspace const& ws, lane in_lane) : service_(ws.dbfs()) {
    options_.lane = in_lane;
  }

  task<void> put(std::string const& path, bool overwrite,
                 std::shared_ptr<byte_source> contents) override {
    call_options options = options_;
    if (contents->size() > small_put_bytes_max) {
      options.deadline =
          put_deadline_base +
          milliseconds(static_cast<std::int64_t>(contents->size() / slow_line_bytes_per_ms));
    }
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
    call_options options = options_;
    if (brief) {
      options.lane = lane::interactive;
      options.deadline = brief_deadline;
    }
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
  task<dbfs::list::response> list(std::string const& path) override {
    dbfs::list const request{path};
    return service_.list(request, options_);
  }
  task<std::size_t> read(std::string const& path, std::uint64_t offset,
                         std::span<std::byte> into) override {
    dbfs::read const request{path, static_cast<std::int64_t>(offset),
                             static_cast<std::int64_t>(into.size())};
    return service_.read_into(request, into, options_);
  }

 private:
  task<std::int64_t> create_handle(std::string const& path) {
    dbfs::create const request{path, false};
    auto made = co_await service_.create(request, options_);
    if (!made) co_return made.error();
    co_return made->handle;
  }

  dbfs::service service_;
  call_options options_;
};

}  // namespace

std::unique_ptr<remote> make_remote(workspace const& ws, lane in_lane) {
  return std::make_unique<workspace_remote>(ws, in_lane);
}

}  // namespace kiln::transfer
