#pragma once

#include "core/clock.hpp"
#include "orchestrate/row_graph.hpp"
#include "orchestrate/run_brake.hpp"

#include <kiln/orchestrate.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What to do next with the rows of a run_many(). Pure: rows are numbers, events and the time come
// in, actions go out. Between a row's first submission and its end one thing at most is under way
// for it, so that no run is started while another of the same row may be there.
namespace kiln::runs {

/// What it needs to know of a row beside what it waits for.
struct row_plan {
  int priority = 0;
  std::uint32_t retry = 0;  ///< Which of the policies.
  duration deadline{};      ///< 0: none.
};

/// What became of a submission that gave no run.
enum class refusal : std::uint8_t {
  for_good,   ///< The row has failed.
  for_now,    ///< Surely not started: again later.
  limit,      ///< A limit of the workspace: all submissions wait.
  unsettled,  ///< It may have been started: to be looked for.
};
[[nodiscard]] refusal refusal_of(error const& why) noexcept;

/// A run as it was seen.
struct sight {
  bool final = false;
  bool success = false;
  bool running = false;    ///< Or further.
  std::string_view state;  ///< What a retry goes by: result state, or else life cycle state.
  std::string_view message;
};

struct action {
  enum class kind : std::uint8_t {
    submit,   ///< Answer: submitted() or refused().
    look_up,  ///< All rows that may have a run that is not known; unsettled(). Answer: found() for
              ///< each, then looked_up().
    watch,    ///< The run of the row, until it is final or the row ends; sighted() or lost().
    cancel,   ///< Answer: cancel_answered().
    output,   ///< Answer: output_came().
    end,      ///< The last of the row.
  };
  kind what = kind::submit;
  std::size_t row = 0;
  std::int64_t run_id = 0;                   ///< watch, cancel, output.
  std::uint32_t attempt = 0;                 ///< submit: from 1.
  row_state state = row_state::not_started;  ///< end.
  std::string message;                       ///< end: why, unless the run says so itself.
  std::optional<std::size_t> because_of;     ///< end, skipped: the row that did not succeed.
  bool open = false;                         ///< end: not for good, another call may go on with it.
};

class run_core {
 public:
  struct settings {
    std::size_t active_max = 200;
    std::size_t sending_max = 32;    ///< Submissions at once: what a limit may refuse in one go.
    std::uint64_t failures_max = 0;  ///< 0: no bound.
    /// So long after it was last sent a submission may yet take effect; until then it is no proof
    /// that no run was found.
    duration apply_time = std::chrono::minutes(3);
    instant deadline = never;
    bool detach = false;
    bool output = false;
  };
  static constexpr std::size_t cancels_max = 64;  ///< At once; more would only wait elsewhere.
  static constexpr std::size_t outputs_max = 64;  ///< The same.
  static constexpr int bounces_max = 8;           ///< refusal::for_now of one row in a row.
  static constexpr int lookups_max = 10;          ///< That fail, one after the other.
  /// Between a lost answer and the first look for its run; each further one comes after twice the
  /// time, until apply_time has passed.
  static constexpr duration settle_time = std::chrono::seconds(1);
  static constexpr duration bounce_min = std::chrono::seconds(1);
  static constexpr duration bounce_max = std::chrono::seconds(60);

  /// `rows` are as many as the graph has; row_plan::retry is below policies.size().
  run_core(settings s, row_graph graph, std::vector<row_plan> rows,
           std::vector<run_retry> policies);

  // What earlier processes left; before begin().
  void had_ended(std::size_t row, bool success);
  /// `attempts` with this one; `deadline`: of the row, as far as it is known.
  void had_started(std::size_t row, std::int64_t run_id, std::uint32_t attempts, instant deadline);
  /// `attempts` without the one that may have been started; `sent`: when that was sent at the
  /// latest.
  void may_have_started(std::size_t row, std::uint32_t attempts, instant deadline, instant sent);
  /// Its runs so far do not count against its retries.
  void starts_anew(std::size_t row, std::uint32_t attempts);

  void begin();
  void submitted(std::size_t row, std::int64_t run_id, instant now);
  void refused(std::size_t row, refusal how, std::string message, instant now);
  void sighted(std::size_t row, sight const& run, instant now);
  /// The run is no more, or (not `gone`) may only not be seen by this call.
  void lost(std::size_t row, std::string message, bool gone);
  void found(std::size_t row, std::int64_t run_id);
  /// What it was given by found() is another row's run: its own is still to be looked for.
  void mistaken(std::size_t row, instant now);
  void looked_up(bool all, std::string const& why_not, instant now);
  void cancel_answered(std::size_t row, std::string const& why_not);
  void output_came(std::size_t row);
  /// `why`: said of rows that end by it.
  void stop(run_stop how, std::string why);

