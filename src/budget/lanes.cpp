#include "budget/lanes.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace kiln {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
// What one grant costs a flow in virtual time, and the stride of a lane of weight 1.
constexpr std::uint64_t turn = 1;
constexpr std::uint64_t stride_one = 1ULL << 32;
constexpr auto never_passed = std::numeric_limits<std::uint64_t>::max();

std::uint64_t key_of(kiln::lane lane, std::uint16_t bucket, std::uint32_t tenant) noexcept {
  return (static_cast<std::uint64_t>(lane) << 48) | (std::uint64_t{bucket} << 32) | tenant;
}

}  // namespace

struct lanes::by_deadline {
  lanes* self;
  bool before(index a, index b) const { return self->at(a).deadline < self->at(b).deadline; }
  std::uint32_t& place(index a) const { return self->at(a).expiry_place; }
};
struct lanes::by_order {
  lanes* self;
  bool before(index a, index b) const { return self->at(a).order < self->at(b).order; }
  std::uint32_t& place(index a) const { return self->at(a).place; }
};
struct lanes::by_urgency {
  lanes* self;
  bool before(index a, index b) const {
    slot const& x = self->at(a);
    slot const& y = self->at(b);
    return x.deadline != y.deadline ? x.deadline < y.deadline : x.order < y.order;
  }
  std::uint32_t& place(index a) const { return self->at(a).place; }
};
struct lanes::by_start {
  lanes* self;
  bool before(index a, index b) const {
    flow const& x = self->flows_[a];
    flow const& y = self->flows_[b];
    if (x.start != y.start) return x.start < y.start;
    return self->at(x.calls.top()).order < self->at(y.calls.top()).order;
  }
  std::uint32_t& place(index a) const { return self->flows_[a].place; }
};

lanes::lanes(options const& how) : how_(how), free_slots_(none) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i].groups.resize(std::size_t{how.buckets} + 1);
    lanes_[i].stride = stride_one / std::max(1U, how.weights[i]);
  }
}

lanes::handle lanes::handle_of(index i) const noexcept {
  return (std::uint64_t{at(i).generation} << 32) | (std::uint64_t{i} + 1);
}

lanes::index lanes::find(handle which) const noexcept {
  auto const low = static_cast<std::uint32_t>(which);
  if (low == 0 || low > slots_used_) return none;
  slot const& s = at(low - 1);
  return s.state != where::free && s.generation == which >> 32 ? low - 1 : none;
}

lanes::lane_state& lanes::lane_of(flow const& f) noexcept { return lanes_[f.key >> 48]; }

std::uint16_t lanes::bucket_of(flow const& f) const noexcept {
  return static_cast<std::uint16_t>(f.key >> 32);
}

std::uint16_t lanes::bucket_of(handle which) const noexcept {
  index const i = find(which);
  return i == none ? std::uint16_t{0} : bucket_of(flows_[at(i).flow]);
}

lanes::group& lanes::group_of(flow const& f) noexcept { return lane_of(f).groups[bucket_of(f)]; }

lanes::index lanes::new_slot() {
  if (free_slots_ != none) {
    index const i = free_slots_;
    free_slots_ = static_cast<index>(at(i).order);
    return i;
  }
  if (slots_used_ == chunks_.size() * chunk_slots) {
    chunks_.push_back(std::make_unique<slot[]>(chunk_slots));
  }
  return slots_used_++;
}

void lanes::free_slot(index i) noexcept {
  slot& s = at(i);
  s.state = where::free;
  s.owner = nullptr;
  s.generation = (s.generation + 1) & generation_max;
  s.order = free_slots_;
  free_slots_ = i;
  --size_;
}

lanes::index lanes::flow_for(call const& what) {
  auto const key = key_of(what.lane, what.bucket, what.tenant);
  auto const [place, is_new] = flow_of_.try_emplace(key, none);
  if (!is_new) return place->second;
  index f;
  if (free_flows_.empty()) {
    f = static_cast<index>(flows_.size());
    flows_.emplace_back();
  } else {
    f = free_flows_.back();
    free_flows_.pop_back();
  }
  flows_[f].key = key;
  flows_[f].start = 0;
  place->second = f;
  return f;
}

lanes::handle lanes::push(call const& what, instant now) {
  assert(what.bucket <= how_.buckets);
  index const f = flow_for(what);
  index const i = new_slot();
  slot& s = at(i);
  s.owner = what.owner;
  s.deadline = what.deadline;
  s.flow = f;
  ++size_;
  if (what.deadline != never) expiries_.push(i, by_deadline{this});
  if (what.not_before > now) {
    s.state = where::sleeping;
    s.order = what.not_before.time_since_epoch().count();
    ++flows_[f].sleepers;
    sleepers_.push(i, by_order{this});
  } else {
    make_ready(i, now);
  }
  return handle_of(i);
}

void lanes::make_ready(index i, instant now) {
  slot& s = at(i);
  flow& f = flows_[s.flow];
  lane_state& lane = lane_of(f);
  s.state = where::ready;
  s.order = next_serial_++;
  bool const first = f.calls.empty();
  f.calls.push(i, by_urgency{this});
  if (first) {
    f.start = std::max(f.start, lane.now);
    group_of(f).flows.push(s.flow, by_start{this});
  } else if (f.calls.top() == i) {
    group_of(f).flows.moved(s.flow, by_start{this});
  }
  ++ready_;
  if (lane.ready++ == 0) {
    lane.waits_since = now;
    lane.pass = std::max(lane.pass, pass_now_);
  }
}

