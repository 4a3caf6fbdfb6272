#include "net/pool.hpp"

#include "core/event.hpp"
#include "net/side_task.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <cassert>
#include <optional>
#include <utility>

namespace kiln::net {

// Both live in the frame of the perform() they belong to, and go with it when it is destroyed
// instead of resumed: by a loop that ends.
struct pool::opening {
  explicit opening(pool& of) : task(of.executor_), of_(of) { of_.openings_.insert(this); }
  ~opening() { of_.openings_.erase(this); }
  opening(opening const&) = delete;
  opening& operator=(opening const&) = delete;
  side_task task;
  std::unique_ptr<byte_stream> stream;
  std::optional<error> failed;  // by the connector
  std::optional<error> given_up;
  void give_up(error why) {
    if (!given_up) given_up = std::move(why);
    task.cancel();
  }

 private:
  pool& of_;
};

struct pool::waiter {
  waiter(pool& of, pool_core::waiter_id id) : turn(of.executor_), of_(of), id_(id) {
    of_.waiters_.emplace(id, this);
  }
  ~waiter() { of_.waiters_.erase(id_); }
  waiter(waiter const&) = delete;
  waiter& operator=(waiter const&) = delete;
  event turn;
  std::optional<pool_core::grant> granted;
  std::optional<error> failed;

