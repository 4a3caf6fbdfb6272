#include "client/paging_core.hpp"

#include "core/limits.hpp"
#include "core/redact.hpp"
#include "http/url.hpp"
#include "json/scan.hpp"
#include "json/text.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <utility>

namespace kiln {

namespace {

constexpr std::size_t shown_bytes_max = 80;        ///< Of a request, in an error.
constexpr std::size_t token_shown_bytes_max = 16;  ///< Enough to know it by, in whatever it is.

std::optional<std::int64_t> number(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  std::int64_t value = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A member of the outermost object as it stands; empty when there is none, or null. The last of
/// several counts, as it does for the decoder.
std::string_view member(std::string_view body, std::string_view name) {
  json::object_scanner scan(body);
  std::string_view found;
  while (scan.next() == json::object_scanner::step::member) {
    if (scan.key_is(name)) found = scan.value();
  }
  return found == "null" ? std::string_view{} : found;
}

bool is_empty_object(std::string_view text) {
  return text.find_first_not_of("{} \t\r\n") == std::string_view::npos;
}

void add_member(std::string& body, std::string_view name, std::string_view value) {
  auto const brace = body.rfind('}');
  if (brace == std::string::npos) {
    body = "{";
  } else {
    body.erase(brace);
    if (!is_empty_object(body)) body += ',';
  }
  json::append_quoted(body, name);
  (body += ':') += value;
  body += '}';
}

}  // namespace

paging_core::paging_core(paging how, http::request base, start from, std::int64_t limit)
    : how_(how), base_(std::move(base)), size_text_(std::move(from.size)), left_(limit) {
  if (limit < 0) {
    broken_ = error(errc::invalid_argument, "the limit of a listing must not be negative");
    return;
  }
  bounded_ = limit > 0;
  size_ = number(size_text_).value_or(0);
  if (size_text_.empty()) size_ = how_.size_max;
  if (bounded_ && size_ > 0) size_ = std::min(size_, limit);
  if (!how_.size.empty() && size_ > 0) size_text_ = std::to_string(size_);
  position_ = std::move(from.position);
  index_ = number(position_).value_or(how_.kind == paging::style::start_index ? 1 : 0);
  if (!position_.empty()) (void)first_time(position_);
}

result<bool> paging_core::wants_page() const {
  if (ended_) return false;
  if (broken_) return *broken_;
  return true;
}

http::request paging_core::request() const {
  http::request out = base_;
  bool const in_query = out.method == verb::get || out.method == verb::delete_;
  auto const add = [&](std::string_view name, std::string const& value, bool text) {
    if (name.empty() || value.empty()) return;
    if (in_query) {
      http::append_query(out.target, name, value);
    } else {
      add_member(out.body, name, text ? json::quoted(value) : value);
    }
  };
  if (how_.kind == paging::style::next_page_object && !position_.empty()) {
    out.body = position_;
    return out;
  }
  add(how_.size, size_text_, false);
  add(how_.position, position_, how_.kind == paging::style::page_token);
  return out;
}

std::size_t paging_core::room() const noexcept {
  return bounded_ ? static_cast<std::size_t>(left_) : std::numeric_limits<std::size_t>::max();
}

void paging_core::arrived(std::string_view body, std::size_t items) {
  if (bounded_) left_ -= static_cast<std::int64_t>(std::min(items, room()));
  empty_in_a_row_ = items == 0 ? empty_in_a_row_ + 1 : 0;
  ++pages_;
  if (bounded_ && left_ == 0) {
    ended_ = true;
    return;
  }
  go_on(body, items);
  if (ended_ || broken_) return;
  if (empty_in_a_row_ >= limits::empty_pages_max) {
    break_off("the server gave " + std::to_string(empty_in_a_row_) +
              " pages without an item in a row and says there is more");
  } else if (pages_ >= limits::pages_max) {
    break_off("the listing did not end within " + std::to_string(pages_) + " pages");
  }
}

void paging_core::go_on(std::string_view body, std::size_t items) {
  auto const value = member(body, how_.more);
  switch (how_.kind) {
    case paging::style::page_token:
      go_to_token(value);
      return;
    case paging::style::offset_has_more:
      go_to_index(value == "true", items);
      return;
    case paging::style::start_index: {
      // Without a total, which SCIM demands, only a short page tells the end.
      auto const total = number(value);
      auto const got = static_cast<std::int64_t>(items);
      bool const more = total ? index_ - 1 + got < *total : size_ > 0 && got >= size_;
      go_to_index(more && items > 0, items);
      return;
    }
    case paging::style::next_page_object:
      if (value.empty() || is_empty_object(value)) {
        ended_ = true;
      } else if (value.front() != '{') {
        break_off(std::string(how_.more) + ": expected an object");
      } else if (!first_time(value)) {
        break_off("the server gave the same " + std::string(how_.more) +
                  " twice: " + redact(value, shown_bytes_max));
      } else {
        position_ = value;
      }
      return;
  }
}

void paging_core::go_to_token(std::string_view value) {
  if (value.empty() || value == "\"\"") {
    ended_ = true;
    return;
  }
  auto token = value.front() == '"' ? json::unescape(value.substr(1, value.size() - 2))
                                    : std::optional<std::string>{};
  if (!token) {
    break_off(std::string(how_.more) + ": expected a string");
  } else if (!first_time(*token)) {
    break_off("the server gave the same " + std::string(how_.more) +
              " twice: " + redact(*token, token_shown_bytes_max));
  } else {
    position_ = std::move(*token);
  }
}

void paging_core::go_to_index(bool more, std::size_t items) {
  if (!more) {
    ended_ = true;
  } else if (items == 0) {
    break_off("the server says " + std::string(how_.more) + " but gave nothing at " +
              std::string(how_.position) + " " + std::to_string(index_));
  } else {
    index_ += static_cast<std::int64_t>(items);
    position_ = std::to_string(index_);
  }
}

void paging_core::break_off(std::string what) {
  broken_ = error(errc::decode_failed, std::move(what));
  seen_.clear();
}

bool paging_core::first_time(std::string_view position) {
  return seen_.insert(std::hash<std::string_view>()(position)).second;
}

}  // namespace kiln
