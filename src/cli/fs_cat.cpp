#include "cli/commands.hpp"
#include "cli/path.hpp"
#include "cli/task_group.hpp"
#include "core/event.hpp"
#include "core/limits.hpp"

#include <kiln/services/dbfs.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

namespace kiln::cli {
namespace {

/// Blocks read ahead of what stdout took: the memory a cat needs, in MiB.
constexpr std::size_t read_ahead_max = 8;

struct block {
  explicit block(asio::any_io_executor const& executor)
      : data(limits::dbfs_block_bytes_max), ended(executor) {}
  bytes data;
  std::size_t filled = 0;
  std::optional<error> failed;
  event ended;
};

/// A file on its way through a ring of blocks: block n is in slot n modulo their number.
struct reading {
  reading(workspace const& ws, std::string file, std::uint64_t file_size)
      : service(ws.dbfs()), path(std::move(file)), size(file_size), group(ws.executor()) {
    auto const slots = std::min<std::uint64_t>(read_ahead_max, block_count());
    for (std::uint64_t i = 0; i < slots; ++i) {
      ring.push_back(std::make_unique<block>(ws.executor()));
    }
  }
  [[nodiscard]] std::uint64_t block_count() const {
    return (size + limits::dbfs_block_bytes_max - 1) / limits::dbfs_block_bytes_max;
  }
  [[nodiscard]] block& slot(std::uint64_t number) const { return *ring[number % ring.size()]; }
  [[nodiscard]] std::size_t length(std::uint64_t number) const {
    auto const offset = number * limits::dbfs_block_bytes_max;
    return static_cast<std::size_t>(std::min(limits::dbfs_block_bytes_max, size - offset));
  }

  dbfs::service service;
  std::string path;
  std::uint64_t size;
  std::vector<std::unique_ptr<block>> ring;
  task_group group;  ///< Last, so that it goes first.
};

asio::awaitable<void> fetch(reading& r, std::uint64_t number) {
  auto& into = r.slot(number);
  auto const wanted = r.length(number);
  dbfs::read const request{r.path, static_cast<std::int64_t>(number * limits::dbfs_block_bytes_max),
                           static_cast<std::int64_t>(wanted)};
  call_options const options{.lane = lane::interactive};
  auto const got =
      co_await r.service.read_into(request, std::span(into.data).first(wanted), options);
  if (got.has_error()) {
    into.failed = got.error();
  } else if (*got != wanted) {
    error short_read(errc::file_changed, "the file became shorter while it was read");
    into.failed = std::move(short_read).with_operation("dbfs/read").with_where(r.path);
  } else {
    into.filled = *got;
  }
  into.ended.set();
}

asio::awaitable<result<void>> pour(reading& r, output& out) {
  auto const count = r.block_count();
  for (std::uint64_t n = 0; n < r.ring.size(); ++n) r.group.start(fetch(r, n));
  for (std::uint64_t n = 0; n < count && !out.closed(); ++n) {
    auto& next = r.slot(n);
    co_await next.ended.wait();
    if (next.failed) co_return *next.failed;
    std::string_view const text(reinterpret_cast<char const*>(next.data.data()), next.filled);
    auto const written = co_await out.stream(text);
    if (written.has_error()) co_return written.error();
    next.ended.reset();
    if (n + r.ring.size() < count) r.group.start(fetch(r, n + r.ring.size()));
  }
  if (!out.closed()) co_await r.group.join();
  co_return result<void>();
}

asio::awaitable<result<void>> cat_file(session& s, std::string path) {
  auto const service = s.ws().dbfs();
  dbfs::get_status const request{path};
  auto const status = co_await service.get_status(request);
  if (status.has_error()) co_return status.error();
  if (status->is_dir) {
    error directory(errc::invalid_argument, "it is a directory");
    co_return std::move(directory).with_operation("cat").with_where("dbfs:" + path);
  }
  auto const size = static_cast<std::uint64_t>(std::max<std::int64_t>(0, status->file_size));
  auto r = std::make_unique<reading>(s.ws(), path, size);
  result<void> outcome;
  std::exception_ptr aborted;
  try {
    outcome = co_await pour(*r, s.out());
  } catch (...) {
    aborted = std::current_exception();
  }
  if (!r->group.idle()) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await r->group.settle();
  }
  if (aborted) std::rethrow_exception(aborted);
  co_return outcome;
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, cat_args const& args) {
  std::vector<std::string> paths;
  for (auto const& path : args.paths) paths.push_back(remote_path(path));
  for (auto const& path : paths) {
    if (s.out().closed()) break;
    auto const outcome = co_await cat_file(s, path);
    if (outcome.has_error()) co_return s.fail(outcome.error());
  }
  co_return exit_code::ok;
}

}  // namespace kiln::cli
