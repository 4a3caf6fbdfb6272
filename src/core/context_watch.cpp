#include "core/context_watch.hpp"

#include <boost/asio/steady_timer.hpp>

#include <optional>
#include <utility>

namespace kiln {

struct context_watch::state {
  state(asio::any_io_executor e, std::function<void()> f)
      : executor(std::move(e)), on_shutdown(std::move(f)) {}
  asio::any_io_executor executor;
  std::optional<asio::steady_timer> never;  ///< While armed: a watch may outlive its loop.
  std::function<void()> on_shutdown;
  bool armed = false;
};

namespace {

// Lives in a pending wait. A loop that is destroyed destroys its waits without calling them.
template <class State>
struct sentinel {
  explicit sentinel(std::weak_ptr<State> s) : watched(std::move(s)) {}
  sentinel(sentinel&& other) noexcept : watched(std::exchange(other.watched, {})) {}
  sentinel(sentinel const&) = delete;
  sentinel& operator=(sentinel const&) = delete;
  sentinel& operator=(sentinel&&) = delete;
  ~sentinel() {
    auto const s = watched.lock();
    if (s && s->armed) {
      s->armed = false;
      s->never.reset();
      s->on_shutdown();
    }
  }
  void operator()(boost::system::error_code) { watched.reset(); }

  std::weak_ptr<State> watched;
};

}  // namespace

context_watch::context_watch(asio::any_io_executor const& executor,
                             std::function<void()> on_shutdown)
    : state_(std::make_shared<state>(executor, std::move(on_shutdown))) {}

context_watch::~context_watch() { disarm(); }

void context_watch::arm() {
  if (state_->armed) return;
  state_->armed = true;
  auto& timer = state_->never.emplace(state_->executor, asio::steady_timer::time_point::max());
  timer.async_wait(sentinel<state>(std::weak_ptr<state>(state_)));
}

void context_watch::disarm() noexcept {
  if (!state_->armed) return;
  state_->armed = false;
  state_->never.reset();  // which cancels its wait
}

}  // namespace kiln
