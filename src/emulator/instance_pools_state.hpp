#pragma once

#include "core/random.hpp"
#include "emulator/clusters_state.hpp"

#include <kiln/services/instance_pools.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

// The instance pools of the emulated workspace: machines that start, wait idle, are lent to
// clusters and are given back.
namespace kiln::emulation {

class instance_pools_state final : public machine_lender {
 public:
  /// `starting`: how long a machine takes until it is idle.
  instance_pools_state(std::chrono::milliseconds starting, std::uint64_t seed);

  outcome<std::string> create(instance_pools::create const& spec, std::string const& user,
                              moment now);
  outcome<void> edit(instance_pools::edit const& wanted, moment now);
  /// Idle machines go; those that are lent go when they are given back.
  outcome<void> remove(std::string const& id, moment now);
  outcome<instance_pools::instance_pool> get(std::string const& id, moment now);
  /// By name.
  std::vector<instance_pools::instance_pool> list(moment now);
  void clear();

  answer lend(std::string const& pool, std::string const& cluster, std::int32_t machines,
              wall_time now) override;
  void take_back(std::string const& pool, std::string const& cluster, wall_time now) override;

  static constexpr std::size_t pools_max = 1'000;
  static constexpr std::int32_t machines_max = 100'000;  ///< Of a pool without max_capacity.

 private:
  struct loan {
    std::int32_t machines = 0;
    std::int32_t starting = 0;  ///< Of them; until ready_at.
    wall_time ready_at{};
  };
  struct pool {
    instance_pools::instance_pool said;  ///< Without its stats.
    std::deque<wall_time> idle;          ///< Since when, longest first.
    std::deque<wall_time> starting;      ///< When they will be idle, soonest first.
    std::map<std::string, loan> loans;   ///< By cluster.
  };

  void settle(pool& p, wall_time now) const;
  void give_back(pool& p, std::string const& cluster, wall_time now) const;
  [[nodiscard]] static std::int64_t machines_of(pool const& p);
  [[nodiscard]] instance_pools::instance_pool told(pool const& p, wall_time now) const;
  outcome<pool*> find(std::string const& id, wall_time now);
  /// What create and edit both say of a pool; `id` is empty for a new one.
  template <class Request>
  outcome<void> check(std::string const& id, Request const& wanted) const;

  std::chrono::milliseconds starting_;
  std::uint64_t seed_;
  random_source random_;
  std::map<std::string, pool> pools_;
};

}  // namespace kiln::emulation
