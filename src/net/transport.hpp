#pragma once

#include "core/clock.hpp"
#include "http/exchange.hpp"
#include "http/message.hpp"

#include <kiln/result.hpp>

namespace kiln::net {

/// What one attempt came to, and what the retry policy needs to know of it.
struct attempt_outcome {
  result<http::response> reply;
  http::sent sent = http::sent::nothing;
  bool response_started = false;
  bool reused_connection = false;  ///< The connection had carried an exchange before.
};

/// Asked right before the first byte of a request is written, when there is a connection for it:
/// gives `now`, or the moment to ask again.
class departures {
 public:
  virtual instant try_leave(instant now) = 0;

 protected:
  ~departures() = default;
};

struct attempt_options {
  http::exchange_limits limits{};
  byte_sink* sink = nullptr;
  instant deadline = never;       ///< Of the whole attempt, waiting for a connection included.
  departures* gate = nullptr;     ///< Must outlive the attempt.
  bool fresh_connection = false;  ///< Do not use an idle connection.
};

/// Sends one request and brings its response. Threads: the engine's executor. Cancelling the
/// awaiting coroutine closes the connection the attempt was using.
class transport {
 public:
  virtual ~transport() = default;
  /// `what` and `options` must outlive the await.
  virtual asio::awaitable<attempt_outcome> perform(http::request const& what,
                                                   attempt_options const& options) = 0;
  /// Ends every attempt and every idle connection; later attempts fail with errc::closed.
  virtual void close() noexcept = 0;
};

}  // namespace kiln::net
