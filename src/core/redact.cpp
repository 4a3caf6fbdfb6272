#include "core/redact.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace kiln {

namespace {

bool is_word(char c) noexcept {
  return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
}
bool is_any(char c, std::string_view set) noexcept { return set.find(c) != set.npos; }
bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Without regard to case and to the separators of client-secret, client_secret, clientSecret.
bool same_name(std::string_view name, std::string_view plain) noexcept {
  std::size_t at = 0;
  for (char const c : name) {
    if (c == '_' || c == '-' || c == '.') continue;
    if (at == plain.size() || ascii::to_lower(c) != plain[at]) return false;
    ++at;
  }
  return at == plain.size();
}

bool is_one_of(std::string_view name, auto const& list) noexcept {
  return std::any_of(list.begin(), list.end(),
                     [name](std::string_view plain) { return same_name(name, plain); });
}

constexpr std::array<std::string_view, 24> credential_names{
    "token",       "tokenvalue",      "accesstoken",     "refreshtoken",
    "idtoken",     "clientsecret",    "clientassertion", "assertion",
    "password",    "passwd",          "authorization",   "proxyauthorization",
    "secret",      "privatekey",      "sessiontoken",    "sastoken",
    "apikey",      "secretaccesskey", "accountkey",      "personalaccesstoken",
    "bearertoken", "secretkey",       "databrickstoken", "sig"};
// File content and the values of secrets: secret where they are members, words like any other in
// running text.
constexpr std::array<std::string_view, 6> content_names{"data",        "contents",   "content",
                                                        "stringvalue", "bytesvalue", "value"};
constexpr std::array<std::string_view, 7> header_names{"authorization",
                                                       "proxyauthorization",
                                                       "cookie",
                                                       "setcookie",
                                                       "xdatabricksazurespmanagementtoken",
                                                       "xdatabricksgcpsaaccesstoken",
                                                       "xamzsecuritytoken"};

bool is_credential(std::string_view name) noexcept {
  return is_one_of(name, credential_names) || is_secret_header(name);
}

}  // namespace

bool is_secret_header(std::string_view name) noexcept { return is_one_of(name, header_names); }

bool is_secret_member(std::string_view json_key) noexcept {
  return is_credential(json_key) || is_one_of(json_key, content_names);
}

namespace {

// One pass over a text: each step copies what may be shown, or *** for what may not.
class redactor {
 public:
  redactor(std::string_view text, std::size_t length_max) : text_(text), max_(length_max) {}
  std::string run();

 private:
  static constexpr std::size_t separator_max = 16;  // white space around ':' and '='

  [[nodiscard]] char at(std::size_t i) const noexcept { return i < text_.size() ? text_[i] : '\0'; }
  [[nodiscard]] bool full() const noexcept { return out_.size() >= max_; }
  [[nodiscard]] std::size_t skip_space(std::size_t i) const noexcept {
    auto const end = std::min(text_.size(), i + separator_max);
    while (i < end && is_space(text_[i])) ++i;
    return i;
  }
  [[nodiscard]] std::size_t word_end(std::size_t i) const noexcept {
    while (i < text_.size() && is_word(text_[i])) ++i;
    return i;
  }
  // A quote with the backslashes it has as part of JSON inside JSON; empty if there is none.
  [[nodiscard]] std::string_view quote_at(std::size_t i) const noexcept;
  [[nodiscard]] std::size_t value_end(std::size_t i) const noexcept;
  [[nodiscard]] std::size_t bracket_end(std::size_t i) const noexcept;
  [[nodiscard]] std::size_t token_end(std::size_t i) const noexcept;
  void copy(std::size_t end);
  void hide(std::size_t end) {
    if (full()) return;
    out_ += "***";
    at_ = end;
  }
  bool quoted_member();
  bool plain_member();
  bool scheme();
  bool userinfo();
  bool token_shape();
  void cut();

