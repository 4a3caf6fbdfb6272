#include "transfer/fan_out.hpp"

#include "core/spawn.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <deque>
#include <exception>
#include <memory>
#include <utility>

namespace kiln::transfer {

namespace {

using done_handler = asio::any_completion_handler<void(std::exception_ptr)>;

// Between the awaiting coroutine and its work on another strand. The awaiting side's cancellation
// slot is touched on its own executor only, the signal on the strand only.
struct bridge {
  bridge(done_handler h, asio::any_io_executor o, asio::any_io_executor s)
      : handler(std::move(h)), outer(std::move(o)), strand(std::move(s)) {}
  done_handler handler;
  asio::any_io_executor outer;
  asio::any_io_executor strand;
  asio::cancellation_signal signal;
};

void start_bridged(std::shared_ptr<bridge> const& b, asio::awaitable<void> work) {
  auto slot = asio::get_associated_cancellation_slot(b->handler);
  if (slot.is_connected()) {
    slot.assign([w = std::weak_ptr(b)](asio::cancellation_type) {
      auto held = w.lock();
      if (!held) return;
      auto const strand = held->strand;
      asio::post(strand,
                 [b = std::move(held)] { b->signal.emit(asio::cancellation_type::terminal); });
    });
  }
  auto ended = [b](std::exception_ptr e) {
    asio::post(b->outer, [b, e] {
      asio::get_associated_cancellation_slot(b->handler).clear();
      done_handler handler(std::move(b->handler));
      std::move(handler)(e);
    });
  };
  spawn(b->strand, std::move(work),
        asio::bind_executor(b->strand,
                            asio::bind_cancellation_slot(b->signal.slot(), std::move(ended))));
}

// The workers of one fan_out.
struct crew {
  crew(asio::any_io_executor const& executor, std::size_t count)
      : ended(executor), running(count), signals(count) {}
  void cancel() {
    for (auto& s : signals) s.emit(asio::cancellation_type::terminal);
  }
  event ended;
  std::size_t running;
  std::deque<asio::cancellation_signal> signals;
  std::exception_ptr first;
};

void start_worker(asio::any_io_executor const& executor, std::shared_ptr<crew> const& c,
                  std::size_t number, asio::awaitable<void> work) {
  auto ended = [c](std::exception_ptr e) {
    if (e && !c->first) {
      c->first = e;
      c->cancel();
    }
    if (--c->running == 0) c->ended.set();
  };
  spawn(executor, std::move(work),
        asio::bind_executor(
            executor, asio::bind_cancellation_slot(c->signals[number].slot(), std::move(ended))));
}

}  // namespace

asio::awaitable<void> on_own_strand(asio::awaitable<void> work) {
  auto const outer = co_await asio::this_coro::executor;
  auto initiate = [](auto handler, asio::any_io_executor executor, asio::awaitable<void> inner) {
    asio::any_io_executor strand = asio::make_strand(executor);
    auto b = std::make_shared<bridge>(done_handler(std::move(handler)), std::move(executor),
                                      std::move(strand));
    start_bridged(b, std::move(inner));
  };
  co_await asio::async_initiate<asio::use_awaitable_t<> const, void(std::exception_ptr)>(
      initiate, asio::use_awaitable, outer, std::move(work));
}

asio::awaitable<void> fan_out(std::size_t count, worker const& work) {
  if (count == 0) co_return;
  auto const executor = co_await asio::this_coro::executor;
  bool const threw = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const c = std::make_shared<crew>(executor, count);
  for (std::size_t i = 0; i < count; ++i) start_worker(executor, c, i, work(i));
  bool const given_up = co_await is_cancelled();
  if (given_up) c->cancel();
  while (c->running > 0) {
    bool const ended = co_await wait_for(c->ended);
    if (!ended) c->cancel();
  }
  co_await asio::this_coro::throw_if_cancelled(threw);
  if (c->first) std::rethrow_exception(c->first);
}

asio::awaitable<bool> is_cancelled() {
  auto const state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

asio::awaitable<void> keep_after_cancel() { co_await asio::this_coro::throw_if_cancelled(false); }

asio::awaitable<void> forget_cancel() { co_await asio::this_coro::reset_cancellation_state(); }

asio::awaitable<bool> wait_for(event& e) {
  try {
    co_await e.wait();
    co_return true;
  } catch (boost::system::system_error const&) {
    co_return false;
  }
}

asio::awaitable<bool> gate::enter() {
  bool const given_up = co_await is_cancelled();
  bool admitted = !given_up;
  while (admitted && free_ == 0) {
    changed_.reset();
    admitted = co_await wait_for(changed_);
  }
  if (admitted) --free_;
  co_return admitted;
}

void gate::leave() {
  ++free_;
  changed_.set();
}

}  // namespace kiln::transfer
