#pragma once

#include "net/byte_stream.hpp"
#include "net/side_task.hpp"
#include "net/transport.hpp"
#include "net/watchdog.hpp"

#include <memory>
#include <optional>
#include <string>

namespace kiln::net {

/// One connection to the server and the exchanges on it, one after the other.
/// Threads: the engine's executor.
class connection {
 public:
  /// `dog` must outlive it. `where` ("host:port") goes into errors.
  connection(asio::any_io_executor executor, std::unique_ptr<byte_stream> stream, watchdog& dog,
             timeout_options const& timeouts, std::string where);
  ~connection();
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;

  /// Never throws. A request whose body is long is written while the answer is awaited, so that an
  /// early refusal is seen. When it returns, nothing of it is running; unless reusable(), the
  /// stream is closed. Cancelling the awaiting coroutine ends it with errc::cancelled.
  asio::awaitable<attempt_outcome> perform(http::request const& what,
                                           attempt_options const& options);

  [[nodiscard]] bool reusable() const noexcept { return reusable_; }
  /// An idle connection that the peer has neither closed nor written to.
  [[nodiscard]] bool quiet() noexcept { return stream_->quiet(); }
  /// Ends an exchange that is under way with `why`.
  void abort(error why) noexcept;

 private:
  asio::awaitable<void> send_rest();
  [[nodiscard]] bool send_at_once();
  void write_broke(error why);
  void take_in(result<std::size_t> const& count);
  instant overdue(instant now);
  void fail(error why) noexcept;
  void rearm() { watch_.until(deadlines_.next()); }
  void begin(http::request const& what, attempt_options const& options);
  void end(bool given_up);
  [[nodiscard]] attempt_outcome outcome(bool was_used);

  asio::any_io_executor executor_;
  std::unique_ptr<byte_stream> stream_;
  watchdog& dog_;
  exchange_deadlines deadlines_;
  watchdog::watch watch_;
  std::string where_;
  http::exchange exchange_;

  std::optional<error> failed_;        // ends the exchange
  std::optional<error> write_failed_;  // the server may have answered all the same
  bool write_begun_ = false;
  bool stop_sending_ = false;
  bool used_ = false;
  bool reusable_ = true;
};

}  // namespace kiln::net
