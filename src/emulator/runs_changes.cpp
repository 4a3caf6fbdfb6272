#include "emulator/runs_state.hpp"
#include "emulator/service.hpp"

#include <algorithm>
#include <utility>

// What is asked of runs that are there: their listing, end, repair and removal.
namespace kiln::emulation {

namespace {

api_error no_run(std::int64_t run_id) {
  return invalid_parameter("Run " + std::to_string(run_id) + " does not exist.");
}

bool matches(run const& r, run_filter const& f) noexcept {
  if (f.job_id && r.job_id != *f.job_id) return false;
  if (f.active_only && r.done()) return false;
  if (f.completed_only && !r.done()) return false;
  if (f.one_time && r.one_time != *f.one_time) return false;
  return r.created_ms >= f.from_ms && r.created_ms <= f.to_ms;
}

/// The listing's own index holds nothing that the filter leaves out.
bool needs_no_look(run_filter const& f) noexcept {
  bool const by_state = f.active_only || f.completed_only;
  return !(f.job_id && by_state) && !f.one_time && f.from_ms == 0 && f.to_ms == INT64_MAX;
}

/// The runs newer than `after`, the nearest of them.
run_page page_before(run_index const& runs, run_filter const& filter, run_window const& window) {
  run_page out;
  out.has_more = true;
  out.next = *window.after;
  for (auto i = runs.below(*window.after + 1); i < runs.size(); ++i) {
    if (!matches(*runs[i], filter)) continue;
    out.has_newer = out.runs.size() == window.limit;
    if (out.has_newer) break;
    out.runs.push_back(runs[i]);
  }
  std::reverse(out.runs.begin(), out.runs.end());
  return out;
}

}  // namespace

run_index const& runs_state::index_for(run_filter const& f) const {
  static run_index const none;
  if (f.active_only) return active_;
  if (f.job_id) {
    auto const job = jobs_.find(*f.job_id);
    if (job != jobs_.end()) return job->second.all;
    // A one-time run has a job_id that no job has.
    return *f.job_id > one_time_jobs ? all_ : none;
  }
  return f.completed_only ? completed_ : all_;
}

run_page runs_state::list(run_filter const& filter, run_window const& window, moment now) {
  advance(now);
  auto const& runs = index_for(filter);
  if (window.after) return page_before(runs, filter, window);
  run_page out;
  auto end = window.first ? runs.below(*window.first + 1) : runs.size();
  if (filter.to_ms != INT64_MAX) end = std::min(end, runs.created_until(filter.to_ms));
  auto skip = window.skip;
  if (needs_no_look(filter)) {
    auto const step = std::min(skip, end);
    end -= step;
    skip = 0;
    out.has_newer = end < runs.size();
  } else {
    out.has_newer = window.skip > 0 || window.first;
  }
  for (; end > 0; --end) {
    auto const& r = *runs[end - 1];
    if (r.created_ms < filter.from_ms) break;
    if (!matches(r, filter)) continue;
    if (skip > 0) {
      --skip;
      continue;
    }
    if (out.runs.size() == window.limit) {
      out.has_more = true;
      out.next = r.run_id;
      break;
    }
    out.runs.push_back(&r);
  }
  return out;
}

outcome<runs_state::found> runs_state::find(std::int64_t run_id, moment now) {
  advance(now);
  if (auto const* const r = find_run(run_id)) return found{r, std::nullopt};
  auto const task = task_ids_.find(run_id);
  if (task == task_ids_.end()) return no_run(run_id);
  return found{find_run(task->second.first), task->second.second};
}

outcome<void> runs_state::cancel(std::int64_t run_id, moment now) {
  auto const at = find(run_id, now);
  if (!at) return at.error();
  auto& r = *find_run(at->of->run_id);
  if (r.done()) return {};
  if (!at->task || r.tasks.size() == 1) {
    stop(r, run_end::canceled);
    return {};
  }
  auto& t = r.tasks[*at->task];
  if (t.at == task_run::phase::pending || t.at == task_run::phase::running) {
    task_ends(r, *at->task, run_end::canceled);
  } else if (t.at == task_run::phase::blocked || t.at == task_run::phase::waiting_for_retry) {
    t.at = task_run::phase::done;
    ++t.plan;
    t.end = run_end::canceled;
    t.ended_ms = now_ms();
    settle(r);
  }
  return {};
}

void runs_state::cancel_job(std::int64_t job_id, moment now) {
  advance(now);
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < active_.size(); ++i) {
    if (active_[i]->job_id == job_id) ids.push_back(active_[i]->run_id);
  }
  // Those that wait go first, or each would start when one before it ends.
  for (bool const queued : {true, false}) {
    for (auto const id : ids) {
      auto& r = *find_run(id);
      if ((r.at == run::phase::queued) == queued && !r.done()) stop(r, run_end::canceled);
    }
  }
}

void runs_state::cancel_queued(moment now) {
  advance(now);
  auto const ids = std::exchange(queued_, {});
  for (auto const id : ids) {
    auto* const r = find_run(id);
    if (r != nullptr && r->at == run::phase::queued) stop(*r, run_end::canceled);
  }
}

