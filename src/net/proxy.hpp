#pragma once

#include "net/byte_stream.hpp"

#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/secret.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kiln::net {

/// An HTTP proxy that is asked for a tunnel.
struct proxy_server {
  std::string host;  ///< No brackets.
  unsigned short port = 3128;
  std::string authorization;  ///< "Basic …", or empty. Sent to the proxy only.
};

/// "http://user:password@host:port", percent-encoding allowed in user and password; the scheme may
/// be left out, the port is then and otherwise 3128. Nothing for an empty url. Throws
/// std::invalid_argument that names the option and never shows the credentials.
[[nodiscard]] std::optional<proxy_server> parse_proxy(std::string_view url);

/// As curl reads NO_PROXY: names match themselves and their subdomains, with or without a leading
/// dot; "*" matches all; addresses match as addresses, or as a range "10.0.0.0/8"; "name:port"
/// matches on that port only. Loopback, and an origin that says so, is never reached through a
/// proxy.
[[nodiscard]] bool bypasses_proxy(std::string_view no_proxy, origin const& to);

/// A CONNECT and its answer, without the connection.
class tunnel_core {
 public:
  static constexpr std::size_t answer_bytes_max = 16 * 1024;

  tunnel_core(proxy_server const& proxy, origin const& to);
  [[nodiscard]] std::string const& request() const noexcept { return request_; }
  /// True when the tunnel stands. Fails with errc::proxy_failed, which holds status and reason.
  [[nodiscard]] result<bool> received(std::span<std::byte const> data);
  /// The proxy closed.
  [[nodiscard]] error ended() const;

 private:
  [[nodiscard]] error refuse(std::string text, int status = 0) const;
  [[nodiscard]] std::string reason(std::size_t line_end) const;

  std::string where_;
  std::string request_;
  std::string answer_;
  secret authorization_;
};

/// Asks for the tunnel over a connection to the proxy. Each read is as long as the answer could
/// be; bytes of the other side that come with it are an error, as a client speaks first.
asio::awaitable<result<void>> open_tunnel(byte_stream& stream, proxy_server const& proxy,
                                          origin const& to);

}  // namespace kiln::net
