#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::http {

/// A date as headers spell it, in any of the three formats of HTTP; nullopt when it is none. A year
/// of two digits is taken for the nearest to `now`.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(
    std::string_view text, std::chrono::sys_seconds now) noexcept;

/// "Sun, 06 Nov 1994 08:49:37 GMT"; the year is within 0 and 9999.
[[nodiscard]] std::string date_text(std::chrono::sys_seconds at);

}  // namespace kiln::http
