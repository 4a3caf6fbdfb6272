#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kiln::cli {

/// Single-character insertions, deletions, substitutions and swaps of neighbours between the two.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that `typed` was most likely meant to be; empty when none is near enough.
[[nodiscard]] std::string nearest(std::string_view typed,
                                  std::vector<std::string> const& candidates);

}  // namespace kiln::cli
