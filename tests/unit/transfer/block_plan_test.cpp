#include "transfer/block_plan.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace kiln::transfer {
namespace {

constexpr std::uint64_t mib = 1U << 20;

std::vector<std::uint64_t> lengths_of(std::uint64_t size, std::uint64_t seed) {
  block_lengths plan(size, seed);
  std::vector<std::uint64_t> out;
  while (auto const length = plan.next()) out.push_back(*length);
  EXPECT_EQ(plan.bytes_left(), 0U);
  return out;
}

TEST(block_plan, needs_one_request_a_mebibyte_and_none_for_nothing) {
  EXPECT_EQ(blocks_of(0), 0U);
  EXPECT_EQ(blocks_of(1), 1U);
  EXPECT_EQ(blocks_of(mib), 1U);
  EXPECT_EQ(blocks_of(mib + 1), 2U);
  EXPECT_EQ(blocks_of(10 * 1024 * mib), 10'240U);
  EXPECT_EQ(blocks_of(UINT64_MAX), (UINT64_MAX >> 20) + 1);
}

TEST(block_plan, covers_every_size_exactly_with_legal_blocks) {
  for (std::uint64_t const size :
       {std::uint64_t{0}, std::uint64_t{1}, mib - 1, mib, mib + 1, 2 * mib - 1, 2 * mib,
        3 * mib + 7, 64 * mib, 64 * mib + 1, 1000 * mib - 12345}) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      std::uint64_t sum = 0;
      auto const lengths = lengths_of(size, seed);
      for (auto const length : lengths) {
        ASSERT_GE(length, 1U) << size << " seed " << seed;
        ASSERT_LE(length, mib) << size << " seed " << seed;
        sum += length;
      }
      ASSERT_EQ(sum, size) << "seed " << seed;
      ASSERT_EQ(lengths.size(), blocks_of(size)) << "seed " << seed;
    }
  }
}

TEST(block_plan, varies_the_lengths_so_that_a_doubled_and_a_lost_block_do_not_cancel) {
  constexpr std::uint64_t size = 20 * mib - 500'000;
  std::uint64_t pairs = 0;
  std::uint64_t alike = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto const lengths = lengths_of(size, seed);
    for (std::size_t a = 0; a < lengths.size(); ++a) {
      for (std::size_t b = a + 1; b < lengths.size(); ++b) {
        ++pairs;
        if (lengths[a] == lengths[b]) ++alike;
      }
    }
  }
  EXPECT_LT(static_cast<double>(alike) / static_cast<double>(pairs), 0.001);
}

TEST(block_plan, is_the_same_for_the_same_seed_and_another_for_another) {
  EXPECT_EQ(lengths_of(5 * mib + 1, 7), lengths_of(5 * mib + 1, 7));
  EXPECT_NE(lengths_of(5 * mib + 1, 7), lengths_of(5 * mib + 1, 8));
}

TEST(block_plan, gives_the_ranges_of_a_download_without_gap_or_overlap) {
  for (std::uint64_t const size :
       {std::uint64_t{0}, std::uint64_t{1}, mib - 1, mib, mib + 1, 10 * mib, 10 * mib + 5}) {
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
    while (auto const range = range_at(offset, size)) {
      ASSERT_EQ(range->offset, offset);
      ASSERT_LE(range->asked, mib);
      ASSERT_GE(range->asked, range->length);
      offset += range->length;
      ++count;
    }
    EXPECT_EQ(offset, size);
    EXPECT_EQ(count, blocks_of(size));
  }
}

TEST(block_plan, asks_for_one_byte_more_at_the_end_to_notice_a_file_that_grew) {
  EXPECT_EQ(range_at(mib, mib + 10)->length, 10U);
  EXPECT_EQ(range_at(mib, mib + 10)->asked, 11U);
  EXPECT_EQ(range_at(0, mib + 10)->asked, mib);
  EXPECT_EQ(range_at(0, mib)->asked, mib);
}

}  // namespace
}  // namespace kiln::transfer
