#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace kiln::orchestrate {

/// "first waits for second", rows by number from 0 on.
using row_wait = std::pair<std::uint32_t, std::uint32_t>;

/// Rows that wait for each other in a ring, such as 0, 4, 2 when 0 waits for 4, 4 for 2 and 2 for
/// 0; empty when there is none. One ring is found, not all.
[[nodiscard]] std::vector<std::uint32_t> find_ring(std::uint32_t rows, std::vector<row_wait> waits);

}  // namespace kiln::orchestrate
