#include "core/spawn.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <utility>

namespace kiln {

namespace {

// Asio 1.81 throws out of the event loop, and never completes, when a coroutine is cancelled before
// its first step. So a cancellation that comes early is kept until then.
struct starting {
  asio::cancellation_signal inside;
  asio::cancellation_type early = asio::cancellation_type::none;
  bool started = false;
};

asio::awaitable<void> run(std::shared_ptr<starting> s, asio::awaitable<void> work) {
  s->started = true;
  if (s->early != asio::cancellation_type::none) {
    // Not by a signal: it would throw again from the await that Asio itself makes after an end
    // without any suspension, past everybody and out of the loop.
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_await std::move(work);
}

}  // namespace

void spawn_detached(asio::any_io_executor const& executor, asio::awaitable<void> work) {
  asio::co_spawn(executor, std::move(work), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
}

void spawn_detached(asio::any_io_executor const& executor, asio::awaitable<void> work,
                    std::shared_ptr<asio::cancellation_signal> stop) {
  auto const slot = stop->slot();
  auto end = [kept = std::move(stop)](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  };
  asio::co_spawn(executor, std::move(work), asio::bind_cancellation_slot(slot, std::move(end)));
}

void spawn(asio::any_io_executor const& executor, asio::awaitable<void> work,
           asio::any_completion_handler<void(std::exception_ptr)> done) {
  auto s = std::make_shared<starting>();
  auto slot = asio::get_associated_cancellation_slot(done);
  if (slot.is_connected()) {
    slot.assign([s](asio::cancellation_type type) {
      if (s->started) {
        s->inside.emit(type);
      } else {
        s->early |= type;
      }
    });
  }
  // The slot is not cleared at the end: its signal may be gone by then, with what ran.
  auto finish = [s, done = std::move(done)](std::exception_ptr e) mutable { std::move(done)(e); };
  auto const inner = s->inside.slot();
  asio::co_spawn(executor, run(std::move(s), std::move(work)),
                 asio::bind_cancellation_slot(inner, std::move(finish)));
}

}  // namespace kiln
