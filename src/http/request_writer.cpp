#include "http/request_writer.hpp"

#include "core/ascii.hpp"
#include "core/limits.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace kiln::http {
namespace {

static_assert(request_head_bytes_max <= limits::output_chunk_bytes, "a head is one write");

/// Headers that decide about framing or routing: set here and nowhere else.
constexpr std::array<std::string_view, 6> own_headers{
    "Host", "Content-Length", "Transfer-Encoding", "Expect", "Upgrade", "Trailer"};

error refuse(std::string text) { return error(errc::invalid_argument, std::move(text)); }

/// Does not stop at the first one, so that many characters are looked at at once.
template <class Unwanted>
bool has_any(std::string_view text, Unwanted unwanted) {
  unsigned char found = 0;
  for (char const c : text) found |= static_cast<unsigned char>(unwanted(c));
  return found != 0;
}

constexpr auto must_be_encoded = [](char c) noexcept {
  auto const byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte >= 0x7f || c == '#';
};

constexpr auto is_control_but_tab = [](char c) noexcept {
  return ascii::is_control(c) && c != '\t';
};

result<void> check_target(std::string_view target) {
  if (target.empty() || target.front() != '/') {
    return refuse("the request target must begin with '/'");
  }
  if (!has_any(target, must_be_encoded)) return {};
  auto const bad = std::ranges::find_if(target, must_be_encoded);
  return refuse("the request target has a character at offset " +
                std::to_string(bad - target.begin()) + " that must be percent-encoded");
}

constexpr ascii::char_class of_hosts("-._~:[]");

result<void> check_host(std::string_view host) {
  bool const clean = std::ranges::all_of(host, [](char c) { return of_hosts.has(c); });
  if (!host.empty() && clean) return {};
  return refuse(host.empty() ? "the host is missing"
                             : "the host has a character that no host name can have");
}

result<void> check_header(header const& h, std::size_t index) {
  if (h.name.empty() || !std::ranges::all_of(h.name, ascii::is_token)) {
    return refuse("the name of request header " + std::to_string(index + 1) +
                  " is empty or has a character that header names cannot have");
  }
  auto const is_same = [&](std::string_view own) {
    return ascii::equal_ignoring_case(own, h.name);
  };
  if (std::ranges::any_of(own_headers, is_same)) {
    return refuse("request header " + h.name + " is set by the engine, not by the caller");
  }
  if (has_any(h.value, is_control_but_tab)) {
    return refuse("the value of request header " + h.name + " has a control character");
  }
  return {};
}

constexpr std::size_t own_text = 256;  ///< Method, version and the headers added below.

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

result<void> check(request const& what) {
  if (what.source && !what.body.empty())
    return refuse("a request has a body or a source, not both");
  if (auto ok = check_target(what.target); !ok) return ok;
  if (auto ok = check_host(what.host); !ok) return ok;
  for (std::size_t i = 0; i < what.headers.size(); ++i) {
    if (auto ok = check_header(what.headers[i], i); !ok) return ok;
  }
  auto const bytes = head_bytes_bound(what);
  if (bytes > request_head_bytes_max) {
    return refuse("target and headers are " + std::to_string(bytes - own_text) +
                  " bytes; at most " + std::to_string(request_head_bytes_max - own_text) +
                  " can be sent");
  }
  return {};
}

}  // namespace

std::uint64_t body_size(request const& what) noexcept {
  return what.source ? what.source->size() : what.body.size();
}

std::size_t head_bytes_bound(request const& what) noexcept {
  auto bytes = own_text + what.target.size() + what.host.size();
  for (auto const& h : what.headers) bytes += h.name.size() + h.value.size() + 4;
  return bytes;
}

result<void> write_head(request const& what, std::string& out) {
  if (auto ok = check(what); !ok) return ok;
  out.append(to_string(what.method)).append(" ").append(what.target).append(" HTTP/1.1\r\n");
  append_header(out, "Host", what.host);
  for (auto const& h : what.headers) append_header(out, h.name, h.value);
  if (std::ranges::none_of(what.headers, [](header const& h) {
        return ascii::equal_ignoring_case(h.name, "Accept-Encoding");
      })) {
    append_header(out, "Accept-Encoding", "gzip");
  }
  auto const length = body_size(what);
  bool const has_body = what.source || length > 0;
  bool const may_have_body =
      what.method == verb::post || what.method == verb::put || what.method == verb::patch;
  if (has_body || may_have_body) append_header(out, "Content-Length", std::to_string(length));
  out += "\r\n";
  return {};
}

}  // namespace kiln::http
