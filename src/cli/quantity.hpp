#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Sizes and durations as people write and read them.
namespace kiln::cli {

/// "50ms", "1.5s", "2m", "1h"; a number without a unit is seconds. nullopt for anything else, for
/// negative values and for more than a week.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "512", "64KiB", "1.5MB", "2G": K, M, G, T and KiB... count in 1024s, KB... in 1000s. nullopt for
/// anything else and for more than 2^53 bytes.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

[[nodiscard]] std::string human_size(std::uint64_t bytes);                 ///< "1.5 MiB"
[[nodiscard]] std::string human_duration(std::chrono::nanoseconds value);  ///< "1.2 s", "3 m 04 s"
[[nodiscard]] std::string grouped(std::uint64_t number);                   ///< "1,234,567"
/// "1 file", "2 files".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view noun);

}  // namespace kiln::cli
