#include "json/scan.hpp"

#include "core/limits.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace kiln::json {

void object_scanner::skip_space() noexcept {
  while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) && text_[at_] != '\0') ++at_;
}

bool object_scanner::take(char c) noexcept {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

// At the opening quote. Looks at backslashes only right before a quote: they are rare, and a
// megabyte of base64 is then stepped over at the speed of memchr.
bool object_scanner::skip_string() noexcept {
  std::size_t const first = at_ + 1;
  for (std::size_t from = first;;) {
    auto const quote = text_.find('"', from);
    if (quote == text_.npos) return false;
    std::size_t slashes = 0;
    while (quote - slashes > first && text_[quote - slashes - 1] == '\\') ++slashes;
    from = quote + 1;
    if (slashes % 2 == 0) {
      at_ = from;
      return true;
    }
  }
}

// At an opening bracket.
bool object_scanner::skip_brackets() noexcept {
  static_assert(limits::json_depth_max <= 64);
  std::uint64_t kinds = 0;  // one bit a level: set for an object
  std::size_t depth = 0;
  while (at_ < text_.size()) {
    char const c = text_[at_];
    if (c == '"') {
      if (!skip_string()) return false;
      continue;
    }
    ++at_;
    if (c == '{' || c == '[') {
      if (++depth >= limits::json_depth_max) return false;
      kinds = (kinds << 1U) | (c == '{' ? 1U : 0U);
    } else if (c == '}' || c == ']') {
      if ((kinds & 1U) != (c == '}' ? 1U : 0U)) return false;
      kinds >>= 1U;
      if (--depth == 0) return true;
    }
  }
  return false;
}

bool object_scanner::skip_value() noexcept {
  skip_space();
  if (at_ >= text_.size()) return false;
  std::size_t const begin = at_;
  bool good = true;
  if (char const c = text_[at_]; c == '"') {
    good = skip_string();
  } else if (c == '{' || c == '[') {
    good = skip_brackets();
  } else {
    at_ = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
    auto const word = text_.substr(begin, at_ - begin);
    good = word == "true" || word == "false" || word == "null" ||
           (!word.empty() && word.find_first_not_of("0123456789+-.eE") == word.npos);
  }
  value_ = text_.substr(begin, at_ - begin);
  return good;
}

object_scanner::step object_scanner::next() {
  if (!open_) {
    if (!take('{')) return step::malformed;
    open_ = true;
    if (take('}')) {
      skip_space();
      return at_ == text_.size() ? step::end : step::malformed;
    }
  } else if (take('}')) {
    skip_space();
    return at_ == text_.size() ? step::end : step::malformed;
  } else if (!take(',')) {
    return step::malformed;
  }
  skip_space();
  std::size_t const begin = at_;
  if (at_ >= text_.size() || text_[at_] != '"' || !skip_string()) return step::malformed;
  key_ = text_.substr(begin + 1, at_ - begin - 2);
  if (!take(':') || !skip_value()) return step::malformed;
  return step::member;
}

bool object_scanner::key_is(std::string_view name) const {
  if (key_.find('\\') == key_.npos) return key_ == name;
  return unescape(key_) == name;
}

namespace {

std::optional<std::uint32_t> hex4(std::string_view raw, std::size_t at) {
  if (raw.size() < at + 4) return std::nullopt;
  std::uint32_t value = 0;
  auto const end = raw.data() + at + 4;
  auto const parsed = std::from_chars(raw.data() + at, end, value, 16);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return value;
}

void append_utf8(std::string& out, std::uint32_t c) {
  auto const tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((c >> shift) & 0x3FU));
  };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6U));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | (c >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (c >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

// After "\u"; `at` moves behind what was read.
bool append_escaped_point(std::string& out, std::string_view raw, std::size_t& at) {
  auto const first = hex4(raw, at);
  if (!first) return false;
  at += 4;
  std::uint32_t point = *first;
  if (point >= 0xDC00 && point < 0xE000) return false;
  if (point >= 0xD800 && point < 0xDC00) {
    if (raw.substr(at, 2) != "\\u") return false;
    auto const second = hex4(raw, at + 2);
    if (!second || *second < 0xDC00 || *second >= 0xE000) return false;
    at += 6;
    point = 0x10000 + ((point - 0xD800) << 10U) + (*second - 0xDC00);
  }
  append_utf8(out, point);
  return true;
}

}  // namespace

std::optional<std::string> unescape(std::string_view raw) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  std::string out;
  out.reserve(raw.size());
  std::size_t at = 0;
  while (at < raw.size()) {
    auto const slash = std::min(raw.find('\\', at), raw.size());
    out += raw.substr(at, slash - at);
    at = slash;
    if (at == raw.size()) break;
    if (at + 1 >= raw.size()) return std::nullopt;
    char const letter = raw[at + 1];
    at += 2;
    if (letter == 'u') {
      if (!append_escaped_point(out, raw, at)) return std::nullopt;
    } else if (auto const index = letters.find(letter); index != letters.npos) {
      out += meanings[index];
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace kiln::json
