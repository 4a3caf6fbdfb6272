#include "budget/store.hpp"

#include <kiln/budget.hpp>

#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>

namespace kiln {
namespace {

void require(bool holds, std::string const& field, char const* rule) {
  if (!holds) throw std::invalid_argument("budget_options::" + field + " must be " + rule);
}

bool is_rate(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

void budget_options::validate() const {
  require(is_rate(rate), "rate", "a finite number > 0");
  require(headroom >= 0 && headroom <= 0.5, "headroom", "in [0, 0.5]");
  require(in_flight_max > 0, "in_flight_max", "> 0");
  require(queue_max > 0, "queue_max", "> 0");
  require(retry_after_max.count() >= 0, "retry_after_max", ">= 0");
  for (std::size_t i = 0; i < lane_weights.size(); ++i) {
    require(lane_weights[i] > 0, "lane_weights[" + std::to_string(i) + "]", "> 0");
  }
  require(lane_wait_max.count() > 0, "lane_wait_max", "> 0");
  require(buckets.size() < std::numeric_limits<std::uint16_t>::max(), "buckets",
          "fewer than 65535");
  std::set<std::string> names;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    auto const field = "buckets[" + std::to_string(i) + "]";
    require(!buckets[i].name.empty(), field + ".name", "not empty");
    require(names.insert(buckets[i].name).second, field + ".name", "unique");
    require(is_rate(buckets[i].rate), field + ".rate", "a finite number > 0");
  }
}

budget::budget(budget_options const& options) {
  options.validate();
  options_ = std::make_shared<budget_options const>(options);
  store_ = make_local_store();
}

budget_options const& budget::options() const noexcept { return *options_; }

}  // namespace kiln
