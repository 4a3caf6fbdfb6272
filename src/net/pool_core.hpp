#pragma once

#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace kiln::net {

/// The pool's decisions without its connections: who may use which, who waits, who opens, what is
/// closed. Takes events and the time, returns what to do.
///
/// Invariants, asserted after every event in its tests: open + opening <= connections_max; idle
/// connections and waiters never exist at once; nobody waits while a connection could be opened,
/// nor when there is no connection that could come back; after close() there is neither a waiter
/// nor an idle connection. For shortage_lasts after a shortage "could be opened" means within as
/// many as there were then.
class pool_core {
 public:
  using connection_id = std::uint64_t;  ///< The driver's own numbers; 0 is none.
  using waiter_id = std::uint64_t;      ///< 0 is none.

  /// How long the pool keeps to the connections it has when the machine had nothing left for more.
  static constexpr duration shortage_lasts = std::chrono::seconds(1);

  struct settings {
    std::size_t connections_max = 1;
    duration idle_max{};
    std::size_t waiters_max = 1U << 20;
  };

  enum class step : unsigned char {
    use,     ///< `connection` is lent: end with give_back() or stale().
    open,    ///< A place is reserved: end with opened() or open_failed().
    wait,    ///< `waiter` is queued: a wake names it later, or withdraw() takes it out.
    full,    ///< waiters_max are waiting.
    closed,  ///< After close().
    alone,   ///< Only of a shortage: there is no other connection to wait for.
  };
  struct grant {
    step what = step::closed;
    connection_id connection = 0;
    waiter_id waiter = 0;
    connection_id close_first = 0;  ///< An idle connection that gave its place up.
  };
  struct wake {
    waiter_id waiter = 0;
    grant granted;  ///< use or open.
  };
  struct after {
    bool close = false;  ///< The connection just given back is to be closed.
    std::optional<wake> next;
  };

  explicit pool_core(settings const& s) : settings_(s), places_(s.connections_max) {}

  /// `fresh`: an idle connection will not do.
  [[nodiscard]] grant acquire(bool fresh);
  /// A waiter gives up; false when it is not queued (it was woken, or never was).
  bool withdraw(waiter_id waiter);

  /// A reserved place became a connection, lent to whoever opened it.
  void opened();
  /// A reserved place is free again.
  [[nodiscard]] after open_failed();
  struct shortage {
    grant instead;  ///< use, open (`close_first` gives up what it takes), wait, closed or alone.
    std::optional<wake> next;
  };
  /// A reserved place cannot be filled: the machine has nothing left for another connection. The
  /// pool shrinks to those there are, and whoever wanted to open waits for one of them, before all
  /// who wait already.
  [[nodiscard]] shortage open_fell_short(bool fresh, instant now);
  /// A lent connection comes back; it is kept only when reusable.
  [[nodiscard]] after give_back(connection_id connection, bool reusable, instant now);
  /// A lent connection turned out to be dead before use: what its borrower does instead. Never
  /// wait: the dead one's place is free.
  [[nodiscard]] grant stale();

  /// Idle connections whose time is over; the caller closes them.
  [[nodiscard]] std::vector<connection_id> expire(instant now);
  /// After a shortage, when its time is over: those who wait and may try to open again.
  [[nodiscard]] std::vector<wake> regrow(instant now);
  /// When expire() or regrow() has something to do.
  [[nodiscard]] instant next_expiry() const noexcept;

  struct remains {
    std::vector<connection_id> idle;
    std::vector<waiter_id> waiters;
  };
  /// What the caller has to close and to fail. Lent connections and openings end as usual.
  [[nodiscard]] remains close();

  [[nodiscard]] bool is_closed() const noexcept { return closed_; }
  [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
  [[nodiscard]] std::size_t lent() const noexcept { return lent_; }
  [[nodiscard]] std::size_t opening() const noexcept { return opening_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }

 private:
  struct idle_connection {
    connection_id id;
    instant since;
  };

  [[nodiscard]] std::size_t total() const noexcept { return idle_.size() + lent_ + opening_; }
  [[nodiscard]] bool has_place() const noexcept { return total() < places_; }
  [[nodiscard]] std::optional<wake> fill_place();
  [[nodiscard]] connection_id pop_newest();

  settings settings_;
  std::deque<idle_connection> idle_;  // oldest first; lent from the back
  // -> fresh; numbers grow, so the first has waited longest. Whoever may wait in front of all
  // others has a number below theirs.
  static constexpr waiter_id middle = waiter_id{1} << 63;
  std::map<waiter_id, bool> waiters_;
  waiter_id last_waiter_ = middle;
  waiter_id first_waiter_ = middle;
  std::size_t places_;  // connections_max, less after a shortage
  instant shortage_until_ = never;
  std::size_t lent_ = 0;
  std::size_t opening_ = 0;
  bool closed_ = false;
};

}  // namespace kiln::net
