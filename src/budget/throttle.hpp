#pragma once

#include "budget/verdict.hpp"
#include "core/clock.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace kiln {

/// How many events fell into the second before a moment, in eight slices.
class last_second {
 public:
  void add(instant at) noexcept;
  [[nodiscard]] double count(instant now) const noexcept;

 private:
  static constexpr std::int64_t slices = 8;
  [[nodiscard]] static std::int64_t slice_of(instant at) noexcept;
  void turn(std::int64_t slice) noexcept;

  std::array<std::uint32_t, slices + 1> counts_{};  // ring by slice number
  std::int64_t newest_ = 0;                         // slice number of the newest
};

/// Learns from answers how fast a server lets itself be asked; sans-I/O.
///
/// What it rests on: a limiter that spaces requests, or one that counts refused requests too,
/// serves far less when it is asked even a little too fast, so the pace must settle just below the
/// edge and 429s must stay rare. A 429 takes a little off the pace at once; many 429s take much,
/// but never to less than what was served in the last second. Afterwards the pace goes back fast
/// to just below where 429s were seen, creeps from there so slowly that 429s keep to a wanted
/// share, and runs ahead once none came when one was due: the limit was raised. The wanted share
/// is larger the further the pace is below the full rate, which is also what lets clients who
/// know nothing of each other drift to equal shares.
class throttle {
 public:
  struct options {
    double rate = 30;  ///< Requests per second, > 0.
    double headroom = 0.01;
    bool adaptive = true;
    std::uint32_t in_flight_max = 256;
    duration retry_after_max = std::chrono::seconds(60);
  };
  /// What was known when a request left; comes back with its outcome.
  struct departure {
    instant at{};
    float offered = 0;            ///< Requests per second asked of the server around that moment.
    std::uint32_t in_flight = 0;  ///< With this one.
  };

  explicit throttle(options const& limits);

  [[nodiscard]] duration gap() const noexcept { return gap_; }
  [[nodiscard]] double pace() const noexcept { return pace_; }
  [[nodiscard]] std::uint32_t in_flight_max() const noexcept { return in_flight_max_; }
  [[nodiscard]] instant paused_until() const noexcept { return paused_until_; }

  /// Goes on from what another client of the same budget learned; zero: nothing.
  void adopt(duration gap, instant now) noexcept;
  departure departs(instant now, std::uint32_t in_flight) noexcept;
  void comes_back(departure const& left, instant now, verdict what) noexcept;
  /// A Retry-After: nothing leaves before now + how_long, clamped to [0, retry_after_max].
  void freeze(instant now, duration how_long) noexcept;

 private:
  void grow(instant now, duration elapsed) noexcept;
  void slow_down(departure const& left, instant now) noexcept;
  void fewer_at_once(departure const& left, instant now) noexcept;
  void more_at_once(departure const& left) noexcept;
  void set_pace(double pace) noexcept;
  /// The share of 429s worth paying at this pace.
  [[nodiscard]] double share_wanted() const noexcept;

  options limits_;
  double pace_max_;
  double pace_ = 0;
  duration gap_{};
  instant paused_until_{};

  double asked_pace_ = 0;  // mean pace of about the last second
  last_second served_;
  instant last_departure_{};
  instant last_429_{};
  instant last_cut_{};         // departures before it say nothing about the pace since
  double share_ = 0;           // of 429s among the last answers, smoothed
  double bad_pace_ = 0;        // where 429s were last seen; 0: nowhere yet
  double freeze_seconds_ = 0;  // what a 429 costs beside itself, smoothed

  std::uint32_t in_flight_max_;
  std::uint32_t crowded_answers_ = 0;  // good answers at the in-flight limit since it moved
  std::uint32_t crowded_wanted_ = 0;   // of those, before one more is tried
  instant last_crowd_cut_{};
};

}  // namespace kiln
