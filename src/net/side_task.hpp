#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>

#include <memory>

namespace kiln::net {

namespace asio = boost::asio;

/// A coroutine that runs beside the one that started it, and is waited for by it.
/// Threads: the engine's executor.
class side_task {
 public:
  explicit side_task(asio::any_io_executor executor);
  side_task(side_task const&) = delete;
  side_task& operator=(side_task const&) = delete;

  /// Once. What `work` refers to must live until join() returns. Being cancelled is no failure; any
  /// other exception comes out of join().
  void start(asio::awaitable<void> work);
  [[nodiscard]] bool running() const noexcept;
  /// Terminal cancellation of the work; without effect when it is not running.
  void cancel() noexcept;
  /// Returns when the work has ended. When the waiting coroutine is cancelled, so is the work, and
  /// it is waited for all the same.
  asio::awaitable<void> join();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// True once the awaiting coroutine has been cancelled, by whatever type.
asio::awaitable<bool> cancelled();
/// The same of the coroutine whose state it is; it stays true to it while the coroutine lives.
[[nodiscard]] inline bool is_cancelled(asio::cancellation_state const& of) noexcept {
  return of.cancelled() != asio::cancellation_type::none;
}

}  // namespace kiln::net
