#pragma once

#include "core/spawn.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/remote.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <utility>
#include <vector>

namespace kiln::transfer::testing {

/// A directory that is gone when the test is.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "kiln-transfer-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;

  [[nodiscard]] std::string operator/(std::string const& below) const {
    return path_ + "/" + below;
  }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }
  void write(std::string const& below, std::string const& text) const {
    std::filesystem::create_directories(std::filesystem::path(*this / below).parent_path());
    std::ofstream(*this / below, std::ios::binary) << text;
  }
  [[nodiscard]] std::string read(std::string const& below) const {
    std::ostringstream out;
    out << std::ifstream(*this / below, std::ios::binary).rdbuf();
    return out.str();
  }
  /// Names right in `below`, temporary ones included.
  [[nodiscard]] std::size_t entries(std::string const& below = ".") const {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& e : std::filesystem::directory_iterator(*this / below))
      ++count;
    return count;
  }

 private:
  std::string path_;
};

/// Runs `work` to its end on a loop of its own; `stop` cancels it.
inline void run(asio::awaitable<void> work, asio::cancellation_signal* stop = nullptr) {
  asio::io_context loop(1);
  asio::cancellation_signal never;
  auto ended = [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  };
  spawn(loop.get_executor(), std::move(work),
        asio::bind_cancellation_slot((stop == nullptr ? never : *stop).slot(), ended));
  loop.run();
}

/// A DBFS in a map, which fails where a test says so. `fault` is asked before and after each
/// request takes effect; an error it returns is the answer. Every request lets others run first.
class fake_remote final : public remote {
 public:
  enum class when { before, after };
  using fault_source =
      std::function<std::optional<error>(std::string const& call, int nth, when at)>;

  std::map<std::string, std::string> files;
  std::map<std::string, timestamp> modified;
  std::map<std::string, bool> directories;
  std::map<std::string, int> calls;
  fault_source fault;
  std::size_t under_way = 0;
  std::size_t most_under_way = 0;
  std::map<std::string, std::vector<dbfs::file_info>> listings;

  task<void> put(std::string const& path, bool overwrite,
                 std::shared_ptr<byte_source> contents) override {
    auto c = co_await begin("put");
    if (c.failed) co_return *c.failed;
    std::string text(static_cast<std::size_t>(contents->size()), '\0');
    auto const got = contents->read(0, std::as_writable_bytes(std::span(text)));
    if (got.has_error()) co_return got.error();
    if (directories.contains(path) || (files.contains(path) && !overwrite)) co_return exists();
    files[path] = text;
    co_return end(c);
  }
  task<std::int64_t> create(std::string const& path) override {
    auto c = co_await begin("create");
    if (c.failed) co_return *c.failed;
    if (files.contains(path)) co_return exists();
    files[path];
    handles[++last_handle] = path;
    if (auto done = end(c); done.has_error()) co_return done.error();
    co_return last_handle;
  }
  task<void> add_block(std::int64_t handle, std::span<std::byte const> data) override {
    return append(handle, std::string(reinterpret_cast<char const*>(data.data()), data.size()));
  }
  task<void> close(std::int64_t handle) override {
    auto c = co_await begin("close");
    if (c.failed) co_return *c.failed;
    if (handles.erase(handle) == 0) co_return missing();
    co_return end(c);
  }
  task<void> move(std::string const& from, std::string const& to) override {
    auto c = co_await begin("move");
    if (c.failed) co_return *c.failed;
    if (!files.contains(from)) co_return missing();
    if (files.contains(to)) co_return exists();
    files[to] = std::move(files[from]);
    files.erase(from);
    co_return end(c);
  }
  task<void> remove(std::string const& path, bool) override {
    auto c = co_await begin("remove");
    if (c.failed) co_return *c.failed;
    files.erase(path);
    co_return end(c);
  }
  task<void> mkdirs(std::string const& path) override {
    auto c = co_await begin("mkdirs");
    if (c.failed) co_return *c.failed;
    directories[path] = true;
    co_return end(c);
  }
  task<dbfs::file_info> get_status(std::string const& path) override {
    auto c = co_await begin("get_status");
    if (c.failed) co_return *c.failed;
    dbfs::file_info out;
    out.path = path;
    out.is_dir = directories.contains(path);
    if (!out.is_dir && !files.contains(path)) co_return missing();
    if (modified.contains(path)) out.modification_time = modified[path];
    if (!out.is_dir) out.file_size = static_cast<std::int64_t>(files[path].size());
    if (auto done = end(c); done.has_error()) co_return done.error();
    co_return out;
  }
  task<void> remove_directory(std::string const& path) override {
    auto c = co_await begin("remove_directory");
    if (c.failed) co_return *c.failed;
    directories.erase(path);
    co_return end(c);
  }
  task<remote_listing> list(std::string const& path) override {
    auto c = co_await begin("list");
    if (c.failed) co_return *c.failed;
    if (!listings.contains(path)) co_return missing();
    remote_listing out;
    out.files = listings[path];
    out.spent.list = 1;
    if (auto done = end(c); done.has_error()) co_return done.error();
    co_return out;
  }
  task<bytes> read(std::string const& path, std::uint64_t offset, std::size_t length,
                   bytes memory) override {
    auto c = co_await begin("read");
    if (c.failed) co_return *c.failed;
    if (!files.contains(path)) co_return missing();
    auto const& text = files[path];
    std::size_t const from = std::min<std::size_t>(offset, text.size());
    auto const part = std::as_bytes(std::span(text)).subspan(from);
    auto const taken = part.first(std::min(length, part.size()));
    if (auto done = end(c); done.has_error()) co_return done.error();
    memory.assign(taken.begin(), taken.end());
    co_return std::move(memory);
  }

