#include "cli/removal.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace kiln::cli {
namespace {

using std::chrono::seconds;

TEST(removals, say_what_they_know) {
  EXPECT_EQ(removal_text({12'000, 0}), "12,000 deleted so far");
  EXPECT_EQ(removal_text({120, 4'800}), "120 of 4,800 deleted");
  EXPECT_EQ(removal_json({5, 0}, "/a\"b"), R"({"event":"progress","path":"/a\"b","removed":5})");
  EXPECT_EQ(removal_json({5, 9}, "/a"),
            R"({"event":"progress","path":"/a","removed":5,"total":9})");
}

TEST(removals, are_worth_a_line_for_each_part_that_the_server_tells_of) {
  removal_schedule schedule;
  for (std::uint64_t i = 1; i < 5; ++i) EXPECT_TRUE(schedule.due({i * 10'000, 0}, instant()));
}

TEST(removals, are_worth_a_line_every_tenth_and_after_a_silence) {
  removal_schedule schedule;
  instant now{};
  int lines = 0;
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    if (schedule.due({i, 1'000}, now)) ++lines;
  }
  EXPECT_EQ(lines, 10);
  removal_schedule slow;
  EXPECT_FALSE(slow.due({1, 1'000}, now));
  EXPECT_FALSE(slow.due({2, 1'000}, now + seconds(29)));
  EXPECT_TRUE(slow.due({3, 1'000}, now + seconds(30)));
  EXPECT_FALSE(slow.due({4, 1'000}, now + seconds(31)));
}

}  // namespace
}  // namespace kiln::cli
