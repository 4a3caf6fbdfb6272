#include "net/proxy.hpp"

#include "core/ascii.hpp"
#include "core/redact.hpp"
#include "http/sent_secrets.hpp"
#include "http/url.hpp"
#include "json/base64.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace kiln::net {

namespace {

std::optional<unsigned short> parse_port(std::string_view text) {
  unsigned short port = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

[[noreturn]] void refuse_url(char const* why) {
  throw std::invalid_argument(std::string("proxy.url: ") + why +
                              "; expected http://user:password@host:port");
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int const high = i + 2 < text.size() ? ascii::hex_value(text[i + 1]) : -1;
    int const low = high >= 0 ? ascii::hex_value(text[i + 2]) : -1;
    if (low < 0) refuse_url("a % that is not followed by two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

struct host_port {
  std::string_view host;
  std::string_view port;  // empty if there is none
};

// "name", "name:port", "[v6]:port", "v6".
host_port split_host_port(std::string_view text) {
  if (text.starts_with('[')) {
    auto const close = text.find(']');
    if (close == std::string_view::npos) return {text, {}};
    auto rest = text.substr(close + 1);
    if (rest.starts_with(':')) rest.remove_prefix(1);
    return {text.substr(1, close - 1), rest};
  }
  auto const colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    return {text, {}};
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

struct address_bits {
  std::array<unsigned char, 16> bytes{};
  unsigned bits = 0;  // 32, 128; 0: not an address
};

address_bits parse_address(std::string_view text) {
  address_bits out;
  std::string const copy(text);
  if (inet_pton(AF_INET, copy.c_str(), out.bytes.data()) == 1) {
    out.bits = 32;
  } else if (inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1) {
    out.bits = 128;
  }
  return out;
}

bool same_prefix(address_bits const& a, address_bits const& b, unsigned bits) {
  if (a.bits != b.bits || bits > a.bits) return false;
  if (std::memcmp(a.bytes.data(), b.bytes.data(), bits / 8) != 0) return false;
  if (bits % 8 == 0) return true;
  auto const mask = static_cast<unsigned char>(0xffU << (8 - bits % 8));
  return (a.bytes[bits / 8] & mask) == (b.bytes[bits / 8] & mask);
}

bool address_matches(std::string_view pattern, address_bits const& host) {
  auto const slash = pattern.find('/');
  auto const network = parse_address(pattern.substr(0, slash));
  if (network.bits == 0) return false;
  unsigned prefix = network.bits;
  if (slash != std::string_view::npos) {
    auto const text = pattern.substr(slash + 1);
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), prefix);
    if (ec != std::errc{} || end != text.data() + text.size()) return false;
  }
  return same_prefix(network, host, prefix);
}

bool name_matches(std::string_view pattern, std::string_view host) {
  if (pattern.starts_with('.')) pattern.remove_prefix(1);
  if (pattern.ends_with('.')) pattern.remove_suffix(1);
  if (pattern.empty() || pattern.size() > host.size()) return false;
  if (!ascii::equal_ignoring_case(pattern, host.substr(host.size() - pattern.size()))) return false;
  return pattern.size() == host.size() || host[host.size() - pattern.size() - 1] == '.';
}

bool entry_matches(std::string_view entry, std::string_view host, address_bits const& address,
                   unsigned short port) {
  if (entry == "*") return true;
  auto const [pattern, wanted_port] = split_host_port(entry);
  if (!wanted_port.empty() && parse_port(wanted_port) != port) return false;
  return address.bits != 0 ? address_matches(pattern, address) : name_matches(pattern, host);
}

std::string_view without_trailing_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace

std::optional<proxy_server> parse_proxy(std::string_view url) {
  if (url.empty()) return std::nullopt;
  if (auto const scheme = url.find("://"); scheme != std::string_view::npos) {
    if (!ascii::equal_ignoring_case(url.substr(0, scheme), "http"))
      refuse_url("only http:// proxies are known");
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find('/'));
  proxy_server out;
  if (auto const at = url.rfind('@'); at != std::string_view::npos) {
    auto const user = url.substr(0, at);
    auto const colon = user.find(':');
    std::string plain = percent_decoded(user.substr(0, colon)) + ":";
    if (colon != std::string_view::npos) plain += percent_decoded(user.substr(colon + 1));
    out.authorization = "Basic ";
    json::append_base64(out.authorization, std::as_bytes(std::span(plain)));
    url.remove_prefix(at + 1);
  }
  auto const [host, port] = split_host_port(url);
  auto const forbidden = [](char c) { return c <= ' ' || c == 0x7f || c == '[' || c == ']'; };
  if (host.empty() || std::any_of(host.begin(), host.end(), forbidden)) {
    refuse_url("the host is missing or not a name");
  }
  out.host = host;
  if (!port.empty()) {
    auto const number = parse_port(port);
    if (!number) refuse_url("the port is not a number from 1 to 65535");
    out.port = *number;
  }
  return out;
}

bool bypasses_proxy(std::string_view no_proxy, origin const& to) {
  auto const host = without_trailing_dot(to.host);
  if (to.direct || http::is_loopback(host)) return true;
  auto const address = parse_address(host);
  constexpr std::string_view between = ", \t";
  while (true) {
    auto const begin = no_proxy.find_first_not_of(between);
    if (begin == std::string_view::npos) return false;
    no_proxy.remove_prefix(begin);
    auto const end = std::min(no_proxy.find_first_of(between), no_proxy.size());
    if (entry_matches(no_proxy.substr(0, end), host, address, to.port)) return true;
    no_proxy.remove_prefix(end);
  }
}

tunnel_core::tunnel_core(proxy_server const& proxy, origin const& to) {
  origin at;
  at.host = proxy.host;
  at.port = proxy.port;
  where_ = to_string(at);
  auto const target = to_string(to);
  request_ = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!proxy.authorization.empty()) {
    authorization_ = secret(proxy.authorization);
    request_ += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  }
  request_ += "\r\n";
}

error tunnel_core::refuse(std::string text, int status) const {
  return error(errc::proxy_failed, std::move(text))
      .with_operation("proxy tunnel")
      .with_where(where_)
      .with_http_status(status);
}

// A proxy may send back what it was sent.
std::string tunnel_core::reason(std::size_t line_end) const {
  auto text = answer_.substr(12, line_end - 12);
  http::sent_secrets(authorization_.reveal()).hide_in(text);
  return redact(text);
}

error tunnel_core::ended() const {
  return refuse("the proxy closed the connection before it answered CONNECT");
}

result<bool> tunnel_core::received(std::span<std::byte const> data) {
  std::size_t const room = answer_bytes_max - answer_.size();
  answer_.append(reinterpret_cast<char const*>(data.data()), std::min(data.size(), room));
  auto const line_end = answer_.find("\r\n");
  if (line_end != std::string::npos || answer_.size() >= 12) {
    bool const http = answer_.starts_with("HTTP/1.0 ") || answer_.starts_with("HTTP/1.1 ");
    int status = 0;
    if (http) std::from_chars(answer_.data() + 9, answer_.data() + answer_.size(), status);
    if (status < 100 || status > 599) return refuse("the proxy's answer to CONNECT is not HTTP");
    if (status / 100 != 2 && line_end != std::string::npos) {
      std::string text = "the proxy refused the tunnel: " + std::to_string(status);
      if (line_end > 12) text += reason(line_end);
      if (status == 407) text += " (give user:password in proxy.url)";
      return refuse(std::move(text), status);
    }
  }
  auto const end = answer_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (data.size() < room) return false;
    return refuse("the proxy's answer to CONNECT is longer than " +
                  std::to_string(answer_bytes_max) + " bytes");
  }
  if (end + 4 < answer_.size() || data.size() > room) {
    return refuse("the proxy sent bytes behind its answer to CONNECT");
  }
  return true;
}

asio::awaitable<result<void>> open_tunnel(byte_stream& stream, proxy_server const& proxy,
                                          origin const& to) {
  tunnel_core core(proxy, to);
  auto const wrote = co_await stream.write(std::as_bytes(std::span(core.request())));
  if (!wrote) co_return wrote.error();
  std::array<std::byte, 4096> buffer;
  while (true) {
    auto const count = co_await stream.read_some(buffer);
    if (!count) co_return count.error();
    if (*count == 0) co_return core.ended();
    auto const stands = core.received(std::span(buffer).first(*count));
    if (!stands) co_return stands.error();
    if (*stands) co_return result<void>();
  }
}

}  // namespace kiln::net
