#include "client/token_core.hpp"

#include <algorithm>
#include <cmath>

namespace kiln {

namespace {

duration scaled(duration d, double by) {
  return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * by));
}

}  // namespace

bool token_core::usable(instant now, wall_time wall) const noexcept {
  return has_token_ && !refused_ && now < expires_at_ && wall < expires_wall_;
}

token_core::decision token_core::wanted(instant now, wall_time wall) noexcept {
  bool const good = usable(now, wall);
  if (fetching_) return {good ? step::use : step::wait, false};
  bool const due = now >= not_before_;
  if (good && (now < refresh_at_ || !due)) return {step::use, false};
  if (!due) return {step::fail, false};
  fetching_ = true;
  started_ = now;
  started_wall_ = wall;
  return {good ? step::use : step::wait, true};
}

void token_core::fetched(std::optional<duration> lifetime) noexcept {
  fetching_ = false;
  has_token_ = true;
  refused_ = false;
  failures_ = 0;
  not_before_ = {};
  held_until_ = {};
  auto const life = std::min(lifetime.value_or(life_assumed), life_max);
  auto const usable_for = life - std::min(margin_max, life / 10);
  auto const ahead = std::min(life / 2, ahead_max);
  expires_at_ = started_ + usable_for;
  expires_wall_ = started_wall_ + std::chrono::duration_cast<wall_time::duration>(usable_for);
  auto const spread = scaled(ahead, 1 - ahead_jitter * random_.unit());
  refresh_at_ = started_ + std::min(life - spread, usable_for);
}

void token_core::failed(instant now, duration retry_after) noexcept {
  fetching_ = false;
  ++failures_;
  constexpr unsigned doublings_max = 16;
  auto const grown = scaled(backoff_base, std::exp2(std::min(failures_ - 1, doublings_max)));
  // Up to a tenth on top: those who were told the same do not come back together.
  held_until_ = now + retry_after + scaled(retry_after, 0.1 * random_.unit());
  not_before_ = now + scaled(std::min(grown, backoff_max), 0.5 + 0.5 * random_.unit());
  not_before_ = std::max(not_before_, held_until_);
}

bool token_core::rejected(instant now) noexcept {
  if (!has_token_ || refused_) return true;
  if (forced_at_ && now - *forced_at_ < forced_gap) return false;
  forced_at_ = now;
  refused_ = true;
  // A fetch under way gives a new token; else the next call starts one, back-off or not, unless
  // the server asked to be left alone.
  not_before_ = held_until_;
  return true;
}

}  // namespace kiln
