#pragma once

#include "core/timers.hpp"

#include <kiln/error.hpp>
#include <kiln/options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace kiln::net {

/// Deadlines of many connections with one entry in `timers`: setting a deadline is a store and a
/// comparison. Threads: the engine's executor. May outlive the timers, but for setting deadlines.
class watchdog {
 public:
  /// Called at the deadline or after it; returns the next one (`never`: until set anew; the earlier
  /// counts if it set one itself). It may set any deadline and end its own or another watch.
  using overdue = std::function<instant(instant now)>;

  /// A registration. The watchdog outlives it.
  class watch {
   public:
    watch(watchdog& owner, overdue what, timers::kind kind = timers::kind::work);
    ~watch();
    watch(watch const&) = delete;
    watch& operator=(watch const&) = delete;
    /// Replaces the deadline; `never` takes it away.
    void until(instant deadline);

   private:
    friend class watchdog;
    watchdog& owner_;
    overdue what_;
    timers::kind kind_;
    instant deadline_ = never;
    std::size_t place_;
  };

  explicit watchdog(timers& clock) : clock_(clock) {}
  watchdog(watchdog const&) = delete;
  watchdog& operator=(watchdog const&) = delete;

  [[nodiscard]] instant now() const noexcept { return clock_.now(); }
  [[nodiscard]] timers& clock() const noexcept { return clock_; }

 private:
  void wake_by(instant deadline, timers::kind kind);
  void rest();
  [[nodiscard]] instant next(timers::kind kind) const noexcept;
  void sweep();

  timers& clock_;
  std::vector<watch*> watches_;
  std::array<timers::id, 2> timer_{};  ///< By kind.
  std::size_t working_ = 0;            ///< Watches of kind work that have a deadline.
  watch* called_ = nullptr;            // in sweep(), until it ends
  bool sweeping_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

/// Which limit ended an exchange.
enum class overrun : unsigned char { write, first_byte, idle_read, after_failed_write, attempt };

/// When an exchange has waited too long, and for what. No clock of its own.
class exchange_deadlines {
 public:
  /// How long an answer is awaited on a connection that takes no more bytes: a server that refuses
  /// a body answers first and closes then.
  static constexpr duration after_failed_write_max = std::chrono::seconds(1);

  explicit exchange_deadlines(timeout_options const& limits) : limits_(limits) {}

  void start(instant attempt_deadline) noexcept;
  /// `taken` is byte_stream::taken(): as long as it grows, a write is slow and not stuck.
  void write_started(instant now, std::uint64_t taken) noexcept;
  void write_ended() noexcept { write_ = never; }
  void write_failed(instant now) noexcept;
  /// The whole request is written: the answer is awaited from now on, and only from now on, as a
  /// server may say "100 Continue" early and then read for as long as the client writes.
  void request_sent(instant now) noexcept;
  void received(instant now) noexcept;
  /// The answer is complete, or nobody waits any more.
  void stop() noexcept;

  [[nodiscard]] instant next() const noexcept;
  /// What is overdue at `now`, if anything.
  [[nodiscard]] std::optional<overrun> check(instant now, std::uint64_t taken) noexcept;
  /// The error that says so.
  [[nodiscard]] error describe(overrun what) const;

 private:
  timeout_options limits_;
  instant attempt_ = never;
  instant write_ = never;
  instant read_ = never;
  std::uint64_t taken_ = 0;
  overrun read_kind_ = overrun::first_byte;
  bool sent_ = false;
  bool write_failed_ = false;
};

/// "`what`: no … within 90000 ms (timeouts.first_byte)" as errc::timed_out.
[[nodiscard]] error timed_out(std::string_view operation, std::string_view awaited,
                              std::string_view option, std::chrono::milliseconds value);

}  // namespace kiln::net