 private:
  pool& of_;
  pool_core::waiter_id id_;
};

pool::pool(asio::any_io_executor executor, timers& clock, connector& connects, origin to,
           timeout_options const& timeouts, pool_options const& options)
    : executor_(std::move(executor)),
      connects_(connects),
      to_(std::move(to)),
      where_(to_string(to_)),
      timeouts_(timeouts),
      dog_(clock),
      core_({.connections_max = options.connections_max, .idle_max = options.idle_max}),
      expiry_(
          dog_, [this](instant now) { return drop_expired(now); }, timers::kind::housekeeping) {}

pool::~pool() { assert(openings_.empty() && waiters_.empty()); }

error pool::closed() const {
  return error(errc::closed, "the workspace handle was closed").with_where(where_);
}

error pool::out_of_time(char const* doing) const {
  return error(errc::deadline_exceeded, std::string("the call's deadline passed ") + doing)
      .with_where(where_);
}

instant pool::drop_expired(instant now) {
  for (auto const id : core_.expire(now)) drop(id);
  for (auto const& next : core_.regrow(now)) hand_over(next);
  return core_.next_expiry();
}

// To the waiter that the core has chosen; it takes up the grant when it is resumed.
void pool::hand_over(std::optional<pool_core::wake> const& next) {
  if (!next) return;
  auto const at = waiters_.find(next->waiter);
  assert(at != waiters_.end());
  at->second->granted = next->granted;
  at->second->turn.set();
}

void pool::give_back(connection_id id, bool reusable) {
  auto const next = core_.give_back(id, reusable, dog_.now());
  if (next.close) drop(id);
  hand_over(next.next);
  expiry_.until(core_.next_expiry());
}

void pool::return_unused(pool_core::grant const& granted) {
  if (granted.what == pool_core::step::use) {
    give_back(granted.connection, connections_.at(granted.connection)->reusable());
  } else if (granted.what == pool_core::step::open) {
    hand_over(core_.open_failed().next);
  }
}

asio::awaitable<result<pool_core::grant>> pool::wait_turn(pool_core::waiter_id id,
                                                          attempt_options const& options) {
  waiter w(*this, id);
  auto const too_late = [this, &w](instant) {
    if (!w.granted) w.failed = out_of_time("while waiting for a connection");
    w.turn.set();
    return never;
  };
  watchdog::watch guard(dog_, too_late);
  guard.until(options.deadline);
  bool interrupted = false;
  try {
    co_await w.turn.wait();
  } catch (boost::system::system_error const&) {
    interrupted = true;
  }
  core_.withdraw(id);
  if (interrupted || w.failed) {
    if (w.granted) return_unused(*w.granted);
    if (w.failed) co_return *w.failed;
    co_return error(errc::cancelled, "cancelled while waiting for a connection").with_where(where_);
  }
  co_return *w.granted;
}

asio::awaitable<void> pool::connect(opening& o) {
  try {
    auto made = co_await connects_.connect(to_);
    if (made) {
      o.stream = std::move(*made);
    } else {
      o.failed = made.error();
    }
  } catch (std::exception const& e) {  // a cancelled wait, or a connector that throws
    o.failed = error(errc::connect_failed, e.what()).with_operation("connect").with_where(where_);
  }
}

// There is no descriptor for the connection that was to be opened: `granted` is what to do instead.
void pool::fall_short(pool_core::grant& granted, bool fresh) {
  auto const short_of = core_.open_fell_short(fresh, dog_.now());
  granted = short_of.instead;
  hand_over(short_of.next);
  expiry_.until(core_.next_expiry());
}

// The connection, or 0 when `granted` says what to do instead.
asio::awaitable<result<pool_core::connection_id>> pool::open(pool_core::grant& granted,
                                                             attempt_options const& options) {
  if (core_.is_closed()) {  // since the place was granted
    hand_over(core_.open_failed().next);
    co_return closed();
  }
  opening o(*this);
  auto const too_late = [this, &o](instant) {
    o.give_up(out_of_time("while connecting"));
    return never;
  };
  watchdog::watch guard(dog_, too_late);
  guard.until(options.deadline);
  o.task.start(connect(o));
  co_await o.task.join();
  bool const interrupted = co_await cancelled();
  if (!o.given_up && interrupted) {
    o.given_up = error(errc::cancelled, "cancelled while connecting").with_where(where_);
  }
  if (!o.given_up && o.failed && o.failed->code() == errc::out_of_resources) {
    fall_short(granted, options.fresh_connection);
    if (granted.what == pool_core::step::alone) co_return *o.failed;
    co_return connection_id{0};
  }
  if (!o.stream || core_.is_closed()) {
    hand_over(core_.open_failed().next);
    if (o.given_up) co_return *o.given_up;
    if (o.failed) co_return *o.failed;
    co_return closed();
  }
  core_.opened();
  auto const id = ++last_id_;
  connections_.emplace(
      id, std::make_unique<connection>(executor_, std::move(o.stream), dog_, timeouts_, where_));
  if (!o.given_up) co_return id;
  give_back(id, true);  // late for this attempt, good for the next
  co_return *o.given_up;
}

pool_core::connection_id pool::usable(pool_core::grant& granted) {
  while (granted.what == pool_core::step::use) {
    if (connections_.at(granted.connection)->quiet()) return granted.connection;
    drop(granted.connection);
    granted = core_.stale();
  }
  return 0;
}

asio::awaitable<result<pool_core::connection_id>> pool::borrow(pool_core::grant granted,
                                                               attempt_options const& options) {
  while (true) {
    if (auto const id = usable(granted); id != 0) co_return id;
    if (granted.close_first != 0) drop(granted.close_first);
    switch (granted.what) {
      case pool_core::step::use:  // usable() has seen to it
        break;
      case pool_core::step::open: {
        auto opened = co_await open(granted, options);
        if (!opened || *opened != 0) co_return opened;
        break;
      }
      case pool_core::step::wait: {
        auto const next = co_await wait_turn(granted.waiter, options);
        if (!next) co_return next.error();
        granted = *next;
        break;
      }
      case pool_core::step::full:
        co_return error(errc::queue_full, "too many attempts wait for a connection")
            .with_where(where_);
      case pool_core::step::closed:
      case pool_core::step::alone:  // open() has told of it
        co_return closed();
    }
  }
}

// Grants come evenly, but some wait here for a connection; without this they would leave together
// when it is there.
asio::awaitable<std::optional<error>> pool::wait_to_leave(instant at,
                                                          attempt_options const& options) {
  for (auto now = dog_.now(); at > now; at = options.gate->try_leave(now)) {
    if (at >= options.deadline) co_return out_of_time("before the request could leave");
    try {
      co_await dog_.clock().sleep_until(at);
    } catch (boost::system::system_error const&) {
      co_return error(errc::cancelled, "cancelled before the request left").with_where(where_);
    }
    now = dog_.now();
  }
  co_return std::nullopt;
}

asio::awaitable<attempt_outcome> pool::perform(http::request const& what,
                                               attempt_options const& options) {
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const cancellation = co_await asio::this_coro::cancellation_state;
  attempt_outcome out;
  auto now = dog_.now();
  if (is_cancelled(cancellation)) {
    out.reply =
        error(errc::cancelled, "cancelled before a connection was taken").with_where(where_);
  } else if (options.deadline <= now) {
    out.reply = out_of_time("before a connection was taken");
  } else {
    auto granted = core_.acquire(options.fresh_connection);
    result<connection_id> borrowed = usable(granted);
    if (*borrowed == 0) {
      borrowed = co_await borrow(granted, options);
      now = dog_.now();
    }
    if (borrowed) {
      auto& lent = *connections_.at(*borrowed);
      std::optional<error> held_back;
      auto const leaves = options.gate == nullptr ? now : options.gate->try_leave(now);
      if (leaves > now) held_back = co_await wait_to_leave(leaves, options);
      if (held_back) {
        out.reply = std::move(*held_back);
      } else {
        out = co_await lent.perform(what, options);
      }
      give_back(*borrowed, lent.reusable());
    } else {
      out.reply = std::move(borrowed).error();
    }
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return std::move(out);
}

void pool::close() noexcept {
  auto const remains = core_.close();
  for (auto const id : remains.idle) drop(id);
  for (auto const id : remains.waiters) {
    auto& w = *waiters_.at(id);
    w.failed = closed();
    w.turn.set();
  }
  for (auto* const o : openings_) o->give_up(closed());
  for (auto const& [id, lent] : connections_) lent->abort(closed());
}

std::unique_ptr<transport> make_pool(asio::any_io_executor executor, timers& clock,
                                     connector& connects, origin to,
                                     timeout_options const& timeouts, pool_options const& options) {
  return std::make_unique<pool>(std::move(executor), clock, connects, std::move(to), timeouts,
                                options);
}

}  // namespace kiln::net
