#include "http/url.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace kiln::http {
namespace {

constexpr std::size_t url_bytes_max = 2048;
constexpr std::size_t host_bytes_max = 253;
constexpr std::size_t label_bytes_max = 63;

error refuse(std::size_t offset, std::string_view rule) {
  return error(errc::invalid_argument,
               "not a usable URL: column " + std::to_string(offset + 1) + ": " + std::string(rule));
}

std::optional<std::array<int, 4>> parse_ipv4(std::string_view text) noexcept {
  std::array<int, 4> out{};
  std::size_t at = 0;
  for (std::size_t octet = 0; octet < 4; ++octet) {
    if (octet > 0 && (at >= text.size() || text[at++] != '.')) return std::nullopt;
    auto const begin = at;
    int value = 0;
    while (at < text.size() && ascii::is_digit(text[at]) && at - begin < 3) {
      value = value * 10 + (text[at++] - '0');
    }
    auto const digits = at - begin;
    // A leading zero means octal to some resolvers: no address is written that way on purpose.
    if (digits == 0 || value > 255 || (digits > 1 && text[begin] == '0')) return std::nullopt;
    out[octet] = value;
  }
  if (at != text.size()) return std::nullopt;
  return out;
}

/// The groups of one side of "::"; `room` is how many are still allowed.
std::optional<std::size_t> parse_ipv6_groups(std::string_view text, bool v4_tail, std::size_t room,
                                             std::uint16_t* out) noexcept {
  std::size_t count = 0;
  while (!text.empty()) {
    auto const colon = text.find(':');
    auto const group = text.substr(0, colon);
    if (v4_tail && colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      auto const v4 = parse_ipv4(group);
      if (!v4 || count + 2 > room) return std::nullopt;
      out[count++] = static_cast<std::uint16_t>((*v4)[0] * 256 + (*v4)[1]);
      out[count++] = static_cast<std::uint16_t>((*v4)[2] * 256 + (*v4)[3]);
      return count;
    }
    if (group.empty() || group.size() > 4 || count == room) return std::nullopt;
    int value = 0;
    for (char const c : group) {
      if (ascii::hex_value(c) < 0) return std::nullopt;
      value = value * 16 + ascii::hex_value(c);
    }
    out[count++] = static_cast<std::uint16_t>(value);
    if (colon == std::string_view::npos) return count;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // ends in a single colon
  }
  return count;
}

std::optional<std::array<std::uint16_t, 8>> parse_ipv6(std::string_view text) noexcept {
  std::array<std::uint16_t, 8> out{};
  auto const gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto const count = parse_ipv6_groups(text, true, 8, out.data());
    if (!count || *count != 8) return std::nullopt;
    return out;
  }
  auto const head = parse_ipv6_groups(text.substr(0, gap), false, 7, out.data());
  if (!head) return std::nullopt;
  std::array<std::uint16_t, 8> rest{};
  auto const tail = parse_ipv6_groups(text.substr(gap + 2), true, 7 - *head, rest.data());
  if (!tail) return std::nullopt;
  std::copy_n(rest.begin(), *tail, out.end() - static_cast<std::ptrdiff_t>(*tail));
  return out;
}

/// Where a host name breaks the rules, and which; nothing when it is fine.
std::optional<std::pair<std::size_t, std::string_view>> fault_in_name(std::string_view name) {
  if (name.size() > host_bytes_max) return std::pair(host_bytes_max, "the host name is too long");
  std::size_t label_begin = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i < name.size() && name[i] != '.') {
      char const c = name[i];
      if (!ascii::is_alpha(c) && !ascii::is_digit(c) && c != '-' && c != '_') {
        return std::pair(i, "a host has letters, digits, '-', '_' and '.' only");
      }
      continue;
    }
    if (i == label_begin) return std::pair(i, "an empty label in the host name");
    if (i - label_begin > label_bytes_max) return std::pair(i, "a label of the host is too long");
    if (i < name.size()) label_begin = i + 1;
  }
  // A last label that begins with a digit is an address to resolvers ("127.1", "0x7f.1").
  if (ascii::is_digit(name[label_begin]) && !parse_ipv4(name)) {
    return std::pair(label_begin, "an IPv4 address has four numbers from 0 to 255");
  }
  return std::nullopt;
}

/// The offset after the host.
result<std::size_t> parse_host(std::string_view text, std::size_t begin, base_url& out) {
  if (begin < text.size() && text[begin] == '[') {
    auto const close = text.find(']', begin);
    if (close == std::string_view::npos) return refuse(begin, "'[' without ']'");
    auto const address = text.substr(begin + 1, close - begin - 1);
    if (!parse_ipv6(address)) return refuse(begin + 1, "not an IPv6 address");
    out.host = ascii::to_lower(address);
    return close + 1;
  }
  auto const end = std::min(text.find_first_of(":/?#", begin), text.size());
  auto name = text.substr(begin, end - begin);
  if (name.find('@') != std::string_view::npos || text.find('@', begin) < text.find('/', begin)) {
    return refuse(begin, "user names and passwords do not belong into a URL");
  }
  if (name.empty()) return refuse(begin, "the host is missing");
  // "name." is the same host, but certificates and SNI know it without the dot.
  if (name.size() > 1 && name.back() == '.') name.remove_suffix(1);
  if (auto const fault = fault_in_name(name)) return refuse(begin + fault->first, fault->second);
  out.host = ascii::to_lower(name);
  return end;
}

