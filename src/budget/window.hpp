#pragma once

#include "core/clock.hpp"

#include <cstddef>
#include <vector>

namespace kiln {

/// The invariant beside every gap: in any span of one second at most `rate` grants leave.
/// A rate below one a second means one grant in 1/rate seconds. Two grants exactly one second
/// apart do not share a second.
class window {
 public:
  /// `headroom` lengthens the second by that share.
  explicit window(double rate, double headroom = 0);

  /// The earliest moment, not before `now`, at which one more may leave.
  [[nodiscard]] instant free_at(instant now) const noexcept;
  /// A grant left at `at`, which is not before any earlier one.
  void take(instant at);
  /// The grant that left at `at` was not used: it never counted. Looks through the newest first.
  void put_back(instant at) noexcept;

  [[nodiscard]] std::size_t grants_max() const noexcept { return grants_max_; }
  [[nodiscard]] duration span() const noexcept { return span_; }

 private:
  [[nodiscard]] std::size_t place(std::size_t n) const noexcept {
    return (first_ + n) & (times_.size() - 1);
  }
  void grow();

  std::size_t grants_max_;
  duration span_{};
  std::vector<instant> times_;  // a ring; its size is a power of two and grows on demand
  std::size_t first_ = 0;       // oldest
  std::size_t size_ = 0;
};

}  // namespace kiln
