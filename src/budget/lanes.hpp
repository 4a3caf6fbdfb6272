#pragma once

#include "budget/heap4.hpp"
#include "core/clock.hpp"

#include <kiln/endpoint.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace kiln {

/// The calls that wait, and who is next; sans-I/O, time is an argument.
///
/// Lanes share by weight (stride scheduling), and none that could be served waits longer than
/// lane_wait_max. Inside a lane the calls of one tenant and bucket are a flow, and flows take turns
/// (self-clocked fair queueing): a flow that comes anew stands where the one last served stands,
/// so it waits one round at most and nobody gains by leaving and coming back. Inside a flow:
/// earliest deadline, then first come. A call costs a slot of 48 bytes and 4 in each of at most two
/// heaps. All operations are O(log n) in calls and tenants and O(buckets) in nested buckets.
class lanes {
 public:
  struct options {
    std::array<std::uint32_t, lane_count> weights{16, 8, 4, 2};
    duration wait_max = std::chrono::seconds(2);
    std::uint16_t buckets = 0;  ///< Calls name buckets 0 (none) to this.
  };
  struct call {
    void* owner = nullptr;
    instant deadline = never;
    instant not_before{};
    std::uint32_t tenant = 0;
    std::uint16_t bucket = 0;
    kiln::lane lane = kiln::lane::normal;
  };
  /// Generation and slot, below 2^62; 0 is no call. Not used again before 2^30 others of a slot.
  using handle = std::uint64_t;
  /// Whether a call of this bucket may leave now.
  using bucket_open = std::function<bool(std::uint16_t)>;

  explicit lanes(options const& how);

  handle push(call const& what, instant now);
  /// True when it was waiting.
  bool erase(handle which) noexcept;
  /// Lets the calls whose not_before has come take part.
  void wake(instant now);
  /// Who goes next, of those whose bucket is open; nothing changes.
  [[nodiscard]] std::optional<handle> pick(instant now, bucket_open const& open) const;
  /// The call that pick() named leaves; returns its owner.
  void* take(handle which, instant now);
  /// One call whose deadline is not after `now`, removed; nullptr: none.
  void* expire(instant now) noexcept;
  /// Any call, removed; nullptr: none.
  void* drain() noexcept;

  [[nodiscard]] std::uint16_t bucket_of(handle which) const noexcept;
  [[nodiscard]] bool any_ready() const noexcept { return ready_ > 0; }
  /// Calls `what` for each bucket that has a call that could leave.
  void each_ready_bucket(std::function<void(std::uint16_t)> const& what) const;
  /// The next deadline or not_before; `never` when there is none.
  [[nodiscard]] instant next_event() const noexcept;
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t flow_count() const noexcept { return flow_of_.size(); }
  /// Of the core alone, in use or kept for use.
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  using index = std::uint32_t;
  enum class where : std::uint8_t { free, sleeping, ready };
  struct slot {
    void* owner;
    instant deadline;
    std::int64_t order;  // sleeping: not_before; ready: serial; free: next free slot
    std::uint32_t generation;
    std::uint32_t flow;
    std::uint32_t place;         // in the flow's heap or among the sleepers
    std::uint32_t expiry_place;  // among the deadlines
    where state;
  };
  static_assert(sizeof(slot) <= 48);
  // Calls of one lane, bucket and tenant.
  struct flow {
    heap4 calls;
    std::uint64_t start = 0;  // virtual time of its next grant
    std::uint64_t key = 0;
    std::uint32_t place = 0;     // in the group's heap while it has calls ready
    std::uint32_t sleepers = 0;  // calls that are not ready yet
  };
  // Flows of one lane and bucket that have calls ready.
  struct group {
    heap4 flows;
  };
  struct lane_state {
    std::vector<group> groups;  // by bucket
    std::uint64_t now = 0;      // virtual time: where the flow last served stands now
    std::uint64_t pass = 0;     // stride scheduling; the least goes next
    std::uint64_t stride = 1;
    std::uint32_t ready = 0;
    instant waits_since{};
  };
  struct by_deadline;
  struct by_order;
  struct by_urgency;
  struct by_start;

  static constexpr std::size_t chunk_slots = 4096;
  static constexpr std::uint32_t generation_max = (1U << 30) - 1;
  [[nodiscard]] slot& at(index i) noexcept { return chunks_[i / chunk_slots][i % chunk_slots]; }
  [[nodiscard]] slot const& at(index i) const noexcept {
    return chunks_[i / chunk_slots][i % chunk_slots];
  }
  [[nodiscard]] handle handle_of(index i) const noexcept;
  [[nodiscard]] index find(handle which) const noexcept;
  [[nodiscard]] lane_state& lane_of(flow const& f) noexcept;
  [[nodiscard]] std::uint16_t bucket_of(flow const& f) const noexcept;
  [[nodiscard]] group& group_of(flow const& f) noexcept;
  index new_slot();
  void free_slot(index i) noexcept;
  index flow_for(call const& what);
  void make_ready(index i, instant now);
  void remove(index i, std::uint64_t charge = 0) noexcept;
  void free_flow(index f) noexcept;
  [[nodiscard]] std::optional<std::uint16_t> best_group(lane_state const& lane,
                                                        bucket_open const& open) const;

  options how_;
  std::array<lane_state, lane_count> lanes_;
  std::uint64_t pass_now_ = 0;
  std::vector<std::unique_ptr<slot[]>> chunks_;
  index free_slots_;
  index slots_used_ = 0;
  std::vector<flow> flows_;
  std::vector<index> free_flows_;
  std::unordered_map<std::uint64_t, index> flow_of_;
  heap4 sleepers_;
  heap4 expiries_;
  std::int64_t next_serial_ = 1;
  std::uint32_t size_ = 0;
  std::uint32_t ready_ = 0;
  index drained_ = 0;  // slots below it hold no call while drain() goes on
};

}  // namespace kiln
