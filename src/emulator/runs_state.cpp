#include "emulator/runs_state.hpp"

#include "emulator/service.hpp"

#include <algorithm>
#include <utility>

namespace kiln::emulation {

namespace {

constexpr std::chrono::hours created_window{1};

std::int64_t ms_of(wall_time at) noexcept { return epoch_ms(at); }

bool is_failure(run_end end) noexcept {
  return end != run_end::success && end != run_end::excluded && end != run_end::skipped;
}

}  // namespace

void run_index::add(run const* r) {
  if (runs_.empty() || runs_.back()->run_id < r->run_id) {
    runs_.push_back(r);
  } else {
    runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(below(r->run_id)), r);
  }
}

void run_index::remove(run const* r) {
  auto const at = below(r->run_id);
  if (at < runs_.size() && runs_[at] == r)
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(at));
}

std::size_t run_index::created_until(std::int64_t ms) const noexcept {
  auto const at = std::upper_bound(runs_.begin(), runs_.end(), ms,
                                   [](std::int64_t t, run const* r) { return t < r->created_ms; });
  return static_cast<std::size_t>(at - runs_.begin());
}

std::size_t run_index::below(std::int64_t run_id) const noexcept {
  auto const at = std::lower_bound(runs_.begin(), runs_.end(), run_id,
                                   [](run const* r, std::int64_t id) { return r->run_id < id; });
  return static_cast<std::size_t>(at - runs_.begin());
}

std::int64_t runs_state::now_ms() const noexcept { return ms_of(now_.wall); }

run* runs_state::find_run(std::int64_t run_id) {
  auto const at = runs_.find(run_id);
  return at == runs_.end() ? nullptr : at->second.get();
}

// Events happen at their own time, not at that of the call that finds them due.
void runs_state::advance(moment now) {
  while (!events_.empty() && events_.top().at <= now.steady) {
    auto const next = events_.top();
    events_.pop();
    auto const before = std::chrono::duration_cast<wall_time::duration>(now.steady - next.at);
    now_ = {next.at, now.wall - before};
    happen(next);
  }
  now_ = now;
  while (!created_.empty() && now.steady - created_.front() >= created_window) {
    created_.pop_front();
  }
  forget_old();
}

void runs_state::schedule(run const& r, std::size_t task, std::chrono::milliseconds in) {
  events_.push({now_.steady + in, events_made_++, r.run_id, r.tasks[task].plan,
                static_cast<std::uint32_t>(task), false});
}

void runs_state::happen(event const& e) {
  auto* const r = find_run(e.run_id);
  if (r == nullptr || r->done()) return;
  if (e.of_run) {
    if (e.plan == r->plan) stop(*r, run_end::timedout);
    return;
  }
  auto& task = r->tasks[e.task];
  if (e.plan != task.plan) return;
  switch (task.at) {
    case task_run::phase::pending:
      return task_ready(*r, e.task);
    case task_run::phase::running: {
      auto const script = script_of(*r, e.task);
      auto const limit = r->spec->tasks[e.task].timeout;
      bool const late = limit.count() > 0 && script->duration > limit;
      return task_ends(*r, e.task,
                       late ? run_end::timedout : script->result(r->ordinal + task.turn));
    }
    case task_run::phase::terminating:
      return task_done(*r, e.task, task.end);
    case task_run::phase::waiting_for_retry:
      return begin_task(*r, e.task);
    case task_run::phase::blocked:
    case task_run::phase::done:
      return;
  }
}

outcome<run_script> runs_state::script_of(run const& r, std::size_t task) const {
  return make_script(options_, r.spec->tasks[task].words, r.words);
}

outcome<std::optional<runs_state::started>> runs_state::of_token(std::string const& token) {
  using known = std::optional<started>;
  if (token.empty()) return known();
  if (token.size() > token_chars_max) {
    return invalid_parameter("idempotency_token has more than 64 characters");
  }
  auto const at = tokens_.find(token);
  if (at == tokens_.end()) return known();
  auto const* const r = find_run(at->second);
  if (options_.tokens_of_active_runs_only) {
    if (r == nullptr || r->done()) return known();
  } else if (r == nullptr) {
    return invalid_parameter("The run of idempotency_token " + token + " has been deleted");
  }
  return known(started{r->run_id, r->number_in_job});
}

