#pragma once

#include "budget/store.hpp"
#include "budget/verdict.hpp"
#include "core/random.hpp"
#include "core/timers.hpp"

#include <kiln/budget.hpp>
#include <kiln/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace kiln {

/// A call at the gate. The owner keeps it alive and in place from submit() until on_grant() or
/// on_refused() was called or withdraw() returned true.
class gate_entry {
 public:
  kiln::lane lane = kiln::lane::normal;
  std::uint32_t tenant = 0;  ///< Calls of one tenant are served in order, tenants in turn.
  std::uint16_t bucket = 0;  ///< From scheduler::bucket_of(); 0: none.
  instant deadline = never;  ///< Refused with errc::deadline_exceeded when not granted by it.
  instant not_before{};      ///< A retry waits here until its back-off has passed.

  /// May send exactly one request now; scheduler::finished() must follow, exactly once.
  virtual void on_grant() = 0;
  virtual void on_refused(error why) = 0;

 protected:
  ~gate_entry() = default;

 private:
  friend class scheduler;
  std::uint64_t key_ = 0;  ///< The scheduler's: of the call while it waits, then of its grant.
};

struct scheduler_stats {
  std::uint64_t granted = 0;
  std::uint64_t returned = 0;   ///< Of granted: given back unused.
  std::uint64_t throttled = 0;  ///< 429s seen.
  std::uint32_t waiting = 0;
  std::uint32_t in_flight = 0;
  std::uint32_t in_flight_max = 0;  ///< As learned.
  double rate = 0;                  ///< As learned, requests per second.
  instant paused_until{};
};

/// The gate: drives scheduler_core by the clock and tells entries. Callbacks run on the engine's
/// executor, never inside submit(), withdraw() or finished().
class scheduler {
 public:
  scheduler(timers& clock, random_source& random, budget const& shared);
  ~scheduler();
  scheduler(scheduler const&) = delete;
  scheduler& operator=(scheduler const&) = delete;

  /// 0 for an empty or unknown name.
  [[nodiscard]] std::uint16_t bucket_of(std::string_view name) const noexcept;
  void submit(gate_entry& entry);
  /// True: the entry was waiting and will hear nothing more. False: it was granted or refused.
  bool withdraw(gate_entry& entry) noexcept;
  /// Asked when a granted request has its connection and is about to be written: `now` if it may
  /// leave, else when to ask again.
  [[nodiscard]] instant try_leave(instant now);
  void finished(gate_entry const& entry, verdict what,
                std::optional<duration> retry_after = std::nullopt);
  /// Refuses everything waiting, and everything submitted later, with errc::closed.
  void close();
  [[nodiscard]] scheduler_stats stats() const noexcept;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace kiln
