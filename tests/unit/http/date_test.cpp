#include "http/date.hpp"

#include <gtest/gtest.h>

namespace kiln::http {
namespace {

using std::chrono::sys_seconds;

sys_seconds at(std::int64_t since_epoch) { return sys_seconds(std::chrono::seconds(since_epoch)); }

TEST(date, is_spelled_as_headers_spell_it) {
  EXPECT_EQ(date_text(at(784'111'777)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date_text(at(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date_text(at(951'782'399)), "Mon, 28 Feb 2000 23:59:59 GMT");
  EXPECT_EQ(date_text(at(951'782'400)), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(date, what_is_spelled_can_be_read) {
  for (std::int64_t t = -100'000'000; t < 4'000'000'000; t += 86'399 * 37) {
    ASSERT_EQ(parse_date(date_text(at(t)), at(0)), at(t)) << t;
  }
}

TEST(date, anything_else_is_none) {
  for (char const* text : {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "1994-11-06T08:49:37Z",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT"}) {
    EXPECT_FALSE(parse_date(text, at(0))) << text;
  }
}

}  // namespace
}  // namespace kiln::http
