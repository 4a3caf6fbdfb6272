#include "net/watchdog.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace kiln::net {

watchdog::watch::watch(watchdog& owner, overdue what)
    : owner_(owner), what_(std::move(what)), place_(owner.watches_.size()) {
  owner_.watches_.push_back(this);
}

watchdog::watch::~watch() {
  if (owner_.called_ == this) owner_.called_ = nullptr;
  auto& all = owner_.watches_;
  all[place_] = all.back();
  all[place_]->place_ = place_;
  all.pop_back();
}

void watchdog::watch::until(instant deadline) {
  deadline_ = deadline;
  if (deadline != never) owner_.wake_by(deadline);
}

// A timer that is set too early finds nothing overdue and is set again, which is cheaper than
// moving it whenever a deadline moves.
void watchdog::wake_by(instant deadline) {
  if (sweeping_) return;
  if (timer_.serial != 0) {
    if (timer_.at <= deadline) return;
    clock_.cancel(timer_);
  }
  timer_ = clock_.call_at(deadline, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) sweep();
  });
}

void watchdog::sweep() {
  timer_ = {};
  sweeping_ = true;
  instant const now = clock_.now();
  // Backwards: a watch that ends meanwhile is replaced by the last, which has had its turn.
  for (std::size_t i = watches_.size(); i-- > 0;) {
    if (i >= watches_.size()) continue;
    watch* const w = watches_[i];
    if (w->deadline_ > now) continue;
    w->deadline_ = never;
    overdue const what = w->what_;  // the call may end the watch that owns it
    called_ = w;
    instant const again = what(now);
    if (called_ == w) w->deadline_ = std::min(w->deadline_, again);
  }
  called_ = nullptr;
  sweeping_ = false;
  instant next = never;
  for (watch const* w : watches_) next = std::min(next, w->deadline_);
  if (next != never) wake_by(next);
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
