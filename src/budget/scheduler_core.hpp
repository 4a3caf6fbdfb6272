#pragma once

#include "budget/lanes.hpp"
#include "budget/store.hpp"
#include "budget/throttle.hpp"
#include "budget/window.hpp"
#include "core/random.hpp"

#include <kiln/budget.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace kiln {

/// Decides who may send and when; sans-I/O. The order of the gates is: queue, requests on the wire,
/// pause, window, the call's own bucket, and last the shared store, so that nothing is taken from
/// others and then not used.
///
/// A 429 of a call whose bucket is narrower than the budget teaches the bucket, since that is the
/// limit it was nearer to; any other 429 teaches the budget. A Retry-After stops everything.
class scheduler_core {
 public:
  using grant_id = std::uint64_t;  ///< Below 2^62, never 0.
  enum class refusal : unsigned char { expired, queue_full, closed };
  struct admission {
    lanes::handle call = 0;  ///< 0: refused.
    refusal why{};
  };
  struct decision {
    enum class kind : unsigned char { wait, grant, refuse } what = kind::wait;
    void* owner = nullptr;  ///< grant, refuse: of the call, which waits no longer.
    grant_id grant = 0;     ///< grant: for finished().
    refusal why{};          ///< refuse.
    instant until = never;  ///< wait: ask again then, or after the next change.
  };

  scheduler_core(budget_options const& options, std::shared_ptr<budget_store> store,
                 random_source& random);

  /// 0 for an empty or unknown name.
  [[nodiscard]] std::uint16_t bucket_of(std::string_view name) const noexcept;
  admission submit(lanes::call const& what, instant now);
  bool withdraw(lanes::handle call) noexcept { return lanes_.erase(call); }
  /// Unknown grants, and those finished before, are ignored.
  void finished(grant_id grant, instant now, verdict what, std::optional<duration> retry_after);
  [[nodiscard]] decision next(instant now);
  /// See scheduler::try_leave.
  [[nodiscard]] instant try_leave(instant now);
  /// From now on next() refuses everything.
  void close() noexcept { closed_ = true; }

  [[nodiscard]] std::uint64_t granted() const noexcept { return granted_; }
  [[nodiscard]] std::uint64_t returned() const noexcept { return returned_; }
  [[nodiscard]] std::uint64_t throttled() const noexcept { return throttled_; }
  [[nodiscard]] std::uint32_t waiting() const noexcept { return lanes_.size(); }
  [[nodiscard]] std::uint32_t in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] throttle const& learned() const noexcept { return throttle_; }
  [[nodiscard]] throttle const& learned(std::uint16_t bucket) const noexcept {
    return buckets_[bucket - 1U].learned;
  }

 private:
  struct nested {
    nested(bucket_options const& what, budget_options const& all);
    [[nodiscard]] instant free_at(instant now) const noexcept;
    void take(instant now, duration grid);
    void put_back(instant at) noexcept;

    std::string name;
    double rate;
    window recent;
    throttle learned;
    instant next{};  // departure by its own pace
  };
  // A granted request that has not come back.
  struct flight {
    throttle::departure left;
    throttle::departure left_bucket;
    duration gap{};  // as asked of the store
    std::uint32_t generation = 0;
    std::uint32_t next_free = 0;
    std::uint16_t bucket = 0;
    bool flying = false;
  };

  [[nodiscard]] instant gate_opens(instant now) const noexcept;
  [[nodiscard]] instant bucket_opens(instant now) const;
  [[nodiscard]] decision grant(lanes::handle call, instant now);
  void give_back(flight const& f) noexcept;
  void learn(flight const& f, instant now, verdict what) noexcept;
  std::uint32_t new_flight();
  /// Tells the other clients of the store when the gap is no longer `before`.
  void tell(duration before) noexcept;

  budget_options options_;
  std::shared_ptr<budget_store> store_;
  random_source& random_;
  lanes lanes_;
  window window_;
  throttle throttle_;
  std::vector<nested> buckets_;
  std::vector<flight> flights_;
  std::uint32_t free_flight_;
  std::uint32_t in_flight_ = 0;
  std::uint64_t granted_ = 0;
  std::uint64_t returned_ = 0;
  std::uint64_t throttled_ = 0;
  bool closed_ = false;
};

}  // namespace kiln
