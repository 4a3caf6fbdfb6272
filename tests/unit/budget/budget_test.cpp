#include "budget/store.hpp"

#include <kiln/budget.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

namespace kiln {
namespace {

std::string complaint(std::function<void(budget_options&)> const& spoil) {
  budget_options options;
  spoil(options);
  try {
    options.validate();
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return {};
}

TEST(budget_options, defaults_are_valid) { EXPECT_NO_THROW(budget_options{}.validate()); }

TEST(budget_options, name_the_field_that_breaks_its_rule) {
  using std::chrono::milliseconds;
  struct {
    std::function<void(budget_options&)> spoil;
    char const* field;
  } const rows[] = {
      {[](auto& o) { o.rate = 0; }, "budget_options::rate "},
      {[](auto& o) { o.rate = std::nan(""); }, "budget_options::rate "},
      {[](auto& o) { o.rate = std::numeric_limits<double>::infinity(); }, "budget_options::rate "},
      {[](auto& o) { o.headroom = -0.01; }, "budget_options::headroom "},
      {[](auto& o) { o.headroom = 0.51; }, "budget_options::headroom "},
      {[](auto& o) { o.headroom = std::nan(""); }, "budget_options::headroom "},
      {[](auto& o) { o.in_flight_max = 0; }, "budget_options::in_flight_max "},
      {[](auto& o) { o.queue_max = 0; }, "budget_options::queue_max "},
      {[](auto& o) { o.retry_after_max = milliseconds(-1); }, "budget_options::retry_after_max "},
      {[](auto& o) { o.lane_weights[2] = 0; }, "budget_options::lane_weights[2] "},
      {[](auto& o) { o.lane_wait_max = milliseconds(0); }, "budget_options::lane_wait_max "},
      {[](auto& o) { o.buckets[1].rate = -7; }, "budget_options::buckets[1].rate "},
      {[](auto& o) { o.buckets[0].name.clear(); }, "budget_options::buckets[0].name "},
      {[](auto& o) { o.buckets[2].name = o.buckets[0].name; }, "budget_options::buckets[2].name "},
  };
  for (auto const& row : rows) EXPECT_EQ(complaint(row.spoil).find(row.field), 0U) << row.field;
}

TEST(budget, copies_share_one_store) {
  budget const one;
  budget const copy = one;
  budget const other;
  EXPECT_EQ(one.store(), copy.store());
  EXPECT_NE(one.store(), other.store());
  instant const now{std::chrono::hours(1)};
  EXPECT_EQ(one.store()->try_take(now, std::chrono::seconds(1)), now);
  EXPECT_GT(copy.store()->try_take(now, std::chrono::seconds(1)), now);
}

TEST(budget, refuses_options_that_are_not_valid) {
  budget_options options;
  options.rate = -1;
  EXPECT_THROW(budget{options}, std::invalid_argument);
}

}  // namespace
}  // namespace kiln