  std::string_view text_;
  std::size_t max_;
  std::size_t at_ = 0;
  std::string out_;
};

std::string_view redactor::quote_at(std::size_t i) const noexcept {
  std::size_t end = i;
  while (at(end) == '\\') ++end;
  if (at(end) == '"' || at(end) == '\'') return text_.substr(i, end + 1 - i);
  return {};
}

void redactor::copy(std::size_t end) {
  end = std::min(end, text_.size());
  for (; at_ < end && !full(); ++at_) {
    auto const c = static_cast<unsigned char>(text_[at_]);
    out_ += c < 0x20 || c == 0x7F ? ' ' : text_[at_];
  }
}

// Behind the quote that closes a string opened by `quote`; the end of the text when it is missing.
std::size_t string_end(std::string_view text, std::size_t i, std::string_view quote) noexcept {
  for (;;) {
    auto const found = text.find(quote, i);
    if (found == text.npos) return text.size();
    std::size_t slashes = 0;
    while (found - slashes > i && text[found - slashes - 1] == '\\') ++slashes;
    // A plain quote is escaped by an odd number of backslashes; one that has backslashes itself is
    // escaped when more of them stand before it.
    bool const escaped = quote.size() == 1 ? slashes % 2 == 1 : slashes > 0;
    i = found + quote.size();
    if (!escaped) return found;
  }
}

// Behind the bracket that closes the one at `i`.
std::size_t redactor::bracket_end(std::size_t i) const noexcept {
  std::size_t depth = 0;
  while (i < text_.size()) {
    if (auto const quote = quote_at(i); !quote.empty()) {
      i = std::min(string_end(text_, i + quote.size(), quote) + quote.size(), text_.size());
      continue;
    }
    char const c = text_[i++];
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i;
  }
  return i;
}

// Behind a value that has no quotes.
std::size_t redactor::value_end(std::size_t i) const noexcept {
  if (at(i) == '{' || at(i) == '[') return bracket_end(i);
  while (i < text_.size() && !is_space(text_[i]) && !is_any(text_[i], "&,;\"'}])")) {
    ++i;
  }
  return i;
}

std::size_t redactor::token_end(std::size_t i) const noexcept {
  while (i < text_.size() && (is_word(text_[i]) || is_any(text_[i], "._~+/="))) {
    ++i;
  }
  return i;
}

// "key": value, at the quote before the key.
bool redactor::quoted_member() {
  auto const quote = quote_at(at_);
  if (quote.empty()) return false;
  auto const key = at_ + quote.size();
  auto const end = word_end(key);
  if (end == key || !text_.substr(end).starts_with(quote)) return false;
  if (!is_secret_member(text_.substr(key, end - key))) return false;
  auto const colon = skip_space(end + quote.size());
  if (at(colon) != ':' && at(colon) != '=') return false;
  auto const value = skip_space(colon + 1);
  copy(value);
  if (auto const opening = quote_at(value); !opening.empty()) {
    copy(value + opening.size());
    hide(string_end(text_, value + opening.size(), opening));
  } else {
    hide(value_end(value));
  }
  return true;
}

// key=value as in a form, and "Header: value".
bool redactor::plain_member() {
  if (!is_word(at(at_)) || (at_ > 0 && is_word(text_[at_ - 1]))) return false;
  auto const end = word_end(at_);
  auto const name = text_.substr(at_, end - at_);
  if (at(end) == '=' && is_secret_member(name)) {
    copy(end + 1);
    if (auto const quote = quote_at(at_); !quote.empty()) {
      copy(at_ + quote.size());
      hide(string_end(text_, at_, quote));
    } else {
      hide(value_end(at_));
    }
    return true;
  }
  auto const separator = skip_space(end);
  if ((at(separator) != ':' && at(separator) != '=') || !is_credential(name)) return false;
  auto const value = skip_space(separator + 1);
  if (is_secret_header(name)) {
    copy(value);
    hide(std::min(text_.find_first_of("\r\n\"'", value), text_.size()));
    return true;
  }
  // "invalid token: expired" is prose; a value that long is not.
  constexpr std::size_t prose_max = 12;
  if (at(separator) == ':' && same_name(name, "token") && token_end(value) - value <= prose_max) {
    return false;
  }
  copy(value);
  if (auto const quote = quote_at(value); !quote.empty()) {
    copy(value + quote.size());
    hide(string_end(text_, at_, quote));
  } else {
    hide(value_end(value));
  }
  return true;
}

bool starts_with_word(std::string_view text, std::string_view plain) noexcept {
  return ascii::equal_ignoring_case(text.substr(0, plain.size()), plain);
}

// "Bearer abc", "Basic abc".
bool redactor::scheme() {
  if (at_ > 0 && is_word(text_[at_ - 1])) return false;
  for (std::string_view const word : {"bearer", "basic"}) {
    if (!starts_with_word(text_.substr(at_), word)) continue;
    auto const space = at_ + word.size();
    auto const value = skip_space(space);
    auto const end = token_end(value);
    constexpr std::size_t prose_max = 7;  // "Bearer token", "basic auth"
    if (value == space || end - value <= prose_max) continue;
    copy(value);
    hide(end);
    return true;
  }
  return false;
}

// The user and password of "https://user:password@host", also where the text ends before the host.
bool redactor::userinfo() {
  if (!text_.substr(at_).starts_with("://")) return false;
  auto const begin = at_ + 3;
  auto const end = std::min(text_.find_first_of("/?# \t\r\n\"'", begin), text_.size());
  auto const authority = text_.substr(begin, end - begin);
  auto const last = authority.rfind('@');
  auto const colon = authority.find(':');
  bool const cut_off = end == text_.size() && colon != text_.npos && authority[0] != '[' &&
                       !std::all_of(authority.begin() + static_cast<std::ptrdiff_t>(colon) + 1,
                                    authority.end(), ascii::is_digit);
  if (last == text_.npos && !cut_off) return false;
  copy(begin);
  hide(last == text_.npos ? end : begin + last);
  return true;
}

bool redactor::token_shape() {
  if (at_ > 0 && is_word(text_[at_ - 1])) return false;
  struct shape {
    std::string_view prefix;
    std::size_t length_min;  // what follows the prefix
  };
  for (auto const& s : {shape{"dapi", 8}, shape{"dose", 16}, shape{"dkea", 16}, shape{"eyJ", 8}}) {
    if (!text_.substr(at_).starts_with(s.prefix)) continue;
    auto const end = s.prefix == "eyJ" ? token_end(at_) : word_end(at_);
    if (end - at_ < s.prefix.size() + s.length_min) continue;
    if (s.prefix != "eyJ" &&
        std::none_of(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                     text_.begin() + static_cast<std::ptrdiff_t>(end), ascii::is_digit)) {
      continue;  // a long word, no token
    }
    hide(end);
    return true;
  }
  return false;
}

// Not in the middle of a character.
void redactor::cut() {
  if (out_.size() > max_) {
    std::size_t size = max_;
    while (size > 0 && (static_cast<unsigned char>(out_[size]) & 0xC0U) == 0x80U) --size;
    out_.resize(size);
  } else if (out_.size() == max_ && at_ < text_.size()) {
    while (at_ > 0 && !out_.empty() && (static_cast<unsigned char>(text_[at_]) & 0xC0U) == 0x80U) {
      --at_;
      out_.pop_back();
    }
  }
}

std::string redactor::run() {
  out_.reserve(std::min(text_.size(), max_) + 32);
  while (at_ < text_.size() && !full()) {
    if (quoted_member() || plain_member() || scheme() || userinfo() || token_shape()) continue;
    copy(at_ + 1);
  }
  cut();
  if (at_ < text_.size()) out_ += "… (" + std::to_string(text_.size() - at_) + " more bytes)";
  return std::move(out_);
}

}  // namespace

std::string redact(std::string_view text, std::size_t length_max) {
  return redactor(text, length_max).run();
}

}  // namespace kiln
