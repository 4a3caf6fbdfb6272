#pragma once

#include "net/byte_stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>

namespace kiln::emulation {

/// The server's end of an accepted connection. Threads: the executor of its socket.
class server_stream : public net::byte_stream {
 public:
  /// False when the peer and the server do not come to terms.
  virtual asio::awaitable<bool> handshake() = 0;
  /// Says goodbye and takes what the peer is still sending: with bytes unread, closing would make
  /// the kernel drop the answer. Whoever calls bounds the time, by close().
  virtual asio::awaitable<void> finish() = 0;
  /// close() with a TCP reset.
  virtual void reset() noexcept = 0;
};

/// A certificate and its key, shared by the streams made with it.
class server_tls {
 public:
  /// PEM files. Throws std::system_error that names the file.
  server_tls(std::string const& certificate_file, std::string const& key_file);
  ~server_tls();
  server_tls(server_tls const&) = delete;
  server_tls& operator=(server_tls const&) = delete;

  struct state;
  [[nodiscard]] state& internals() const noexcept { return *state_; }

 private:
  std::unique_ptr<state> state_;
};

/// `tls` may be null: plain TCP. It outlives the stream.
std::unique_ptr<server_stream> make_server_stream(asio::ip::tcp::socket socket, server_tls* tls);

}  // namespace kiln::emulation