  /// What to do now. Call it after every event and at next().
  [[nodiscard]] std::vector<action> turn(instant now);
  [[nodiscard]] std::optional<instant> next(instant now) const;
  [[nodiscard]] bool done() const noexcept { return ended_ == rows_.size(); }

  /// Rows a look_up is about, as it was given.
  [[nodiscard]] std::vector<std::size_t> const& unsettled() const noexcept { return looked_for_; }
  /// Nothing is left to be started, as far as is known now.
  [[nodiscard]] bool all_sent() const noexcept {
    return ready_.empty() && waiting_.empty() && blocked_ == 0;
  }
  [[nodiscard]] std::uint32_t attempts(std::size_t row) const noexcept {
    return rows_[row].attempts;
  }
  /// How it ended; not_started until then.
  [[nodiscard]] row_state state(std::size_t row) const noexcept {
    return rows_[row].at == phase::ended ? rows_[row].verdict : row_state::not_started;
  }
  /// Without elapsed and polls.
  [[nodiscard]] run_progress progress(instant now) const;
  [[nodiscard]] std::uint64_t limited() const noexcept { return limited_; }

 private:
  enum class phase : std::uint8_t {
    blocked,
    ready,
    sending,
    unsettled,
    active,
    to_cancel,
    cancelling,
    waiting,  ///< For its next run.
    to_fetch,
    fetching,
    ended,
  };
  struct row_at {
    row_plan plan;
    phase at = phase::blocked;
    row_state verdict = row_state::not_started;  ///< Once it is decided.
    bool running = false;
    bool late = false;       ///< Its deadline has passed.
    bool inherited = false;  ///< Unsettled: sent by an earlier process.
    bool aside = false;      ///< The same, and looked for in vain: it holds no place.
    std::uint8_t bounces = 0;
    std::uint32_t blockers = 0;
    std::uint32_t attempts = 0;
    std::uint32_t attempts_before = 0;  ///< That do not count as retries.
    std::int64_t run_id = 0;
    instant deadline = never;
    instant since{};  ///< unsettled: sent by then; waiting: until when.
    instant look{};   ///< unsettled: when to look for its run next.
  };
  using timed = std::set<std::pair<instant, std::uint32_t>>;

  [[nodiscard]] std::size_t under_way() const noexcept { return sending_ + unsettled_ + active_; }
  /// Of active_max. What an earlier process sent and is not to be found would hold up the table for
  /// as long as it may yet come, which it hardly ever does; should it, there is one run too many.
  [[nodiscard]] std::size_t places() const noexcept { return under_way() - aside_; }
  void make_ready(std::size_t row);
  void wait(std::size_t row, instant until);
  void enter(std::size_t row, phase to);
  void has_run(std::size_t row, std::int64_t run_id);
  void unsettle(std::size_t row, instant sent, instant look);
  void give_up_looking(std::size_t row, std::string const& why_not);
  /// Nothing was found of a row, by a look that began at looking_since_.
  void not_found(std::size_t row, instant now);
  void finish(std::size_t row, row_state how);
  void end(std::size_t row, row_state how, std::string message, bool open = false);
  void close(action what);
  void end_dependants(std::size_t row);
  void abandon(std::size_t row);
  void halt();
  void cancel_row(std::size_t row, row_state verdict, std::string why);
  void pass_deadlines(instant now);
  void submit_ready(instant now);
  void look_up(instant now);
  void hand_out();
  [[nodiscard]] bool retries(row_at const& r, std::string_view state) const;
  [[nodiscard]] duration backoff_of(row_at const& r) const;
  [[nodiscard]] bool may_submit(instant now) const;

  settings settings_;
  row_graph graph_;
  std::vector<row_at> rows_;
  std::vector<run_retry> policies_;
  run_brake brake_;
  std::vector<action> out_;

  std::set<std::pair<std::int64_t, std::uint32_t>> ready_;  ///< -priority, row.
  timed waiting_;
  timed deadlines_;
  std::deque<std::uint32_t> to_cancel_, to_fetch_;
  std::vector<std::size_t> looked_for_;
  std::map<std::uint32_t, std::string> reasons_;  ///< Of rows that wait for their cancellation.
  bool looking_ = false;
  instant looking_since_{};
  int lookups_failed_ = 0;
  instant look_at_ = never;
  run_stop stopped_ = run_stop::none;
  std::string why_stopped_;

  std::size_t blocked_ = 0, sending_ = 0, unsettled_ = 0, active_ = 0, running_ = 0, aside_ = 0;
  std::size_t cancels_ = 0, outputs_ = 0, ended_ = 0;
  std::uint64_t succeeded_ = 0, failed_ = 0, skipped_ = 0, others_ = 0;
  std::uint64_t submits_ = 0, retries_ = 0, limited_ = 0;
  std::uint64_t failed_before_ = 0;  ///< Of `failed_`.
};

}  // namespace kiln::runs
