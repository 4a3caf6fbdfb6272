#pragma once

#include "core/timers.hpp"
#include "emulator/emulator_core.hpp"
#include "emulator/server_stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace kiln::emulation {

/// Accepts connections and serves each from a core. Threads: all but the constructor and the
/// getters run on the executor, which runs one thing at a time.
///
/// Owned by its coroutines, which are owned by the event loop. A coroutine that sleeps is owned by
/// the timers of the listener itself; abandon() cuts that circle when the loop will run no more.
class listener : public std::enable_shared_from_this<listener> {
 public:
  /// Listens from here on. Throws std::system_error.
  listener(asio::any_io_executor executor, std::shared_ptr<emulator_core> core);

  void start();
  /// Ends every connection; `done` runs once the last of them is gone.
  void stop(std::function<void()> done);
  void abandon() noexcept { clock_.reset(); }

  [[nodiscard]] unsigned short port() const noexcept { return port_; }
  [[nodiscard]] asio::any_io_executor const& executor() const noexcept { return executor_; }

  static constexpr std::size_t connections_max = 4'096;
  static constexpr std::chrono::seconds handshake_max{10};
  static constexpr std::chrono::seconds farewell_max{1};
  static constexpr std::chrono::milliseconds accept_retry{50};

 private:
  struct connection;

  asio::awaitable<void> accept_all(std::shared_ptr<listener> self);
  asio::awaitable<void> run(std::shared_ptr<connection> c);
  void open(asio::ip::tcp::socket socket);
  void ended(std::shared_ptr<connection> const& c);
  void tell_when_stopped();
  timers::id close_at(std::shared_ptr<connection> const& c, duration after);

  asio::any_io_executor executor_;
  std::shared_ptr<emulator_core> core_;
  std::unique_ptr<server_tls> tls_;
  std::unique_ptr<timers> clock_;
  asio::ip::tcp::acceptor acceptor_;
  unsigned short port_ = 0;
  std::set<std::shared_ptr<connection>> connections_;
  std::function<void()> stopped_;
  bool accepting_ = false;
  bool stopping_ = false;
};

}  // namespace kiln::emulation
