#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>

namespace kiln::cli {

namespace asio = boost::asio;

/// Coroutines that run beside each other on one executor and are waited for together. Before the
/// group goes, every one of them has to have ended.
class task_group {
 public:
  explicit task_group(asio::any_io_executor executor);
  ~task_group();
  task_group(task_group const&) = delete;
  task_group& operator=(task_group const&) = delete;

  /// An exception that leaves `work`, other than that of cancellation, ends the program.
  void start(asio::awaitable<void> work);
  [[nodiscard]] bool idle() const noexcept;  ///< All have ended.
  /// Returns when all have ended; when cancelled itself it throws, and they run on.
  asio::awaitable<void> join();
  /// Cancels what still runs and returns when all have ended. A coroutine that may itself have been
  /// cancelled first awaits reset_cancellation_state(disable_cancellation()).
  asio::awaitable<void> settle();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace kiln::cli