outcome<void> runs_state::within_limits(run_request const& request) {
  auto const refuse = [this](std::string why) -> api_error {
    return options_.refuse_with_429 ? api_error(429, "RESOURCE_EXHAUSTED", std::move(why))
                                    : api_error(400, "QUOTA_EXCEEDED", std::move(why));
  };
  if (created_.size() >= options_.runs_per_hour_max) {
    return refuse("The quota for the number of runs created in an hour has been reached: " +
                  std::to_string(options_.runs_per_hour_max));
  }
  if (running_ >= options_.active_runs_max && !request.limits.queue) {
    return refuse("The quota for the number of active runs has been reached: " +
                  std::to_string(options_.active_runs_max));
  }
  if (runs_.size() >= runs_max) return refuse("The emulator keeps no more than 1000000 runs");
  return {};
}

outcome<runs_state::started> runs_state::start(run_request request, moment now) {
  advance(now);
  auto const known = of_token(request.token);
  if (!known) return known.error();
  if (*known) return **known;
  if (auto const done = within_limits(request); !done) return done.error();
  bool several = false;
  for (auto const& task : request.spec->tasks) {
    auto const script = make_script(options_, task.words, request.words);
    if (!script) return script.error();
    several = several || script->results.size() > 1;
  }
  if (auto const found = clusters_.check(*request.spec, now); !found) return found.error();
  auto made = std::make_unique<run>();
  auto& r = *made;
  r.run_id = ++last_id_;
  r.one_time = request.job_id == 0;
  r.job_id = r.one_time ? ++last_one_time_job_ : request.job_id;
  r.spec = std::move(request.spec);
  r.name = std::move(request.name);
  r.creator = std::move(request.creator);
  r.token = std::move(request.token);
  r.parameters = std::move(request.parameters);
  r.words = std::move(request.words);
  r.created_ms = now_ms();
  if (several) r.ordinal = ordinals_[r.one_time ? r.name : std::to_string(r.job_id) + '\n']++;
  runs_.emplace(r.run_id, std::move(made));
  r.tasks.resize(r.spec->tasks.size());
  for (std::size_t i = 0; i < r.tasks.size(); ++i) {
    r.tasks[i].run_id = r.spec->plain ? r.run_id : ++last_id_;
    if (!r.spec->plain) task_ids_[r.tasks[i].run_id] = {r.run_id, static_cast<std::uint32_t>(i)};
  }
  if (!r.token.empty()) tokens_[r.token] = r.run_id;
  created_.push_back(now_.steady);
  all_.add(&r);
  active_.add(&r);
  if (!r.one_time) {
    auto& job = jobs_[r.job_id];
    job.limits = request.limits;
    job.all.add(&r);
    r.number_in_job = ++job.number;
  }
  if (has_room(r)) {
    begin(r);
  } else if (request.limits.queue) {
    r.at = run::phase::queued;
    queued_.push_back(r.run_id);
  } else {
    finish(r, run_end::skipped);
  }
  return started{r.run_id, r.number_in_job};
}

bool runs_state::has_room(run const& r) const {
  if (running_ >= options_.active_runs_max) return false;
  if (r.one_time) return true;
  auto const& job = jobs_.at(r.job_id);
  return static_cast<std::int64_t>(job.active) < job.limits.concurrent_max;
}

void runs_state::begin(run& r) {
  r.at = run::phase::active;
  r.queued_ms = now_ms() - r.created_ms;
  r.holds_slot = true;
  ++running_;
  if (!r.one_time) ++jobs_[r.job_id].active;
  if (r.spec->timeout.count() > 0) {
    events_.push({now_.steady + r.spec->timeout, events_made_++, r.run_id, r.plan, 0, true});
  }
  settle(r);
}

