#include "transfer/apart.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace kiln::transfer {

namespace {

// Shared by both threads, one after the other.
struct errand {
  std::function<result<void>()> what;
  result<void> outcome;
};

}  // namespace

asio::awaitable<result<void>> apart(asio::any_io_executor const* disk,
                                    std::function<result<void>()> what) {
  if (disk == nullptr) co_return what();
  auto const here = co_await asio::this_coro::executor;
  auto const e = std::make_shared<errand>();
  e->what = std::move(what);
  auto initiate = [](auto handler, asio::any_io_executor const& there,
                     asio::any_io_executor const& back, std::shared_ptr<errand> const& todo) {
    asio::any_completion_handler<void()> done(std::move(handler));
    asio::post(there, [todo, back, done = std::move(done)]() mutable {
      todo->outcome = todo->what();
      asio::post(back, std::move(done));
    });
  };
  co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(
      initiate, asio::use_awaitable, *disk, here, e);
  co_return e->outcome;
}

}  // namespace kiln::transfer
