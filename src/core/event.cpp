#include "core/event.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <utility>

namespace kiln {

namespace {
using handler_type = asio::any_completion_handler<void(boost::system::error_code)>;
}

struct event::state {
  asio::any_io_executor executor;
  std::list<handler_type> waiters;
  bool set = false;

  void finish(std::list<handler_type>::iterator at, boost::system::error_code ec) {
    asio::get_associated_cancellation_slot(*at).clear();
    handler_type handler(std::move(*at));
    waiters.erase(at);
    asio::post(executor, [h = std::move(handler), ec]() mutable { std::move(h)(ec); });
  }
  void finish_all(boost::system::error_code ec) {
    while (!waiters.empty()) finish(waiters.begin(), ec);
  }
};

event::event(asio::any_io_executor executor) : state_(std::make_shared<state>()) {
  state_->executor = std::move(executor);
}

event::~event() { state_->finish_all(asio::error::operation_aborted); }

asio::awaitable<void> event::wait() {
  if (state_->set) co_return;
  auto initiate = [](auto handler, std::shared_ptr<state> s) {
    s->waiters.emplace_back(std::move(handler));
    auto const at = std::prev(s->waiters.end());
    auto slot = asio::get_associated_cancellation_slot(*at);
    if (slot.is_connected()) {
      slot.assign([w = std::weak_ptr(s), at](asio::cancellation_type) {
        if (auto held = w.lock()) held->finish(at, asio::error::operation_aborted);
      });
    }
  };
  co_await asio::async_initiate<asio::use_awaitable_t<> const, void(boost::system::error_code)>(
      initiate, asio::use_awaitable, state_);
}

void event::set() {
  auto const held = state_;  // who waits may be destroyed by this, and the event with it
  held->set = true;
  held->finish_all({});
}

void event::reset() noexcept { state_->set = false; }
bool event::is_set() const noexcept { return state_->set; }

}  // namespace kiln