result<std::size_t> parse_port(std::string_view text, std::size_t begin, base_url& out) {
  std::size_t at = begin;
  unsigned value = 0;
  while (at < text.size() && ascii::is_digit(text[at]) && at - begin < 6) {
    value = value * 10 + static_cast<unsigned>(text[at++] - '0');
  }
  if (at == begin || value == 0 || value > 65535) {
    return refuse(begin, "a port is a number from 1 to 65535");
  }
  if (at < text.size() && text[at] != '/' && text[at] != '?' && text[at] != '#') {
    return refuse(at, "a port is a number from 1 to 65535");
  }
  out.port = static_cast<unsigned short>(value);
  return at;
}

result<void> parse_path(std::string_view text, std::size_t begin, base_url& out) {
  constexpr std::string_view allowed = "/!$&'()*+,;=:@%";
  std::size_t segment = begin + 1;
  for (std::size_t i = begin; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == '/' && i > begin)) {
      auto const name = text.substr(segment, i - segment);
      if (name == "." || name == "..") return refuse(segment, "no '.' or '..' in the path");
      if (name.empty() && i < text.size()) return refuse(i, "no empty segment in the path");
      segment = i + 1;
      if (i == text.size()) break;
    }
    char const c = text[i];
    if (c == '?') return refuse(i, "a base URL has no query: leave it out from here on");
    if (c == '#') return refuse(i, "a base URL has no fragment: leave it out from here on");
    if (!ascii::is_unreserved(c) && allowed.find(c) == std::string_view::npos) {
      return refuse(i, "this character must be percent-encoded in a path");
    }
    if (c == '%' && (i + 2 >= text.size() || ascii::hex_value(text[i + 1]) < 0 ||
                     ascii::hex_value(text[i + 2]) < 0)) {
      return refuse(i, "'%' without two hexadecimal digits");
    }
  }
  out.path = text.substr(begin);
  if (!out.path.empty() && out.path.back() == '/') out.path.pop_back();
  return {};
}

void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (char const c : text) {
    if (ascii::is_unreserved(c)) {
      out += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15U];
  }
}

}  // namespace

std::string base_url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : '[' + host + ']';
  if (port != (tls ? 443 : 80)) out += ':' + std::to_string(port);
  return out;
}

result<base_url> parse_base_url(std::string_view text) {
  if (text.empty()) return refuse(0, "it is empty");
  if (text.size() > url_bytes_max) return refuse(url_bytes_max, "it is too long");
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (ascii::is_control(text[i])) return refuse(i, "a control character");
    if (text[i] == ' ') return refuse(i, "a blank");
    if (static_cast<unsigned char>(text[i]) >= 0x80) {
      return refuse(i, "only ASCII: write the host in its xn-- form, the path percent-encoded");
    }
  }
  auto const colon = text.find("://");
  auto const scheme = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  base_url out;
  if (ascii::equal_ignoring_case(scheme, "https")) {
    out.tls = true;
  } else if (ascii::equal_ignoring_case(scheme, "http")) {
    out.tls = false;
    out.port = 80;
  } else {
    return refuse(0, "it must begin with https:// or http://");
  }
  auto after = parse_host(text, colon + 3, out);
  if (!after) return after.error();
  std::size_t at = *after;
  if (at < text.size() && text[at] == ':') {
    after = parse_port(text, at + 1, out);
    if (!after) return after.error();
    at = *after;
  }
  if (at == text.size()) return out;
  if (text[at] != '/' && text[at] != '?' && text[at] != '#') {
    return refuse(at, "a port or a path must follow the host");
  }
  if (auto path = parse_path(text, at, out); !path) return path.error();
  return out;
}

void append_segment(std::string& target, std::string_view segment) {
  // Proxies resolve dot segments; encoded, most of them leave the target as it was meant.
  if (segment == "." || segment == "..") {
    for (std::size_t i = 0; i < segment.size(); ++i) target += "%2E";
    return;
  }
  append_encoded(target, segment);
}

void append_query(std::string& target, std::string_view name, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  append_encoded(target, name);
  target += '=';
  append_encoded(target, value);
}

bool is_loopback(std::string_view host) noexcept {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (ascii::equal_ignoring_case(host, "localhost")) return true;
  if (auto const v4 = parse_ipv4(host)) return (*v4)[0] == 127;
  auto const v6 = parse_ipv6(host);
  constexpr std::array<std::uint16_t, 8> one{0, 0, 0, 0, 0, 0, 0, 1};
  return v6 && *v6 == one;
}

}  // namespace kiln::http
