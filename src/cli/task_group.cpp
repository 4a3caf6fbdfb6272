#include "cli/task_group.hpp"

#include "core/event.hpp"
#include "core/spawn.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <list>
#include <utility>

namespace kiln::cli {

namespace {

struct member {
  asio::cancellation_signal cancel;
  bool started = false;
  bool unwanted = false;
};

/// A coroutine cancelled before its first step ends with an exception that leaves the event loop:
/// the signal is for those that have started, a flag for the others.
asio::awaitable<void> begin(std::shared_ptr<member> m, asio::awaitable<void> work) {
  m->started = true;
  if (!m->unwanted) co_await std::move(work);
}

}  // namespace

struct task_group::state {
  explicit state(asio::any_io_executor const& e) : executor(e), all_ended(e) {}
  asio::any_io_executor executor;
  std::list<std::shared_ptr<member>> running;
  event all_ended;
};

task_group::task_group(asio::any_io_executor executor)
    : state_(std::make_shared<state>(executor)) {}
task_group::~task_group() = default;

void task_group::start(asio::awaitable<void> work) {
  auto const m = std::make_shared<member>();
  auto const here = state_->running.insert(state_->running.end(), m);
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
  spawn(state_->executor, begin(m, std::move(work)),
        asio::bind_cancellation_slot(m->cancel.slot(), ended));
}

bool task_group::idle() const noexcept { return state_->running.empty(); }

asio::awaitable<void> task_group::join() {
  if (!idle()) co_await state_->all_ended.wait();
}

asio::awaitable<void> task_group::settle() {
  // A task may end while it is told to, which takes it off the list.
  auto const running = state_->running;
  for (auto const& m : running) {
    m->unwanted = true;
    if (m->started) m->cancel.emit(asio::cancellation_type::terminal);
  }
  if (!idle()) co_await state_->all_ended.wait();
}

}  // namespace kiln::cli
