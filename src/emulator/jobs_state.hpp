#pragma once

#include "emulator/runs_spec.hpp"
#include "emulator/runs_state.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::emulation {

/// The jobs of a workspace. Settings are kept in the form of API 2.1; those of 2.0 have one task
/// and the format SINGLE_TASK.
class jobs_state {
 public:
  struct job {
    std::int64_t job_id = 0;
    std::int64_t created_ms = 0;
    std::string creator;
    boost::json::object settings;
    std::shared_ptr<run_spec const> spec;
    std::string name;
    run_limits limits;
    bool queues_by_default = false;  ///< Made by API 2.2.
  };

  explicit jobs_state(emulator_jobs_options const& options) : options_(options) {}

  outcome<std::int64_t> create(boost::json::object settings, std::string creator,
                               bool queues_by_default, moment now);
  [[nodiscard]] outcome<job const*> find(std::int64_t job_id) const;
  outcome<void> reset(std::int64_t job_id, boost::json::object settings);
  /// Members of `settings` replace those there are; tasks and job clusters do by their keys.
  /// `remove` names members, or "tasks/key" and "job_clusters/key".
  outcome<void> update(std::int64_t job_id, boost::json::object const& settings,
                       std::vector<std::string> const& remove);
  bool remove(std::int64_t job_id) { return jobs_.erase(job_id) > 0; }

  struct page {
    std::vector<job const*> jobs;  ///< Newest first.
    bool has_more = false;
    std::int64_t next = 0;  ///< The id the next page begins with, when has_more.
  };
  /// Jobs not newer than `first`, if given, with that name in any case of letters, if given.
  [[nodiscard]] page list(std::size_t limit, std::size_t skip, std::optional<std::int64_t> first,
                          std::string_view name) const;
  void clear() { *this = jobs_state(options_); }

  static constexpr std::size_t name_bytes_max = 4096;
  static constexpr std::int64_t concurrent_runs_max = 1'000;

 private:
  outcome<void> take(job& into, boost::json::object settings) const;

  emulator_jobs_options options_;
  std::map<std::int64_t, job> jobs_;
  std::int64_t last_id_ = 10;
};

/// "run_name" or "name" of settings, checked.
outcome<std::string> job_name_of(boost::json::object const& settings, std::string_view member,
                                 std::string_view unnamed);
/// Settings that have "queue": {"enabled": …}.
[[nodiscard]] bool queue_of(boost::json::object const& settings, bool otherwise) noexcept;

}  // namespace kiln::emulation
