#include "net/side_task.hpp"

#include "core/event.hpp"
#include "core/spawn.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace kiln::net {

struct side_task::state {
  explicit state(asio::any_io_executor e) : executor(std::move(e)), ended(executor) {}
  asio::any_io_executor executor;
  asio::cancellation_signal signal;
  event ended;
  std::exception_ptr failure;
  bool running = false;
};

namespace {

bool is_abort(std::exception_ptr const& e) {
  try {
    std::rethrow_exception(e);
  } catch (boost::system::system_error const& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

side_task::side_task(asio::any_io_executor executor)
    : state_(std::make_shared<state>(std::move(executor))) {}

void side_task::start(asio::awaitable<void> work) {
  // Also destroyed, uncalled, with a loop that goes away under it: the waiter is let go then too.
  struct completion {
    explicit completion(std::shared_ptr<state> o) : owner(std::move(o)) {}
    completion(completion&&) noexcept = default;
    completion& operator=(completion&&) = delete;
    completion(completion const&) = delete;
    ~completion() {
      if (owner) finish();
    }
    void operator()(std::exception_ptr e) {
      if (e && !is_abort(e)) owner->failure = std::move(e);
      finish();
      owner.reset();
    }
    void finish() {
      owner->running = false;
      owner->ended.set();
    }
    std::shared_ptr<state> owner;
  };
  state_->running = true;
  spawn(state_->executor, std::move(work),
        asio::bind_cancellation_slot(state_->signal.slot(), completion(state_)));
}

bool side_task::running() const noexcept { return state_->running; }

void side_task::cancel() noexcept {
  if (state_->running) state_->signal.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> side_task::join() {
  auto const s = state_;
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  while (s->running) {
    bool interrupted = false;
    try {
      co_await s->ended.wait();
    } catch (boost::system::system_error const&) {
      interrupted = true;
    }
    if (interrupted && s->running) s->signal.emit(asio::cancellation_type::terminal);
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (s->failure) std::rethrow_exception(std::exchange(s->failure, nullptr));
}

asio::awaitable<bool> cancelled() {
  auto const state = co_await asio::this_coro::cancellation_state;
  co_return is_cancelled(state);
}

}  // namespace kiln::net
