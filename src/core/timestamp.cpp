#include <kiln/timestamp.hpp>

#include <array>
#include <cstdio>

namespace kiln {

std::string to_string(timestamp t) {
  using namespace std::chrono;
  // A timestamp reaches beyond the years that year_month_day can hold; servers send 2^63 - 1 for
  // "never".
  constexpr milliseconds year_9999{253'402'300'799'999};
  constexpr milliseconds year_0{-62'167'219'200'000};
  if (t.time_since_epoch() > year_9999 || t.time_since_epoch() < year_0) {
    return std::to_string(t.time_since_epoch().count()) + "ms";
  }
  auto const day = floor<days>(t);
  year_month_day const date(day);
  hh_mm_ss const time(t - day);
  std::array<char, 64> text;
  auto const size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
      unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace kiln
