#include "budget/throttle.hpp"

#include <algorithm>
#include <cmath>

namespace kiln {
namespace {

using seconds = std::chrono::duration<double>;

// The pace never falls below this share of the rate: a server that lets nothing through is asked
// again now and then.
constexpr double pace_min_share = 1.0 / 60;
// 429s among the last answers: each answer counts for 1/32.
constexpr double share_memory = 1.0 / 32;
// A 429 takes this share of `share_` off the pace: 1.2 % for one alone, 20 % for nothing but 429s.
constexpr double cut_per_share = 0.4;
constexpr double cut_max = 0.3;
// Answers to requests that left this soon after a cut were decided by what left before it.
constexpr seconds cut_settles{0.25};
// Without a 429 for this long the pace was fine, and a fast return may start; it takes about
// return_time and ends this far below the pace that was bad.
constexpr seconds quiet{1.0};
constexpr seconds return_time{1.5};
constexpr double return_margin = 0.025;
// The share of 429s that finding the edge may cost. Near the full rate there is nothing to gain;
// far below it there may be. Further down than a limiter alone explains, the way scatters arrivals
// before one that spaces them: there the pace that gets most through pays with 429s. At a small
// part of the rate, finding more is worth much more than a 429. It never falls with the pace that
// is missing: of two clients the slower one must be the bolder.
constexpr double share_near = 0.0004;
constexpr double share_far = 0.006;
constexpr double share_scattered = 0.03;
constexpr double share_lost = 0.04;
constexpr double near_ends = 0.02;  // as a part of the full rate that is missing
constexpr double far_begins = 0.06;
constexpr double scattered_begins = 0.14;
constexpr double scattered_full = 0.165;
constexpr double lost_begins = 0.40;
constexpr double lost_ends = 0.95;
// After 1.5 times the time a 429 should have come in, or this, growth doubles again and again.
constexpr seconds patience_max{18.0};
constexpr seconds runaway_doubling{3.0};
constexpr double doublings_max = 40;
constexpr double growth_max = 0.05;  // at one departure
// A limiter looks back about a second: what it saw is the mean pace, not that of this moment.
constexpr seconds asked_memory{0.5};
// Good answers at the in-flight limit before one more is tried; doubled by each refusal.
constexpr std::uint32_t crowded_min = 64;
constexpr std::uint32_t crowded_max = 1024;

double part_of(double value, double from, double to) {
  return std::clamp((value - from) / (to - from), 0.0, 1.0);
}

}  // namespace

std::int64_t last_second::slice_of(instant at) noexcept {
  constexpr std::int64_t slice_ns = 1'000'000'000 / slices;
  return at.time_since_epoch().count() / slice_ns;
}

void last_second::turn(std::int64_t slice) noexcept {
  if (slice <= newest_) return;
  auto const steps = std::min<std::int64_t>(slice - newest_, slices + 1);
  for (std::int64_t i = 0; i < steps; ++i) {
    counts_[static_cast<std::size_t>((slice - i) % (slices + 1))] = 0;
  }
  newest_ = slice;
}

void last_second::add(instant at) noexcept {
  turn(slice_of(at));
  ++counts_[static_cast<std::size_t>(newest_ % (slices + 1))];
}

double last_second::count(instant now) const noexcept {
  constexpr std::int64_t slice_ns = 1'000'000'000 / slices;
  auto const slice = slice_of(now);
  auto const ns = now.time_since_epoch().count();
  double const into = static_cast<double>(ns - slice * slice_ns) / static_cast<double>(slice_ns);
  double sum = 0;
  for (std::int64_t n = newest_; n >= 0 && n > newest_ - (slices + 1); --n) {
    auto const age = slice - n;
    if (age > slices) break;
    auto const count = static_cast<double>(counts_[static_cast<std::size_t>(n % (slices + 1))]);
    sum += age == slices ? count * (1 - into) : count;
  }
  return sum;
}

throttle::throttle(options const& limits)
    : limits_(limits),
      pace_max_(limits.rate / (1 + limits.headroom)),
      in_flight_max_(limits.in_flight_max) {
  set_pace(pace_max_);
  asked_pace_ = pace_;
}

void throttle::set_pace(double pace) noexcept {
  pace_ = std::clamp(pace, pace_max_ * pace_min_share, pace_max_);
  gap_ = duration(static_cast<duration::rep>(std::ceil(1e9 / pace_)));
}

double throttle::share_wanted() const noexcept {
  double const shortfall = 1 - pace_ / pace_max_;
  // Not where a 429 freezes everything.
  double const scattered =
      part_of(shortfall, scattered_begins, scattered_full) * std::max(0.0, 1 - 4 * freeze_seconds_);
  double const share =
      share_near + (share_far - share_near) * part_of(shortfall, near_ends, far_begins) +
      share_scattered * scattered + share_lost * part_of(shortfall, lost_begins, lost_ends);
  // A 429 that freezes everything costs as many requests as the pause lasts.
  return share / (1 + freeze_seconds_ * pace_ / 4);
}

void throttle::adopt(duration gap, instant now) noexcept {
  if (!limits_.adaptive || gap <= duration::zero() || gap == gap_) return;
  if (gap > gap_) {  // the other one saw a 429
    last_429_ = now;
    last_cut_ = now;
    bad_pace_ = asked_pace_;
  }
  set_pace(1e9 / static_cast<double>(gap.count()));
}

throttle::departure throttle::departs(instant now, std::uint32_t in_flight) noexcept {
  // A client that has little to send learns little.
  auto const elapsed = std::min<duration>(now - last_departure_, gap_ * 9 / 8);
  last_departure_ = now;
  asked_pace_ +=
      (pace_ - asked_pace_) * std::min(1.0, seconds(elapsed).count() / asked_memory.count());
  if (limits_.adaptive && pace_ < pace_max_) grow(now, elapsed);
  double const offered = std::max(pace_, asked_pace_);
  return {now, static_cast<float>(offered), in_flight};
}

void throttle::grow(instant now, duration elapsed) noexcept {
  double const dt = seconds(elapsed).count();
  seconds const since = now - std::max(last_429_, paused_until_);
  // Per second; what one 429 takes comes back in the time a 429 should come in.
  double rate = cut_per_share * share_memory * share_wanted() * pace_;
  double const target = bad_pace_ * (1 - return_margin);
  if (pace_ < target && since > quiet) {
    rate += (target - pace_) / pace_ / return_time.count();
  } else {
    double const due = std::min(1.5 / (share_wanted() * pace_), patience_max.count());
    double const doublings = (since.count() - due) / runaway_doubling.count();
    if (doublings > 0) rate *= std::exp2(std::min(doublings, doublings_max));
  }
  set_pace(pace_ * (1 + std::min(rate * dt, growth_max)));
}

void throttle::comes_back(departure const& left, instant now, verdict what) noexcept {
  if (what == verdict::unused || what == verdict::failed || !limits_.adaptive) return;
  if (what == verdict::throttled_concurrency) {
    fewer_at_once(left, now);
    return;
  }
  bool const refused = what == verdict::throttled_rate;
  share_ += share_memory * ((refused ? 1.0 : 0.0) - share_);
  if (refused) {
    slow_down(left, now);
    return;
  }
  served_.add(now);
  more_at_once(left);
}

void throttle::slow_down(departure const& left, instant now) noexcept {
  last_429_ = now;
  bad_pace_ = left.offered;
  if (left.at < last_cut_ + cut_settles) return;
  last_cut_ = now;
  double const cut = std::min(cut_per_share * (1 + freeze_seconds_) * share_, cut_max);
  double const served = std::min(served_.count(now), pace_ * (1 - cut_per_share * share_memory));
  set_pace(std::max(pace_ * (1 - cut), served));
}

void throttle::freeze(instant now, duration how_long) noexcept {
  how_long = std::clamp(how_long, duration::zero(), limits_.retry_after_max);
  paused_until_ = std::max(paused_until_, now + how_long);
  freeze_seconds_ += (seconds(how_long).count() - freeze_seconds_) / 4;
}

void throttle::fewer_at_once(departure const& left, instant now) noexcept {
  if (left.at < last_crowd_cut_) return;
  last_crowd_cut_ = now;
  in_flight_max_ = std::max(1U, std::min(in_flight_max_, left.in_flight) - 1);
  crowded_answers_ = 0;
  crowded_wanted_ = std::clamp(crowded_wanted_ * 2, crowded_min, crowded_max);
}

void throttle::more_at_once(departure const& left) noexcept {
  if (in_flight_max_ >= limits_.in_flight_max || left.in_flight < in_flight_max_) return;
  if (++crowded_answers_ < crowded_wanted_) return;
  crowded_answers_ = 0;
  crowded_wanted_ = std::max(crowded_min, crowded_wanted_ / 2);
  ++in_flight_max_;
}

}  // namespace kiln
