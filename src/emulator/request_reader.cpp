#include "emulator/request_reader.hpp"

#include "core/ascii.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace kiln::emulation {

namespace {

namespace http = boost::beast::http;

std::string_view as_view(boost::beast::string_view s) noexcept { return {s.data(), s.size()}; }

}  // namespace

void throw_exception_from_error(http_refusal const& e, boost::source_location const&) {
  throw std::runtime_error(e.message);
}

http_result<std::size_t> read_head(std::string_view data, request_head& into) {
  auto const within = data.substr(0, request_head_bytes_max);
  auto const end = within.find("\r\n\r\n");
  if (end == within.npos) {
    if (data.size() < request_head_bytes_max) return 0U;
    return http_refusal{431, "The request head is larger than 32 KiB"};
  }
  // The parser sees the head whole and nothing else, so that it never has to resume.
  std::size_t const length = end + 4;
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(request_head_bytes_max));
  parser.body_limit(boost::none);
  boost::beast::error_code code;
  parser.put(boost::asio::buffer(data.data(), length), code);
  if (code || !parser.is_header_done()) {
    return http_refusal{400, "The request head is malformed: " + code.message()};
  }
  auto const& message = parser.get();
  into = request_head();
  into.method = as_view(message.method_string());
  into.target = as_view(message.target());
  into.host = as_view(message[http::field::host]);
  into.authorization = as_view(message[http::field::authorization]);
  into.content_type = as_view(message[http::field::content_type]);
  into.range = as_view(message[http::field::range]);
  into.unmodified_since = as_view(message[http::field::if_unmodified_since]);
  into.chunked = parser.chunked();
  if (auto const n = parser.content_length()) into.content_length = *n;
  into.keep_alive = message.version() == 11 && parser.keep_alive();
  into.metadata = as_view(message["Metadata"]) == "true";
  into.accepts_gzip =
      ascii::contains_ignoring_case(as_view(message[http::field::accept_encoding]), "gzip");
  into.expects_continue =
      ascii::contains_ignoring_case(as_view(message[http::field::expect]), "100-continue");
  if (message.find(http::field::transfer_encoding) != message.end() && !into.chunked) {
    return http_refusal{501, "The transfer encoding is not supported"};
  }
  if (message.count(http::field::authorization) > 1) {
    return http_refusal{400, "Two Authorization headers"};
  }
  if (message.version() == 11 && message.count(http::field::host) != 1) {
    return http_refusal{400, "A request needs one Host header"};
  }
  return length;
}

body_framing::body_framing(request_head const& head) {
  if (head.chunked) {
    state_ = state::chunk_size;
  } else if (head.content_length.value_or(0) > 0) {
    state_ = state::counted;
    left_ = *head.content_length;
  }
}

http_result<body_framing::step> body_framing::next(std::span<std::byte const> data) {
  if (state_ != state::counted && state_ != state::chunk_data) {
    return control({reinterpret_cast<char const*>(data.data()), data.size()});
  }
  auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
  left_ -= n;
  if (left_ == 0) state_ = state_ == state::counted ? state::done : state::chunk_end;
  return step{n, data.first(n)};
}

/// One line, or as much of it as there is.
http_result<body_framing::step> body_framing::control(std::string_view data) {
  auto const end = data.find('\n');
  auto const used = end == data.npos ? data.size() : end + 1;
  line_ += data.substr(0, used);
  if (line_.size() > chunk_line_bytes_max) return http_refusal{400, "A chunk's line is too long"};
  if (end == data.npos) return step{used, {}};
  if (!line_.ends_with("\r\n")) return http_refusal{400, "A chunk's line does not end in CR LF"};
  line_.resize(line_.size() - 2);
  if (auto ended = line_ended(); !ended) return ended.error();
  line_.clear();
  return step{used, {}};
}

http_result<void> body_framing::line_ended() {
  if (state_ == state::chunk_end) {
    if (!line_.empty()) return http_refusal{400, "A chunk is longer than its size"};
    state_ = state::chunk_size;
  } else if (state_ == state::trailer) {
    trailer_bytes_ += line_.size();
    if (trailer_bytes_ > trailer_bytes_max) return http_refusal{400, "The trailer is too long"};
    if (line_.empty()) state_ = state::done;
  } else {
    auto size = std::string_view(line_).substr(0, line_.find(';'));
    while (size.ends_with(' ') || size.ends_with('\t')) size.remove_suffix(1);
    auto const [end, code] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
    if (size.empty() || code != std::errc() || end != size.data() + size.size()) {
      return http_refusal{400, "A chunk's size is malformed"};
    }
    state_ = left_ == 0 ? state::trailer : state::chunk_data;
  }
  return {};
}

}  // namespace kiln::emulation
