#include <kiln/runtime.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

namespace kiln {

struct runtime::state {
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{loop.get_executor()};
  std::thread thread{[this] { loop.run(); }};
};

runtime::runtime() : state_(std::make_unique<state>()) {}

runtime::~runtime() {
  state_->loop.stop();
  state_->thread.join();
}

asio::any_io_executor runtime::executor() const noexcept { return state_->loop.get_executor(); }

}  // namespace kiln
