#include "orchestrate/row_order.hpp"

#include <algorithm>

namespace kiln::orchestrate {
namespace {

enum class mark : std::uint8_t { unseen, on_path, clear };

/// A row on the path that is being walked, and which of its waits is next.
struct visit {
  std::uint32_t row = 0;
  std::size_t next = 0;
};

std::size_t first_wait(std::vector<row_wait> const& waits, std::uint32_t row) {
  auto const at = std::lower_bound(waits.begin(), waits.end(), row_wait{row, 0});
  return static_cast<std::size_t>(at - waits.begin());
}

}  // namespace

std::vector<std::uint32_t> find_ring(std::uint32_t rows, std::vector<row_wait> waits) {
  std::sort(waits.begin(), waits.end());
  std::vector<mark> marks(rows, mark::unseen);
  std::vector<visit> path;  // instead of recursion: a chain may be as long as the table
  for (auto const& [start, ignored] : waits) {
    static_cast<void>(ignored);
    if (marks[start] != mark::unseen) continue;
    path.push_back({start, first_wait(waits, start)});
    marks[start] = mark::on_path;
    while (!path.empty()) {
      auto& top = path.back();
      if (top.next == waits.size() || waits[top.next].first != top.row) {
        marks[top.row] = mark::clear;
        path.pop_back();
        continue;
      }
      auto const row = waits[top.next++].second;
      if (marks[row] == mark::clear) continue;
      if (marks[row] == mark::unseen) {
        marks[row] = mark::on_path;
        path.push_back({row, first_wait(waits, row)});
        continue;
      }
      auto const ring =
          std::find_if(path.begin(), path.end(), [row](visit const& v) { return v.row == row; });
      std::vector<std::uint32_t> out;
      for (auto it = ring; it != path.end(); ++it) out.push_back(it->row);
      return out;
    }
  }
  return {};
}

}  // namespace kiln::orchestrate
