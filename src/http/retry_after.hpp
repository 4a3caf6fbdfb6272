#pragma once

#include "core/clock.hpp"

#include <optional>
#include <string_view>

namespace kiln::http {

/// How long a Retry-After value asks to wait, seen from `now`: seconds, or one of the three HTTP
/// date formats. Clamped to [0, max] whatever its size; nullopt when it is neither.
[[nodiscard]] std::optional<duration> parse_retry_after(std::string_view value, wall_time now,
                                                        duration max) noexcept;

}  // namespace kiln::http
