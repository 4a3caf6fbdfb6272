#include "orchestrate/run_session.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <utility>

// What stands before the first request of a run_many(): all rows checked, and what earlier
// processes left of them.
namespace kiln::runs {

namespace {

constexpr double sending_min = 16;
constexpr double sending_most = 256;
constexpr duration age_unknown = std::chrono::hours(24);

std::uint32_t number_of(std::vector<run_retry>& policies, run_retry policy) {
  policy.backoff = std::min(policy.backoff, time_max);
  policy.backoff_max = std::min(policy.backoff_max, time_max);
  auto const at = std::find(policies.begin(), policies.end(), policy);
  auto const number = static_cast<std::uint32_t>(at - policies.begin());
  if (at == policies.end()) policies.push_back(std::move(policy));
  return number;
}

error same_key(std::size_t a, std::size_t b, std::string const& key) {
  return error(errc::invalid_argument, "rows " + std::to_string(a + 1) + " and " +
                                           std::to_string(b + 1) + " are the same run (key " + key +
                                           "): give them different keys or contents")
      .with_operation("run_many");
}

}  // namespace

task<void> run_session::make_plan() {
  auto const count = job_.rows->size();
  std::vector<row_graph::entry> entries;
  std::vector<row_plan> plans;
  std::vector<run_retry> policies;
  entries.reserve(count);
  plans.reserve(count);
  keys_.reserve(count);  // views of its elements are taken
  names_.reserve(count);
  by_20_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i % rows_per_turn == rows_per_turn - 1) co_await asio::post(strand_, asio::use_awaitable);
    auto row = job_.rows->row(i);
    if (row.has_error()) co_return std::move(row).error();
    auto request = make_request(*row, job_.options.attempt, i);
    if (request.has_error()) co_return std::move(request).error();
    keys_.push_back(std::move(request->key));
    auto const [at, fresh] = by_key_.try_emplace(keys_.back(), static_cast<std::uint32_t>(i));
    if (!fresh) co_return same_key(at->second, i, keys_.back());
    names_.push_back(request->name);
    by_20_.push_back(request->by_20());
    row_plan plan;
    plan.priority = row->priority;
    plan.deadline = std::min(row->deadline, time_max);
    plan.retry = number_of(policies, std::move(row->retry));
    if (plan.deadline.count() > 0) deadlines_.resize(count);
    if (!deadlines_.empty()) deadlines_[i] = plan.deadline;
    plans.push_back(plan);
    entries.push_back({std::move(request->name), std::move(row->after)});
  }
  auto graph = row_graph::make(entries);
  if (graph.has_error()) {
    error why = graph.error();
    co_return std::move(why).with_operation("run_many");
  }
  run_core::settings s;
  s.active_max = job_.options.active_max;
  // A second of the budget under way hides a latency of as much.
  auto const rate = engine_->options().budget.options().rate;
  s.sending_max = static_cast<std::size_t>(std::clamp(rate, sending_min, sending_most));
  s.apply_time = apply_time();
  s.failures_max = job_.options.failures_max;
  if (job_.options.deadline.count() > 0) s.deadline = began_ + job_.options.deadline;
  s.detach = job_.options.detach;
  s.output = job_.options.output;
  core_.emplace(s, std::move(*graph), std::move(plans), std::move(policies));
  report_.rows = count;
  co_return result<void>();
}

// How long ago that was, at most or at least. A clock that was set meanwhile, or began anew, says
// too much, or nothing: then it may have been now, or long ago.
duration run_session::age_of(clock_times const& then, bool most) const {
  std::optional<duration> by_wall, by_ticks;
  if (then.wall != timestamp() && then.wall <= wall()) by_wall = wall() - then.wall;
  if (then.ticks && *then.ticks <= now()) by_ticks = now() - *then.ticks;
  if (by_wall && by_ticks) {
    return most ? std::max(*by_wall, *by_ticks) : std::min(*by_wall, *by_ticks);
  }
  if (!most) return {};
  return by_wall ? *by_wall : by_ticks.value_or(age_unknown);
}

