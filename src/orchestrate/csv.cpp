#include "orchestrate/csv.hpp"

#include <kiln/matrix.hpp>

#include <algorithm>

namespace kiln::orchestrate {
namespace {
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
}

csv_reader::csv_reader(std::string_view text) noexcept : text_(text) {
  if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
}

csv_reader::step csv_reader::next() {
  fields_.clear();
  while (take_line_end()) {
  }
  record_line_ = line_;
  if (at_ == text_.size()) return step::end;
  for (;;) {
    if (fields_.size() == matrix::columns_max) {
      fail("more fields than " + std::to_string(matrix::columns_max));
      return step::malformed;
    }
    if (!read_field()) return step::malformed;
    if (at_ == text_.size() || take_line_end()) return step::record;
    ++at_;  // the comma
  }
}

bool csv_reader::read_field() {
  auto& field = fields_.emplace_back();
  bool const is_quoted = at_ < text_.size() && text_[at_] == '"';
  return is_quoted ? read_quoted(field) : read_plain(field);
}

bool csv_reader::read_quoted(std::string& into) {
  for (++at_;;) {
    auto const end = text_.find('"', at_);
    if (end == std::string_view::npos) {
      at_ = text_.size();
      return fail("the quote that opens it is never closed");
    }
    auto const piece = text_.substr(at_, end - at_);
    into += piece;
    line_ += static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    at_ = end + 1;
    if (at_ == text_.size() || text_[at_] != '"') break;
    into += '"';
    ++at_;
  }
  auto const rest = text_.substr(at_, 2);
  if (rest.empty() || rest[0] == ',' || rest[0] == '\n' || rest == "\r\n") return true;
  return fail("text behind its closing quote; a quote inside is written \"\"");
}

bool csv_reader::read_plain(std::string& into) {
  auto const end = std::min(text_.find_first_of(",\n\"\r", at_), text_.size());
  into = text_.substr(at_, end - at_);
  at_ = end;
  auto const rest = text_.substr(at_, 2);
  if (rest.empty() || rest[0] == ',' || rest[0] == '\n' || rest == "\r\n") return true;
  if (rest[0] == '"') {
    return fail("a quote inside a field without quotes; it must stand in quotes, as \"\"");
  }
  return fail("a carriage return inside a field without quotes");
}

bool csv_reader::fail(std::string_view why) {
  fault_ = "field " + std::to_string(fields_.size()) + ": ";
  fault_ += why;
  skip_line();
  return false;
}

bool csv_reader::take_line_end() noexcept {
  auto const rest = text_.substr(at_, 2);
  if (rest.empty() || (rest[0] != '\n' && rest != "\r\n")) return false;
  at_ += rest[0] == '\n' ? 1 : 2;
  ++line_;
  return true;
}

void csv_reader::skip_line() noexcept {
  at_ = std::min(text_.find('\n', at_), text_.size());
  static_cast<void>(take_line_end());
}

}  // namespace kiln::orchestrate
