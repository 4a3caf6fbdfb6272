#include "support/run_coroutine.hpp"

#include "core/spawn.hpp"

#include <exception>

namespace kiln::test {

void run_coroutine(asio::io_context& loop, asio::awaitable<void> work,
                   std::chrono::milliseconds limit) {
  bool ended = false;
  std::exception_ptr thrown;
  spawn(loop.get_executor(), std::move(work), [&ended, &thrown](std::exception_ptr e) {
    thrown = e;
    ended = true;
  });
  loop.restart();
  auto const until = std::chrono::steady_clock::now() + limit;
  while (!ended && std::chrono::steady_clock::now() < until) {
    if (loop.run_one_until(until) == 0 && loop.stopped() && !ended) {
      throw std::logic_error("the coroutine waits for something that never comes");
    }
  }
  if (!ended) {
    // The handler above refers to this frame: nothing of the loop may run any more.
    loop.stop();
    throw std::logic_error("the coroutine did not end in time");
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace kiln::test
