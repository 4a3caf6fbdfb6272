#include "orchestrate/wait_core.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>
#include <utility>

namespace kiln {

namespace {

duration scaled(duration d, double by) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(d) * by);
}

std::size_t moved(std::size_t place, std::optional<std::ptrdiff_t> by) {
  return static_cast<std::size_t>(
      std::max<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(place) + by.value_or(0), 0));
}

constexpr int off_looks = 4;  ///< After so many a thing is looked for on the list again.
/// A long page is work for the server too: with as many items it counts as one request more.
constexpr double items_worth_a_request = 500;
constexpr std::size_t barren_max = 2;  ///< Pages beyond the plan without anything watched.
constexpr double round_seconds = 15;   ///< As much of the rate may go to a round's single requests,
constexpr std::size_t singles_min = 8;  ///< but these always.

}  // namespace

wait_core::wait_core(settings s)
    : page_items_(s.page_items), rate_(s.rate), random_(s.seed), listed_(s.page_items > 0) {}

void wait_core::watch(std::string const& key, wait_pace const& pace, instant first) {
  auto const [at, added] = things_.try_emplace(key);
  auto& t = at->second;
  earliest_ = std::min(earliest_, first);
  if (added) {
    t.pace = pace;
    t.due = first;
    t.serial = next_serial_++;
    return;
  }
  ++t.watchers;
  t.pace.interval = std::min(t.pace.interval, pace.interval);
  t.pace.interval_max = std::min(t.pace.interval_max, pace.interval_max);
  t.pace.growth = std::min(t.pace.growth, pace.growth);
  t.due = std::min(t.due, first);
}

void wait_core::set_page_items(std::size_t items) noexcept {
  page_items_ = items;
  listed_ = items > 0;
}

void wait_core::unwatch(std::string const& key) {
  auto const at = things_.find(key);
  if (at == things_.end()) return;
  if (--at->second.watchers == 0) forget(at);
}

void wait_core::forget(std::unordered_map<std::string, thing>::iterator at) {
  if (at->second.wanted) --wanted_;
  things_.erase(at);
}

std::optional<instant> wait_core::next() const {
  if (busy_ || things_.empty()) return std::nullopt;
  return std::max(earliest_, not_before_);
}

// Between the last look at it and the next.
duration wait_core::plain_interval_of(thing const& t) {
  constexpr int looks_max = 1'024;
  double const grown = std::pow(t.pace.growth, std::min(t.looks, looks_max));
  auto const longest = std::chrono::duration<double>(t.pace.interval_max);
  auto const plain = std::min(std::chrono::duration<double>(t.pace.interval) * grown, longest);
  return std::chrono::duration_cast<duration>(plain);
}

// Everybody at once after the same time would be a burst; a tenth either way is enough.
duration wait_core::interval_of(thing const& t) {
  return scaled(plain_interval_of(t), 0.9 + 0.2 * random_.unit());
}

void wait_core::looked_at(thing& t, instant now) {
  t.due = now + interval_of(t);
  ++t.looks;
  // It may come back to the list, or have come to it late.
  if (t.place == off && t.looks % off_looks == 0) t.place.reset();
  if (std::exchange(t.wanted, false)) --wanted_;
}

wait_core::step wait_core::begin(instant now) {
  if (busy_) return {};
  busy_ = true;
  began_ = now;
  depth_ = pages_ = items_ = wanted_ = barren_ = outstanding_ = cost_ = 0;
  drift_.reset();
  ++count_.rounds;
  for (auto& [key, t] : things_) {
    // Who would be due soon is looked at along with the others: one round for both.
    auto const soon = scaled(plain_interval_of(t), 0.5);
    t.wanted = t.due <= now + soon;
    t.seen = false;
    if (t.wanted) ++wanted_;
  }
  if (wanted_ == 0) return end_round(now);
  if (listed_) depth_ = std::min(best_depth(), pages_max);
  if (depth_ == 0) return ask_singly(now);
  step out;
  out.page = true;
  return out;
}

// With the things in the order of the list: taking the pages down to the k-th costs those pages and
// a request for each thing behind it. Counted from the items that have been seen this round.
std::size_t wait_core::best_depth() const {
  std::vector<std::size_t> places;
  std::vector<std::pair<std::uint64_t, bool>> unknown;
  for (auto const& [key, t] : things_) {
    if (!t.place && !t.seen) unknown.emplace_back(t.serial, t.wanted);
  }
  std::size_t const above = pages_ == 0 ? unknown.size() : 0;  // later it shows in the drift
  places.reserve(wanted_);
  for (auto const& [key, t] : things_) {
    if (!t.wanted || !t.place || *t.place == off) continue;
    places.push_back(std::max(items_, moved(*t.place, drift_) + above) - items_);
  }
  // What has never been seen on the list is new: at its top, the latest first.
  std::sort(unknown.begin(), unknown.end(), std::greater<>());
  for (std::size_t rank = 0; rank < unknown.size(); ++rank) {
    if (unknown[rank].second) places.push_back(rank);
  }
  std::sort(places.begin(), places.end());
  std::size_t best = 0;
  auto least = static_cast<double>(places.size());  // singly; what is off the list always is
  auto const on_a_page = page_items_ == one_page ? list_items_ : page_items_;
  double const page_cost = 1 + static_cast<double>(on_a_page) / items_worth_a_request;
  for (std::size_t k = 0; k < places.size(); ++k) {
    std::size_t const pages = places[k] / page_items_ + 1;
    double const cost =
        static_cast<double>(pages) * page_cost + static_cast<double>(places.size() - k - 1);
    if (cost < least) {
      least = cost;
      best = pages;
    }
  }
  return best;
}

