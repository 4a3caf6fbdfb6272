#pragma once

#include "emulator/run_clusters.hpp"
#include "emulator/runs_spec.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// The runs of a workspace and their lives on the clock. No JSON: runs_view.hpp words them.
namespace kiln::emulation {

struct task_run {
  enum class phase : std::uint8_t {
    blocked,
    pending,
    running,
    terminating,
    waiting_for_retry,
    done
  };
  std::int64_t run_id = 0;
  phase at = phase::blocked;
  run_end end = run_end::success;  ///< From terminating on.
  std::uint32_t attempt = 0;       ///< From 0; its retries within one run.
  std::uint32_t turn = 0;          ///< Attempts and repairs: which of the scripted results counts.
  std::uint32_t plan = 0;          ///< Events of older plans are void.
  std::int64_t started_ms = 0;     ///< Wall clock; 0: not yet.
  std::int64_t running_ms = 0;
  std::int64_t ending_ms = 0;
  std::int64_t ended_ms = 0;
};

struct repair {
  std::int64_t id = 0;  ///< 0: the original run.
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;
  run_end end = run_end::success;
  std::vector<std::int64_t> task_run_ids;
};

struct run {
  enum class phase : std::uint8_t { queued, active, done };
  std::int64_t run_id = 0;
  std::int64_t job_id = 0;  ///< A one-time run has one too, which no job has.
  std::int64_t number_in_job = 1;
  std::shared_ptr<run_spec const> spec;
  std::string name;
  std::string creator;
  std::string token;
  std::string parameters;  ///< Fragment: overriding_parameters; may be empty.
  script_words words;
  std::vector<task_run> tasks;
  std::vector<repair> repairs;  ///< The original first, once there is a second.
  bool one_time = false;        ///< By runs/submit.
  bool canceling = false;
  bool holds_slot = false;  ///< Counts against the limits of active runs.
  phase at = phase::active;
  run_end end = run_end::success;
  std::uint32_t ordinal = 0;  ///< Among the runs that share one list of results.
  std::uint32_t plan = 0;
  std::int64_t created_ms = 0;
  std::int64_t queued_ms = 0;  ///< How long it was queued.
  std::int64_t ended_ms = 0;

  [[nodiscard]] bool done() const noexcept { return at == phase::done; }
};

/// Runs in the order of their ids, which is that of their creation.
class run_index {
 public:
  void add(run const* r);
  void remove(run const* r);
  [[nodiscard]] std::size_t size() const noexcept { return runs_.size(); }
  [[nodiscard]] run const* operator[](std::size_t i) const noexcept { return runs_[i]; }
  /// How many have an id below this one.
  [[nodiscard]] std::size_t below(std::int64_t run_id) const noexcept;
  /// How many were created until then.
  [[nodiscard]] std::size_t created_until(std::int64_t ms) const noexcept;

 private:
  std::deque<run const*> runs_;  ///< The oldest end first, and leave it: cheap at both ends.
};

/// What a job allows its runs.
struct run_limits {
  std::int64_t concurrent_max = 1;
  bool queue = false;
};

struct run_request {
  std::shared_ptr<run_spec const> spec;
  std::int64_t job_id = 0;  ///< 0: a one-time run.
  run_limits limits;
  std::string name;
  std::string creator;
  std::string token;
  std::string parameters;
  script_words words;
};

struct run_filter {
  std::optional<std::int64_t> job_id;
  bool active_only = false;
  bool completed_only = false;
  std::optional<bool> one_time;
  std::int64_t from_ms = 0;
  std::int64_t to_ms = INT64_MAX;
};

/// Which part of a listing: the newest `skip` left out; or runs not newer than `first`; or the
/// `limit` that are newer than `after`.
struct run_window {
  std::size_t limit = 20;
  std::size_t skip = 0;
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> after;
};
struct run_page {
  std::vector<run const*> runs;  ///< Newest first.
  bool has_more = false;         ///< Older ones.
  bool has_newer = false;
  std::int64_t next = 0;  ///< The id the next page begins with, when has_more.
};

struct repair_request {
  std::int64_t run_id = 0;
  std::optional<std::int64_t> latest_repair_id;
  std::vector<std::string> tasks;  ///< Empty: all that failed.
  bool all_failed = false;
  bool dependents = false;
  script_words words;
  std::string parameters;
};

/// Every call is given a time that never goes back; what was due until then has happened when it
/// returns. A page of a listing costs its length where the filter is none, active_only,
/// completed_only or job_id; where filters are combined, also the runs in between.
class runs_state {
 public:
  /// Keeps `clusters`, which outlive it.
  runs_state(emulator_jobs_options const& options, clusters_state& clusters)
      : options_(options), clusters_(clusters) {}

