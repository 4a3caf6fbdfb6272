#pragma once

#include "core/random.hpp"
#include "core/timers.hpp"
#include "net/byte_stream.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace kiln::test {

/// How a connection in memory behaves, in both directions.
struct memory_link {
  duration latency{};                ///< Of every byte and of an end of the stream, one way.
  std::size_t chunk_max = 0;         ///< A read gives 1 to this many bytes, by chance; 0: all.
  std::size_t window = 256U * 1024;  ///< Bytes under way or unread before a write waits; > 0.
  std::uint64_t seed = 1;
};

/// What happens when one side has written so many bytes.
enum class memory_fault : unsigned char {
  close,  ///< It closes, in good order.
  reset,  ///< Both sides lose the connection; what is under way is lost.
  stall,  ///< Further bytes are taken, as far as the window goes, and never arrive.
};

/// One end of a connection in memory. As on TCP, bytes written to an end that is closed are lost
/// without notice, and a reset comes back.
class memory_stream final : public net::byte_stream {
 public:
  using pair = std::pair<std::unique_ptr<memory_stream>, std::unique_ptr<memory_stream>>;
  /// `clock` must outlive both ends and everything under way.
  static pair make_pair(timers& clock, memory_link const& link = {});
  ~memory_stream() override;

  asio::awaitable<result<std::size_t>> read_some(std::span<std::byte> into) override;
  asio::awaitable<result<void>> write(std::span<std::byte const> data) override;
  [[nodiscard]] bool quiet() noexcept override;
  void close() noexcept override;
  [[nodiscard]] std::uint64_t taken() const noexcept override;

  /// Once this end has written `bytes` (at once if it has): `what`. One fault an end.
  void break_after(std::uint64_t bytes, memory_fault what);
  void reset() noexcept;
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  struct pipe;
  memory_stream(timers& clock, memory_link const& link, std::shared_ptr<pipe> in,
                std::shared_ptr<pipe> out, std::uint64_t seed);
  void apply_fault();
  [[nodiscard]] std::size_t room() const noexcept;
  void send(std::span<std::byte const> data);

  timers& clock_;
  memory_link link_;
  std::shared_ptr<pipe> in_;
  std::shared_ptr<pipe> out_;
  random_source random_;
  std::optional<std::pair<std::uint64_t, memory_fault>> fault_;
  std::uint64_t written_ = 0;
  bool closed_ = false;
};

/// A connector whose servers are functions: each connection's far end is handed to `accept` one
/// round trip after the call.
class memory_network final : public net::connector {
 public:
  using acceptor = std::function<void(std::unique_ptr<memory_stream> far, net::origin const& to)>;

  memory_network(timers& clock, memory_link const& link, acceptor accept)
      : clock_(clock), link_(link), accept_(std::move(accept)) {}

  asio::awaitable<result<std::unique_ptr<net::byte_stream>>> connect(
      net::origin const& to) override;

  /// The next `count` connects fail so; a negative count: all.
  void refuse(int count, error why);
  /// Connects hang for so long before anything else happens.
  void delay(duration d) noexcept { delay_ = d; }
  /// The near end of every connection, as it is made.
  void on_connected(std::function<void(memory_stream& near)> f) { on_connected_ = std::move(f); }
  [[nodiscard]] int connects() const noexcept { return connects_; }

 private:
  timers& clock_;
  memory_link link_;
  acceptor accept_;
  std::function<void(memory_stream&)> on_connected_;
  std::optional<error> refusal_;
  int refusals_ = 0;
  duration delay_{};
  int connects_ = 0;
};

}  // namespace kiln::test
