#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <memory>

// The only co_spawn of the library: instantiating it costs a second and a half a file.
namespace kiln {

namespace asio = boost::asio;

/// Runs `work` on `executor`; an exception that leaves it ends the program, as a thread's would.
void spawn_detached(asio::any_io_executor const& executor, asio::awaitable<void> work);

/// The same for work that may be cancelled, between its first step and its last only: whoever emits
/// knows both, and is on `executor`. The signal is kept until nothing of the coroutine is left.
void spawn_detached(asio::any_io_executor const& executor, asio::awaitable<void> work,
                    std::shared_ptr<asio::cancellation_signal> stop);

/// Runs `work` on `executor`, then `done` there too. A cancellation slot of `done` reaches `work`
/// directly, so whoever emits must already be on `executor`; one that is emitted before the first
/// step ends `work` without running any of it.
void spawn(asio::any_io_executor const& executor, asio::awaitable<void> work,
           asio::any_completion_handler<void(std::exception_ptr)> done);

}  // namespace kiln