outcome<void> runs_state::remove(std::int64_t run_id, moment now) {
  advance(now);
  auto const* const r = find_run(run_id);
  if (r == nullptr) return no_run(run_id);
  if (!r->done()) {
    return api_error{400, "INVALID_STATE",
                     "Run " + std::to_string(run_id) + " is active; cancel it before its deletion"};
  }
  forget(*r);
  return {};
}

void runs_state::repair_task(run& r, std::size_t task) {
  auto& t = r.tasks[task];
  task_run fresh;
  fresh.turn = t.turn + 1;
  fresh.plan = t.plan + 1;
  fresh.run_id = r.spec->plain ? r.run_id : ++last_id_;
  t = fresh;
  if (!r.spec->plain) task_ids_[t.run_id] = {r.run_id, static_cast<std::uint32_t>(task)};
}

outcome<std::int64_t> runs_state::repair_run(repair_request const& request, moment now) {
  advance(now);
  auto* const r = find_run(request.run_id);
  if (r == nullptr) return no_run(request.run_id);
  if (!r->done()) {
    return api_error{400, "INVALID_STATE", "Run " + std::to_string(r->run_id) + " is active"};
  }
  auto const latest = r->repairs.empty() ? 0 : r->repairs.back().id;
  if (request.latest_repair_id.value_or(0) != latest) {
    return invalid_parameter("latest_repair_id is not that of the latest repair, which is " +
                             std::to_string(latest));
  }
  std::vector<bool> again(r->tasks.size(), false);
  for (std::size_t i = 0; i < again.size(); ++i) {
    auto const end = r->tasks[i].end;
    again[i] = request.all_failed && end != run_end::success && end != run_end::excluded;
  }
  for (auto const& key : request.tasks) {
    auto const& tasks = r->spec->tasks;
    auto const at =
        std::find_if(tasks.begin(), tasks.end(), [&key](auto const& t) { return t.key == key; });
    if (at == tasks.end()) return invalid_parameter("The run has no task " + key);
    again[static_cast<std::size_t>(at - tasks.begin())] = true;
  }
  if (std::none_of(again.begin(), again.end(), [](bool b) { return b; })) {
    return invalid_parameter("There is no task to run again");
  }
  if (request.dependents) {
    for (std::size_t round = 0; round < again.size(); ++round) {
      for (std::size_t i = 0; i < again.size(); ++i) {
        if (!again[i]) continue;
        for (auto const next : r->spec->tasks[i].needed_by) again[next] = true;
      }
    }
  }
  auto words = r->words;
  words.insert(words.end(), request.words.begin(), request.words.end());
  for (auto const& task : r->spec->tasks) {
    auto const script = make_script(options_, task.words, words);
    if (!script) return script.error();
  }
  r->words = std::move(words);
  if (!request.parameters.empty()) r->parameters = request.parameters;
  if (r->repairs.empty()) {
    repair original{0, r->created_ms, r->ended_ms, r->end, {}};
    for (auto const& t : r->tasks) original.task_run_ids.push_back(t.run_id);
    r->repairs.push_back(std::move(original));
  }
  repair made{++last_id_, now_ms(), 0, run_end::success, {}};
  for (std::size_t i = 0; i < again.size(); ++i) {
    if (!again[i]) continue;
    repair_task(*r, i);
    made.task_run_ids.push_back(r->tasks[i].run_id);
  }
  auto const id = made.id;
  r->repairs.push_back(std::move(made));
  r->canceling = false;
  r->ended_ms = 0;
  completed_.remove(r);
  active_.add(r);
  auto const queued_before = r->queued_ms;
  begin(*r);
  r->queued_ms = queued_before;
  return id;
}

void runs_state::forget(run const& r) {
  all_.remove(&r);
  completed_.remove(&r);
  auto const job = jobs_.find(r.job_id);
  if (job != jobs_.end()) job->second.all.remove(&r);
  for (auto const& t : r.tasks) task_ids_.erase(t.run_id);
  for (auto const& repaired : r.repairs) {
    for (auto const id : repaired.task_run_ids) task_ids_.erase(id);
  }
  runs_.erase(r.run_id);
}

void runs_state::forget_old() {
  constexpr auto kept_ms = std::chrono::duration_cast<std::chrono::milliseconds>(kept_for).count();
  while (all_.size() > 0 && all_[0]->done() && now_ms() - all_[0]->ended_ms > kept_ms) {
    forget(*all_[0]);
  }
}

void runs_state::cluster_lost(std::string const& id, moment now) {
  advance(now);
  std::vector<std::pair<std::int64_t, std::size_t>> on_it;
  for (std::size_t i = 0; i < active_.size(); ++i) {
    auto const& r = *active_[i];
    for (std::size_t k = 0; k < r.tasks.size(); ++k) {
      if (r.tasks[k].at == task_run::phase::running && cluster_id_of(r, k) == id) {
        on_it.emplace_back(r.run_id, k);
      }
    }
  }
  // One that is pending asks for its cluster when it has waited long enough.
  for (auto const& [run_id, task] : on_it) {
    auto* const r = find_run(run_id);
    if (r == nullptr || r->tasks[task].at != task_run::phase::running) continue;
    task_ends(*r, task, run_end::cluster_lost);
  }
}

void runs_state::clear() { *this = runs_state(options_, clusters_.all()); }

}  // namespace kiln::emulation
