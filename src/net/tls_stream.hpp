#pragma once

#include "net/byte_stream.hpp"

#include <kiln/options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

// The only place with sockets and with OpenSSL.
namespace kiln::net {

/// What the TLS connections of one connector share: trust, policy (TLS 1.2 or later, no
/// renegotiation) and the sessions that servers gave for resumption. Outlives its streams.
class tls_client {
 public:
  /// Trusts the system's store and ca_file. An unreadable ca_file is errc::tls_failed and named.
  static result<std::unique_ptr<tls_client>> make(tls_options const& options);
  ~tls_client();
  tls_client(tls_client const&) = delete;
  tls_client& operator=(tls_client const&) = delete;

  struct state;
  [[nodiscard]] state& internals() const noexcept { return *state_; }

 private:
  explicit tls_client(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

/// A TCP connection to a numeric address, without delay (TCP_NODELAY), given up by the kernel
/// after 30 s without an acknowledgement. Fails with errc::connect_failed, or out_of_resources, and
/// the reason.
asio::awaitable<result<std::unique_ptr<byte_stream>>> connect_tcp(asio::any_io_executor executor,
                                                                  std::string address,
                                                                  unsigned short port);

/// Shakes hands over `tcp`, which connect_tcp made, and checks that the certificate is trusted and
/// made out to to.host. Fails with errc::tls_failed and the reason. While it is under way `tcp`
/// may be closed by whoever made it; a handshake that waits fails then.
asio::awaitable<result<std::unique_ptr<byte_stream>>> start_tls(std::unique_ptr<byte_stream>& tcp,
                                                                tls_client& client, origin to);

/// True when the handshake of a stream of start_tls took up an earlier session. For tests.
[[nodiscard]] bool resumed_session(byte_stream const& stream);

}  // namespace kiln::net
