#pragma once

#include "core/clock.hpp"

#include <kiln/emulator.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace kiln::emulation {

/// How a workspace decides over one request. Pure: time is an argument and must not go back.
///
/// A rate below 1/s is one request in a window of 1/rate seconds; above, windows are one second
/// and hold floor(rate) requests.
class limiter {
 public:
  struct verdict {
    bool admitted = true;
    std::chrono::seconds retry_after{0};  ///< At least 1 when refused.
  };

  limiter(limiter_kind kind, double rate, std::uint32_t burst);

  verdict admits(instant now);
  /// From the next request on; what was counted stays counted.
  void set_rate(double rate);
  [[nodiscard]] double rate() const noexcept { return rate_; }

 private:
  verdict sliding(instant now, bool count_refused);
  verdict calendar(instant now);
  verdict token_bucket(instant now);
  verdict leaky(instant now);

  limiter_kind kind_;
  double rate_;
  double burst_;
  std::size_t capacity_ = 1;  ///< Requests in one window.
  duration window_{};
  std::deque<instant> counted_;  ///< Never longer than capacity_ + 1.
  std::int64_t calendar_window_ = -1;
  std::size_t calendar_count_ = 0;
  double tokens_;
  instant refilled_{};
  instant next_{};  ///< Of the leaky bucket: when the next request may pass.
};

/// The most arrivals in any sliding second (half open: t and t + 1 s are two seconds).
class busiest_second {
 public:
  void arrived(instant now);
  [[nodiscard]] std::uint64_t worst() const noexcept { return worst_; }
  void reset() noexcept;

  static constexpr std::size_t arrivals_kept_max = std::size_t{1} << 20;

 private:
  std::deque<instant> recent_;
  std::uint64_t worst_ = 0;
};

}  // namespace kiln::emulation
