#include "http/response_reader.hpp"

#include "core/ascii.hpp"
#include "core/limits.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <string>

namespace kiln::http {
namespace {

namespace beast_http = boost::beast::http;
using beast_text = boost::beast::string_view;
using beast_error = boost::beast::error_code;

error malformed(std::string text) { return error(errc::malformed_response, std::move(text)); }

/// Takes one complete head in one put(); told to skip the body, it never gets to a chunk.
class head_parser final : public beast_http::basic_parser<false> {
 public:
  explicit head_parser(response& into) : into_(into) {
    skip(true);
    header_limit(static_cast<std::uint32_t>(limits::header_bytes_max + 1));
  }
  /// 11 for HTTP/1.1.
  int version = 0;

 private:
  void on_request_impl(beast_http::verb, beast_text, beast_text, int, beast_error&) override {}
  void on_response_impl(int code, beast_text reason, int http_version, beast_error&) override {
    into_.status = code;
    into_.reason.assign(reason.data(), reason.size());
    version = http_version;
  }
  void on_field_impl(beast_http::field, beast_text name, beast_text value, beast_error&) override {
    auto& field = into_.headers.emplace_back();
    field.name.assign(name.data(), name.size());
    field.value.assign(value.data(), value.size());
  }
  void on_header_impl(beast_error&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, beast_error&) override {}
  std::size_t on_body_impl(beast_text body, beast_error&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, beast_text, beast_error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast_text body, beast_error&) override {
    return body.size();
  }
  void on_finish_impl(beast_error&) override {}