void lanes::wake(instant now) {
  while (!sleepers_.empty() && at(sleepers_.top()).order <= now.time_since_epoch().count()) {
    index const i = sleepers_.top();
    sleepers_.erase(i, by_order{this});
    --flows_[at(i).flow].sleepers;
    make_ready(i, now);
  }
  sleepers_.trim();
}

void lanes::remove(index i, std::uint64_t charge) noexcept {
  slot& s = at(i);
  index const fi = s.flow;
  flow& f = flows_[fi];
  if (s.deadline != never) {
    expiries_.erase(i, by_deadline{this});
    expiries_.trim();
  }
  if (s.state == where::sleeping) {
    sleepers_.erase(i, by_order{this});
    --f.sleepers;
  } else {
    // The flow leaves its group's heap while what orders it there changes.
    bool const was_first = f.calls.top() == i;
    if (was_first) group_of(f).flows.erase(fi, by_start{this});
    f.calls.erase(i, by_urgency{this});
    f.start += charge;
    if (was_first && !f.calls.empty()) group_of(f).flows.push(fi, by_start{this});
    --ready_;
    --lane_of(f).ready;
  }
  free_slot(i);
  if (f.calls.empty()) {
    f.calls.trim();
    if (f.sleepers == 0) free_flow(fi);
  }
}

void lanes::free_flow(index fi) noexcept {
  flow_of_.erase(flows_[fi].key);
  free_flows_.push_back(fi);
}

bool lanes::erase(handle which) noexcept {
  index const i = find(which);
  if (i == none) return false;
  remove(i);
  return true;
}

std::optional<std::uint16_t> lanes::best_group(lane_state const& lane,
                                               bucket_open const& open) const {
  std::optional<std::uint16_t> best;
  by_start const order{const_cast<lanes*>(this)};
  for (std::size_t b = 0; b < lane.groups.size(); ++b) {
    auto const bucket = static_cast<std::uint16_t>(b);
    heap4 const& flows = lane.groups[b].flows;
    if (flows.empty()) continue;
    if (best && !order.before(flows.top(), lane.groups[*best].flows.top())) continue;
    if (open(bucket)) best = bucket;
  }
  return best;
}

std::optional<lanes::handle> lanes::pick(instant now, bucket_open const& open) const {
  lane_state const* chosen = nullptr;
  std::uint16_t bucket = 0;
  bool chosen_overdue = false;
  for (lane_state const& lane : lanes_) {
    if (lane.ready == 0) continue;
    bool const overdue = now - lane.waits_since >= how_.wait_max;
    if (chosen != nullptr) {
      if (chosen_overdue && !overdue) continue;
      if (chosen_overdue && overdue && chosen->waits_since <= lane.waits_since) continue;
      if (!chosen_overdue && !overdue && chosen->pass <= lane.pass) continue;
    }
    auto const found = best_group(lane, open);
    if (!found) continue;
    chosen = &lane;
    bucket = *found;
    chosen_overdue = overdue;
  }
  if (chosen == nullptr) return std::nullopt;
  return handle_of(flows_[chosen->groups[bucket].flows.top()].calls.top());
}

void* lanes::take(handle which, instant now) {
  index const i = find(which);
  if (i == none || at(i).state != where::ready) return nullptr;
  void* const owner = at(i).owner;
  flow const& f = flows_[at(i).flow];
  lane_state& lane = lane_of(f);
  pass_now_ = never_passed;
  for (lane_state const& each : lanes_) {
    if (each.ready > 0) pass_now_ = std::min(pass_now_, each.pass);
  }
  lane.pass += lane.stride;
  lane.waits_since = now;
  lane.now = std::max(lane.now, f.start + turn);
  remove(i, turn);
  return owner;
}

void* lanes::expire(instant now) noexcept {
  if (expiries_.empty() || at(expiries_.top()).deadline > now) return nullptr;
  index const i = expiries_.top();
  void* const owner = at(i).owner;
  remove(i);
  return owner;
}

void* lanes::drain() noexcept {
  for (; size_ > 0 && drained_ < slots_used_; ++drained_) {
    if (at(drained_).state == where::free) continue;
    void* const owner = at(drained_).owner;
    remove(drained_);
    return owner;
  }
  drained_ = 0;
  return nullptr;
}

void lanes::each_ready_bucket(std::function<void(std::uint16_t)> const& what) const {
  for (std::size_t b = 0; b <= how_.buckets; ++b) {
    bool const ready = std::any_of(lanes_.begin(), lanes_.end(), [b](lane_state const& lane) {
      return !lane.groups[b].flows.empty();
    });
    if (ready) what(static_cast<std::uint16_t>(b));
  }
}

instant lanes::next_event() const noexcept {
  instant next = never;
  if (!expiries_.empty()) next = at(expiries_.top()).deadline;
  if (!sleepers_.empty()) next = std::min(next, instant(duration(at(sleepers_.top()).order)));
  return next;
}

std::size_t lanes::bytes() const noexcept {
  std::size_t sum = chunks_.size() * chunk_slots * sizeof(slot);
  sum += sleepers_.bytes() + expiries_.bytes();
  for (flow const& f : flows_) sum += sizeof(flow) + f.calls.bytes();
  for (lane_state const& lane : lanes_) {
    for (group const& g : lane.groups) sum += sizeof(group) + g.flows.bytes();
  }
  return sum;
}

}  // namespace kiln
