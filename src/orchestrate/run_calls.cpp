#include "client/wire.hpp"
#include "core/spawn.hpp"
#include "http/date.hpp"
#include "orchestrate/run_session.hpp"
#include "services/jobs20_fields.hpp"
#include "services/jobs_fields.hpp"
#include "transfer/fan_out.hpp"

#include <kiln/document.hpp>
#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

// The requests of a run_many(), one coroutine each, and what their answers say of a row.
namespace kiln::runs {

namespace {

judgement judge_run(void const* value) {
  auto const& state = static_cast<seen_run const*>(value)->state;
  judgement out;
  out.state = state.life_cycle_state.raw();
  out.message = state.state_message;
  if (jobs::is_final(state)) out.what = judgement::kind::reached;
  return out;
}

bool is_running(jobs::run_state const& state) {
  return state.life_cycle_state == jobs::run_life_cycle_state::running ||
         state.life_cycle_state == jobs::run_life_cycle_state::terminating;
}

/// No other row would fare better.
bool ends_all(error const& why) noexcept {
  return why.code() == errc::closed || why.code() == errc::unauthenticated;
}

bool is_temporary(error const& why) {
  auto const how = refusal_of(why);
  return how == refusal::for_now || how == refusal::unsettled;
}

template <class Request>
outgoing_call about_run(std::int64_t run_id, lane in_lane) {
  Request request;
  request.run_id = run_id;
  call_options options;
  options.lane = in_lane;
  return encode(request, options);
}

/// The answer of runs/get-output without what is known anyway.
std::string output_in(std::string const& body) {
  auto members = members_of(body, "runs/get-output");
  if (members.has_error()) return {};
  std::erase_if(*members, [](json_member const& m) { return m.name == "metadata"; });
  return members->empty() ? std::string() : object_of(*members);
}

std::string_view fate(row_state state) noexcept {
  switch (state) {
    case row_state::failed:
      return "failed";
    case row_state::skipped:
      return "was skipped";
    case row_state::cancelled:
      return "was cancelled";
    default:
      return "has not ended";
  }
}

}  // namespace

// Keeps count of the coroutine that `work` becomes; every one ends by waking the session.
void run_session::start(asio::awaitable<void> work, bool until_grace) {
  auto stop = std::make_shared<asio::cancellation_signal>();
  children_.push_back({stop, until_grace});
  auto const me = std::prev(children_.end());
  spawn_detached(strand_, watch_over(shared_from_this(), std::move(work), me), std::move(stop));
}

asio::awaitable<void> run_session::watch_over(std::shared_ptr<run_session> self,
                                              asio::awaitable<void> work, children::iterator me) {
  co_await transfer::keep_after_cancel();
  co_await std::move(work);
  self->children_.erase(me);
  self->wake();
}

result<run_request> run_session::request_of(std::size_t row) {
  result<run_row> given = error(errc::cancelled, "the call came to its end");
  guarded([&] { given = job_.rows->row(row); });
  if (given.has_error()) return given.error();
  auto made = make_request(*given, job_.options.attempt, row);
  if (made.has_error() || made->key == keys_[row]) return made;
  return error(errc::invalid_argument, "the source gave another row " + std::to_string(row + 1) +
                                           " than when it was asked before")
      .with_operation("run_many");
}

run_session::under_way& run_session::row_of(std::size_t row) {
  auto& held = rows_[row];
  held.result.row = row;
  held.result.key = keys_[row];
  held.result.name = names_[row];
  return held;
}

void run_session::write_sending(under_way const& held) {
  if (!journal_) return;
  auto const times = [this](std::optional<instant> then) {
    auto const at = then.value_or(now());
    return clock_times{wall_at(at), at};
  };
  journal_->sending(held.result, held.earlier, times(held.first_sent), times(held.sent_until));
}

void run_session::submit(action const& what) {
  auto const request = request_of(what.row);
  if (request.has_error()) {
    auto const how = fatal_ ? refusal::for_now : refusal::for_good;
    core_->refused(what.row, how, request.error().message(), now());
    return;
  }
  auto& held = row_of(what.row);
  auto& r = held.result;
  if (r.run_id != 0) {
    held.earlier.push_back(r.run_id);
    held.first_sent.reset();
    r.run_id = 0;
    r.life_cycle_state.clear();
    r.result_state.clear();
    r.message.clear();
    r.run_page_url.clear();
    r.started = r.ended = timestamp();
  }
  if (r.submitted == timestamp()) r.submitted = wall();
  r.attempts = what.attempt - 1;
  if (!held.first_sent) held.first_sent = now();
  held.sent_until = now() + engine_->options().deadline;
  held.by_us = true;
  held.answered = false;
  write_sending(held);
  outbox_.emplace_back(what.row, call_for(*request, what.attempt, job_.options.in_lane));
}

asio::awaitable<void> run_session::submit_one(std::size_t row, outgoing_call call) {
  std::string const operation = call.operation;
  auto answer = co_await engine::perform(engine_, std::move(call));
  if (answer.has_error()) {
    auto const& why = answer.error();
    auto how = refusal_of(why);
    if (ends_all(why)) give_up(why);
    if (fatal_ && how == refusal::for_good) how = refusal::for_now;
    core_->refused(row, how, why.describe(), now());
    co_return;
  }
  auto const run_id = run_id_in(*answer, operation, engine_->authority());
  if (run_id.has_error()) {
    // It was answered with success, so there may well be a run.
    core_->refused(row, refusal::unsettled, run_id.error().describe(), now());
    co_return;
  }
  row_of(row).answered = true;
  auto const other = known_runs_.find(*run_id);
  if (other != known_runs_.end() && other->second != row) take_back(other->second);
  note(row, *run_id);
  core_->submitted(row, *run_id, now());
}

// That the row has this run, before the core hears of it.
void run_session::note(std::size_t row, std::int64_t run_id) {
  known_runs_.insert_or_assign(run_id, row);
  auto& held = row_of(row);
  held.result.run_id = run_id;
  held.result.attempts = core_->attempts(row) + 1;
  if (journal_) journal_->started(held.result);
  if (job_.options.observer != nullptr) news_.push_back({held.result, false});
}

// Its run was found by its parameters, and is that of a row with the same ones: a token says so.
void run_session::take_back(std::size_t row) {
  auto const at = rows_.find(row);
  if (at == rows_.end()) return;
  unwatch(at->second);
  at->second.result.run_id = 0;
  core_->mistaken(row, now());
  at->second.result.attempts = core_->attempts(row);
  write_sending(at->second);
}

void run_session::unwatch(under_way& held) {
  if (!held.entry) return;
  asio::post(engine_->executor(), [e = engine_, entry = std::move(held.entry)] {
    e->companion<watch_hub>().end(entry, error(errc::cancelled, "the row has ended"));
  });
}

void run_session::watch(std::size_t row, std::int64_t run_id) {
  watch_request what;
  what.kind = &any_run();
  what.key = std::to_string(run_id);
  what.label = "run " + what.key;
  what.judge = &judge_run;
  what.fresh = true;
  auto const pace = pace_of(job_.options.interval, hastened_);
  what.options.timeout = std::chrono::milliseconds::max();
  what.options.interval = std::chrono::ceil<std::chrono::milliseconds>(pace.interval);
  what.options.interval_max = std::chrono::ceil<std::chrono::milliseconds>(pace.interval_max);
  what.options.growth = pace.growth;
  what.options.poll_share = job_.options.poll_share;
  auto told = [self = weak_from_this(), row, run_id](watch_event const& event) {
    if (auto const held = self.lock()) held->watched(row, run_id, event);
  };
  auto entry = std::make_shared<watch_entry>(std::move(what), strand_, std::move(told));
  row_of(row).entry = entry;
  asio::post(engine_->executor(), [e = engine_, entry] { e->companion<watch_hub>().add(entry); });
}

void run_session::watched(std::size_t row, std::int64_t run_id, watch_event const& event) {
  polls_ = std::max(polls_, event.requests - std::min(event.requests, polls_base_));
  auto const at = rows_.find(row);
  if (at == rows_.end() || at->second.result.run_id != run_id) return;
  wake();
  std::shared_ptr<void const> value = event.value;
  if (event.outcome) {
    at->second.entry.reset();
    if (event.outcome->has_error()) {
      auto const why = event.outcome->error();
      if (ends_all(why)) return give_up(why);
      return core_->lost(row, why.describe(), why.code() == errc::not_found);
    }
    value = **event.outcome;
  }
  auto const& run = *static_cast<seen_run const*>(value.get());
  if (at->second.answered && !run.creator_user_name.empty()) creator_ = run.creator_user_name;
  auto& r = at->second.result;
  r.run_page_url = run.run_page_url;
  r.life_cycle_state = run.state.life_cycle_state.raw();
  r.result_state = run.state.result_state.raw();
  r.message = run.state.state_message;
  r.started = run.start_time.value_or(timestamp());
  r.ended = end_of(run);
  sight seen;
  seen.final = jobs::is_final(run.state);
  seen.success = jobs::is_success(run.state);
  seen.running = is_running(run.state);
  seen.state = r.result_state.empty() ? r.life_cycle_state : r.result_state;
  core_->sighted(row, seen, now());
}

asio::awaitable<void> run_session::cancel_one(std::size_t row, std::int64_t run_id) {
  auto call = by_20_[row] ? about_run<jobs20::runs_cancel>(run_id, lane::normal)
                          : about_run<jobs::runs_cancel>(run_id, lane::normal);
  auto const answer = co_await engine::perform(engine_, std::move(call));
  core_->cancel_answered(row, answer.has_error() ? answer.error().describe() : std::string());
}

asio::awaitable<void> run_session::fetch_output(std::size_t row, std::int64_t run_id) {
  auto const in_lane = job_.options.in_lane;
  auto call = by_20_[row] ? about_run<jobs20::runs_get_output>(run_id, in_lane)
                          : about_run<jobs::runs_get_output>(run_id, in_lane);
  auto const answer = co_await engine::perform(engine_, std::move(call));
  auto const at = rows_.find(row);
  if (answer.has_value() && at != rows_.end()) at->second.result.output = output_in(answer->body);
  core_->output_came(row);
}

void run_session::look_up() {
  auto known = [this](std::int64_t run_id) { return known_runs_.contains(run_id); };
  auto const what = std::make_shared<run_lookup>(std::move(known));
  for (auto const row : core_->unsettled()) {
    auto const request = request_of(row);
    if (request.has_error()) continue;  // its next submission says so
    auto const& held = row_of(row);
    lookup_wish wish;
    wish.row = row;
    wish.since = wall_at(held.first_sent.value_or(began_));
    wish.until = wall_at(held.sent_until.value_or(now()) + apply_time());
    wish.not_these = held.earlier;
    if (held.by_us) wish.creator = creator_;
    what->add(*request, std::move(wish));
  }
  start(read_places(what), false);
}

asio::awaitable<void> run_session::read_places(std::shared_ptr<run_lookup> what) {
  std::string why_not;
  auto const places = what->places();
  for (auto const& place : places) {
    auto read = co_await read_place(what, place, place.by_20);
    if (read.has_error() && place.by_20 && !is_temporary(read.error())) {
      read = co_await read_place(what, place, false);
    }
    if (!read.has_error()) continue;
    if (ends_all(read.error())) give_up(read.error());
    why_not = read.error().describe();
    break;
  }
  core_->looked_up(why_not.empty(), why_not, now());
}

task<void> run_session::read_place(std::shared_ptr<run_lookup> what, run_lookup::place from,
                                   bool by_20) {
  auto const list = list_runs(from.job_id, by_20);
  paging_core pages(list.how, list.call.message, list.start, 0);
  for (;;) {
    outgoing_call call = list.call;
    call.lane = job_.options.in_lane;
    call.message = pages.request();
    std::string const operation = call.operation;
    auto const answer = co_await engine::perform(engine_, std::move(call));
    if (answer.has_error()) co_return answer.error();
    auto const page = read_runs(*answer, operation, engine_->authority());
    if (page.has_error()) co_return page.error();
    auto const second = std::chrono::floor<std::chrono::seconds>(wall());
    auto const date = http::parse_date(answer->find("date"), second);
    if (date) what->compare_clocks(*date, wall());
    bool const wanted = what->take(from, page->runs);
    auto const found = what->found();
    for (auto const& [row, run_id] : found) {
      note(row, run_id);
      core_->found(row, run_id);
    }
    pages.arrived(answer->body, page->runs.size());
    auto const more = pages.wants_page();
    if (more.has_error()) co_return more.error();
    if (!*more) co_return result<void>();
    if (what->gave_up(from)) {
      error why(errc::response_too_large, "there are too many runs to look through");
      co_return std::move(why).with_operation(operation);
    }
    if (!wanted) co_return result<void>();
  }
}

void run_session::end(action& what) {
  auto& held = row_of(what.row);
  auto r = std::move(held.result);
  unwatch(held);
  rows_.erase(what.row);
  r.state = what.state;
  r.attempts = core_->attempts(what.row);
  if (!what.message.empty()) r.message = std::move(what.message);
  if (what.because_of) {
    auto const cause = *what.because_of;
    r.message = "row " + std::to_string(cause + 1) + " ('" + names_[cause] +
                "'), which it waits for, " + std::string(fate(core_->state(cause)));
  }
  auto const count = [this](row_state state) -> std::uint64_t& {
    switch (state) {
      case row_state::succeeded:
        return report_.succeeded;
      case row_state::failed:
        return report_.failed;
      case row_state::skipped:
        return report_.skipped;
      case row_state::cancelled:
        return report_.cancelled;
      case row_state::left:
        return report_.left;
      case row_state::not_started:
        break;
    }
    return report_.not_started;
  };
  ++count(r.state);
  bool const bad = r.state == row_state::failed || r.state == row_state::skipped ||
                   r.state == row_state::cancelled;
  if (bad && report_.failures.size() < run_report::failures_kept_max) {
    report_.failures.push_back(r);
  }
  if (journal_ && !what.open && r.state != row_state::skipped) journal_->ended(r);
  if (r.state != row_state::not_started && job_.options.observer != nullptr) {
    news_.push_back({std::move(r), true});
  }
}

}  // namespace kiln::runs
