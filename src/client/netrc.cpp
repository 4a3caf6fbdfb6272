#include "client/netrc.hpp"

#include "core/ascii.hpp"

#include <algorithm>

namespace kiln {

namespace {

constexpr std::string_view blanks = " \t\r\n";

class words {
 public:
  explicit words(std::string_view text) : text_(text) {}

  /// False at the end. A comment is no word.
  bool next(std::string& word) {
    wipe(word);
    skip();
    while (at_ < text_.size() && text_[at_] == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      skip();
    }
    if (at_ == text_.size()) return false;
    if (text_[at_] == '"') {
      quoted(word);
      return true;
    }
    auto const end = std::min(text_.find_first_of(blanks, at_), text_.size());
    word = text_.substr(at_, end - at_);
    at_ = end;
    return true;
  }
  /// A macro ends at a blank line.
  void skip_macro() {
    auto const unix_end = text_.find("\n\n", at_);
    auto const other_end = text_.find("\n\r\n", at_);
    at_ = std::min({unix_end, other_end, text_.size()});
  }

 private:
  void skip() { at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size()); }
  void quoted(std::string& word) {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      word += text_[at_];
    }
    if (at_ < text_.size()) ++at_;
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<netrc_login> find_in_netrc(std::string_view text, std::string_view host) {
  words in(text);
  std::string word;
  netrc_login found;
  bool here = false;  // in the entry that counts
  while (in.next(word)) {
    if (word == "machine" || word == "default") {
      if (here && !found.password.empty()) break;
      bool const other =
          word == "machine" && (!in.next(word) || !ascii::equal_ignoring_case(word, host));
      here = !other;
      found = netrc_login{};
    } else if (word == "login" || word == "account") {
      bool const user = word == "login";
      if (in.next(word) && here && user) found.user = word;
    } else if (word == "password") {
      if (in.next(word) && here) found.password = secret(word);
    } else if (word == "macdef") {
      in.skip_macro();
    }
  }
  wipe(word);
  if (!here || found.password.empty()) return std::nullopt;
  return found;
}

}  // namespace kiln
