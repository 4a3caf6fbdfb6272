#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace kiln::cli {
namespace {

constexpr double duration_ms_max = 7.0 * 24 * 3600 * 1000;
constexpr double size_bytes_max = 9007199254740992.0;

struct number_and_unit {
  double number;
  std::string_view unit;
};

std::optional<number_and_unit> split(std::string_view text) {
  double number = 0;
  auto const [end, failed] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (failed != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  return number_and_unit{number, unit};
}

template <std::size_t N>
std::optional<double> factor(std::array<std::pair<std::string_view, double>, N> const& units,
                             std::string_view unit) {
  for (auto const& [name, value] : units) {
    if (name == unit) return value;
  }
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, double>, 6> time_units{
    {{"", 1000.0}, {"ms", 1.0}, {"s", 1000.0}, {"m", 60e3}, {"min", 60e3}, {"h", 3600e3}}};

constexpr double ki = 1024.0;
constexpr std::array<std::pair<std::string_view, double>, 14> size_units{{{"", 1.0},
                                                                          {"B", 1.0},
                                                                          {"K", ki},
                                                                          {"KiB", ki},
                                                                          {"KB", 1e3},
                                                                          {"M", ki* ki},
                                                                          {"MiB", ki* ki},
                                                                          {"MB", 1e6},
                                                                          {"G", ki* ki* ki},
                                                                          {"GiB", ki* ki* ki},
                                                                          {"GB", 1e9},
                                                                          {"T", ki* ki* ki* ki},
                                                                          {"TiB", ki* ki* ki* ki},
                                                                          {"TB", 1e12}}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto const parts = split(text);
  if (!parts) return std::nullopt;
  auto const unit = factor(time_units, parts->unit);
  if (!unit || parts->number * *unit > duration_ms_max) return std::nullopt;
  return std::chrono::milliseconds(std::llround(parts->number * *unit));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  auto const parts = split(text);
  if (!parts) return std::nullopt;
  auto const unit = factor(size_units, parts->unit);
  if (!unit || parts->number * *unit > size_bytes_max) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(parts->number * *unit));
}

std::string human_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> names{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / ki;
  std::size_t unit = 0;
  // 1023.95 and above would be printed as "1024.0".
  while (value >= 1023.95 && unit + 1 < names.size()) {
    value /= ki;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, names[unit]);
}

std::string human_duration(std::chrono::nanoseconds value) {
  using namespace std::chrono;
  auto const ms = std::max<std::int64_t>(0, round<milliseconds>(value).count());
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 59'950) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  auto const s = (ms + 500) / 1000;
  if (s < 3600) return fmt::format("{} m {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} m", s / 3600, s % 3600 / 60);
}

std::string grouped(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  bool const ends_in_y = noun.ends_with('y');
  auto const stem = ends_in_y ? noun.substr(0, noun.size() - 1) : noun;
  if (number == 1) return fmt::format("1 {}", noun);
  return fmt::format("{} {}{}", grouped(number), stem, ends_in_y ? "ies" : "s");
}

}  // namespace kiln::cli
