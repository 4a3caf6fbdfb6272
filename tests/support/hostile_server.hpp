#pragma once

#include "support/test_certificates.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::test {

/// One connection as its script sees it: blocking calls on a thread of its own. Everything gives
/// up when the server is destroyed.
class hostile_connection {
 public:
  ~hostile_connection();
  hostile_connection(hostile_connection const&) = delete;
  hostile_connection& operator=(hostile_connection const&) = delete;

  /// Head and body (by Content-Length) of the next request; empty when the client closed first.
  std::string read_request();
  /// Up to and with `end`; empty when the client closed first.
  std::string read_until(std::string_view end);
  /// False when the client is gone.
  bool send(std::string_view bytes);
  bool send_slowly(std::string_view bytes, std::chrono::milliseconds between);
  /// False when the server is being destroyed.
  bool wait(std::chrono::milliseconds time);
  /// Returns when the client has closed, or the server is being destroyed.
  void wait_for_close();

  /// The server's side of the handshake, with the server's identity; false when it failed.
  bool start_tls();
  [[nodiscard]] bool resumed() const;
  /// In good order: TLS says so first.
  void close();
  /// Without close_notify.
  void cut();
  /// RST.
  void reset();

 private:
  friend class hostile_server;
  struct state;
  explicit hostile_connection(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

/// A TCP server on a free port of loopback that does what its script says.
class hostile_server {
 public:
  /// `index` counts connections from 0.
  using script = std::function<void(hostile_connection& c, int index)>;
  struct options {
    bool v6 = false;
    bool tls = false;  ///< Shakes hands before the script starts; needs `identity`.
    std::optional<test_certificates::identity> identity;
    int tls_version_max = 0;  ///< An OpenSSL constant; 0: the newest.
  };

  explicit hostile_server(script s) : hostile_server(std::move(s), options()) {}
  hostile_server(script s, options o);
  ~hostile_server();
  hostile_server(hostile_server const&) = delete;
  hostile_server& operator=(hostile_server const&) = delete;

  [[nodiscard]] unsigned short port() const noexcept;
  [[nodiscard]] int connections() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// A port of 127.0.0.1 that nobody listens on.
[[nodiscard]] unsigned short refused_port();
[[nodiscard]] bool has_loopback_v6();

/// "HTTP/1.1 200 OK" with a Content-Length.
[[nodiscard]] std::string ok_response(std::string_view body, std::string_view more_headers = {});

}  // namespace kiln::test
