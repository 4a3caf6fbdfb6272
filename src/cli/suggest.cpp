#include "cli/suggest.hpp"

#include <algorithm>

namespace kiln::cli {
namespace {
// Longer words are no typo of a command; it also bounds the table below.
constexpr std::size_t word_length_max = 64;
}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const substitution = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, substitution});
      bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

std::string nearest(std::string_view typed, std::vector<std::string> const& candidates) {
  if (typed.empty() || typed.size() > word_length_max) return {};
  std::string best;
  std::size_t best_distance = typed.size();
  for (auto const& candidate : candidates) {
    if (candidate.size() > word_length_max) continue;
    std::size_t const longer = std::max(typed.size(), candidate.size());
    std::size_t const allowed = std::max<std::size_t>(1, longer / 3);
    std::size_t const distance = edit_distance(typed, candidate);
    if (distance > allowed || distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace kiln::cli
