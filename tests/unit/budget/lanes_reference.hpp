#pragma once

#include "budget/lanes.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <vector>

namespace kiln {

/// What `lanes` promises, without any index: a list of calls, searched whole each time.
class lanes_reference {
 public:
  explicit lanes_reference(lanes::options const& how) : how_(how) {}

  void push(lanes::call const& what, instant now) {
    calls_.push_back({what, 0});
    if (what.not_before <= now) make_ready(calls_.back(), now);
  }
  void erase(void* owner) {
    auto const it = std::find_if(calls_.begin(), calls_.end(),
                                 [&](entry const& e) { return e.what.owner == owner; });
    calls_.erase(it);
    forget_idle_flows();
  }
  /// Whether a call has expired, and if so whether `owner` is one of the first to; removes it.
  bool expire(instant now, void* owner) {
    auto const first = std::min_element(calls_.begin(), calls_.end(), [](auto& a, auto& b) {
      return a.what.deadline < b.what.deadline;
    });
    if (first == calls_.end() || first->what.deadline > now) return false;
    for (entry const& e : calls_) {
      if (e.what.owner == owner && e.what.deadline == first->what.deadline) {
        erase(owner);
        return true;
      }
    }
    return false;
  }
  void wake(instant now) {
    auto const earlier = [](auto a, auto b) { return a->what.not_before < b->what.not_before; };
    std::vector<entry*> due;  // by time, then as they came
    for (entry& e : calls_) {
      if (e.serial != 0 || e.what.not_before > now) continue;
      due.insert(std::upper_bound(due.begin(), due.end(), &e, earlier), &e);
    }
    for (entry* e : due) make_ready(*e, now);
  }
  template <class Open>
  void* pick(instant now, Open const& open) {
    entry const* best = nullptr;
    std::tuple<bool, std::int64_t> best_lane;
    for (std::size_t l = 0; l < lane_count; ++l) {
      entry const* const candidate = first_of(l, open);
      if (candidate == nullptr) continue;
      bool const overdue = now - lanes_[l].waits_since >= how_.wait_max;
      std::tuple<bool, std::int64_t> const rank{
          !overdue, overdue ? lanes_[l].waits_since.time_since_epoch().count()
                            : static_cast<std::int64_t>(lanes_[l].pass)};
      if (best != nullptr && !(rank < best_lane)) continue;
      best = candidate;
      best_lane = rank;
    }
    return best == nullptr ? nullptr : best->what.owner;
  }
  void take(void* owner, instant now) {
    auto const it = std::find_if(calls_.begin(), calls_.end(),
                                 [&](entry const& e) { return e.what.owner == owner; });
    auto const l = static_cast<std::size_t>(it->what.lane);
    present_ = UINT64_MAX;
    for (std::size_t i = 0; i < lane_count; ++i) {
      if (ready_in(i) > 0) present_ = std::min(present_, lanes_[i].pass);
    }
    lanes_[l].pass += (1ULL << 32) / how_.weights[l];
    lanes_[l].waits_since = now;
    auto& stands = starts_[flow_of(it->what)];
    lanes_[l].now = std::max(lanes_[l].now, ++stands);
    calls_.erase(it);
    forget_idle_flows();
  }
  [[nodiscard]] instant next_event() const {
    instant next = never;
    for (entry const& e : calls_) {
      next = std::min(next, e.what.deadline);
      if (e.serial == 0) next = std::min(next, e.what.not_before);
    }
    return next;
  }

 private:
  using flow_key = std::tuple<kiln::lane, std::uint16_t, std::uint32_t>;
  struct entry {
    lanes::call what;
    std::int64_t serial;  // 0: not ready
  };
  struct lane_state {
    std::uint64_t now = 0;
    std::uint64_t pass = 0;
    instant waits_since{};
  };

  static flow_key flow_of(lanes::call const& c) { return {c.lane, c.bucket, c.tenant}; }
  [[nodiscard]] int ready_in(std::size_t l) const {
    return static_cast<int>(std::count_if(calls_.begin(), calls_.end(), [&](entry const& e) {
      return e.serial != 0 && static_cast<std::size_t>(e.what.lane) == l;
    }));
  }
  void make_ready(entry& e, instant now) {
    auto const l = static_cast<std::size_t>(e.what.lane);
    if (ready_in(l) == 0) {
      lanes_[l].waits_since = now;
      lanes_[l].pass = std::max(lanes_[l].pass, present_);
    }
    auto const flow = flow_of(e.what);
    bool const first = std::none_of(calls_.begin(), calls_.end(), [&](entry const& other) {
      return other.serial != 0 && flow_of(other.what) == flow;
    });
    if (first) starts_[flow] = std::max(starts_[flow], lanes_[l].now);
    e.serial = next_serial_++;
  }
  void forget_idle_flows() {
    std::erase_if(starts_, [&](auto const& flow) {
      return std::none_of(calls_.begin(), calls_.end(),
                          [&](entry const& e) { return flow_of(e.what) == flow.first; });
    });
  }
  // The first call of each flow competes by where its flow stands, then by age.
  template <class Open>
  entry const* first_of(std::size_t l, Open const& open) {
    std::map<flow_key, entry const*> heads;
    for (entry const& e : calls_) {
      if (e.serial == 0 || static_cast<std::size_t>(e.what.lane) != l || !open(e.what.bucket)) {
        continue;
      }
      entry const*& head = heads[flow_of(e.what)];
      if (head == nullptr ||
          std::tie(e.what.deadline, e.serial) < std::tie(head->what.deadline, head->serial)) {
        head = &e;
      }
    }
    entry const* best = nullptr;
    for (auto const& [flow, head] : heads) {
      if (best == nullptr || std::make_tuple(starts_[flow], head->serial) <
                                 std::make_tuple(starts_[flow_of(best->what)], best->serial)) {
        best = head;
      }
    }
    return best;
  }

  lanes::options how_;
  std::array<lane_state, lane_count> lanes_;
  std::vector<entry> calls_;
  std::map<flow_key, std::uint64_t> starts_;
  std::uint64_t present_ = 0;
  std::int64_t next_serial_ = 1;
};

}  // namespace kiln