  response& into_;
};

std::size_t count_lines(std::string_view text) {
  std::size_t lines = 0;
  for (auto at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) ++lines;
  return lines;
}

/// Whether there is a Transfer-Encoding; anything but one "chunked" is refused.
result<bool> is_chunked(std::vector<header> const& headers) {
  bool chunked = false;
  for (auto const& h : headers) {
    if (!ascii::equal_ignoring_case(h.name, "Transfer-Encoding")) continue;
    if (chunked || !ascii::equal_ignoring_case(h.value, "chunked")) {
      return malformed("the response uses a Transfer-Encoding other than chunked");
    }
    chunked = true;
  }
  return chunked;
}

}  // namespace

void response_reader::start(response& into, answer_to asked) {
  *this = {};
  into_ = &into;
  asked_ = asked;
  state_ = state::head;
}

result<response_reader::step> response_reader::next(std::span<std::byte const> data) {
  switch (state_) {
    case state::head:
      return next_head(data);
    case state::done:
      return step{event::end};
    case state::sized_body:
    case state::body_to_close: {
      auto const size = state_ == state::sized_body
                            ? std::min<std::uint64_t>(remaining_, data.size())
                            : data.size();
      if (size == 0) return step{};
      auto const count = static_cast<std::size_t>(size);
      body_bytes_ += count;
      if (state_ == state::sized_body && (remaining_ -= count) == 0) state_ = state::done;
      return step{event::body, count, data.first(count)};
    }
    default:
      return next_chunked(data);
  }
}

result<response_reader::step> response_reader::next_head(std::span<std::byte const> data) {
  std::size_t consumed = 0;
  while (true) {
    auto const rest = data.subspan(consumed);
    std::string_view const text(reinterpret_cast<char const*>(rest.data()), rest.size());
    auto const size = find_head_end(text);
    if (!size) return size.error();
    if (*size == 0) return step{event::need_more, consumed};
    scanned_ = 0;
    consumed += *size;
    if (auto ok = parse_head(text.substr(0, *size)); !ok) return ok.error();
    if (into_->status >= 200) return step{event::head, consumed};
  }
}

/// The size of the head at the front of `text`, 0 if its end is not there yet. Looks at each byte
/// once over all calls.
result<std::size_t> response_reader::find_head_end(std::string_view text) {
  constexpr std::string_view begin = "HTTP/1.";
  auto const start = text.substr(0, begin.size());
  if (start != begin.substr(0, start.size())) {
    return malformed("the answer is not HTTP: it does not begin with HTTP/1.");
  }
  auto const end = std::min(text.size(), limits::header_bytes_max);
  for (auto at = text.find('\n', scanned_); at < end; at = text.find('\n', at + 1)) {
    if (text[at - 1] != '\r') return malformed("a line of the response head ends without CR");
    if (text.substr(at - 3, 3) == "\r\n\r") return at + 1;
  }
  scanned_ = end;
  if (end < limits::header_bytes_max) return std::size_t{0};
  return error(errc::response_too_large, "the response head is over its limit of " +
                                             std::to_string(limits::header_bytes_max) + " bytes");
}

result<void> response_reader::parse_head(std::string_view text) {
  into_->headers.clear();
  into_->headers.reserve(count_lines(text));
  head_parser parser(*into_);
  beast_error fault;
  auto const used = parser.put(boost::asio::const_buffer(text.data(), text.size()), fault);
  if (fault || used != text.size() || !parser.is_done()) {
    return malformed("the response head is not valid HTTP: " +
                     (fault ? fault.message() : "it ends too early"));
  }
  if (into_->status < 100 || into_->status > 599) {
    return malformed("the response has the status " + std::to_string(into_->status) +
                     "; 100 to 599 exist");
  }
  auto const chunked = is_chunked(into_->headers);
  if (!chunked) return chunked.error();
  if (*chunked && parser.version < 11) {
    return malformed("a response of HTTP/1.0 cannot have a Transfer-Encoding");
  }
  if (auto const length = parser.content_length()) length_ = *length;
  return accept_head(*chunked, parser.keep_alive() && parser.version == 11);
}

result<void> response_reader::accept_head(bool chunked, bool keep_alive) {
  int const status = into_->status;
  if (status == 101) return malformed("the server switched protocols without being asked to");
  if (status < 200) {
    length_.reset();
    if (++interim_ <= limits::interim_responses_max) return {};
    return malformed("more than " + std::to_string(limits::interim_responses_max) +
                     " interim responses (1xx) and no final one");
  }
  bool const bodiless = status == 204 || status == 304 || asked_ == answer_to::head ||
                        (asked_ == answer_to::connect && status < 300);
  // A server that announces a body where none can be may also send it.
  bool const contradictory = status == 204 && (chunked || length_.value_or(0) > 0);
  keeps_connection_ = keep_alive && interim_ == 0 && !contradictory;
  if (bodiless) {
    length_.reset();
    state_ = state::done;
  } else if (chunked) {
    state_ = state::chunk_size;
  } else if (length_) {
    remaining_ = *length_;
    state_ = remaining_ == 0 ? state::done : state::sized_body;
  } else {
    by_close_ = true;
    keeps_connection_ = false;
    state_ = state::body_to_close;
  }
  return {};
}

result<response_reader::step> response_reader::next_chunked(std::span<std::byte const> data) {
  std::size_t at = 0;
  while (at < data.size() && state_ != state::done) {
    if (state_ == state::chunk_data) {
      auto const size = std::min<std::uint64_t>(remaining_, data.size() - at);
      auto const count = static_cast<std::size_t>(size);
      body_bytes_ += count;
      if ((remaining_ -= count) == 0) state_ = state::chunk_data_cr;
      return step{event::body, at + count, data.subspan(at, count)};
    }
    if (auto ok = chunk_byte(static_cast<char>(data[at])); !ok) return ok.error();
    ++at;
  }
  return step{state_ == state::done ? event::end : event::need_more, at};
}

result<void> response_reader::chunk_byte(char c) {
  switch (state_) {
    case state::chunk_size:
    case state::chunk_extension:
      return chunk_size_byte(c);
    case state::chunk_size_lf:
      if (c != '\n') return malformed("a chunk header ends in CR without LF");
      end_chunk_size();
      return {};
    case state::chunk_data_cr:
    case state::chunk_data_lf:
      if (c != (state_ == state::chunk_data_cr ? '\r' : '\n')) {
        return malformed("a chunk is longer than its header says");
      }
      state_ = state_ == state::chunk_data_cr ? state::chunk_data_lf : state::chunk_size;
      return {};
    default:
      return trailer_byte(c);
  }
}

result<void> response_reader::chunk_size_byte(char c) {
  if (int const digit = ascii::hex_value(c); state_ == state::chunk_size && digit >= 0) {
    if (++size_digits_ > chunk_size_digits_max) return malformed("a chunk size is too long");
    remaining_ = remaining_ * 16 + static_cast<unsigned>(digit);
    return {};
  }
  if (size_digits_ == 0) return malformed("a chunk does not begin with its size");
  if (c == '\r') {
    state_ = state::chunk_size_lf;
    return {};
  }
  if (state_ == state::chunk_size && c != ';' && c != ' ' && c != '\t') {
    return malformed("a chunk size is not a hexadecimal number");
  }
  if (ascii::is_control(c) && c != '\t') {
    return malformed("a control character in a chunk extension");
  }
  state_ = state::chunk_extension;
  if (++extension_bytes_ <= chunk_extension_bytes_max) return {};
  return error(errc::response_too_large, "the chunk extensions are over their limit of " +
                                             std::to_string(chunk_extension_bytes_max) + " bytes");
}

void response_reader::end_chunk_size() {
  state_ = remaining_ == 0 ? state::trailer_line : state::chunk_data;
  size_digits_ = 0;
}

/// Trailers are checked and dropped: nothing of this API comes in them.
result<void> response_reader::trailer_byte(char c) {
  if (++trailer_bytes_ > limits::trailer_bytes_max) {
    return error(errc::response_too_large, "the trailers are over their limit of " +
                                               std::to_string(limits::trailer_bytes_max) +
                                               " bytes");
  }
  switch (state_) {
    case state::trailer_lf:
    case state::last_lf:
      if (c != '\n') return malformed("a trailer line ends in CR without LF");
      state_ = state_ == state::last_lf ? state::done : state::trailer_line;
      return {};
    case state::trailer_value:
      if (c == '\r') {
        state_ = state::trailer_lf;
      } else if (ascii::is_control(c) && c != '\t') {
        return malformed("a control character in a trailer");
      }
      return {};
    default:
      if (state_ == state::trailer_line && c == '\r') {
        state_ = state::last_lf;
      } else if (state_ == state::trailer_name && c == ':') {
        state_ = state::trailer_value;
      } else if (ascii::is_token(c)) {
        state_ = state::trailer_name;
      } else {
        return malformed("what follows the last chunk is not a trailer");
      }
      return {};
  }
}

result<void> response_reader::ended(std::size_t unread) {
  if (state_ == state::done) return {};
  if (state_ == state::body_to_close) {
    state_ = state::done;
    return {};
  }
  std::string text = "the server closed the connection ";
  if (state_ == state::head) {
    text += unread > 0     ? "after " + std::to_string(unread) + " bytes of the response head"
            : interim_ > 0 ? "after an interim response (1xx), before the final one"
                           : "without sending a response";
  } else if (state_ == state::sized_body) {
    text += "after " + std::to_string(body_bytes_) + " of " + std::to_string(length_.value_or(0)) +
            " bytes of the response body";
  } else {
    text += "before the last chunk of the response body, after " + std::to_string(body_bytes_) +
            " bytes of it";
  }
  return error(errc::connection_lost, std::move(text));
}

}  // namespace kiln::http
