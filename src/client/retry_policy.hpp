#pragma once

#include "core/clock.hpp"
#include "core/random.hpp"
#include "http/message.hpp"

#include <kiln/endpoint.hpp>
#include <kiln/error.hpp>
#include <kiln/options.hpp>

#include <optional>
#include <string_view>

// Whether a failed attempt is followed by another, and when. Sans-I/O: facts in, decision out.
//
// Every failed attempt is one of: answered (the server decided), surely not applied (nothing, or
// not all, of the request was handed over; or 429), ambiguous (all of it was sent, and no answer or
// a 5xx says what became of it). Only calls whose endpoint may be repeated follow an ambiguous one.
namespace kiln {

/// What is known of an attempt that did not succeed.
struct attempt_facts {
  errc code = errc::connection_lost;
  int status = 0;               ///< 0: no answer.
  std::string_view error_code;  ///< The server's spelling.
  http::sent sent = http::sent::nothing;
  bool response_started = false;
  bool reused_connection = false;
  std::optional<duration> retry_after{};
};

enum class certainty : unsigned char { answered, not_applied, ambiguous };
[[nodiscard]] certainty certainty_of(attempt_facts const& facts) noexcept;

/// Says nothing of the thing asked for, and may be gone when it is asked for again: of those who go
/// on asking when a call with all its attempts has failed.
[[nodiscard]] bool is_temporary(errc code) noexcept;

/// Pays for retries out of the successes of the same handle, so that an outage is not amplified:
/// a full reserve at first, one token a retry, `share` of a token back for each success.
class retry_reserve {
 public:
  explicit retry_reserve(double share) noexcept : share_(share) {}
  void succeeded() noexcept;
  [[nodiscard]] bool take() noexcept;
  static constexpr double tokens_max = 100;

 private:
  double share_;
  double tokens_ = tokens_max;
};

struct retry_decision {
  enum class kind : unsigned char {
    give_up,
    again,        ///< After `delay`, through the gate.
    again_fresh,  ///< At once, through the gate, on a new connection.
  };
  kind what = kind::give_up;
  duration delay{};
  std::string_view why;  ///< For the log, and for the error text when giving up early.
};

/// The retries of one call.
class retry_state {
 public:
  retry_state(retry_options const& options, repeat repeats, bool single_attempt) noexcept
      : options_(&options), repeats_(repeats), single_attempt_(single_attempt) {}

  /// Called once per failed attempt. `reached_before`: some answer ever came from this host; until
  /// then a host that cannot be reached is more likely a typing error than an outage.
  [[nodiscard]] retry_decision next(attempt_facts const& facts, instant now, instant deadline,
                                    bool reached_before, bool token_renewed, retry_reserve& reserve,
                                    random_source& random) noexcept;

  [[nodiscard]] int attempts() const noexcept { return attempts_; }
  /// An attempt so far may have been applied without an answer.
  [[nodiscard]] bool ambiguous() const noexcept { return ambiguous_ && repeats_ != repeat::safe; }

  static constexpr int unreached_attempts_max = 2;
  static constexpr int stale_connections_max = 4;  ///< Of one call, beyond attempts_max.
  static constexpr duration partial_delete_delay = std::chrono::seconds(1);

 private:
  [[nodiscard]] retry_decision after(duration delay, instant now, instant deadline,
                                     std::string_view why) const noexcept;

  retry_options const* options_;
  repeat repeats_;
  bool single_attempt_;
  bool ambiguous_ = false;
  bool renewed_ = false;
  int attempts_ = 0;
  int counted_ = 0;  ///< Attempts that count against attempts_max.
  int stale_ = 0;
};

}  // namespace kiln
