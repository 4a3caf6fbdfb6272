#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace kiln::net {

/// A connected, ordered stream of bytes: TCP, TLS, or memory in simulation. One read and one write
/// may be under way at a time. Threads: the engine's executor only.
class byte_stream {
 public:
  virtual ~byte_stream() = default;
  /// At least one byte, or 0 at the peer's orderly end. A TLS stream cut without close_notify is
  /// an error (errc::connection_lost), as is everything after close().
  virtual asio::awaitable<result<std::size_t>> read_some(std::span<std::byte> into) = 0;
  /// All of `data`. On an error an unknown part of it was taken.
  virtual asio::awaitable<result<void>> write(std::span<std::byte const> data) = 0;
  /// What can be taken of `data` without waiting is, off its front. False: write() must follow,
  /// with the rest, be it empty. A stream need not take any.
  virtual result<bool> try_write(std::span<std::byte const>& data) {
    (void)data;
    return false;
  }
  /// Of an idle stream: the peer has neither closed nor sent anything. Does not block.
  [[nodiscard]] virtual bool quiet() noexcept = 0;
  /// At once, from any state; pending operations fail, later, by a post.
  virtual void close() noexcept = 0;
  /// Bytes handed to the peer's side so far, on the wire's own count: it tells a slow write from a
  /// stuck one. 0 for ever where that is not known.
  [[nodiscard]] virtual std::uint64_t taken() const noexcept { return 0; }
};

/// Where connections go. Equal origins may share connections.
struct origin {
  bool tls = true;
  std::string host;  ///< Name or address, no brackets.
  unsigned short port = 443;
  bool direct = false;  ///< Never through a proxy.
  [[nodiscard]] bool operator==(origin const&) const = default;
};

/// "host:port", an IPv6 address in brackets.
[[nodiscard]] std::string to_string(origin const& o);

/// Makes streams; the seam that simulation replaces.
class connector {
 public:
  virtual ~connector() = default;
  /// Resolves, connects (through the proxy where one applies) and shakes hands, each step within
  /// its own timeout. Cancelling the awaiting coroutine (terminal) ends it soon, with any error.
  virtual asio::awaitable<result<std::unique_ptr<byte_stream>>> connect(origin const& to) = 0;
};

}  // namespace kiln::net
