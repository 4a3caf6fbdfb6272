#include "http/retry_after.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace kiln::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr wall_time now = sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min + 7s;

std::optional<duration> parse(std::string_view value, duration max = 120s) {
  return parse_retry_after(value, now, max);
}

TEST(retry_after, takes_seconds) {
  EXPECT_EQ(parse("0"), 0s);
  EXPECT_EQ(parse("1"), 1s);
  EXPECT_EQ(parse(" 007\t"), 7s);
  EXPECT_EQ(parse("119"), 119s);
}

TEST(retry_after, clamps_whatever_the_size) {
  EXPECT_EQ(parse("120"), 120s);
  EXPECT_EQ(parse("121"), 120s);
  EXPECT_EQ(parse("100000000000000000000"), 120s);
  EXPECT_EQ(parse(std::string(500, '9')), 120s);
  EXPECT_EQ(parse("9223372036854775807", duration::max()), duration::max());
  EXPECT_EQ(parse("-5"), 0s);
  EXPECT_EQ(parse("5", 0s), 0s);
  EXPECT_EQ(parse("5", -1s), 0s);
  EXPECT_EQ(parse("2", 1500ms), 1500ms);
}

TEST(retry_after, takes_the_three_date_formats) {
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT"), 30s);
  EXPECT_EQ(parse("Sunday, 06-Nov-94 08:49:37 GMT"), 30s);
  EXPECT_EQ(parse("Sun Nov  6 08:49:37 1994"), 30s);
  EXPECT_EQ(parse("Wed Nov 16 08:49:37 1994"), 120s);
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:60 GMT"), 53s);
}

TEST(retry_after, never_waits_for_the_past_and_clamps_the_far_future) {
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:06 GMT"), 0s);
  EXPECT_EQ(parse("Thu, 01 Jan 1970 00:00:00 GMT"), 0s);
  EXPECT_EQ(parse("Mon, 01 Jan 0001 00:00:00 GMT"), 0s);
  EXPECT_EQ(parse("Fri, 31 Dec 9999 23:59:59 GMT"), 120s);
  EXPECT_EQ(parse("Fri, 31 Dec 9999 23:59:59 GMT", duration::max()), duration::max());
  EXPECT_EQ(parse("Friday, 31-Dec-44 23:59:59 GMT"), 120s);  // 2044
  EXPECT_EQ(parse("Sunday, 06-Nov-45 08:49:37 GMT"), 0s);    // 1945: 2045 is over 50 years ahead
}

TEST(retry_after, drops_the_fraction_of_the_clock) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now + 999ms, 120s), 30s);
}

TEST(retry_after, knows_garbage) {
  for (auto const* bad : {"",
                          " ",
                          "-",
                          "+5",
                          "1.5",
                          "5s",
                          "five",
                          "0x5",
                          "5 5",
                          "Sun, 06 Nov 1994 08:49:37",
                          "Sun, 06 Nov 1994 08:49:37 UTC",
                          "Sun, 31 Feb 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 24:00:00 GMT",
                          "Sun, 06 Nov 1994 08:60:00 GMT",
                          "Sun, 06 Nov 1994 08:49:61 GMT",
                          "Sun, 00 Nov 1994 08:49:37 GMT",
                          "sun, 06 nov 1994 08:49:37 gmt",
                          "Sun, 6 Nov 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 08:49:37 GMT x",
                          "Sun Nov 6 08:49:37 1994",
                          "Sunday, 06-Nov-1994 08:49:37 GMT",
                          "Nov",
                          "Sun, 06 Nov 199"}) {
    EXPECT_EQ(parse(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace kiln::http