void runs_state::begin_task(run& r, std::size_t task) {
  auto& t = r.tasks[task];
  ++t.plan;
  t.started_ms = now_ms();
  t.running_ms = t.ending_ms = t.ended_ms = 0;
  if (r.spec->tasks[task].is_condition()) {
    t.running_ms = t.ending_ms = t.started_ms;
    t.at = task_run::phase::done;
    t.end = run_end::success;
    t.ended_ms = t.started_ms;
    return;
  }
  auto const script = script_of(r, task);
  if (script->result(r.ordinal + t.turn) == run_end::skipped) {
    t.at = task_run::phase::done;
    t.end = run_end::skipped;
    t.ended_ms = t.started_ms;
    return;
  }
  t.at = task_run::phase::pending;
  schedule(r, task, std::max(script->pending, clusters_.take(r, task, now_)));
}

/// It has waited as long as it should. Its cluster may have been started anew meanwhile.
void runs_state::task_ready(run& r, std::size_t task) {
  auto const cluster = clusters_.ask(r, task, now_);
  switch (cluster.what) {
    case run_clusters::standing::is::up:
      return task_runs(r, task);
    case run_clusters::standing::is::starting:
      return schedule(r, task, cluster.in);
    case run_clusters::standing::is::gone:
      return task_ends(r, task, run_end::cluster_failed);
  }
}

void runs_state::task_runs(run& r, std::size_t task) {
  auto& t = r.tasks[task];
  t.at = task_run::phase::running;
  t.running_ms = now_ms();
  auto const duration = script_of(r, task)->duration;
  auto const limit = r.spec->tasks[task].timeout;
  schedule(r, task, limit.count() > 0 ? std::min(duration, limit) : duration);
}

void runs_state::task_ends(run& r, std::size_t task, run_end end) {
  auto& t = r.tasks[task];
  ++t.plan;
  t.end = end;
  t.ending_ms = now_ms();
  clusters_.release(r, task, may_retry(r, task), now_);
  if (is_internal_error(end)) return task_done(r, task, end);
  t.at = task_run::phase::terminating;
  schedule(r, task, script_of(r, task)->cleanup);
}

bool runs_state::may_retry(run const& r, std::size_t task) const {
  auto const& spec = r.spec->tasks[task];
  auto const& t = r.tasks[task];
  if (r.canceling) return false;
  if (t.end == run_end::timedout && !spec.retry_on_timeout) return false;
  if (t.end != run_end::timedout && t.end != run_end::failed && !is_internal_error(t.end)) {
    return false;
  }
  return spec.retries_max < 0 || static_cast<std::int64_t>(t.attempt) < spec.retries_max;
}

void runs_state::task_done(run& r, std::size_t task, run_end end) {
  auto& t = r.tasks[task];
  ++t.plan;
  t.end = end;
  if (t.ending_ms == 0) t.ending_ms = now_ms();
  t.ended_ms = now_ms();
  if (may_retry(r, task)) {
    ++t.attempt;
    ++t.turn;
    t.at = task_run::phase::waiting_for_retry;
    return schedule(r, task, r.spec->tasks[task].retry_interval);
  }
  t.at = task_run::phase::done;
  settle(r);
}

/// Of a task whose dependencies are done: nullopt when it is to run, else how it ends without.
std::optional<run_end> runs_state::verdict_on(run const& r, std::size_t task) const {
  auto const& spec = r.spec->tasks[task];
  std::size_t good = 0;
  std::size_t bad = 0;
  bool canceled = false;
  for (auto const& d : spec.depends_on) {
    auto const end = r.tasks[d.on].end;
    auto const& upstream = r.spec->tasks[d.on];
    if (end == run_end::excluded || (!d.outcome.empty() && d.outcome != upstream.outcome)) {
      return run_end::excluded;
    }
    canceled = canceled || end == run_end::canceled || end == run_end::upstream_canceled;
    ++(is_failure(end) ? bad : good);
  }
  switch (spec.run_if) {
    case run_condition::all_success:
      if (bad == 0) return std::nullopt;
      return canceled ? run_end::upstream_canceled : run_end::upstream_failed;
    case run_condition::all_done:
      return std::nullopt;
    case run_condition::all_failed:
      return good == 0 && bad > 0 ? std::nullopt : std::optional(run_end::excluded);
    case run_condition::at_least_one_failed:
      return bad > 0 ? std::nullopt : std::optional(run_end::excluded);
    case run_condition::at_least_one_success:
      return good > 0 || spec.depends_on.empty() ? std::nullopt : std::optional(run_end::excluded);
    case run_condition::none_failed:
      if (bad == 0) return std::nullopt;
      return canceled ? run_end::upstream_canceled : run_end::upstream_failed;
  }
  return std::nullopt;
}

