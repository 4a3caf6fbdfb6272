#include "emulator/limiter.hpp"

#include <algorithm>
#include <cmath>

namespace kiln::emulation {

namespace {

constexpr double rate_min = 1e-6;

duration seconds_of(double s) { return duration(static_cast<std::int64_t>(std::ceil(s * 1e9))); }

limiter::verdict refused_until(instant free_at, instant now) {
  auto const wait = std::chrono::ceil<std::chrono::seconds>(free_at - now);
  return {false, std::max(wait, std::chrono::seconds(1))};
}

}  // namespace

limiter::limiter(limiter_kind kind, double rate, std::uint32_t burst)
    : kind_(kind), rate_(rate), burst_(std::max<double>(1, burst)), tokens_(burst_) {
  set_rate(rate);
}

void limiter::set_rate(double rate) {
  rate_ = std::max(rate, rate_min);
  capacity_ = static_cast<std::size_t>(std::max(1.0, std::floor(rate_)));
  window_ = rate_ < 1 ? seconds_of(1 / rate_) : duration(std::chrono::seconds(1));
  while (counted_.size() > capacity_ + 1) counted_.pop_front();
}

limiter::verdict limiter::admits(instant now) {
  switch (kind_) {
    case limiter_kind::window:
      return sliding(now, false);
    case limiter_kind::strict_window:
      return sliding(now, true);
    case limiter_kind::fixed:
      return calendar(now);
    case limiter_kind::bucket:
      return token_bucket(now);
    case limiter_kind::leaky:
      return leaky(now);
    case limiter_kind::none:
      break;
  }
  return {};
}

limiter::verdict limiter::sliding(instant now, bool count_refused) {
  while (!counted_.empty() && counted_.front() <= now - window_) counted_.pop_front();
  bool const admitted = counted_.size() < capacity_;
  // Whether more than capacity_ are in the window shows in the last capacity_ + 1 of them.
  if (admitted || count_refused) counted_.push_back(now);
  while (counted_.size() > capacity_ + 1) counted_.pop_front();
  if (admitted) return {};
  auto const first_of_last = counted_.size() - capacity_;
  return refused_until(counted_[first_of_last] + window_, now);
}

limiter::verdict limiter::calendar(instant now) {
  std::int64_t const index = now.time_since_epoch() / window_;
  if (index != calendar_window_) {
    calendar_window_ = index;
    calendar_count_ = 0;
  }
  if (calendar_count_ < capacity_) {
    ++calendar_count_;
    return {};
  }
  return refused_until(
      instant(std::chrono::duration_cast<instant::duration>(window_ * (index + 1))), now);
}

limiter::verdict limiter::token_bucket(instant now) {
  if (refilled_ == instant{}) refilled_ = now;
  double const passed = std::chrono::duration<double>(now - refilled_).count();
  tokens_ = std::min(burst_, tokens_ + passed * rate_);
  refilled_ = now;
  constexpr double rounding = 1e-9;
  if (tokens_ + rounding >= 1) {
    tokens_ -= 1;
    return {};
  }
  return refused_until(now + seconds_of((1 - tokens_) / rate_), now);
}

limiter::verdict limiter::leaky(instant now) {
  if (now < next_) return refused_until(next_, now);
  next_ = now + seconds_of(1 / rate_);
  return {};
}

void busiest_second::arrived(instant now) {
  while (!recent_.empty() && recent_.front() <= now - std::chrono::seconds(1)) recent_.pop_front();
  if (recent_.size() == arrivals_kept_max) recent_.pop_front();
  recent_.push_back(now);
  worst_ = std::max<std::uint64_t>(worst_, recent_.size());
}

void busiest_second::reset() noexcept {
  recent_.clear();
  worst_ = 0;
}

}  // namespace kiln::emulation
