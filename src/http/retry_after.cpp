#include "http/retry_after.hpp"

#include "core/ascii.hpp"
#include "http/date.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace kiln::http {
namespace {

using std::chrono::seconds;

/// Nanoseconds end in the year 2262, dates in 9999: compare before converting.
duration clamp(std::int64_t wait_seconds, duration max) noexcept {
  auto const max_seconds = std::chrono::duration_cast<seconds>(max).count();
  if (wait_seconds <= 0) return duration::zero();
  if (wait_seconds > max_seconds) return max;
  return seconds(wait_seconds);
}

}  // namespace

std::optional<duration> parse_retry_after(std::string_view value, wall_time now,
                                          duration max) noexcept {
  max = std::max(max, duration::zero());
  value = ascii::trim(value);
  bool const negative = value.starts_with('-');
  auto const digits = negative ? value.substr(1) : value;
  if (!digits.empty() && std::ranges::all_of(digits, ascii::is_digit)) {
    if (negative) return duration::zero();
    constexpr std::int64_t far = 1'000'000'000'000;
    std::int64_t total = 0;
    for (char const c : digits) total = std::min(far, total * 10 + (c - '0'));
    return clamp(total, max);
  }
  // The clock's fraction is dropped: up to a second too long, never too short.
  auto const second = std::chrono::floor<seconds>(now);
  auto const until = parse_date(value, second);
  if (!until) return std::nullopt;
  return clamp((*until - second).count(), max);
}

}  // namespace kiln::http
