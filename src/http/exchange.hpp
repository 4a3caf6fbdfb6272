#pragma once

#include "core/limits.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace kiln::http {

/// Of 2xx answers; more is errc::response_too_large. Of any other answer
/// limits::error_body_bytes_max are kept: a longer one completes there, its rest unread and the
/// connection not reusable.
struct exchange_limits {
  std::size_t body_bytes_max = 64U << 20;     ///< Of a response held in memory, inflated.
  std::uint64_t sink_bytes_max = UINT64_MAX;  ///< Of a response that goes to a sink.
  /// A sink takes only answers of this media type, others are held in memory; empty: all. Of static
  /// storage.
  std::string_view sink_type{};
};

/// One request and its response on one connection, without the connection: the driver hands over
/// next_output() and calls wrote(), fills input() and calls received(), and stops at complete() or
/// at the first error. An error ends the exchange and the connection with it.
///
/// Reading may start before everything is written: a server may answer early. After complete() the
/// driver stops writing; reusable() is then false unless everything had been written.
class exchange {
 public:
  exchange();
  ~exchange();
  exchange(exchange const&) = delete;
  exchange& operator=(exchange const&) = delete;

  /// Begins anew on a connection that is at a message boundary. `what` must outlive the exchange;
  /// `sink`, if given, takes the body of a 2xx answer of the type that the limits name (any other
  /// body goes to response::body).
  void start(request const& what, exchange_limits const& limits, byte_sink* sink = nullptr);

  [[nodiscard]] bool wants_write() const noexcept;
  /// The next bytes to write, valid until wrote() or start(); at most limits::output_chunk_bytes
  /// (the head goes together with the body when that fits). Fails when the source does.
  [[nodiscard]] result<std::span<std::byte const>> next_output();
  void wrote(std::size_t count) noexcept;

  /// Where received bytes go; never empty while the exchange is neither complete nor failed.
  [[nodiscard]] std::span<std::byte> input() noexcept;
  [[nodiscard]] result<void> received(std::size_t count);
  /// The peer closed in an orderly way. Completes a body that ends by close; an error otherwise.
  [[nodiscard]] result<void> ended();

  [[nodiscard]] bool complete() const noexcept;
  [[nodiscard]] bool response_started() const noexcept;  ///< Any byte of an answer arrived.
  /// What next_output() gave out counts as sent: a write that fails may have been taken whole.
  [[nodiscard]] sent how_much_sent() const noexcept;
  /// The connection is at a message boundary and both sides will keep it.
  [[nodiscard]] bool reusable() const noexcept;
  /// After complete(), once.
  [[nodiscard]] response take_response();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace kiln::http
