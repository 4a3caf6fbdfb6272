#pragma once

#include "core/clock.hpp"

#include <kiln/transfer.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

// What a running transfer says of itself: pure, from samples to text.
namespace kiln::cli {

struct progress_sample {
  transfer_progress progress;
  std::uint64_t throttled = 0;  ///< 429s during the transfer.
  double rate = 0;              ///< Requests per second the budget allows at present.
  instant now{};
};

/// In [0, 1]; 1 only when every file has ended.
[[nodiscard]] double fraction_done(transfer_progress const& p) noexcept;

/// What is left takes as long as what was done did, and never less than the budget allows for the
/// requests that are left. nullopt while nothing is known.
[[nodiscard]] std::optional<duration> time_left(progress_sample const& s) noexcept;

/// Requests per second over the last seconds.
class recent_rate {
 public:
  double add(instant now, std::uint64_t requests);

 private:
  struct point {
    instant at;
    std::uint64_t requests;
  };
  std::deque<point> points_;
};

/// One line that fits `columns`: bar, share, files, bytes, requests a second, 429s, time left.
[[nodiscard]] std::string bar_text(progress_sample const& s, double requests_per_second,
                                   std::size_t columns);
[[nodiscard]] std::string plain_text(progress_sample const& s, double requests_per_second);

/// {"event":"progress",...,"seconds_left":12.0}; that is missing while nothing is known.
[[nodiscard]] std::string progress_json(progress_sample const& s, double requests_per_second);

/// When a plain line is due: at every 10 %, and when 30 s passed without one.
class plain_schedule {
 public:
  bool due(progress_sample const& s);

 private:
  int tenths_ = 0;
  std::optional<instant> last_;
};

}  // namespace kiln::cli
