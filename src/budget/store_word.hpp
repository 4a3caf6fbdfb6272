#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>

// The arithmetic of a budget that is one 64-bit word: the moment of the next departure, in
// nanoseconds of the monotonic clock, changed by compare-and-swap. The word may live in this
// process or in a mapped file (the monotonic clock is one for the host).
namespace kiln::store_word {

using word = std::atomic<std::int64_t>;

/// A wake-up comes late by a little every time; the lateness is made good up to this much, so that
/// the mean pace is kept while two departures never come closer than gap - slack. Gaps below a
/// millisecond are finer than any timer: there, departures come in groups of a millisecond.
inline duration slack(duration gap) noexcept {
  constexpr duration timer_grain = std::chrono::milliseconds(1);
  return gap < timer_grain ? timer_grain : gap / 64;
}

inline instant take(word& next, instant now, duration gap) noexcept {
  auto const at = now.time_since_epoch().count();
  auto expected = next.load(std::memory_order_relaxed);
  for (;;) {  // bounded: each failure means that another asker succeeded
    if (expected > at) return instant(duration(expected));
    auto const wanted = std::max<std::int64_t>(expected, at - slack(gap).count()) + gap.count();
    if (next.compare_exchange_weak(expected, wanted, std::memory_order_acq_rel)) return now;
  }
}

inline void put_back(word& next, instant at, duration gap) noexcept {
  auto const latest = (at + gap).time_since_epoch().count();
  auto expected = next.load(std::memory_order_relaxed);
  while (expected <= latest && expected > latest - gap.count()) {
    if (next.compare_exchange_weak(expected, expected - gap.count(), std::memory_order_acq_rel)) {
      return;
    }
  }
}

inline void hold(word& next, instant until) noexcept {
  auto const at = until.time_since_epoch().count();
  auto expected = next.load(std::memory_order_relaxed);
  while (expected < at) {
    if (next.compare_exchange_weak(expected, at, std::memory_order_acq_rel)) return;
  }
}

}  // namespace kiln::store_word
