#pragma once

#include <kiln/emulator.hpp>
#include <kiln/kiln.hpp>
#include <kiln/services/dbfs.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kiln::engine_tests {

/// The outcome of a task, waited for on this thread.
template <class T>
result<T> wait(workspace const& ws, task<T> work) {
  auto future = ws.start(std::move(work));
  try {
    if constexpr (std::is_void_v<T>) {
      future.get();
      return {};
    } else {
      return future.get();
    }
  } catch (failure const& f) {
    return f.error();
  }
}

/// Without a limit of its own and with short waits between attempts.
inline workspace_options quick_options(std::string host, std::string token) {
  workspace_options o;
  o.host = std::move(host);
  o.credentials = credentials::personal_access_token(std::move(token));
  budget_options fast;
  fast.rate = 100'000;
  o.budget = budget(fast);
  o.retry.backoff_base = std::chrono::milliseconds(1);
  o.retry.backoff_max = std::chrono::milliseconds(5);
  return o;
}

inline std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
inline std::string text_of(bytes const& data) {
  return {reinterpret_cast<char const*>(data.data()), data.size()};
}

/// An emulator and a workspace on it, each on a loop of its own.
struct emulated : testing::Test {
  runtime server_loop;
  runtime loop;
  std::optional<emulator> emu;
  std::optional<workspace> ws;

  ~emulated() override {
    ws.reset();
    emu.reset();
  }
  emulator& serve(emulator_options options = unlimited()) {
    ws.reset();
    emu.emplace(server_loop, std::move(options));
    return *emu;
  }
  static emulator_options unlimited() {
    emulator_options o;
    o.limiter = limiter_kind::none;
    return o;
  }
  [[nodiscard]] workspace_options options() const {
    return quick_options(emu->url(), emu->token());
  }
  workspace& open() { return ws.emplace(loop, options()); }
  workspace& open(workspace_options o) { return ws.emplace(loop, std::move(o)); }
  template <class T>
  result<T> wait(task<T> work) const {
    return engine_tests::wait(*ws, std::move(work));
  }
  [[nodiscard]] dbfs::service files() const { return ws->dbfs(); }
  void add_fault(std::string route, emulator_fault::kind what, std::uint64_t skip = 0,
                 std::uint64_t times = 1) {
    emulator_fault f;
    f.route = std::move(route);
    f.what = what;
    f.skip = skip;
    f.times = times;
    emu->add_fault(std::move(f));
  }
};

}  // namespace kiln::engine_tests
