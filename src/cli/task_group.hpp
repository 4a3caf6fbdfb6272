#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>

namespace kiln::cli {

namespace asio = boost::asio;

/// Coroutines that run beside each other on one executor and are waited for together. Before the
/// group goes, every one of them has to have ended: settle() sees to that on every way out.
class task_group {
 public:
  explicit task_group(asio::any_io_executor executor);
  ~task_group();
  task_group(task_group const&) = delete;
  task_group& operator=(task_group const&) = delete;

  /// An exception that leaves `work`, other than that of cancellation, ends the program.
  void start(asio::awaitable<void> work);
  /// Returns when all have ended; when cancelled itself it throws, and they run on.
  asio::awaitable<void> join();
  /// Cancels what still runs and returns when all have ended, even in a cancelled coroutine.
  asio::awaitable<void> settle();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace kiln::cli
