#include "orchestrate/row_graph.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace kiln::runs {

namespace {

constexpr std::size_t several = std::numeric_limits<std::size_t>::max();
constexpr std::size_t circle_names_max = 10;  ///< In the text of an error.

error bad(std::string text) { return error(errc::invalid_argument, std::move(text)); }

std::string called(row_graph::entry const& row, std::size_t number) {
  return "row " + std::to_string(number + 1) + (row.name.empty() ? "" : " ('" + row.name + "')");
}

/// From -> to, twice over the same edges: to count them, then to place them.
struct edge {
  std::uint32_t from = 0, to = 0;
};

result<std::vector<edge>> resolve(std::span<row_graph::entry const> rows) {
  std::vector<edge> out;
  bool const any =
      std::any_of(rows.begin(), rows.end(), [](auto const& r) { return !r.after.empty(); });
  if (!any) return out;
  std::unordered_map<std::string_view, std::size_t> numbers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const [at, fresh] = numbers.try_emplace(rows[i].name, i);
    if (!fresh) at->second = several;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto names = rows[i].after;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (auto const& name : names) {
      auto const at = numbers.find(name);
      if (at == numbers.end()) {
        return bad(called(rows[i], i) + " waits for '" + name + "', and no row is called so");
      }
      if (at->second == several) {
        return bad(called(rows[i], i) + " waits for '" + name +
                   "', and several rows are called so");
      }
      out.push_back({static_cast<std::uint32_t>(at->second), static_cast<std::uint32_t>(i)});
    }
  }
  return out;
}

}  // namespace

std::span<std::uint32_t const> row_graph::dependants(std::size_t row) const noexcept {
  return std::span(to_).subspan(first_[row], first_[row + 1] - first_[row]);
}

result<row_graph> row_graph::make(std::span<entry const> rows) {
  if (rows.size() >= std::numeric_limits<std::uint32_t>::max()) {
    return bad(std::to_string(rows.size()) + " rows are too many");
  }
  auto const edges = resolve(rows);
  if (edges.has_error()) return edges.error();
  row_graph out;
  out.blockers_.assign(rows.size(), 0);
  out.first_.assign(rows.size() + 1, 0);
  out.to_.resize(edges->size());
  for (auto const& e : *edges) {
    ++out.blockers_[e.to];
    ++out.first_[e.from + 1];
  }
  for (std::size_t i = 0; i < rows.size(); ++i) out.first_[i + 1] += out.first_[i];
  std::vector<std::uint32_t> next(out.first_.begin(), out.first_.end() - 1);
  for (auto const& e : *edges) out.to_[next[e.from]++] = e.to;
  auto sound = out.check_circles(rows);
  if (sound.has_error()) return sound.error();
  return out;
}

// Takes away what waits for nothing, again and again; what stays waits for a circle.
result<void> row_graph::check_circles(std::span<entry const> rows) const {
  auto open = blockers_;
  std::vector<std::uint32_t> free;
  for (std::uint32_t i = 0; i < open.size(); ++i) {
    if (open[i] == 0) free.push_back(i);
  }
  std::size_t taken = 0;
  for (; taken < free.size(); ++taken) {
    for (auto const next : dependants(free[taken])) {
      if (--open[next] == 0) free.push_back(next);
    }
  }
  if (taken == open.size()) return {};
  // Backwards from any that stays, along rows that stay, until one comes again.
  std::vector<std::uint32_t> before(open.size(), 0);
  for (std::uint32_t i = 0; i < open.size(); ++i) {
    if (open[i] == 0) continue;
    for (auto const next : dependants(i)) before[next] = i;
  }
  auto const first = std::find_if(open.begin(), open.end(), [](auto n) { return n != 0; });
  auto at = static_cast<std::uint32_t>(first - open.begin());
  for (std::size_t i = 0; i < open.size(); ++i) at = before[at];
  std::string names = "'" + rows[at].name + "'";
  std::size_t shown = 1;
  for (auto i = before[at]; i != at && shown < circle_names_max; i = before[i], ++shown) {
    names += " waits for '" + rows[i].name + "', which";
  }
  if (shown == 1) return bad(called(rows[at], at) + " waits for itself");
  return bad("rows wait for each other: " + names + " waits for '" + rows[at].name + "'");
}

}  // namespace kiln::runs
