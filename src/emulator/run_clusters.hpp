#pragma once

#include "emulator/clusters_state.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

// Which cluster each task of a run is on, and the clusters that runs make for themselves.
namespace kiln::emulation {

struct run;
struct run_spec;

/// The id of the cluster of a task that has begun; that of a cluster made for it follows from the
/// run. Empty: it is on none that has an id.
[[nodiscard]] std::string cluster_id_of(run const& r, std::size_t task);

/// The key of an element of job_clusters. INVALID_PARAMETER_VALUE for one that has none, or of
/// whose new_cluster no cluster can be made.
outcome<std::string> check_job_cluster(boost::json::value const& job_cluster);
/// INVALID_PARAMETER_VALUE when no cluster can be made of it.
outcome<void> check_new_cluster(boost::json::value const& new_cluster);

/// What runs do to clusters.
class run_clusters {
 public:
  /// Keeps `all`, which outlives it.
  explicit run_clusters(clusters_state& all) noexcept : all_(&all) {}
  [[nodiscard]] clusters_state& all() const noexcept { return *all_; }

  /// INVALID_PARAMETER_VALUE when a task is to run on a cluster that there is not, or on one that
  /// was made for a job.
  outcome<void> check(run_spec const& spec, moment now);

  /// A task begins: its cluster is made, or started when it is terminated. Gives how long that
  /// takes; a cluster made for the run is ready when the run asks for it.
  std::chrono::milliseconds take(run const& r, std::size_t task, moment now);

  struct standing {
    enum class is : std::uint8_t { up, starting, gone } what;
    std::chrono::milliseconds in;  ///< Until it is up, when it is starting.
  };
  /// Whether the task can run now.
  standing ask(run const& r, std::size_t task, moment now);

  /// The task does not run any more; `again`: it is going to.
  void release(run const& r, std::size_t task, bool again, moment now);
  /// The run has ended.
  void release_all(run const& r, moment now);

 private:
  standing standing_of(std::string const& id, moment now);

  clusters_state* all_;
};

}  // namespace kiln::emulation
