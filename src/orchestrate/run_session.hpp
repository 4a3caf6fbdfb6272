#pragma once

#include "client/engine.hpp"
#include "core/context_watch.hpp"
#include "core/event.hpp"
#include "orchestrate/run_core.hpp"
#include "orchestrate/run_journal.hpp"
#include "orchestrate/run_lookup.hpp"
#include "orchestrate/watch_hub.hpp"

#include <kiln/orchestrate.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <limits>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

// Drives run_core: rows become requests, answers become events, and what has happened is in the
// journal before anybody is told of it.
namespace kiln::runs {

/// How often a run is looked at. Each look comes later than the one before by a fiftieth, which is
/// a fiftieth of the time it has been watched: the end of a minute's run is seen within seconds,
/// that of an hour's within a minute.
inline constexpr double pace_growth = 1.02;
inline constexpr int rarest = 12;  ///< Intervals between two looks, at most,
inline constexpr duration rarest_max = std::chrono::minutes(1);  ///< and this, if longer than one.
/// Any longer time stands for ever, and cannot be added to what the clock says.
inline constexpr std::chrono::milliseconds time_max = std::chrono::hours(10 * 365 * 24);
/// `hasty`: nothing is left to be sent.
[[nodiscard]] wait_pace pace_of(duration interval, bool hasty) noexcept;

/// What a caller gave. Lives in the frame of the coroutine that he got.
struct many_job {
  many_job(workspace handle, run_source* source, run_many_options const& o)
      : ws(std::move(handle)),
        rows(source),
        attempt(o.attempt),
        state_dir(o.state_dir),
        journal(o.journal),
        note(o.note),
        options(o) {
    options.attempt = attempt;
    options.state_dir = state_dir;
    options.journal = journal;
    options.note = note;
    options.deadline = std::min(options.deadline, time_max);
    options.interval = std::min(options.interval, time_max);
  }
  many_job(many_job const&) = delete;
  many_job& operator=(many_job const&) = delete;

  workspace ws;
  run_source* rows;
  std::vector<run_row> held;  ///< Of a source of its own.
  std::optional<run_list> list;
  std::string attempt, state_dir, journal, note;
  run_many_options options;
};

/// One call of run_many(). Threads: the executor it is given, a strand; the coroutine of run() is
/// there too.
class run_session final : public std::enable_shared_from_this<run_session> {
 public:
  run_session(asio::any_io_executor strand, many_job& job);

  task<run_report> run();

  static constexpr duration progress_interval = std::chrono::milliseconds(200);
  static constexpr duration stop_interval = std::chrono::milliseconds(250);
  /// So long a cancelled call waits for answers; then it gives them up too.
  static constexpr duration cancel_grace = std::chrono::seconds(10);
  static constexpr std::size_t rows_per_turn = 512;  ///< Planned before others get their turn.

 private:
  /// A row between its first submission and its end.
  struct under_way {
    row_result result;
    std::vector<std::int64_t> earlier;
    std::shared_ptr<watch_entry> entry;
    // Of the attempt at hand:
    std::optional<instant> first_sent;
    std::optional<instant> sent_until;
    bool by_us = false;     ///< This call sent it,
    bool answered = false;  ///< and was told its run.
  };
  struct child {
    std::shared_ptr<asio::cancellation_signal> stop;
    bool until_grace = true;
  };
  using children = std::list<child>;
  struct alarm {
    timers::id id;
  };

  // run_plan.cpp: what stands before the first request.
  task<void> make_plan();
  result<void> restore();
  void restore_row(std::size_t row, journal_row&& was);
  [[nodiscard]] duration age_of(clock_times const& then, bool most) const;
  result<void> doubt_others(std::vector<bool> const& known);
  [[nodiscard]] instant deadline_of(std::size_t row, timestamp submitted) const;

  // run_session.cpp
  void turn();
  void perform_all();
  void perform(action& what);
  /// Calls code of the caller's. What it throws is kept, and ends the call in order.
  template <class Call>
  bool guarded(Call const& call) {
    if (thrown_) return false;
    try {
      call();
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
    }
    give_up(error(errc::cancelled, "a function of the caller's has thrown"));
    return false;
  }
  void send_off();
  void tell();
  void report_progress(bool last);
  asio::awaitable<void> pause();
  void obey();
  void give_up(error why);
  void cancelled();
  void end_children();
  void set_alarm(instant when);
  void wake();
  void hasten();

  // run_calls.cpp: one request each.
  [[nodiscard]] result<run_request> request_of(std::size_t row);
  under_way& row_of(std::size_t row);
  void write_sending(under_way const& held);
  void submit(action const& what);
  void watch(std::size_t row, std::int64_t run_id);
  void watched(std::size_t row, std::int64_t run_id, watch_event const& event);
  void note(std::size_t row, std::int64_t run_id);
  void take_back(std::size_t row);
  void unwatch(under_way& held);
  void end(action& what);
  void look_up();
  void start(asio::awaitable<void> work, bool until_grace);
  static asio::awaitable<void> watch_over(std::shared_ptr<run_session> self,
                                          asio::awaitable<void> work, children::iterator me);
  asio::awaitable<void> submit_one(std::size_t row, outgoing_call call);
  asio::awaitable<void> cancel_one(std::size_t row, std::int64_t run_id);
  asio::awaitable<void> fetch_output(std::size_t row, std::int64_t run_id);
  asio::awaitable<void> read_places(std::shared_ptr<run_lookup> what);
  task<void> read_place(std::shared_ptr<run_lookup> what, run_lookup::place from, bool by_20);

  [[nodiscard]] instant now() const noexcept { return engine_->clock().now(); }
  [[nodiscard]] timestamp wall() const noexcept;
  /// By the clock of the wall as it goes now.
  [[nodiscard]] timestamp wall_at(instant then) const noexcept;
  [[nodiscard]] duration apply_time() const noexcept;

  asio::any_io_executor strand_;
  many_job& job_;
  std::shared_ptr<engine> engine_;
  std::vector<std::string> keys_, names_;
  std::vector<bool> by_20_;
  std::vector<duration> deadlines_;                             ///< Empty when no row has one.
  std::unordered_map<std::string_view, std::uint32_t> by_key_;  ///< While the plan is made.
  std::optional<run_core> core_;
  std::unique_ptr<run_journal> journal_;
  std::unordered_map<std::size_t, under_way> rows_;
  /// And the row of each; no_row: of one that is no longer wanted.
  std::unordered_map<std::int64_t, std::size_t> known_runs_;
  static constexpr std::size_t no_row = std::numeric_limits<std::size_t>::max();
  std::string creator_;  ///< As the server calls whoever makes this call's runs, once it is known.
  std::vector<std::pair<std::size_t, outgoing_call>> outbox_;
  struct news {
    row_result row;
    bool finished = false;
  };
  std::vector<news> news_;
  children children_;
  std::unique_ptr<event> woken_;
  context_watch loop_;
  std::shared_ptr<alarm> alarm_ = std::make_shared<alarm>();
  std::optional<instant> alarm_at_;
  std::optional<error> fatal_;
  std::exception_ptr thrown_;
  run_report report_;
  workspace_stats before_;
  instant began_{};
  instant told_at_ = instant::min();
  std::optional<instant> grace_ends_;
  std::uint64_t polls_base_ = 0, polls_ = 0;
  int cancels_ = 0;
  bool changed_ = true;
  bool hastened_ = false;
};

}  // namespace kiln::runs
