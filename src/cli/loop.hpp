#pragma once

#include "cli/exit_code.hpp"

#include <kiln/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace kiln {
class timers;
}

namespace kiln::cli {

/// The program's event loop, run by the main thread, and what interrupts it: the first SIGINT or
/// SIGTERM cancels the work under way, which ends in order; the second ends the program at once.
/// A thread of its own listens for signals, so that they count while the loop is busy.
class loop {
 public:
  loop();
  ~loop();
  loop(loop const&) = delete;
  loop& operator=(loop const&) = delete;

  [[nodiscard]] asio::any_io_executor executor() const noexcept;
  [[nodiscard]] timers& clock() const noexcept;
  [[nodiscard]] bool interrupted() const noexcept;
  /// The same, for who looks at it again and again, on any thread.
  [[nodiscard]] std::atomic<bool> const& interrupt_flag() const noexcept;
  /// What the first signal does from now on instead of cancelling the work; empty: that again.
  /// Called on the loop.
  void on_interrupt(std::function<void()> what);

  /// Runs `work` to its end and gives its code; exit_code::interrupted when it was cancelled.
  exit_code run(asio::awaitable<exit_code> work);
  /// Runs `work` to its end, uncancelled, but not for much longer than a moment.
  void settle(asio::awaitable<void> work);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace kiln::cli
