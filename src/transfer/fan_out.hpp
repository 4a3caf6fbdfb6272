#pragma once

#include "core/event.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>

// Many coroutines for one: how a transfer keeps a bounded number of calls under way.
namespace kiln::transfer {

/// Runs `work` on a strand of its own over the awaiting coroutine's executor and returns there when
/// it has ended. So the state of one transfer needs no lock, whatever loop it was started on. A
/// cancellation of the awaiting coroutine is handed on and the end of `work` still awaited.
asio::awaitable<void> on_own_strand(asio::awaitable<void> work);

/// One of several equal coroutines; the argument is its number.
using worker = std::function<asio::awaitable<void>(std::size_t)>;

/// Runs `count` workers on the awaiting coroutine's executor, which must be a strand or a single
/// thread, and returns when all have ended. What they do they take from a cursor they share. A
/// cancellation reaches every worker and is not thrown: see is_cancelled(). The first exception
/// that leaves a worker cancels the others and is thrown when they have ended.
asio::awaitable<void> fan_out(std::size_t count, worker const& work);

/// Whether this coroutine has been cancelled. To be used with keep_after_cancel().
asio::awaitable<bool> is_cancelled();
/// From here on a cancellation is a state to be asked for, not an exception at the next co_await.
asio::awaitable<void> keep_after_cancel();
/// Lets this coroutine, which was cancelled, make a few more calls to clean up.
asio::awaitable<void> forget_cancel();

/// Bounds how many coroutines are inside. Threads: one strand.
class gate {
 public:
  gate(asio::any_io_executor const& executor, std::size_t places)
      : free_(places), changed_(executor) {}
  /// False when cancelled, before or while waiting; leave() is only due after true.
  asio::awaitable<bool> enter();
  void leave();

 private:
  std::size_t free_;
  event changed_;
};

/// Waits for `e`; false when cancelled.
asio::awaitable<bool> wait_for(event& e);

}  // namespace kiln::transfer
