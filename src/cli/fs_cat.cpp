#include "cli/commands.hpp"
#include "cli/path.hpp"
#include "cli/task_group.hpp"
#include "core/event.hpp"

#include <kiln/remote_files.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

namespace kiln::cli {
namespace {

/// Read ahead of what stdout took: the memory a cat needs.
constexpr std::uint64_t read_ahead_bytes_max = 16U << 20;
constexpr std::uint64_t read_ahead_max = 8;  ///< Blocks of that.

struct block {
  block(asio::any_io_executor const& executor, std::uint64_t size) : data(size), ended(executor) {}
  bytes data;
  std::size_t filled = 0;
  std::optional<error> failed;
  event ended;
};

/// A file on its way through a ring of blocks: block n is in slot n modulo their number.
struct reading {
  reading(workspace const& ws, std::string file, std::uint64_t file_size)
      : there(ws, lane::interactive),
        path(std::move(file)),
        size(file_size),
        block_bytes(remote_files::read_bytes_max(path)),
        group(ws.executor()) {
    auto const ahead = std::min(read_ahead_max, read_ahead_bytes_max / block_bytes);
    auto const slots = std::min(ahead, block_count());
    for (std::uint64_t i = 0; i < slots; ++i) {
      ring.push_back(std::make_unique<block>(ws.executor(), block_bytes));
    }
  }
  [[nodiscard]] std::uint64_t block_count() const { return (size + block_bytes - 1) / block_bytes; }
  [[nodiscard]] block& slot(std::uint64_t number) const { return *ring[number % ring.size()]; }
  [[nodiscard]] std::size_t length(std::uint64_t number) const {
    auto const offset = number * block_bytes;
    return static_cast<std::size_t>(std::min(block_bytes, size - offset));
  }

  remote_files there;
  std::string path;
  std::uint64_t size;
  std::uint64_t block_bytes;
  std::vector<std::unique_ptr<block>> ring;
  task_group group;  ///< Last, so that it goes first.
};

asio::awaitable<void> fetch(reading& r, std::uint64_t number) {
  auto& into = r.slot(number);
  auto const wanted = r.length(number);
  auto const got =
      co_await r.there.read(r.path, number * r.block_bytes, std::span(into.data).first(wanted));
  if (got.has_error()) {
    into.failed = got.error();
  } else if (*got != wanted) {
    error short_read(errc::file_changed, "the file became shorter while it was read");
    into.failed = std::move(short_read).with_operation("cat").with_where(r.path);
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
  remote_files const there(s.ws());
  auto const status = co_await there.get_status(path);
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
