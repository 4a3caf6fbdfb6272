#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace kiln {

namespace asio = boost::asio;

/// Tells when an event loop is destroyed under work that waits for something the loop does not own
/// (a call in a queue): such work must be let go then, or it and the loop's coroutines keep each
/// other alive for ever. While armed it counts as work of the loop.
/// Threads: the executor's.
class context_watch {
 public:
  /// `on_shutdown` runs inside the loop's destructor, only while armed.
  context_watch(asio::any_io_executor const& executor, std::function<void()> on_shutdown);
  ~context_watch();
  context_watch(context_watch const&) = delete;
  context_watch& operator=(context_watch const&) = delete;

  void arm();
  void disarm() noexcept;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace kiln
