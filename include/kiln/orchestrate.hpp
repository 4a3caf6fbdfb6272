#pragma once

#include <kiln/result.hpp>
#include <kiln/timestamp.hpp>
#include <kiln/workspace.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Many runs for one: rows, each of which is a run to be started, watched to its end and started
/// again where it fails, never twice by accident. Submissions share the workspace's budget; what
/// runs is watched by sweeps of runs/list, some hundredths of a request a run.
namespace kiln {

/// What starts the run of a row. Those of API 2.0 serve workspaces of any age.
enum class run_call : std::uint8_t {
  submit,     ///< 2.1 jobs/runs/submit: a one-time run.
  submit_20,  ///< The same of 2.0.
  now,        ///< 2.1 jobs/run-now: a run of a job that stands.
  now_20,
};

/// When a run that ended badly is followed by another of the same row.
struct run_retry {
  std::uint32_t count = 0;                         ///< Runs beyond the first.
  std::chrono::milliseconds backoff{10'000};       ///< Before the second; doubled each time. >= 0.
  std::chrono::milliseconds backoff_max{600'000};  ///< >= 0.
  /// Result states, or life cycle states that have none, that are worth it; as the API spells them.
  /// Empty: FAILED, TIMEDOUT, INTERNAL_ERROR.
  std::vector<std::string> states;
  bool operator==(run_retry const&) const = default;
};

/// One run to be made.
struct run_row {
  /// Which run this is: the idempotency token, and part of the run's name. At most key_chars_max of
  /// [0-9A-Za-z_.-]; empty: run_key() of `call` and `document`. No two rows of a call may share it.
  std::string key;
  /// For people, for `after`, and the beginning of run_name; empty: what the document says, or the
  /// key. At most name_bytes_max.
  std::string name;
  /// JSON object: the body of runs/submit, or that of run-now with its job_id. What it says of
  /// idempotency_token is replaced; a run_name gets the key at its end.
  std::string document;
  run_call call = run_call::submit;
  int priority = 0;                ///< Higher ones are started first; equal ones in their order.
  std::vector<std::string> after;  ///< Names of rows that must succeed before.
  run_retry retry;
  /// From the start of its first run until it must have ended, retries included; then its run is
  /// cancelled and the row has failed. 0: none.
  std::chrono::milliseconds deadline{0};

  static constexpr std::size_t key_chars_max = 48;
  static constexpr std::size_t name_bytes_max = 1'024;
};

/// 32 characters of [0-9a-f] out of SHA-256; other parts give another key.
[[nodiscard]] std::string run_key(std::span<std::string_view const> parts);

/// Where rows come from. Asked for each row when the plan is made, and again for each run that is
/// started, so that a hundred thousand documents need not be held: row(i) must give the same each
/// time. Called on the executor of the awaiting coroutine, by one thread at a time; must not block
/// for long.
class run_source {
 public:
  virtual ~run_source() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// i < size().
  [[nodiscard]] virtual result<run_row> row(std::size_t i) = 0;
};

/// Rows that are held elsewhere, for as long as the call.
class run_list final : public run_source {
 public:
  explicit run_list(std::span<run_row const> rows) noexcept : rows_(rows) {}
  [[nodiscard]] std::size_t size() const override { return rows_.size(); }
  [[nodiscard]] result<run_row> row(std::size_t i) override { return rows_[i]; }

 private:
  std::span<run_row const> rows_;
};

/// Rows that a function makes.
class run_function final : public run_source {
 public:
  using maker = std::function<result<run_row>(std::size_t)>;
  run_function(std::size_t size, maker make) : size_(size), make_(std::move(make)) {}
  [[nodiscard]] std::size_t size() const override { return size_; }
  [[nodiscard]] result<run_row> row(std::size_t i) override { return make_(i); }

 private:
  std::size_t size_;
  maker make_;
};

/// How a row ended.
enum class row_state : std::uint8_t {
  succeeded,
  failed,       ///< Its last run did, or could not be started.
  skipped,      ///< A row it waits for did not succeed; nothing was started.
  cancelled,    ///< Its run was cancelled by this call.
  left,         ///< Its run goes on: the call was told to leave it.
  not_started,  ///< Nothing was started when the call ended.
};
/// "succeeded"
[[nodiscard]] std::string_view to_string(row_state state) noexcept;

/// What is known of a row at its end.
struct row_result {
  std::size_t row = 0;  ///< In its source.
  std::string key, name;
  row_state state = row_state::not_started;
  std::int64_t run_id = 0;       ///< Of its last run; 0: none was started.
  std::string run_page_url;      ///< Empty until the run was seen.
  std::string life_cycle_state;  ///< The API's spelling, known to this library or not.
  std::string result_state;      ///< The same; may be empty.
  std::string message;           ///< The server's, or why no run was started.
  std::uint32_t attempts = 0;    ///< Runs that were started, by earlier processes too.
  timestamp submitted{};         ///< When its first run was asked for, by this machine's clock.
  timestamp started{};           ///< The last run's, by the server's clock; 0: not known.
  timestamp ended{};             ///< The same.
  /// With run_many_options::output: the answer of runs/get-output without its metadata, JSON; empty
  /// where there is none.
  std::string output;
  bool resumed = false;  ///< It had ended before this process began.
};

/// A moment of a call of run_many(). Every row is in one of the first eight.
struct run_progress {
  std::uint64_t blocked = 0;  ///< Wait for other rows.
  std::uint64_t queued = 0;   ///< Wait to be started, or to be started again.
  std::uint64_t pending = 0;  ///< Started and not seen running yet.
  std::uint64_t running = 0;
  std::uint64_t succeeded = 0, failed = 0, skipped = 0;
  std::uint64_t others = 0;            ///< cancelled, left, not_started.
  std::uint64_t unsettled = 0;         ///< Of `pending`: may have been started, are looked for.
  std::uint64_t submits = 0;           ///< Runs asked for by this call.
  std::uint64_t polls = 0;             ///< Requests that looked at runs meanwhile.
  std::uint64_t retries = 0;           ///< Rows started again after a bad end.
  bool limited = false;                ///< A limit of the workspace holds submissions back.
  std::chrono::nanoseconds elapsed{};  ///< Since the call began.
  [[nodiscard]] std::uint64_t rows() const noexcept {
    return blocked + queued + pending + running + succeeded + failed + skipped + others;
  }
};

/// Told how it goes, on the executor of the awaiting coroutine; must not block. With a journal what
/// is told is in it already.
class run_observer {
 public:
  virtual ~run_observer() = default;
  /// Before anything is sent: the journal, and how many rows had ended in it.
  virtual void journaled(std::string_view /*id*/, std::uint64_t /*ended*/) {}
  virtual void started(row_result const&) {}
  /// Once for each row but those `not_started`; first those that had ended before (`resumed`).
  virtual void finished(row_result const&) {}
  /// About five times a second while something changes, and at the end.
  virtual void progressed(run_progress const&) {}
};

/// What to do with what is under way.
enum class run_stop : std::uint8_t {
  none,
  drain,   ///< Start nothing more, watch what runs to its end.
  leave,   ///< Start nothing more, and end; what runs goes on.
  cancel,  ///< Start nothing more, and cancel what runs.
};

/// Trivially destructible, so it may be written in braces beside a co_await.
struct run_many_options {
  /// Runs at once; > 0. What an earlier process may have started and is not to be found does not
  /// count meanwhile.
  std::uint32_t active_max = 200;
  /// Ends the call: what runs then is cancelled, what does not is `not_started`. 0: none.
  std::chrono::milliseconds deadline{0};
  std::uint64_t failures_max = 0;  ///< After so many failed rows as run_stop::drain; 0: no bound.
  /// Salts every key: another text makes other runs of the same rows. Copied.
  std::string_view attempt{};
  /// The directory of journals, made where missing; empty: none is kept. With a journal the same
  /// call goes on where an earlier one ended in any way: what had ended is told again, what was
  /// started is watched, what may have been started is looked for. Fails with errc::conflict while
  /// another process is at work on it. Copied.
  std::string_view state_dir{};
  /// What makes it the same journal, beside the host: the path of a matrix, say, whose new rows are
  /// then started and whose old ones are not. Empty: the keys of all rows. Copied.
  std::string_view journal{};
  /// A text of the caller's that the journal keeps, such as how to make the same call again; the
  /// latest counts. Copied.
  std::string_view note{};
  /// Rows that failed or were cancelled in the journal are started anew.
  bool rerun_failed = false;
  /// Starts everything that can be started and ends; rows end as `left`.
  bool detach = false;
  bool output = false;  ///< Asks for the output of each run that has ended: a request a row.
  /// Between two looks at a run that has just begun; > 0. The longer it runs, the rarer they are: a
  /// fiftieth of its time so far, at most twelve intervals or a minute.
  std::chrono::milliseconds interval{5'000};
  /// Of the budget's requests that sweeps may take, in (0, 1].
  double poll_share = 0.05;
  lane in_lane = lane::bulk;         ///< Of submissions; sweeps go in lane::poll.
  run_observer* observer = nullptr;  ///< Must outlive the call.
  /// May be set from any thread, noticed within a quarter of a second; goes upwards only: none,
  /// drain, leave or cancel. Must outlive the call.
  std::atomic<run_stop> const* stop = nullptr;
  /// What a cancellation of the awaiting coroutine does; leave or cancel.
  run_stop when_cancelled = run_stop::leave;
};

struct run_report {
  std::uint64_t rows = 0;
  std::uint64_t succeeded = 0, failed = 0, skipped = 0, cancelled = 0, left = 0, not_started = 0;
  std::uint64_t resumed = 0;    ///< Of all these, ended before this process began.
  std::uint64_t submits = 0;    ///< Runs asked for.
  std::uint64_t retries = 0;    ///< Rows started again after a bad end.
  std::uint64_t polls = 0;      ///< Requests that looked at runs meanwhile.
  std::uint64_t requests = 0;   ///< By the workspace handle during the call, all of them.
  std::uint64_t throttled = 0;  ///< 429s during the call.
  std::uint64_t limited = 0;    ///< Times a limit of the workspace refused a run for now.
  std::chrono::nanoseconds elapsed{};
  std::string id;  ///< Of the journal; empty: none is kept.
  /// The first failures_kept_max rows that failed, were skipped or cancelled, as they ended.
  std::vector<row_result> failures;
  static constexpr std::size_t failures_kept_max = 1'000;
};

/// Starts a run for each row, at most active_max at once, and watches them to their ends.
///
/// Exactly once: a row's key is the idempotency token. Where no answer tells whether a run was
/// started, it is looked for (runs/list, by the key in its name) before anything is sent again,
/// since a server may know tokens of active runs only. A run of a job carries no key: it is known
/// by its parameters, as one that was asked for (no schedule made it, no retry), by the user who
/// makes this call's other runs, since the row was first sent, all by the server's clock. So what
/// somebody else makes with the same parameters and login in those minutes may be taken for the
/// row's; a parameter with a value that no other run has rules that out. That it was not found
/// counts once twice timeouts.first_byte (or twice the handle's deadline, if that is shorter) has
/// passed since it was last sent, by an earlier process too: until then a slow server may yet start
/// it. Limits of the workspace (active runs, runs an hour) slow submissions down and fail no row.
///
/// Rows that fail are in the report. The result is an error when nothing could be started: a row is
/// no good (invalid_argument; says which), names in `after` are unknown or go round in a circle,
/// the journal cannot be used; or when it was cancelled (errc::cancelled), the journal could no
/// longer be written, the login no longer holds (errc::unauthenticated) or the handle was closed:
/// the journal then leaves open what had not ended. So it does where the source or the observer
/// throws, which is thrown once nothing is under way any more. Throws std::invalid_argument for
/// options that can never work. `rows` must outlive the call.
[[nodiscard]] task<run_report> run_many(workspace ws, run_source& rows,
                                        run_many_options const& options = {});
[[nodiscard]] task<run_report> run_many(workspace ws, std::vector<run_row> rows,
                                        run_many_options const& options = {});

/// What a journal tells of one call.
struct run_journal_record {
  std::string id;
  std::string host;
  std::string journal;  ///< As run_many_options has it.
  std::string note;     ///< The same.
  timestamp created{};
  bool running = false;
  std::int64_t pid = 0;       ///< Of the process at work on it, if it could be told.
  std::uint64_t rows = 0;     ///< Of the latest call.
  bool finished = false;      ///< That call left no row that another could go on with.
  std::uint64_t started = 0;  ///< Rows whose run is under way, or may be.
  std::uint64_t succeeded = 0, failed = 0, others = 0;
  std::string damage;  ///< Why it cannot be read; then only `id` is known.
};

/// Blocks for a moment.
[[nodiscard]] result<std::vector<run_journal_record>> list_run_journals(std::string_view state_dir);
/// Rows of a journal for which anything was ever sent, by key; `left`: their run is under way, or
/// may be. Blocks for a moment.
[[nodiscard]] result<std::vector<row_result>> list_run_journal_rows(std::string_view state_dir,
                                                                    std::string_view id);
/// Forgets what was started; runs that go on are not touched. conflict while it is in use.
[[nodiscard]] result<void> remove_run_journal(std::string_view state_dir, std::string_view id);

}  // namespace kiln
