#include "cli/loop.hpp"

#include "cli/temp_dir.hpp"
#include "core/spawn.hpp"
#include "core/timers.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <thread>
#include <unistd.h>
#include <utility>

namespace kiln::cli {
namespace {

constexpr auto settle_max = std::chrono::seconds(3);

}  // namespace

struct loop::state {
  state() : clock(make_real_timers(io.get_executor())) {
    listen();
    listener = std::thread([this] { signal_io.run(); });
  }
  ~state() {
    signal_io.stop();
    listener.join();
  }

  void listen() {
    signals.async_wait([this](boost::system::error_code failed, int) {
      if (failed) return;
      if (interrupted.exchange(true)) {
        remove_temp_dirs();
        ::_exit(static_cast<int>(exit_code::interrupted));
      }
      asio::post(io, [this] { cancel_work(); });
      listen();
    });
  }

  /// A coroutine cancelled before its first step would end with an exception that leaves the loop.
  void cancel_work() {
    if (instead) return instead();
    if (cancellable && interrupted) cancel.emit(asio::cancellation_type::terminal);
  }

  asio::awaitable<void> keep_code(asio::awaitable<exit_code> work, exit_code& code) {
    cancellable = true;
    // A signal that came earlier found nothing to cancel.
    if (interrupted) asio::post(io, [this] { cancel_work(); });
    code = co_await std::move(work);
  }

  asio::io_context io{1};
  std::unique_ptr<timers> clock;
  asio::cancellation_signal cancel;
  std::function<void()> instead;  ///< Touched on the loop only.
  bool cancellable = false;       ///< Touched on the loop only.
  std::atomic<bool> interrupted = false;
  asio::io_context signal_io{1};
  asio::signal_set signals{signal_io, SIGINT, SIGTERM};
  std::thread listener;
};

loop::loop() : state_(std::make_unique<state>()) {}
loop::~loop() = default;

asio::any_io_executor loop::executor() const noexcept { return state_->io.get_executor(); }
timers& loop::clock() const noexcept { return *state_->clock; }
bool loop::interrupted() const noexcept { return state_->interrupted; }

std::atomic<bool> const& loop::interrupt_flag() const noexcept { return state_->interrupted; }
void loop::on_interrupt(std::function<void()> what) { state_->instead = std::move(what); }

exit_code loop::run(asio::awaitable<exit_code> work) {
  auto& io = state_->io;
  auto code = exit_code::other;
  std::exception_ptr thrown;
  auto ended = [&io, &thrown](std::exception_ptr e) {
    thrown = std::move(e);
    io.stop();
  };
  io.restart();
  auto const guard = asio::make_work_guard(io);
  spawn(io.get_executor(), state_->keep_code(std::move(work), code),
        asio::bind_cancellation_slot(state_->cancel.slot(), ended));
  io.run();
  state_->cancellable = false;
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (boost::system::system_error const& e) {
    if (e.code() != asio::error::operation_aborted) throw;
    return exit_code::interrupted;
  }
  return code;
}

void loop::settle(asio::awaitable<void> work) {
  auto& io = state_->io;
  io.restart();
  auto const guard = asio::make_work_guard(io);
  spawn(io.get_executor(), std::move(work), [&io](std::exception_ptr) { io.stop(); });
  auto const limit = clock().call_at(clock().now() + settle_max, [&io] { io.stop(); });
  io.run();
  clock().cancel(limit);
}

}  // namespace kiln::cli