  [[nodiscard]] int total() const {
    int out = 0;
    for (auto const& [name, count] : calls) out += count;
    return out;
  }

  static error lost() {
    return error(errc::connection_lost, "lost").with_may_have_been_applied(true);
  }
  static error missing() { return error(errc::not_found, "missing").with_http_status(404); }
  static error exists() { return error(errc::already_exists, "exists").with_http_status(400); }

 private:
  task<void> append(std::int64_t handle, std::string data) {
    auto c = co_await begin("add_block");
    if (c.failed) co_return *c.failed;
    if (!handles.contains(handle)) co_return missing();
    files[handles[handle]] += data;
    co_return end(c);
  }

  struct call {
    std::string name;
    int nth = 0;
    std::optional<error> failed;
  };
  asio::awaitable<call> begin(std::string name) {
    call c;
    c.nth = ++calls[name];
    c.name = std::move(name);
    most_under_way = std::max(most_under_way, ++under_way);
    auto const executor = co_await asio::this_coro::executor;
    // As in the engine, a cancellation ends a call that is under way, and none that comes after it.
    co_await asio::post(executor, asio::use_awaitable);
    bool const before = co_await is_cancelled();
    for (int turn = 0; turn < 2; ++turn) co_await asio::post(executor, asio::use_awaitable);
    --under_way;
    bool const given_up = co_await is_cancelled();
    if (given_up && !before) c.failed = error(errc::cancelled, "cancelled");
    if (!c.failed && fault) c.failed = fault(c.name, c.nth, when::before);
    co_return c;
  }
  result<void> end(call const& c) const {
    if (fault) {
      if (auto why = fault(c.name, c.nth, when::after)) return *why;
    }
    return {};
  }

  std::map<std::int64_t, std::string> handles;
  std::int64_t last_handle = 0;
};

/// The answer of the `nth` call of that name is lost; the change is made or not.
inline fake_remote::fault_source lose(std::string name, int nth, fake_remote::when applied) {
  return [name = std::move(name), nth, applied](std::string const& call, int n,
                                                fake_remote::when at) -> std::optional<error> {
    if (call == name && n == nth && at == applied) return fake_remote::lost();
    return std::nullopt;
  };
}

}  // namespace kiln::transfer::testing
