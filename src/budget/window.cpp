#include "budget/window.hpp"

#include <algorithm>
#include <cmath>

namespace kiln {
namespace {

// More grants a second than this are not counted one by one: 16 MB of ring is enough.
constexpr double grants_counted_max = 2'000'000;

}  // namespace

window::window(double rate, double headroom)
    : grants_max_(static_cast<std::size_t>(std::clamp(std::floor(rate), 1.0, grants_counted_max))),
      times_(64) {
  double seconds = 1;
  if (rate < 1) seconds = 1 / rate;
  if (rate > grants_counted_max) seconds = grants_counted_max / rate;
  span_ = duration(static_cast<duration::rep>(std::ceil(1e9 * seconds * (1 + headroom))));
}

instant window::free_at(instant now) const noexcept {
  if (size_ < grants_max_) return now;
  return std::max(now, times_[place(size_ - grants_max_)] + span_);
}

void window::take(instant at) {
  while (size_ > 0 && times_[first_] + span_ <= at) {
    first_ = place(1);
    --size_;
  }
  if (size_ == times_.size()) grow();
  times_[place(size_)] = at;
  ++size_;
}

void window::put_back(instant at) noexcept {
  for (std::size_t n = size_; n > 0; --n) {
    if (times_[place(n - 1)] > at) continue;
    if (times_[place(n - 1)] < at) return;
    for (std::size_t i = n; i < size_; ++i) times_[place(i - 1)] = times_[place(i)];
    --size_;
    return;
  }
}

void window::grow() {
  std::vector<instant> larger(times_.size() * 2);
  for (std::size_t i = 0; i < size_; ++i) larger[i] = times_[place(i)];
  times_.swap(larger);
  first_ = 0;
}

}  // namespace kiln
