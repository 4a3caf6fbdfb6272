#include "net/pool_core.hpp"

#include <algorithm>
#include <cassert>

namespace kiln::net {

pool_core::connection_id pool_core::pop_newest() {
  connection_id const id = idle_.back().id;
  idle_.pop_back();
  return id;
}

pool_core::grant pool_core::acquire(bool fresh) {
  grant out;
  if (closed_) return out;
  if (!fresh && !idle_.empty()) {
    out.what = step::use;
    out.connection = pop_newest();
    ++lent_;
    return out;
  }
  if (!has_place() && !idle_.empty()) {  // so `fresh`
    out.close_first = idle_.front().id;
    idle_.pop_front();
  }
  if (has_place()) {
    out.what = step::open;
    ++opening_;
    return out;
  }
  if (waiters_.size() >= settings_.waiters_max) {
    out.what = step::full;
    return out;
  }
  out.what = step::wait;
  out.waiter = ++last_waiter_;
  waiters_.emplace(out.waiter, fresh);
  return out;
}

bool pool_core::withdraw(waiter_id waiter) { return waiters_.erase(waiter) > 0; }

// A place has become free: whoever waited longest opens a connection in it.
std::optional<pool_core::wake> pool_core::fill_place() {
  if (waiters_.empty() || !has_place()) return std::nullopt;
  wake out;
  out.waiter = waiters_.begin()->first;
  out.granted.what = step::open;
  waiters_.erase(waiters_.begin());
  ++opening_;
  return out;
}

void pool_core::opened() {
  assert(opening_ > 0);
  --opening_;
  ++lent_;
}

pool_core::after pool_core::open_failed() {
  assert(opening_ > 0);
  --opening_;
  return {.close = false, .next = fill_place()};
}

pool_core::shortage pool_core::open_fell_short(bool fresh, instant now) {
  assert(opening_ > 0);
  --opening_;
  shortage out;
  if (closed_) return out;
  places_ = std::max<std::size_t>(1, total());
  shortage_until_ = now + shortage_lasts;
  if (total() == 0) {
    out.instead.what = step::alone;
    out.next = fill_place();
    return out;
  }
  if (idle_.empty()) {
    out.instead.what = step::wait;
    out.instead.waiter = --first_waiter_;
    waiters_.emplace(out.instead.waiter, fresh);
  } else {
    out.instead = acquire(fresh);
  }
  return out;
}

std::vector<pool_core::wake> pool_core::regrow(instant now) {
  std::vector<wake> out;
  if (now < shortage_until_) return out;
  places_ = settings_.connections_max;
  shortage_until_ = never;
  while (auto next = fill_place()) out.push_back(*next);
  return out;
}

pool_core::after pool_core::give_back(connection_id connection, bool reusable, instant now) {
  assert(lent_ > 0);
  --lent_;
  if (closed_ || !reusable) return {.close = true, .next = fill_place()};
  if (waiters_.empty()) {
    idle_.push_back({connection, now});
    return {};
  }
  if (waiters_.begin()->second) return {.close = true, .next = fill_place()};
  wake next;
  next.waiter = waiters_.begin()->first;
  next.granted.what = step::use;
  next.granted.connection = connection;
  waiters_.erase(waiters_.begin());
  ++lent_;
  return {.close = false, .next = next};
}

pool_core::grant pool_core::stale() {
  assert(lent_ > 0);
  --lent_;
  grant out;
  if (closed_) return out;
  if (!idle_.empty()) {
    out.what = step::use;
    out.connection = pop_newest();
    ++lent_;
  } else {
    out.what = step::open;
    ++opening_;
  }
  return out;
}

std::vector<pool_core::connection_id> pool_core::expire(instant now) {
  std::vector<connection_id> out;
  while (!idle_.empty() && idle_.front().since + settings_.idle_max <= now) {
    out.push_back(idle_.front().id);
    idle_.pop_front();
  }
  return out;
}

instant pool_core::next_expiry() const noexcept {
  auto const idle_ends = idle_.empty() ? never : idle_.front().since + settings_.idle_max;
  return std::min(idle_ends, shortage_until_);
}

pool_core::remains pool_core::close() {
  closed_ = true;
  remains out;
  for (auto const& c : idle_) out.idle.push_back(c.id);
  for (auto const& [id, fresh] : waiters_) out.waiters.push_back(id);
  idle_.clear();
  waiters_.clear();
  return out;
}

}  // namespace kiln::net
