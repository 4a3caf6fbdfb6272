#pragma once

#include "core/clock.hpp"

#include <memory>

namespace kiln {

/// Who else spends the same budget: nobody (local), other handles, other processes or hosts. It
/// spaces departures; how fast to go is the throttle's business. Thread safe.
class budget_store {
 public:
  virtual ~budget_store() = default;
  /// Takes the next departure if it is due: returns `now` when taken, else the earliest time to
  /// ask again. `gap` is the least distance the asker wants to the departure before.
  virtual instant try_take(instant now, duration gap) = 0;
  /// The same for the moment a request really leaves. A grant may be held up on its way (a
  /// connection has to be opened first); those that were must not then leave together.
  virtual instant try_leave(instant now, duration gap) = 0;
  /// Gives back a departure that was taken at `at` and not used, if it was the last one.
  virtual void put_back(instant at, duration gap) noexcept = 0;
  /// The server asked for silence: nobody departs before `until`.
  virtual void hold(instant until) noexcept = 0;
  /// The gap that whoever learned last found right; zero: nobody told yet. All spend one budget,
  /// and a 429 is often the fault of the departure before, so what one learns holds for all.
  [[nodiscard]] virtual duration agreed_gap() const noexcept = 0;
  virtual void agree(duration gap) noexcept = 0;
};

std::shared_ptr<budget_store> make_local_store();

}  // namespace kiln