wait_core::step wait_core::page_came(std::span<std::string const> keys, bool more, instant now) {
  if (!busy_) return {};
  ++pages_;
  ++cost_;
  ++count_.pages;
  std::size_t hits = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto const at = things_.find(keys[i]);
    if (at == things_.end() || at->second.seen) continue;
    auto& t = at->second;
    auto const place = items_ + i;
    if (t.place && *t.place != off) {
      drift_ = static_cast<std::ptrdiff_t>(place) - static_cast<std::ptrdiff_t>(*t.place);
    }
    t.place = place;
    t.seen = true;
    ++hits;
    looked_at(t, now);
  }
  items_ += keys.size();
  list_items_ = items_;
  barren_ = hits == 0 ? barren_ + 1 : 0;
  if (wanted_ > 0 && more && pages_ < pages_max) {
    // At the end of the plan the places are known better: the list may have moved further down.
    if (pages_ >= depth_ && barren_ < barren_max) depth_ = pages_ + best_depth();
    if (pages_ < depth_) {
      step out;
      out.page = true;
      return out;
    }
  }
  settle_places(more);
  return wanted_ == 0 ? end_round(now) : ask_singly(now);
}

// Of what was not on the pages taken: it is further down than they reach, or not on the list.
void wait_core::settle_places(bool more) {
  for (auto& [key, t] : things_) {
    if (t.seen) continue;
    if (!more) {
      t.place = off;
    } else if (!t.place) {
      if (t.wanted) t.place = items_;
    } else if (*t.place != off) {
      auto const guess = moved(*t.place, drift_);
      // Not where it was thought to be: twice as deep, or each round would look a bit further.
      t.place = guess < items_ ? std::max(items_, 2 * guess) : guess;
    }
  }
}

wait_core::step wait_core::page_failed(bool for_good, instant now) {
  if (!busy_) return {};
  ++cost_;
  ++count_.pages;
  if (for_good) {
    listed_ = false;
    return wanted_ == 0 ? end_round(now) : ask_singly(now);
  }
  for (auto& [key, t] : things_) {
    if (t.wanted) looked_at(t, now);
  }
  return end_round(now);
}

wait_core::step wait_core::ask_singly(instant now) {
  using candidate = std::tuple<instant, std::uint64_t, std::string const*>;
  std::vector<candidate> asked;
  asked.reserve(wanted_);
  for (auto& [key, t] : things_) {
    if (t.wanted) asked.emplace_back(t.due, t.serial, &key);
  }
  auto const affordable = static_cast<std::size_t>(rate_ * round_seconds);
  auto const bound = std::clamp<std::size_t>(affordable, singles_min, singles_max);
  if (asked.size() > bound) {
    auto const last = asked.begin() + static_cast<std::ptrdiff_t>(bound);
    std::nth_element(asked.begin(), last, asked.end());
    for (auto i = last; i != asked.end(); ++i) {
      things_.find(*std::get<2>(*i))->second.wanted = false;
      --wanted_;
    }
    asked.erase(last, asked.end());
  }
  step out;
  for (auto const& [due, serial, key] : asked) out.singles.push_back(*key);
  outstanding_ = out.singles.size();
  cost_ += outstanding_;
  count_.singles += outstanding_;
  return outstanding_ == 0 ? end_round(now) : out;
}

void wait_core::single_came(std::string const& key, instant now) {
  if (!busy_ || outstanding_ == 0) return;
  if (auto const at = things_.find(key); at != things_.end()) looked_at(at->second, now);
  if (--outstanding_ == 0) (void)end_round(now);
}

wait_core::step wait_core::end_round(instant now) {
  busy_ = false;
  earliest_ = instant::max();
  for (auto const& [key, t] : things_) earliest_ = std::min(earliest_, t.due);
  auto const spent = std::chrono::duration<double>(static_cast<double>(cost_) / rate_);
  // A round without a request would follow itself at once.
  auto const pause = std::max(std::chrono::duration_cast<duration>(spent), round_min);
  not_before_ = std::max(began_ + pause, now);
  return {};
}

}  // namespace kiln
