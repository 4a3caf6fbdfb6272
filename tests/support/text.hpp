#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

// What tests ask of texts and bytes.
namespace kiln::test {

[[nodiscard]] inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// Ends of lines, that is.
[[nodiscard]] inline std::ptrdiff_t lines_in(std::string_view text) {
  return std::count(text.begin(), text.end(), '\n');
}

/// The bytes of a text that lives on elsewhere, and back.
[[nodiscard]] inline std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
[[nodiscard]] inline std::string_view text_of(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace kiln::test
