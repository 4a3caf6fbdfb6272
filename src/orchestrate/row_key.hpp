#pragma once

#include <string>
#include <string_view>

namespace kiln::orchestrate {

/// 32 hexadecimal digits that stand for a row: the first half of SHA-256 of both, each behind its
/// length, so that no two different pairs are hashed as the same bytes.
[[nodiscard]] std::string row_key(std::string_view document, std::string_view name);

}  // namespace kiln::orchestrate
