#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace kiln {

/// When a token is used, fetched anew, waited for or given up: its times, never the token itself.
/// Sans-I/O. Both clocks count: a machine that slept has an old token although its monotonic clock
/// stood still, and one whose wall clock is set back must not trust it for longer.
class token_core {
 public:
  static constexpr duration life_max = std::chrono::hours(24);
  static constexpr duration life_assumed = std::chrono::minutes(10);  ///< Where none is stated.
  /// A token is renewed in the last half of its life, but not earlier than this before its end.
  static constexpr duration ahead_max = std::chrono::minutes(20);
  /// Share of that time over which clients of the same age spread.
  static constexpr double ahead_jitter = 0.25;
  /// Left of a token's life that is not used: for the way to the server and its own clock.
  static constexpr duration margin_max = std::chrono::seconds(30);
  static constexpr duration backoff_base = std::chrono::seconds(1);
  static constexpr duration backoff_max = std::chrono::minutes(1);
  /// Between two fetches that the server's 401 asked for.
  static constexpr duration forced_gap = std::chrono::seconds(30);

  explicit token_core(std::uint64_t seed) noexcept : random_(seed) {}

  enum class step : unsigned char {
    use,   ///< The token at hand is good.
    wait,  ///< For the fetch that is under way or to be started.
    fail,  ///< With the last error: the next fetch is not due yet.
  };
  struct decision {
    step what = step::fail;
    bool fetch = false;  ///< Start one now; fetched() or failed() must follow.
  };
  /// A call needs the token.
  [[nodiscard]] decision wanted(instant now, wall_time wall) noexcept;
  /// The same question without consequences.
  [[nodiscard]] bool usable(instant now, wall_time wall) const noexcept;

  /// `lifetime` is above 0, or unknown. It counts from the moment the fetch was started.
  void fetched(std::optional<duration> lifetime) noexcept;
  /// `retry_after`: what the server asked to wait, already bounded.
  void failed(instant now, duration retry_after = {}) noexcept;
  /// The server refused the token. False: a new one would not help, or was just fetched for this.
  [[nodiscard]] bool rejected(instant now) noexcept;

  [[nodiscard]] bool fetching() const noexcept { return fetching_; }
  [[nodiscard]] instant refresh_at() const noexcept { return refresh_at_; }
  [[nodiscard]] instant expires_at() const noexcept { return expires_at_; }
  [[nodiscard]] instant not_before() const noexcept { return not_before_; }

 private:
  random_source random_;
  bool has_token_ = false;
  bool refused_ = false;  ///< By the server; the token is of no use any more.
  bool fetching_ = false;
  unsigned failures_ = 0;  ///< In a row.
  instant started_{};
  wall_time started_wall_{};
  instant refresh_at_{};
  instant expires_at_{};
  wall_time expires_wall_{};
  instant not_before_{};  ///< Of the next fetch.
  instant held_until_{};  ///< Of any fetch, by the server's own word.
  std::optional<instant> forced_at_;
};

}  // namespace kiln
