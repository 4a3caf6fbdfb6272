#include "budget/scheduler.hpp"

#include "budget/scheduler_core.hpp"

#include <boost/asio/post.hpp>

#include <cassert>
#include <string>
#include <utility>
#include <vector>

namespace kiln {
namespace {

// What gate_entry::key_ says beside the handle or grant in its lower bits.
constexpr std::uint64_t granted_bit = 1ULL << 63;
constexpr std::uint64_t refused_bit = 1ULL << 62;
// Callbacks in one turn of the executor, so that other work of the engine gets its turn too.
constexpr int batch_max = 256;

error refusal_error(scheduler_core::refusal why, budget_options const& options) {
  switch (why) {
    case scheduler_core::refusal::expired:
      return {errc::deadline_exceeded,
              "the deadline passed while the call waited for the request budget"};
    case scheduler_core::refusal::queue_full:
      return {errc::queue_full, std::to_string(options.queue_max) +
                                    " calls wait for the request budget already; submit fewer at "
                                    "once or raise budget_options::queue_max"};
    case scheduler_core::refusal::closed:
      break;
  }
  return {errc::closed, "the workspace handle was closed"};
}

}  // namespace

struct scheduler::state : std::enable_shared_from_this<state> {
  state(timers& t, random_source& random, budget const& b)
      : clock(t), shared(b), core(b.options(), b.store(), random) {}

  void submit(gate_entry& entry);
  bool withdraw(gate_entry& entry) noexcept;
  void want_turn();
  void turn();
  bool deliver_one();
  void refuse(gate_entry& entry, scheduler_core::refusal why);
  void arm(instant until);
  void shut_down() noexcept;

  timers& clock;
  budget shared;
  scheduler_core core;
  struct late_refusal {
    gate_entry* entry;  // nullptr: withdrawn
    scheduler_core::refusal why;
  };
  std::vector<late_refusal> refused;  // at submit, not told yet
  std::size_t refused_told = 0;
  timers::id timer;
  bool turn_posted = false;
  bool in_turn = false;
  bool gone = false;
};

void scheduler::state::submit(gate_entry& entry) {
  lanes::call call;
  call.owner = &entry;
  call.deadline = entry.deadline;
  call.not_before = entry.not_before;
  call.tenant = entry.tenant;
  call.bucket = entry.bucket;
  call.lane = entry.lane;
  auto const admitted = core.submit(call, clock.now());
  if (admitted.call != 0) {
    entry.key_ = admitted.call;
  } else {
    entry.key_ = refused_bit | refused.size();
    refused.push_back({&entry, admitted.why});
  }
  want_turn();
}

bool scheduler::state::withdraw(gate_entry& entry) noexcept {
  auto const key = std::exchange(entry.key_, 0);
  if (key == 0) return false;
  if ((key & granted_bit) != 0) {
    entry.key_ = key;
    return false;
  }
  if ((key & refused_bit) == 0) return core.withdraw(key);
  refused[key & ~refused_bit].entry = nullptr;
  return true;
}

void scheduler::state::want_turn() {
  if (turn_posted || in_turn || gone) return;
  turn_posted = true;
  asio::post(clock.executor(), [self = shared_from_this()] {
    self->turn_posted = false;
    self->turn();
  });
}

void scheduler::state::turn() {
  if (gone || in_turn) return;
  struct in_turn_guard {
    state& self;
    explicit in_turn_guard(state& s) : self(s) { self.in_turn = true; }
    ~in_turn_guard() { self.in_turn = false; }
  };
  bool more = true;
  {
    in_turn_guard const guard(*this);
    for (int n = 0; more && n < batch_max && !gone; ++n) more = deliver_one();
  }
  if (more) want_turn();
}

// False: nothing to tell anyone now.
bool scheduler::state::deliver_one() {
  if (refused_told < refused.size()) {
    auto const next = refused[refused_told++];
    if (refused_told == refused.size()) {
      refused.clear();
      refused_told = 0;
    }
    if (next.entry != nullptr) refuse(*next.entry, next.why);
    return true;
  }
  auto const next = core.next(clock.now());
  if (next.what == scheduler_core::decision::kind::wait) {
    arm(next.until);
    return false;
  }
  auto& entry = *static_cast<gate_entry*>(next.owner);
  if (next.what == scheduler_core::decision::kind::refuse) {
    refuse(entry, next.why);
  } else {
    entry.key_ = granted_bit | next.grant;
    entry.on_grant();
  }
  return true;
}

void scheduler::state::refuse(gate_entry& entry, scheduler_core::refusal why) {
  entry.key_ = 0;
  entry.on_refused(refusal_error(why, shared.options()));
}

void scheduler::state::arm(instant until) {
  if (until == never) return;
  if (timer.serial != 0) {
    if (timer.at <= until) return;  // it will find nothing due and set the next one
    clock.cancel(timer);
  }
  timer = clock.call_at(until, [self = weak_from_this()] {
    auto const held = self.lock();
    if (!held) return;
    held->timer = {};
    held->turn();
  });
}

void scheduler::state::shut_down() noexcept {
  gone = true;
  if (timer.serial != 0) clock.cancel(timer);
}

scheduler::scheduler(timers& clock, random_source& random, budget const& shared)
    : state_(std::make_shared<state>(clock, random, shared)) {}

scheduler::~scheduler() { state_->shut_down(); }

std::uint16_t scheduler::bucket_of(std::string_view name) const noexcept {
  return state_->core.bucket_of(name);
}

void scheduler::submit(gate_entry& entry) { state_->submit(entry); }

bool scheduler::withdraw(gate_entry& entry) noexcept { return state_->withdraw(entry); }

instant scheduler::try_leave(instant now) { return state_->core.try_leave(now); }

void scheduler::finished(gate_entry const& entry, verdict what,
                         std::optional<duration> retry_after) {
  assert((entry.key_ & granted_bit) != 0);
  if ((entry.key_ & granted_bit) == 0) return;
  state_->core.finished(entry.key_ & ~granted_bit, state_->clock.now(), what, retry_after);
  if (state_->core.waiting() > 0) state_->want_turn();
}

void scheduler::close() {
  state_->core.close();
  state_->want_turn();
}

scheduler_stats scheduler::stats() const noexcept {
  auto const& core = state_->core;
  scheduler_stats result;
  result.granted = core.granted();
  result.returned = core.returned();
  result.throttled = core.throttled();
  result.waiting = core.waiting();
  result.in_flight = core.in_flight();
  result.in_flight_max = core.learned().in_flight_max();
  result.rate = core.learned().pace();
  result.paused_until = core.learned().paused_until();
  return result;
}

}  // namespace kiln
