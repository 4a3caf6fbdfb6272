#include "budget/scheduler_core.hpp"

#include <algorithm>
#include <limits>

namespace kiln {
namespace {

constexpr auto no_flight = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t generation_max = (1U << 30) - 1;
// Departures closer than this are waited for together; the store makes the delay good.
constexpr duration pace_grain = std::chrono::microseconds(250);

throttle::options throttle_options(budget_options const& all, double rate) {
  throttle::options options;
  options.rate = rate;
  options.headroom = all.headroom;
  options.adaptive = all.adaptive;
  options.in_flight_max = all.in_flight_max;
  options.retry_after_max = all.retry_after_max;
  return options;
}

lanes::options lanes_options(budget_options const& all) {
  lanes::options options;
  options.weights = all.lane_weights;
  options.wait_max = all.lane_wait_max;
  options.buckets = static_cast<std::uint16_t>(all.buckets.size());
  return options;
}

}  // namespace

scheduler_core::nested::nested(bucket_options const& what, budget_options const& all)
    : name(what.name),
      rate(what.rate),
      recent(what.rate, all.headroom),
      learned(throttle_options(all, what.rate)) {}

instant scheduler_core::nested::free_at(instant now) const noexcept {
  return std::max(recent.free_at(now), next);
}

// Departures fall on the budget's own grid, so those of a busy bucket come late by up to one step
// of it; that is made good, or a bucket of 7/s within 30/s would get 6.
void scheduler_core::nested::take(instant now, duration grid) {
  recent.take(now);
  next = (now - next <= grid ? next : now) + learned.gap();
}

void scheduler_core::nested::put_back(instant at) noexcept {
  recent.put_back(at);
  next -= learned.gap();
}

scheduler_core::scheduler_core(budget_options const& options, std::shared_ptr<budget_store> store,
                               random_source& random)
    : options_(options),
      store_(std::move(store)),
      random_(random),
      lanes_(lanes_options(options)),
      window_(options.rate),
      throttle_(throttle_options(options, options.rate)),
      free_flight_(no_flight) {
  buckets_.reserve(options_.buckets.size());
  for (auto const& each : options_.buckets) buckets_.emplace_back(each, options_);
}

std::uint16_t scheduler_core::bucket_of(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i].name == name) return static_cast<std::uint16_t>(i + 1);
  }
  return 0;
}

scheduler_core::admission scheduler_core::submit(lanes::call const& what, instant now) {
  if (closed_) return {0, refusal::closed};
  if (lanes_.size() >= options_.queue_max) return {0, refusal::queue_full};
  return {lanes_.push(what, now), {}};
}

instant scheduler_core::gate_opens(instant now) const noexcept {
  return std::max(window_.free_at(now), throttle_.paused_until());
}

instant scheduler_core::bucket_opens(instant now) const {
  instant soonest = never;
  lanes_.each_ready_bucket([&](std::uint16_t b) {
    soonest = std::min(soonest, b == 0 ? now : buckets_[b - 1U].free_at(now));
  });
  return soonest;
}

scheduler_core::decision scheduler_core::next(instant now) {
  decision result;
  if (closed_) {
    result.owner = lanes_.drain();
    if (result.owner != nullptr) result.what = decision::kind::refuse;
    result.why = refusal::closed;
    return result;
  }
  result.owner = lanes_.expire(now);
  if (result.owner != nullptr) {
    result.what = decision::kind::refuse;
    result.why = refusal::expired;
    return result;
  }
  lanes_.wake(now);
  result.until = lanes_.next_event();
  if (!lanes_.any_ready() || in_flight_ >= throttle_.in_flight_max()) return result;
  instant const opens = gate_opens(now);
  if (opens > now) {
    result.until = std::min(result.until, opens);
    return result;
  }
  throttle_.adopt(store_->agreed_gap(), now);
  auto const call = lanes_.pick(
      now, [&](std::uint16_t b) { return b == 0 || buckets_[b - 1U].free_at(now) <= now; });
  if (!call) {
    result.until = std::min(result.until, bucket_opens(now));
    return result;
  }
  instant const due = store_->try_take(now, throttle_.gap());
  if (due > now) {
    instant const together = throttle_.gap() < pace_grain ? due + pace_grain : due;
    result.until = std::min(result.until, together);
    return result;
  }
  return grant(*call, now);
}

instant scheduler_core::try_leave(instant now) { return store_->try_leave(now, throttle_.gap()); }

std::uint32_t scheduler_core::new_flight() {
  if (free_flight_ == no_flight) {
    flights_.emplace_back();
    return static_cast<std::uint32_t>(flights_.size() - 1);
  }
  std::uint32_t const i = free_flight_;
  free_flight_ = flights_[i].next_free;
  return i;
}

scheduler_core::decision scheduler_core::grant(lanes::handle call, instant now) {
  std::uint32_t const i = new_flight();
  flight& f = flights_[i];
  f.bucket = lanes_.bucket_of(call);
  f.gap = throttle_.gap();
  f.flying = true;
  ++in_flight_;
  ++granted_;
  window_.take(now);
  f.left = throttle_.departs(now, in_flight_);
  tell(f.gap);
  if (f.bucket != 0) {
    nested& b = buckets_[f.bucket - 1U];
    b.take(now, f.gap);
    f.left_bucket = b.learned.departs(now, in_flight_);
  }
  decision result;
  result.what = decision::kind::grant;
  result.owner = lanes_.take(call, now);
  result.grant = (std::uint64_t{f.generation} << 32) | (std::uint64_t{i} + 1);
  return result;
}

void scheduler_core::give_back(flight const& f) noexcept {
  ++returned_;
  window_.put_back(f.left.at);
  store_->put_back(f.left.at, f.gap);
  if (f.bucket == 0) return;
  buckets_[f.bucket - 1U].put_back(f.left.at);
}

void scheduler_core::learn(flight const& f, instant now, verdict what) noexcept {
  bool const refused = what == verdict::throttled_rate;
  if (f.bucket != 0) {
    nested& b = buckets_[f.bucket - 1U];
    if (refused && b.rate < options_.rate) {
      b.learned.comes_back(f.left_bucket, now, what);
      return;
    }
    if (what == verdict::done) b.learned.comes_back(f.left_bucket, now, what);
  }
  throttle_.comes_back(f.left, now, what);
}

void scheduler_core::finished(grant_id grant, instant now, verdict what,
                              std::optional<duration> retry_after) {
  auto const low = static_cast<std::uint32_t>(grant);
  if (low == 0 || low > flights_.size()) return;
  flight& f = flights_[low - 1];
  if (!f.flying || f.generation != grant >> 32) return;
  f.flying = false;
  f.generation = (f.generation + 1) & generation_max;
  f.next_free = free_flight_;
  free_flight_ = low - 1;
  --in_flight_;
  if (what == verdict::unused) {
    give_back(f);
    return;
  }
  bool const throttled = what == verdict::throttled_rate || what == verdict::throttled_concurrency;
  if (throttled) ++throttled_;
  if (throttled && retry_after) {
    throttle_.freeze(now, *retry_after);
    // Processes that were stopped together do not start again in step.
    auto const phase = random_.unit() * static_cast<double>(throttle_.gap().count());
    store_->hold(throttle_.paused_until() + duration(static_cast<duration::rep>(phase)));
  }
  throttle_.adopt(store_->agreed_gap(), now);
  duration const before = throttle_.gap();
  learn(f, now, what);
  tell(before);
}

void scheduler_core::tell(duration before) noexcept {
  if (throttle_.gap() != before) store_->agree(throttle_.gap());
}

}  // namespace kiln
