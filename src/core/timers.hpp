#pragma once

#include "core/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace kiln {

namespace asio = boost::asio;

/// The engine's only way to know the time and to wait: a queue of callbacks ordered by time.
/// Threads: all members are called on the engine's executor, callbacks run there.
class timers {
 public:
  struct id {
    instant at{};
    std::uint64_t serial = 0;  ///< 0: no timer.
    auto operator<=>(id const&) const = default;
  };

  explicit timers(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  virtual ~timers() = default;
  timers(timers const&) = delete;
  timers& operator=(timers const&) = delete;

  [[nodiscard]] virtual instant now() const noexcept = 0;
  [[nodiscard]] virtual wall_time wall() const noexcept = 0;

  /// Work keeps its event loop running until it is due. Housekeeping does not: it runs when the
  /// loop runs anyway, so that a program whose last call has ended can end.
  enum class kind : unsigned char { work, housekeeping };

  /// Runs `what` once, at `at` or as soon after as the executor allows; never inside call_at.
  id call_at(instant at, std::function<void()> what, kind k = kind::work);
  /// True when the callback had not run; it never will. Unknown ids are ignored.
  bool cancel(id timer) noexcept;
  /// Forgets every callback without running it, and with them the coroutines that sleep: for an
  /// event loop that is being destroyed.
  void clear() noexcept;
  /// Returns at `at`; throws system_error(operation_aborted) when its coroutine is cancelled.
  asio::awaitable<void> sleep_until(instant at);

  [[nodiscard]] asio::any_io_executor const& executor() const noexcept { return executor_; }
  [[nodiscard]] std::size_t pending() const noexcept { return work_.size() + leisure_.size(); }

 protected:
  [[nodiscard]] std::optional<instant> earliest() const noexcept;
  [[nodiscard]] std::optional<instant> earliest_work() const noexcept;
  /// Runs what is due at `now`, in order of time, then of creation.
  void run_due(instant now);
  /// The earliest work is now due at `at`.
  virtual void rearm(instant at) = 0;
  /// No work is left.
  virtual void disarm() noexcept = 0;

 private:
  using queue = std::map<id, std::function<void()>>;
  asio::any_io_executor executor_;
  queue work_;
  queue leisure_;
  std::uint64_t next_serial_ = 1;
};

/// Real time: the queue above over one Asio timer.
std::unique_ptr<timers> make_real_timers(asio::any_io_executor executor);

/// Time that moves only when told to; for tests and simulation.
class virtual_timers final : public timers {
 public:
  using timers::timers;
  [[nodiscard]] instant now() const noexcept override { return now_; }
  [[nodiscard]] wall_time wall() const noexcept override;
  /// Moves to the earliest timer and runs what is due there; false when no timer is left.
  bool advance();
  void advance_to(instant at);
  [[nodiscard]] std::optional<instant> next() const noexcept { return earliest(); }

 private:
  void rearm(instant) override {}
  void disarm() noexcept override {}
  instant now_ = instant(std::chrono::hours(1));
};

}  // namespace kiln
