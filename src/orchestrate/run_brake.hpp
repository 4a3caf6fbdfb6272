#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace kiln::runs {

/// How far the limits of a workspace (active runs, runs an hour) let submissions go. Pure.
///
/// After a refusal nothing is sent for a while, longer each time; then one run is tried alone. As
/// many runs as were active at the refusal are taken for the most there may be; what goes beyond is
/// tried now and then, since others' runs end too.
class run_brake {
 public:
  static constexpr duration hold_min = std::chrono::seconds(2);
  static constexpr duration hold_max = std::chrono::seconds(60);
  static constexpr duration probe_interval = std::chrono::seconds(30);

  /// `active`: runs that were known to be under way.
  void refused(std::size_t active, instant now) noexcept {
    if (now < until_) return;  // sent before the first refusal came
    hold_ = std::clamp(hold_ * 2, hold_min, hold_max);
    until_ = now + hold_;
    cap_ = std::max<std::size_t>(active, 1);
    probe_at_ = now + probe_interval;
    alone_ = true;
  }
  void accepted(std::size_t active, instant now) noexcept {
    if (now < until_) return;
    hold_ = {};
    alone_ = false;
    if (active > cap_) cap_ += std::max<std::size_t>(cap_ / 16, 1);
  }
  /// `active`: with those on their way.
  [[nodiscard]] bool allows(std::size_t active, std::size_t sending, instant now) const noexcept {
    if (now < until_) return false;
    if (alone_ && sending > 0) return false;
    return active < cap_ || (now >= probe_at_ && sending == 0);
  }
  void sent(std::size_t active, instant now) noexcept {
    if (active >= cap_) probe_at_ = now + probe_interval;
  }
  /// When to ask again, if allows() says no now; never: an event will tell.
  [[nodiscard]] instant next(std::size_t active, instant now) const noexcept {
    if (now < until_) return until_;
    return active >= cap_ && now < probe_at_ ? probe_at_ : never;
  }
  [[nodiscard]] bool holds(instant now) const noexcept { return now < until_ || alone_; }

 private:
  std::size_t cap_ = std::numeric_limits<std::size_t>::max();
  duration hold_{};
  instant until_ = instant::min();
  instant probe_at_ = instant::min();
  bool alone_ = false;
};

}  // namespace kiln::runs