instant run_session::deadline_of(std::size_t row, timestamp submitted) const {
  if (deadlines_.empty() || deadlines_[row].count() <= 0) return never;
  return now() + (submitted - wall()) + deadlines_[row];
}

void run_session::restore_row(std::size_t row, journal_row&& was) {
  auto& r = was.last;
  r.row = row;
  under_way held;
  if (was.at == journal_row::phase::ended) {
    bool const good = r.state == row_state::succeeded;
    if (!job_.options.rerun_failed || good) {
      core_->had_ended(row, good);
      ++report_.resumed;
      ++(good ? report_.succeeded
              : (r.state == row_state::cancelled ? report_.cancelled : report_.failed));
      if (!good && report_.failures.size() < run_report::failures_kept_max) {
        report_.failures.push_back(r);
      }
      news_.push_back({std::move(r), true});
      return;
    }
    core_->starts_anew(row, r.attempts);
  } else if (was.at == journal_row::phase::started) {
    core_->had_started(row, r.run_id, r.attempts, deadline_of(row, r.submitted));
    held.first_sent = now() - age_of({r.submitted, std::nullopt}, true);
  } else {
    auto const sent = now() - age_of(was.sent_until, false);
    core_->may_have_started(row, r.attempts, deadline_of(row, r.submitted), sent);
    auto& first = was.first_sent;
    if (first.wall == timestamp()) first.wall = r.submitted;
    held.first_sent = now() - age_of(first, true);
    held.sent_until = sent;
  }
  r.resumed = false;
  held.result = std::move(r);
  held.earlier = std::move(was.earlier);
  rows_.insert_or_assign(row, std::move(held));
}

// The journal may lack the latest records: each row that it does not know may have been sent. So it
// says from now on, also to a process that comes after one that is killed meanwhile.
result<void> run_session::doubt_others(std::vector<bool> const& known) {
  auto const age = age_of({journal_->created(), std::nullopt}, true);
  for (std::size_t row = 0; row < known.size(); ++row) {
    if (known[row]) continue;
    core_->may_have_started(row, 0, never, now());
    auto& held = row_of(row);
    held.result.submitted = journal_->created();
    held.first_sent = now() - age;
    held.sent_until = now();
    write_sending(held);
  }
  auto written = journal_->flush();
  return written.has_error() ? written : journal_->misses_none();
}

result<void> run_session::restore() {
  if (job_.state_dir.empty()) return {};
  if (job_.journal.empty()) {
    std::vector<std::string_view> const parts(keys_.begin(), keys_.end());
    job_.journal = run_key(parts);
  }
  auto opened = run_journal::open(job_.state_dir, engine_->host_text(), job_.journal, wall());
  if (opened.has_error()) return opened.error();
  journal_ = std::move(*opened);
  report_.id = journal_->id();
  auto begun = journal_->begin_call(job_.note, keys_.size());
  if (begun.has_error()) return begun;
  std::vector<bool> known(keys_.size());
  auto read = journal_->each([this, &known](journal_row&& was) {
    auto const at = by_key_.find(was.last.key);
    auto const row = at == by_key_.end() ? no_row : at->second;
    if (was.last.run_id != 0) known_runs_.emplace(was.last.run_id, row);
    for (auto const run_id : was.earlier) known_runs_.emplace(run_id, row);
    if (row == no_row) return;
    known[row] = true;
    restore_row(row, std::move(was));
  });
  if (read.has_error()) return read;
  if (journal_->may_miss_some()) {
    auto doubted = doubt_others(known);
    if (doubted.has_error()) return doubted;
  }
  if (job_.options.observer != nullptr) {
    job_.options.observer->journaled(report_.id, report_.resumed);
  }
  return {};
}

}  // namespace kiln::runs