  /// Whatever is due until then happens, to clusters too.
  void advance(moment now);
  /// Somebody ended that cluster, or started it anew: what runs on it fails.
  void cluster_lost(std::string const& id, moment now);

  struct started {
    std::int64_t run_id = 0;
    std::int64_t number_in_job = 1;
  };
  outcome<started> start(run_request request, moment now);
  outcome<void> cancel(std::int64_t run_id, moment now);
  void cancel_job(std::int64_t job_id, moment now);
  void cancel_queued(moment now);
  outcome<void> remove(std::int64_t run_id, moment now);
  outcome<std::int64_t> repair_run(repair_request const& request, moment now);

  struct found {
    run const* of = nullptr;
    /// The id was that of this task.
    std::optional<std::size_t> task;
  };
  outcome<found> find(std::int64_t run_id, moment now);
  run_page list(run_filter const& filter, run_window const& window, moment now);
  [[nodiscard]] outcome<run_script> script_of(run const& r, std::size_t task) const;
  void clear();

  static constexpr std::chrono::hours kept_for{24 * 60};
  static constexpr std::size_t token_chars_max = 64;
  static constexpr std::size_t runs_max = 1'000'000;
  /// Job ids from here on are those of one-time runs.
  static constexpr std::int64_t one_time_jobs = 500'000'000;

 private:
  struct event {
    instant at;
    std::uint64_t number = 0;  ///< First come, first served.
    std::int64_t run_id = 0;
    std::uint32_t plan = 0;
    std::uint32_t task = 0;
    bool of_run = false;  ///< Its timeout.
    bool operator>(event const& b) const noexcept {
      return at != b.at ? at > b.at : number > b.number;
    }
  };
  struct job_runs {
    run_index all;
    std::size_t active = 0;
    std::int64_t number = 0;
    run_limits limits;
  };

  void happen(event const& e);
  void schedule(run const& r, std::size_t task, std::chrono::milliseconds in);
  [[nodiscard]] std::int64_t now_ms() const noexcept;
  outcome<std::optional<started>> of_token(std::string const& token);
  outcome<void> within_limits(run_request const& request);
  void begin(run& r);
  void begin_task(run& r, std::size_t task);
  void task_ready(run& r, std::size_t task);
  void task_runs(run& r, std::size_t task);
  void task_ends(run& r, std::size_t task, run_end end);
  void task_done(run& r, std::size_t task, run_end end);
  bool may_retry(run const& r, std::size_t task) const;
  std::optional<run_end> verdict_on(run const& r, std::size_t task) const;
  void settle(run& r);
  void finish(run& r, run_end end);
  void stop(run& r, run_end end);
  void start_queued();
  [[nodiscard]] bool has_room(run const& r) const;
  [[nodiscard]] run_index const& index_for(run_filter const& filter) const;
  void repair_task(run& r, std::size_t task);
  void forget(run const& r);
  void forget_old();
  run* find_run(std::int64_t run_id);

  emulator_jobs_options options_;
  run_clusters clusters_;
  moment now_;
  std::unordered_map<std::int64_t, std::unique_ptr<run>> runs_;
  /// Of tasks whose run_id is not that of their run.
  std::unordered_map<std::int64_t, std::pair<std::int64_t, std::uint32_t>> task_ids_;
  run_index all_;
  run_index active_;
  run_index completed_;
  std::unordered_map<std::int64_t, job_runs> jobs_;
  std::deque<std::int64_t> queued_;
  bool starting_queued_ = false;
  std::size_t running_ = 0;  ///< Active and not queued.
  std::unordered_map<std::string, std::int64_t> tokens_;
  std::unordered_map<std::string, std::uint32_t> ordinals_;
  std::deque<instant> created_;  ///< Within the last hour.
  std::priority_queue<event, std::vector<event>, std::greater<>> events_;
  std::uint64_t events_made_ = 0;
  std::int64_t last_id_ = 1'000;
  std::int64_t last_one_time_job_ = one_time_jobs;
};

}  // namespace kiln::emulation