/// Starts what may start now, round by round: a task that ends at once may let others start.
void runs_state::settle(run& r) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (std::size_t i = 0; i < r.tasks.size(); ++i) {
      auto& t = r.tasks[i];
      if (t.at != task_run::phase::blocked) continue;
      auto const& needs = r.spec->tasks[i].depends_on;
      bool const free = std::all_of(needs.begin(), needs.end(), [&r](auto const& d) {
        return r.tasks[d.on].at == task_run::phase::done;
      });
      if (!free && !r.canceling) continue;
      auto const verdict = r.canceling ? std::optional(run_end::canceled) : verdict_on(r, i);
      if (verdict) {
        ++t.plan;
        t.at = task_run::phase::done;
        t.end = *verdict;
        t.started_ms = t.ended_ms = now_ms();
      } else {
        begin_task(r, i);
      }
      changed = changed || t.at == task_run::phase::done;
    }
  }
  bool failed = false;
  bool leaf_failed = false;
  auto worst = run_end::failed;
  bool skipped = true;
  for (std::size_t i = 0; i < r.tasks.size(); ++i) {
    auto const& t = r.tasks[i];
    if (t.at != task_run::phase::done) return;
    skipped = skipped && t.end == run_end::skipped;
    if (!is_failure(t.end)) continue;
    failed = true;
    leaf_failed = leaf_failed || r.spec->tasks[i].needed_by.empty();
    if (t.end == run_end::timedout || is_internal_error(t.end) ||
        (t.end == run_end::canceled && worst == run_end::failed)) {
      worst = t.end;
    }
  }
  if (r.canceling) return finish(r, r.end);
  if (skipped) return finish(r, run_end::skipped);
  if (!failed) return finish(r, run_end::success);
  finish(r, leaf_failed ? worst : run_end::success_with_failures);
}

void runs_state::finish(run& r, run_end end) {
  if (std::exchange(r.holds_slot, false)) {
    --running_;
    if (!r.one_time) --jobs_[r.job_id].active;
  }
  clusters_.release_all(r, now_);
  r.at = run::phase::done;
  r.end = end;
  r.ended_ms = now_ms();
  ++r.plan;
  if (!r.repairs.empty()) {
    r.repairs.back().ended_ms = r.ended_ms;
    r.repairs.back().end = end;
  }
  active_.remove(&r);
  completed_.add(&r);
  start_queued();
}

void runs_state::start_queued() {
  if (std::exchange(starting_queued_, true)) return;
  for (std::size_t i = 0; i < queued_.size() && running_ < options_.active_runs_max;) {
    auto* const r = find_run(queued_[i]);
    bool const waits = r != nullptr && r->at == run::phase::queued;
    if (waits && !has_room(*r)) {
      ++i;
      continue;
    }
    queued_.erase(queued_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!waits) continue;
    begin(*r);
    if (r->done()) i = 0;  // it ended at once, which made room for those before
  }
  starting_queued_ = false;
}

void runs_state::stop(run& r, run_end end) {
  if (r.canceling) return;
  r.canceling = true;
  r.end = end;
  if (r.at == run::phase::queued) return finish(r, end);
  for (std::size_t i = 0; i < r.tasks.size(); ++i) {
    auto& t = r.tasks[i];
    if (t.at == task_run::phase::pending || t.at == task_run::phase::running) {
      task_ends(r, i, end);
    } else if (t.at == task_run::phase::waiting_for_retry) {
      ++t.plan;
      t.at = task_run::phase::done;
    }
  }
  settle(r);
}

}  // namespace kiln::emulation
