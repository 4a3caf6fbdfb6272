#include "http/date.hpp"

#include "core/ascii.hpp"

#include <array>
#include <cstdio>

namespace kiln::http {
namespace {

using std::chrono::sys_seconds;

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};

/// Walks over a date; every step fails for good once one has failed.
class cursor {
 public:
  explicit cursor(std::string_view text) noexcept : rest_(text) {}

  void literal(std::string_view text) noexcept {
    if (!rest_.starts_with(text)) return fail();
    rest_.remove_prefix(text.size());
  }
  /// Exactly `digits` digits.
  int number(std::size_t digits) noexcept {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_.empty() || !ascii::is_digit(rest_.front())) return fail(), 0;
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  /// 1 to 12.
  unsigned month() noexcept {
    for (unsigned i = 0; i < months.size(); ++i) {
      if (rest_.starts_with(months[i])) {
        rest_.remove_prefix(3);
        return i + 1;
      }
    }
    fail();
    return 1;
  }
  /// The day of the week, which is not checked against the date. `length` 0: the whole name.
  void weekday(std::size_t length) noexcept {
    for (auto const name : weekdays) {
      auto const spelled = length == 0 ? name : name.substr(0, length);
      if (rest_.starts_with(spelled)) return rest_.remove_prefix(spelled.size());
    }
    fail();
  }
  [[nodiscard]] bool at(char c) const noexcept { return !rest_.empty() && rest_.front() == c; }
  [[nodiscard]] bool done() const noexcept { return ok_ && rest_.empty(); }

 private:
  void fail() noexcept {
    ok_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool ok_ = true;
};

struct date {
  int year = 0;
  unsigned month = 1;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void time_of_day(cursor& in, date& out) noexcept {
  out.hour = in.number(2);
  in.literal(":");
  out.minute = in.number(2);
  in.literal(":");
  out.second = in.number(2);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
bool parse_imf(std::string_view text, date& out) noexcept {
  cursor in(text);
  in.weekday(3);
  in.literal(", ");
  out.day = in.number(2);
  in.literal(" ");
  out.month = in.month();
  in.literal(" ");
  out.year = in.number(4);
  in.literal(" ");
  time_of_day(in, out);
  in.literal(" GMT");
  return in.done();
}

/// "Sunday, 06-Nov-94 08:49:37 GMT"; a year that would be more than 50 years ahead is past.
bool parse_rfc850(std::string_view text, int this_year, date& out) noexcept {
  cursor in(text);
  in.weekday(0);
  in.literal(", ");
  out.day = in.number(2);
  in.literal("-");
  out.month = in.month();
  in.literal("-");
  out.year = this_year / 100 * 100 + in.number(2);
  if (out.year > this_year + 50) out.year -= 100;
  if (out.year <= this_year - 50) out.year += 100;
  in.literal(" ");
  time_of_day(in, out);
  in.literal(" GMT");
  return in.done();
}

/// "Sun Nov  6 08:49:37 1994"
bool parse_asctime(std::string_view text, date& out) noexcept {
  cursor in(text);
  in.weekday(3);
  in.literal(" ");
  out.month = in.month();
  in.literal(" ");
  if (in.at(' ')) {
    in.literal(" ");
    out.day = in.number(1);
  } else {
    out.day = in.number(2);
  }
  in.literal(" ");
  time_of_day(in, out);
  in.literal(" ");
  out.year = in.number(4);
  return in.done();
}

}  // namespace

std::optional<sys_seconds> parse_date(std::string_view text, sys_seconds now) noexcept {
  using namespace std::chrono;
  auto const this_year = static_cast<int>(year_month_day(floor<days>(now)).year());
  date d;
  if (!parse_imf(text, d) && !parse_rfc850(text, this_year, d) && !parse_asctime(text, d)) {
    return std::nullopt;
  }
  year_month_day const day{year(d.year), month(d.month),
                           std::chrono::day(static_cast<unsigned>(d.day))};
  // A second 60 is a leap second and belongs to the next minute.
  if (!day.ok() || d.hour > 23 || d.minute > 59 || d.second > 60) return std::nullopt;
  return sys_days(day) + hours(d.hour) + minutes(d.minute) + seconds(d.second);
}

std::string date_text(sys_seconds at) {
  using namespace std::chrono;
  auto const day = floor<days>(at);
  year_month_day const date(day);
  hh_mm_ss const time(at - day);
  std::array<char, 64> text;
  auto const size = std::snprintf(
      text.data(), text.size(), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT",
      weekdays[weekday(day).iso_encoding() - 1].data(), unsigned{date.day()},
      months[unsigned{date.month()} - 1].data(), int{date.year()},
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace kiln::http
