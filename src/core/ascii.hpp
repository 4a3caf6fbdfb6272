#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

// Characters as protocols mean them: letters are A to Z. Nothing here looks at the locale.
namespace kiln::ascii {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

[[nodiscard]] inline std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
  auto const lower = to_lower(c);
  return lower >= 'a' && lower <= 'z';
}

/// 0 to 15, or -1.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  auto const lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// 0x00 to 0x1f and 0x7f.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
  auto const byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// Letters, digits and some others, by one look into a table: heads are checked byte by byte.
class char_class {
 public:
  constexpr explicit char_class(std::string_view others) noexcept {
    for (std::size_t i = 0; i < in_.size(); ++i) {
      auto const c = static_cast<char>(i);
      in_[i] = is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos;
    }
  }
  [[nodiscard]] constexpr bool has(char c) const noexcept {
    return in_[static_cast<unsigned char>(c)];
  }

 private:
  std::array<bool, 256> in_{};
};

inline constexpr char_class of_tokens("!#$%&'*+-.^_`|~");

/// A character of a header name or a method (RFC 9110, 5.6.2).
[[nodiscard]] constexpr bool is_token(char c) noexcept { return of_tokens.has(c); }

/// Never encoded in a URL (RFC 3986, 2.3).
[[nodiscard]] constexpr bool is_unreserved(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

[[nodiscard]] constexpr bool is_same_letter(char a, char b) noexcept {
  return a == b || to_lower(a) == to_lower(b);
}

[[nodiscard]] constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_same_letter);
}

[[nodiscard]] constexpr bool contains_ignoring_case(std::string_view text,
                                                    std::string_view part) noexcept {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), is_same_letter) !=
         text.end();
}

/// Without the blanks and tabs at both ends.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace kiln::ascii
