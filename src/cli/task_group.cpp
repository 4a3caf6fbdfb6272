#include "cli/task_group.hpp"

#include "core/event.hpp"
#include "core/spawn.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <list>
#include <utility>

namespace kiln::cli {

struct task_group::state {
  explicit state(asio::any_io_executor const& e) : executor(e), all_ended(e) {}
  asio::any_io_executor executor;
  std::list<std::shared_ptr<asio::cancellation_signal>> running;
  event all_ended;
};

task_group::task_group(asio::any_io_executor executor)
    : state_(std::make_shared<state>(executor)) {}
task_group::~task_group() = default;

void task_group::start(asio::awaitable<void> work) {
  auto const signal = std::make_shared<asio::cancellation_signal>();
  auto const here = state_->running.insert(state_->running.end(), signal);
  state_->all_ended.reset();
  // Cancellation is a normal end; any other exception ends the program, as a thread's would.
  auto ended = [s = state_, here](std::exception_ptr e) noexcept {
    try {
      if (e) std::rethrow_exception(e);
    } catch (boost::system::system_error const& aborted) {
      if (aborted.code() != asio::error::operation_aborted) std::terminate();
    }
    s->running.erase(here);
    if (s->running.empty()) s->all_ended.set();
  };
  spawn(state_->executor, std::move(work), asio::bind_cancellation_slot(signal->slot(), ended));
}

asio::awaitable<void> task_group::join() {
  if (!state_->running.empty()) co_await state_->all_ended.wait();
}

asio::awaitable<void> task_group::settle() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  // A task may end while it is told to, which takes its signal off the list.
  auto const running = state_->running;
  for (auto const& signal : running) signal->emit(asio::cancellation_type::terminal);
  if (!state_->running.empty()) co_await state_->all_ended.wait();
}

}  // namespace kiln::cli
