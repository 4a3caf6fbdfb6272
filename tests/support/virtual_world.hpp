#pragma once

#include "core/timers.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace kiln::test {

/// An event loop on a clock that jumps to the next timer as soon as nothing is left to do now.
class virtual_world {
 public:
  virtual_world() : clock_(std::make_shared<virtual_timers>(loop_->get_executor())) {}
  ~virtual_world() {
    clock_->clear();  // sleeping coroutines go while there is a loop to post to,
    loop_.reset();    // suspended ones while the clock still stands
  }
  virtual_world(virtual_world const&) = delete;
  virtual_world& operator=(virtual_world const&) = delete;

  [[nodiscard]] asio::any_io_executor executor() const { return loop_->get_executor(); }
  [[nodiscard]] std::shared_ptr<virtual_timers> const& clock() const noexcept { return clock_; }
  [[nodiscard]] instant now() const noexcept { return clock_->now(); }

  /// Everything that can happen at this moment.
  void settle() {
    loop_->restart();
    while (loop_->poll() > 0) loop_->restart();
  }
  /// Lets time pass until `done()`, or until nothing more can happen.
  template <class Done>
  void run_until(Done done) {
    for (settle(); !done(); settle()) {
      if (!clock_->advance()) return;
    }
  }
  void run_for(duration d) {
    auto const end = now() + d;
    settle();
    while (clock_->next() && *clock_->next() <= end) {
      clock_->advance();
      settle();
    }
    clock_->advance_to(end);
    settle();
  }

  /// A coroutine under way.
  template <class T>
  struct running {
    std::optional<T> value;
    std::exception_ptr thrown;
    asio::cancellation_signal stop;
    [[nodiscard]] bool done() const noexcept { return value.has_value() || thrown != nullptr; }
  };
  template <class T>
  std::shared_ptr<running<T>> start(asio::awaitable<T> work) {
    auto out = std::make_shared<running<T>>();
    asio::co_spawn(*loop_, collect(std::move(work), out),
                   asio::bind_cancellation_slot(out->stop.slot(), [](std::exception_ptr) {}));
    return out;
  }
  /// Runs a coroutine to its end, in virtual time.
  template <class T>
  T run(asio::awaitable<T> work) {
    auto const r = start(std::move(work));
    run_until([&] { return r->done(); });
    if (r->thrown) std::rethrow_exception(r->thrown);
    if (!r->value) throw std::logic_error("the coroutine waits for something that never comes");
    return std::move(*r->value);
  }

 private:
  template <class T>
  static asio::awaitable<void> collect(asio::awaitable<T> work, std::shared_ptr<running<T>> out) {
    try {
      out->value.emplace(co_await std::move(work));
    } catch (...) {
      out->thrown = std::current_exception();
    }
  }

  std::unique_ptr<asio::io_context> loop_ = std::make_unique<asio::io_context>(1);
  std::shared_ptr<virtual_timers> clock_;
};

}  // namespace kiln::test
