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

std::uint32_t number_of(std::vector<run_retry>& policies, run_retry policy) {
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
    plan.deadline = row->deadline;
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
  // Once for a server that is merely slow, and once more for good measure.
  auto const& limits = engine_->options();
  s.apply_time = 2 * std::min(limits.timeouts.first_byte, limits.deadline);
  s.failures_max = job_.options.failures_max;
  if (job_.options.deadline.count() > 0) s.deadline = began_ + job_.options.deadline;
  s.detach = job_.options.detach;
  s.output = job_.options.output;
  core_.emplace(s, std::move(*graph), std::move(plans), std::move(policies));
  report_.rows = count;
  co_return result<void>();
}

// A journal that does not say, or a clock that was set back, tells nothing: it may have been now.
instant run_session::sent_by(timestamp until) const {
  auto const age = wall() - until;
  bool const known = until != timestamp() && age.count() > 0;
  return known ? now() - age : now();
}

instant run_session::deadline_of(std::size_t row, timestamp submitted) const {
  if (deadlines_.empty() || deadlines_[row].count() <= 0) return never;
  return now() + (submitted - wall()) + deadlines_[row];
}

void run_session::restore_row(std::size_t row, journal_row&& was) {
  auto& r = was.last;
  r.row = row;
  if (r.run_id != 0) known_runs_.emplace(r.run_id, row);
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
  } else {
    core_->may_have_started(row, r.attempts, deadline_of(row, r.submitted),
                            sent_by(was.sent_until));
  }
  auto& held = rows_[row];
  r.resumed = false;
  held.result = std::move(r);
  held.earlier = std::move(was.earlier);
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
  std::vector<bool> known(journal_->may_miss_some() ? keys_.size() : 0);
  auto read = journal_->each([this, &known](journal_row&& was) {
    auto const at = by_key_.find(was.last.key);
    if (at == by_key_.end()) return;  // of a row that is no longer wanted
    if (!known.empty()) known[at->second] = true;
    restore_row(at->second, std::move(was));
  });
  if (read.has_error()) return read;
  for (std::size_t row = 0; row < known.size(); ++row) {
    if (known[row]) continue;
    core_->may_have_started(row, 0, never, now());
    row_of(row).result.submitted = journal_->created();
  }
  if (job_.options.observer != nullptr) {
    job_.options.observer->journaled(report_.id, report_.resumed);
  }
  return {};
}

}  // namespace kiln::runs
