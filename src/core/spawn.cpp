#include "core/spawn.hpp"

#include <boost/asio/co_spawn.hpp>

#include <utility>

namespace kiln {

void spawn_detached(asio::any_io_executor const& executor, asio::awaitable<void> work) {
  asio::co_spawn(executor, std::move(work), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
}

void spawn(asio::any_io_executor const& executor, asio::awaitable<void> work,
           asio::any_completion_handler<void(std::exception_ptr)> done) {
  asio::co_spawn(executor, std::move(work), std::move(done));
}

}  // namespace kiln
