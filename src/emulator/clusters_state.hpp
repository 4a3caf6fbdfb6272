#pragma once

#include "core/random.hpp"
#include "emulator/api.hpp"

#include <kiln/emulator.hpp>
#include <kiln/services/clusters_events.hpp>
#include <kiln/services/clusters_types.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The clusters of the emulated workspace: pure state, moved by the times it is called with.
namespace kiln::emulation {

[[nodiscard]] timestamp in_ms(wall_time at) noexcept;

/// Where machines of pools come from.
class machine_lender {
 public:
  virtual ~machine_lender() = default;
  enum class answer : std::uint8_t { idle_ones, new_ones, too_many, no_such_pool };
  /// From now on the cluster has so many machines of the pool, instead of those it had.
  virtual answer lend(std::string const& pool, std::string const& cluster, std::int32_t machines,
                      wall_time now) = 0;
  virtual void take_back(std::string const& pool, std::string const& cluster, wall_time now) = 0;
};

/// An event, as small as thousands of clusters need it; clusters_view.hpp words it.
struct cluster_note {
  clusters::event_type type{};
  wall_time at{};
  std::string user;
  std::shared_ptr<compute::cluster_spec const> spec;  ///< From then on.
  std::shared_ptr<compute::cluster_spec const> spec_before;
  std::shared_ptr<clusters::termination_reason const> reason;
  std::optional<std::int32_t> workers;
  std::optional<std::int32_t> workers_wanted;
};

struct emulated_cluster {
  std::string id;
  std::shared_ptr<compute::cluster_spec const> spec;  ///< Never null.
  clusters::cluster_source source = clusters::cluster_source::api;
  std::string creator;
  std::string run_name;           ///< Of a job's cluster.
  std::int64_t job_id = 0;        ///< Of a job's cluster.
  std::string idempotency_token;  ///< Empty: none.

  clusters::state state = clusters::state::pending;
  std::optional<wall_time> due;  ///< When it leaves that state by itself.
  std::shared_ptr<clusters::termination_reason const> reason;  ///< Null: none.
  wall_time created{};
  wall_time began{};       ///< When it was last started.
  wall_time running_at{};  ///< When its driver last began anew.
  std::optional<wall_time> restarted;
  std::optional<wall_time> terminated;
  std::uint64_t launches = 0;  ///< How often its driver began anew.
  std::int32_t workers = 0;    ///< What it has, or will have when it runs.
  std::uint32_t works = 0;     ///< Runs under way; while there are any it does not time out.
  bool pinned = false;
  std::vector<cluster_note> events;  ///< Oldest first; the last events_max.

  [[nodiscard]] bool is_alive() const noexcept {
    return state != clusters::state::terminated && state != clusters::state::terminating;
  }
  [[nodiscard]] bool is_up() const noexcept {
    return state == clusters::state::running || state == clusters::state::resizing;
  }
  [[nodiscard]] bool is_of_job() const noexcept { return source == clusters::cluster_source::job; }
};

class clusters_state {
 public:
  explicit clusters_state(emulator_clusters_options options, std::uint64_t seed);

  /// Pools take part when there are any; null: every pool is unknown.
  void use(machine_lender* pools) noexcept { pools_ = pools; }

  struct origin {
    std::string creator;
    std::string idempotency_token{};  ///< An active cluster with the same one is the answer.
  };
  /// Gives the id.
  outcome<std::string> create(compute::cluster_spec spec, origin from, moment now);

  struct job_origin {
    std::string id;
    std::string creator;
    std::string run_name;
    std::int64_t job_id = 0;
  };
  /// A job's cluster, pending until its run says come_up().
  void create_for_job(compute::cluster_spec spec, job_origin from, moment now);
  /// A job's cluster runs from now on, or ends where it cannot start.
  void come_up(std::string const& id, moment now);
  /// Ends a job's cluster if it is alive. Of those that have ended the last are remembered.
  void finish_job(std::string const& id, moment now);
  /// Called when somebody has ended a cluster or started it anew, with whatever ran on it.
  void on_loss(std::function<void(std::string const& id, moment now)> hear) {
    hear_ = std::move(hear);
  }

  /// Ends it in its time; nothing happens to one that ends or has ended.
  outcome<void> terminate(std::string const& id, clusters::termination_reason why,
                          std::string const& user, moment now);
  /// A run is under way on it (+1) or no longer (-1).
  void work(std::string const& id, int change, moment now);
  /// As it is now. INVALID_PARAMETER_VALUE when there is none, as the service has it. The pointer
  /// holds until the next call that is not const.
  outcome<emulated_cluster const*> find(std::string const& id, moment now);

  outcome<void> edit(std::string const& id, compute::cluster_spec spec, std::string const& user,
                     moment now);
  outcome<void> start(std::string const& id, std::string const& user, moment now);
  outcome<void> restart(std::string const& id, std::string const& user, moment now);
  outcome<void> resize(std::string const& id, clusters::cluster_size size, std::string const& user,
                       moment now);
  outcome<void> permanent_delete(std::string const& id, moment now);
  outcome<void> pin(std::string const& id, bool pinned, std::string const& user, moment now);

  /// Newest first. `all_terminated`: as API 2.1; else at most so many of them as API 2.0 gives.
  std::vector<emulated_cluster const*> list(bool all_terminated, moment now);
  void clear();

  static constexpr std::size_t clusters_max = 10'000;
  static constexpr std::size_t events_max = 10'000;
  static constexpr std::size_t terminated_listed_max = 70;
  static constexpr std::size_t terminated_job_listed_max = 30;
  static constexpr std::chrono::hours kept_terminated{30 * 24};

 private:
  using state = clusters::state;

  using all_clusters = std::map<std::string, emulated_cluster>;

  void settle(wall_time now);
  /// Whatever the cluster does by itself up to now; false when it is forgotten.
  bool settle(emulated_cluster& c, wall_time now);
  emulated_cluster& add(std::string id, compute::cluster_spec spec, wall_time now);
  void launch(emulated_cluster& c, wall_time now);
  void forget_ended_jobs(wall_time now);
  void runs(emulated_cluster& c, wall_time at);
  void begin_end(emulated_cluster& c, clusters::termination_reason why, std::string const& user,
                 wall_time now);
  /// Takes the machines it needs from its pools; the reason when it cannot have them.
  std::optional<clusters::termination_reason> borrow(emulated_cluster const& c, bool& warm,
                                                     wall_time now);
  void give_back(emulated_cluster const& c, wall_time now);
  void idle_from(emulated_cluster& c, wall_time now);
  outcome<emulated_cluster*> get(std::string const& id, wall_time now);
  all_clusters::iterator erase(all_clusters::iterator at);

  emulator_clusters_options options_;
  std::uint64_t seed_;
  random_source random_;
  machine_lender* pools_ = nullptr;
  std::function<void(std::string const&, moment)> hear_;
  all_clusters clusters_;
  std::size_t of_jobs_ = 0;             ///< Among clusters_.
  std::deque<std::string> ended_jobs_;  ///< Ids of jobs' clusters, longest ended first.
};

/// "0923-164208-meows279": the day and the time, then letters and digits.
std::string make_cluster_id(wall_time made, std::string_view name);

/// INVALID_PARAMETER_VALUE for a spec that no cluster can be made of.
outcome<void> check_spec(compute::cluster_spec const& spec);

}  // namespace kiln::emulation
