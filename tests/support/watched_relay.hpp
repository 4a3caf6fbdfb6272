#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace kiln::test {

/// A TCP relay on a free port of loopback in front of a server of this machine. Once a connection
/// has carried `after_bytes` to the server, and before any more of it is read, `act` runs: once,
/// for the first connection that comes so far, on a thread of the relay. Little is buffered before
/// that, so a client with more than a few MiB to send stands still meanwhile.
class watched_relay {
 public:
  watched_relay(unsigned short to_port, std::uint64_t after_bytes, std::function<void()> act);
  ~watched_relay();
  watched_relay(watched_relay const&) = delete;
  watched_relay& operator=(watched_relay const&) = delete;

  [[nodiscard]] std::string url() const;
  [[nodiscard]] bool acted() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace kiln::test
