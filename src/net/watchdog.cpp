#include "net/watchdog.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace kiln::net {

watchdog::watch::watch(watchdog& owner, overdue what, timers::kind kind)
    : owner_(owner), what_(std::move(what)), kind_(kind), place_(owner.watches_.size()) {
  owner_.watches_.push_back(this);
}

watchdog::watch::~watch() {
  until(never);
  if (owner_.called_ == this) owner_.called_ = nullptr;
  auto& all = owner_.watches_;
  all[place_] = all.back();
  all[place_]->place_ = place_;
  all.pop_back();
}

void watchdog::watch::until(instant deadline) {
  bool const had = deadline_ != never;
  bool const has = deadline != never;
  deadline_ = deadline;
  if (kind_ == timers::kind::work && had != has) {
    owner_.working_ += has ? std::size_t{1} : ~std::size_t{0};
    if (owner_.working_ == 0) owner_.rest();
  }
  if (has) owner_.wake_by(deadline, kind_);
}

// A timer that is set too early finds nothing overdue and is set again, which is cheaper than
// moving it whenever a deadline moves. With nobody left to watch it goes, for it keeps the event
// loop running.
void watchdog::rest() {
  auto& timer = timer_[static_cast<std::size_t>(timers::kind::work)];
  if (timer.serial != 0) clock_.cancel(timer);
  timer = {};
}

void watchdog::wake_by(instant deadline, timers::kind kind) {
  if (sweeping_) return;
  auto& timer = timer_[static_cast<std::size_t>(kind)];
  if (timer.serial != 0) {
    if (timer.at <= deadline) return;
    clock_.cancel(timer);
  }
  auto const wake = [this, kind, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    timer_[static_cast<std::size_t>(kind)] = {};
    sweep();
  };
  timer = clock_.call_at(deadline, wake, kind);
}

instant watchdog::next(timers::kind kind) const noexcept {
  instant out = never;
  for (watch const* w : watches_) {
    if (w->kind_ == kind) out = std::min(out, w->deadline_);
  }
  return out;
}

void watchdog::sweep() {
  sweeping_ = true;
  instant const now = clock_.now();
  // Backwards: a watch that ends meanwhile is replaced by the last, which has had its turn.
  for (std::size_t i = watches_.size(); i-- > 0;) {
    if (i >= watches_.size()) continue;
    watch* const w = watches_[i];
    if (w->deadline_ > now) continue;
    w->until(never);
    overdue const what = w->what_;  // the call may end the watch that owns it
    called_ = w;
    instant const again = what(now);
    if (called_ == w) w->until(std::min(w->deadline_, again));
  }
  called_ = nullptr;
  sweeping_ = false;
  for (auto const kind : {timers::kind::work, timers::kind::housekeeping}) {
    instant const at = next(kind);
    if (at != never) wake_by(at, kind);
  }
}

void exchange_deadlines::start(instant attempt_deadline) noexcept {
  attempt_ = attempt_deadline;
  write_ = never;
  read_ = never;
  sent_ = false;
  write_failed_ = false;
}

void exchange_deadlines::write_started(instant now, std::uint64_t taken) noexcept {
  write_ = now + limits_.write;
  taken_ = taken;
}

void exchange_deadlines::write_failed(instant now) noexcept {
  write_ = never;
  write_failed_ = true;
  read_ = now + after_failed_write_max;
  read_kind_ = overrun::after_failed_write;
}

void exchange_deadlines::request_sent(instant now) noexcept {
  sent_ = true;
  if (write_failed_) return;
  read_ = now + limits_.first_byte;
  read_kind_ = overrun::first_byte;
}

void exchange_deadlines::received(instant now) noexcept {
  if (!sent_ || write_failed_) return;  // the second after a failed write is for all of the answer
  read_ = now + limits_.idle_read;
  read_kind_ = overrun::idle_read;
}

void exchange_deadlines::stop() noexcept {
  attempt_ = never;
  write_ = never;
  read_ = never;
}

instant exchange_deadlines::next() const noexcept { return std::min({attempt_, write_, read_}); }

std::optional<overrun> exchange_deadlines::check(instant now, std::uint64_t taken) noexcept {
  if (attempt_ <= now) return overrun::attempt;
  if (write_ <= now) {
    if (taken == taken_) return overrun::write;
    write_started(now, taken);
  }
  if (read_ <= now) return read_kind_;
  return std::nullopt;
}

error timed_out(std::string_view operation, std::string_view awaited, std::string_view option,
                std::chrono::milliseconds value) {
  std::string text(awaited);
  text += " within " + std::to_string(value.count()) + " ms (timeouts." + std::string(option) + ")";
  return error(errc::timed_out, std::move(text)).with_operation(operation);
}

error exchange_deadlines::describe(overrun what) const {
  switch (what) {
    case overrun::write:
      return timed_out("write", "the server took no byte of the request", "write", limits_.write);
    case overrun::first_byte:
      return timed_out("read", "no byte of an answer", "first_byte", limits_.first_byte);
    case overrun::idle_read:
      return timed_out("read", "no further byte of the answer", "idle_read", limits_.idle_read);
    case overrun::after_failed_write:
      return error(errc::connection_lost,
                   "the server stopped taking the request and sent no answer")
          .with_operation("read");
    case overrun::attempt:
      break;
  }
  return error(errc::deadline_exceeded, "the call's deadline passed in the middle of an exchange");
}

}  // namespace kiln::net
