#include "orchestrate/row_order.hpp"

#include <gtest/gtest.h>

namespace kiln::orchestrate {
namespace {

using rows = std::vector<std::uint32_t>;

TEST(row_order, finds_no_ring_where_rows_wait_for_earlier_ones) {
  EXPECT_EQ(find_ring(0, {}), rows{});
  EXPECT_EQ(find_ring(4, {{1, 0}, {2, 0}, {3, 1}, {3, 2}, {3, 1}}), rows{});
  EXPECT_EQ(find_ring(3, {{0, 2}, {1, 2}}), rows{});
}

TEST(row_order, finds_rows_that_wait_for_each_other) {
  EXPECT_EQ(find_ring(1, {{0, 0}}), (rows{0}));
  EXPECT_EQ(find_ring(5, {{2, 0}, {0, 4}, {4, 2}}), (rows{0, 4, 2}));
}

TEST(row_order, shows_the_ring_without_what_leads_to_it) {
  EXPECT_EQ(find_ring(5, {{0, 1}, {1, 2}, {2, 3}, {3, 1}, {4, 0}}), (rows{1, 2, 3}));
}

TEST(row_order, walks_a_chain_far_deeper_than_a_stack) {
  constexpr std::uint32_t count = 200'000;
  std::vector<row_wait> waits;
  for (std::uint32_t i = 0; i + 1 < count; ++i) waits.emplace_back(i, i + 1);
  EXPECT_EQ(find_ring(count, waits), rows{});
  waits.emplace_back(count - 1, 0);
  EXPECT_EQ(find_ring(count, std::move(waits)).size(), count);
}

}  // namespace
}  // namespace kiln::orchestrate
