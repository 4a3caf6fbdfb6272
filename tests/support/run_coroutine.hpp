#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

namespace kiln::test {

namespace asio = boost::asio;

/// Runs `work` on `loop` (on this thread, in real time) until it has ended and throws what it
/// throws; std::logic_error when it has not ended within `limit`.
void run_coroutine(asio::io_context& loop, asio::awaitable<void> work,
                   std::chrono::milliseconds limit = std::chrono::seconds(20));

template <class T>
T run_coroutine(asio::io_context& loop, asio::awaitable<T> work) {
  std::optional<T> out;
  auto keep = [&out](asio::awaitable<T> w) -> asio::awaitable<void> {
    out.emplace(co_await std::move(w));
  };
  run_coroutine(loop, keep(std::move(work)));
  return std::move(*out);
}

}  // namespace kiln::test
