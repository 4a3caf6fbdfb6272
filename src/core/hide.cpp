#include "core/redact.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

namespace kiln {

namespace {

constexpr std::size_t secret_bytes_min = 4;
constexpr std::string_view mask = "***";

/// The ways to write one character at the start of a text: how many bytes each takes there.
class spellings {
 public:
  spellings(std::string_view text, char c) {
    if (text.empty()) return;
    if (text.front() == c) add(1);
    if (text.front() == '%') percent(text, c);
    if (text.front() == '\\') backslash(text, c);
    if (text.front() == '&') entity(text, c);
    if (text.front() == '+' && c == ' ') add(1);
  }
  [[nodiscard]] std::size_t const* begin() const noexcept { return lengths_.data(); }
  [[nodiscard]] std::size_t const* end() const noexcept { return lengths_.data() + count_; }

 private:
  static constexpr std::size_t encoded_times_max = 3;  ///< "%25252F"

  void add(std::size_t length) noexcept {
    if (count_ < lengths_.size()) lengths_[count_++] = length;
  }
  static bool is_code(std::string_view digits, int base, char c) noexcept {
    unsigned value = 0;
    auto const* const end = digits.data() + digits.size();
    auto const [last, code] = std::from_chars(digits.data(), end, value, base);
    return code == std::errc() && last == end && value == static_cast<unsigned char>(c);
  }
  void percent(std::string_view text, char c) noexcept {
    std::size_t at = 1;
    for (std::size_t times = 0; times < encoded_times_max && at + 2 <= text.size(); ++times) {
      if (is_code(text.substr(at, 2), 16, c)) add(at + 2);
      if (text.substr(at, 2) != "25") return;
      at += 2;
    }
  }
  void backslash(std::string_view text, char c) noexcept {
    if (text.size() >= 2 && text[1] == c) add(2);
    constexpr std::size_t code_bytes = 6;  // \u002f
    if (text.size() >= code_bytes && text[1] == 'u' && is_code(text.substr(2, 4), 16, c)) {
      add(code_bytes);
    }
  }
  void entity(std::string_view text, char c) noexcept {
    constexpr std::size_t entity_bytes_max = 10;
    auto const end = text.substr(0, entity_bytes_max).find(';');
    if (end == std::string_view::npos) return;
    auto const name = text.substr(1, end - 1);
    constexpr std::array<std::pair<std::string_view, char>, 5> names{
        {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
    for (auto const& [known, means] : names) {
      if (name == known && means == c) add(end + 1);
    }
    if (!name.starts_with('#')) return;
    bool const hex = name.size() > 2 && (name[1] | 0x20) == 'x';
    if (is_code(name.substr(hex ? 2 : 1), hex ? 16 : 10, c)) add(end + 1);
  }

  std::array<std::size_t, 4> lengths_{};
  std::size_t count_ = 0;
};

/// Where it may have come to, character by character; a '%' of the secret may be read in two ways.
struct reached {
  static constexpr std::size_t places_max = 8;
  std::array<std::size_t, places_max> at{};
  std::size_t count = 0;
  void add(std::size_t place) noexcept {
    bool const known = std::find(at.begin(), at.begin() + count, place) != at.begin() + count;
    if (count < places_max && !known) at[count++] = place;
  }
};

/// Behind the secret that begins at `from`, in whichever spelling; 0: there is none.
std::size_t end_of_secret(std::string_view text, std::size_t from, std::string_view secret) {
  reached now;
  now.add(from);
  for (char const c : secret) {
    reached next;
    for (std::size_t i = 0; i < now.count; ++i) {
      for (auto const length : spellings(text.substr(now.at[i]), c)) next.add(now.at[i] + length);
    }
    if (next.count == 0) return 0;
    now = next;
  }
  return *std::max_element(now.at.begin(), now.at.begin() + now.count);
}

}  // namespace

void hide(std::string& text, std::string_view secret) {
  if (secret.size() < secret_bytes_min) return;
  auto const may_begin_with = [first = secret.front()](char c) {
    return c == first || c == '%' || c == '\\' || c == '&' || c == '+';
  };
  // No spelling of a character is shorter than the character: in most headers none can begin.
  for (std::size_t at = 0; at + secret.size() <= text.size();) {
    auto const end = may_begin_with(text[at]) ? end_of_secret(text, at, secret) : 0;
    if (end != 0) {
      text.replace(at, end - at, mask);
      at += mask.size();
    } else {
      ++at;
    }
  }
}

}  // namespace kiln
