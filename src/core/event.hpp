#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

namespace kiln {

namespace asio = boost::asio;

/// A flag that coroutines wait for. Threads: one executor, that of its users.
/// Waiters are resumed by a post, never inside set(). May be destroyed with waiters: they are
/// resumed with operation_aborted.
class event {
 public:
  explicit event(asio::any_io_executor executor);
  ~event();
  event(event const&) = delete;
  event& operator=(event const&) = delete;

  /// Returns at once when set; throws system_error(operation_aborted) when cancelled.
  asio::awaitable<void> wait();
  /// Stays set until reset(); wakes every waiter.
  void set();
  void reset() noexcept;
  [[nodiscard]] bool is_set() const noexcept;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace kiln
