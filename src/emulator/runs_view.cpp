#include "emulator/runs_view.hpp"

#include "emulator/run_clusters.hpp"

#include <array>
#include <string_view>

namespace kiln::emulation {

namespace {

struct end_words {
  std::string_view life_cycle;
  std::string_view result;  ///< Empty: none.
  std::string_view message;
};

end_words words_of(run_end end) noexcept {
  switch (end) {
    case run_end::success:
      return {"TERMINATED", "SUCCESS", ""};
    case run_end::failed:
      return {"TERMINATED", "FAILED", "Workload failed, see run output for details"};
    case run_end::timedout:
      return {"TERMINATED", "TIMEDOUT", "Run timed out."};
    case run_end::canceled:
      return {"TERMINATED", "CANCELED", "Run cancelled."};
    case run_end::internal_error:
      return {"INTERNAL_ERROR", "FAILED", "An unexpected error occurred while the run was active."};
    case run_end::cluster_failed:
      return {"INTERNAL_ERROR", "FAILED",
              "Unexpected failure while waiting for the cluster to be ready."};
    case run_end::cluster_lost:
      return {"INTERNAL_ERROR", "FAILED",
              "The cluster was terminated or restarted while the run was active."};
    case run_end::skipped:
      return {"SKIPPED", "", "The maximum number of concurrent runs has been reached."};
    case run_end::excluded:
      return {"TERMINATED", "EXCLUDED", "The conditions of the task do not hold."};
    case run_end::upstream_failed:
      return {"TERMINATED", "UPSTREAM_FAILED", "A task that this one depends on failed."};
    case run_end::upstream_canceled:
      return {"TERMINATED", "UPSTREAM_CANCELED", "A task that this one depends on was cancelled."};
    case run_end::success_with_failures:
      return {"TERMINATED", "SUCCESS_WITH_FAILURES", "Some tasks failed."};
  }
  return {};
}

struct phase_words {
  std::string_view life_cycle;
  std::string_view message;
};

phase_words words_of(task_run::phase at) noexcept {
  switch (at) {
    case task_run::phase::blocked:
      return {"BLOCKED", "Waiting for other tasks"};
    case task_run::phase::pending:
      return {"PENDING", "Waiting for cluster"};
    case task_run::phase::running:
      return {"RUNNING", "In run"};
    case task_run::phase::terminating:
      return {"TERMINATING", "Terminating the spark context"};
    case task_run::phase::waiting_for_retry:
      return {"WAITING_FOR_RETRY", "Waiting for the next attempt"};
    case task_run::phase::done:
      break;
  }
  return {};
}

// Writes members of an object one after the other.
class members {
 public:
  explicit members(std::string& out) : out_(out) { out_ += '{'; }
  void number(std::string_view name, std::int64_t value) {
    begin(name);
    out_ += std::to_string(value);
  }
  void text(std::string_view name, std::string_view value) {
    begin(name);
    out_ += json_quoted(value);
  }
  void fragment(std::string_view all) {
    if (all.empty()) return;
    comma();
    out_ += all;
  }
  /// '"name":' to be followed by a value.
  std::string& begin(std::string_view name) {
    comma();
    (((out_ += '"') += name) += '"') += ':';
    return out_;
  }
  void end() { out_ += '}'; }

 private:
  void comma() {
    if (out_.back() != '{') out_ += ',';
  }
  std::string& out_;
};

void append_state(std::string& out, phase_words now) {
  members o(out);
  o.text("life_cycle_state", now.life_cycle);
  o.text("state_message", now.message);
  o.end();
}

void append_state(std::string& out, run_end end, bool by_user) {
  auto const words = words_of(end);
  members o(out);
  o.text("life_cycle_state", words.life_cycle);
  if (!words.result.empty()) o.text("result_state", words.result);
  o.text("state_message", words.message);
  o.begin("user_cancelled_or_timedout") += by_user ? "true" : "false";
  o.end();
}

bool is_by_user(run_end end) noexcept {
  return end == run_end::canceled || end == run_end::timedout;
}

void append_state(std::string& out, task_run const& t) {
  if (t.at == task_run::phase::done) return append_state(out, t.end, is_by_user(t.end));
  append_state(out, words_of(t.at));
}

bool has_begun(task_run const& t) noexcept {
  return t.at != task_run::phase::blocked && t.at != task_run::phase::pending;
}

void append_state(std::string& out, run const& r) {
  if (r.done()) return append_state(out, r.end, is_by_user(r.end));
  if (r.at == run::phase::queued) {
    members o(out);
    o.text("life_cycle_state", "QUEUED");
    o.text("queue_reason", "Queued due to reaching the maximum number of concurrent runs.");
    o.text("state_message", "");
    o.end();
    return;
  }
  if (r.tasks.size() == 1) return append_state(out, words_of(r.tasks.front().at));
  bool begun = false;
  for (auto const& t : r.tasks) begun = begun || has_begun(t);
  auto const at = r.canceling ? task_run::phase::terminating
                  : begun     ? task_run::phase::running
                              : task_run::phase::pending;
  append_state(out, words_of(at));
}

std::int64_t between(std::int64_t from, std::int64_t to, std::int64_t now) noexcept {
  if (from == 0) return 0;
  return (to != 0 ? to : now) - from;
}

void add_durations(members& o, task_run const& t, std::int64_t now_ms) {
  o.number("setup_duration", between(t.started_ms, t.running_ms, now_ms));
  o.number("execution_duration", between(t.running_ms, t.ending_ms, now_ms));
  o.number("cleanup_duration", between(t.ending_ms, t.ended_ms, now_ms));
}

/// The cluster is known as soon as it was asked for, its context once something runs in it.
void add_cluster_instance(members& o, run const& r, std::size_t task) {
  auto const& t = r.tasks[task];
  bool const waits = t.at == task_run::phase::blocked || t.at == task_run::phase::waiting_for_retry;
  bool const never_began = t.at == task_run::phase::done && t.ending_ms == 0;
  auto const id = waits || never_began ? std::string() : cluster_id_of(r, task);
  if (id.empty()) return;
  members instance(o.begin("cluster_instance"));
  instance.text("cluster_id", id);
  if (t.running_ms != 0) {
    instance.text("spark_context_id", std::to_string(4'000'000'000'000 + t.run_id));
  }
  instance.end();
}

void add_dependencies(members& o, run_spec const& spec, task_spec const& task) {
  if (task.depends_on.empty()) return;
  auto& out = o.begin("depends_on") += '[';
  for (auto const& d : task.depends_on) {
    if (out.back() != '[') out += ',';
    members each(out);
    each.text("task_key", spec.tasks[d.on].key);
    if (!d.outcome.empty()) each.text("outcome", d.outcome);
    each.end();
  }
  out += ']';
}

void append_task(std::string& out, run const& r, std::size_t i, std::int64_t now_ms) {
  auto const& spec = r.spec->tasks[i];
  auto const& t = r.tasks[i];
  members o(out);
  o.number("run_id", t.run_id);
  o.text("task_key", spec.key);
  if (spec.is_condition() && t.at == task_run::phase::done && t.end == run_end::success) {
    o.fragment(std::string_view(spec.kind).substr(0, spec.kind.size() - 1));
    ((out += R"(,"outcome":")") += spec.outcome) += "\"}";
  } else {
    o.fragment(spec.kind);
  }
  o.fragment(spec.cluster);
  o.fragment(spec.rest);
  append_state(o.begin("state"), t);
  o.number("attempt_number", t.attempt);
  o.number("start_time", t.started_ms);
  add_durations(o, t, now_ms);
  o.number("end_time", t.ended_ms);
  add_cluster_instance(o, r, i);
  o.end();
}

void add_repairs(members& o, run const& r, element_window const& part) {
  auto& out = o.begin("repair_history") += '[';
  for (auto i = part.begin(r.repairs.size()); i < part.end(r.repairs.size()); ++i) {
    auto const& each = r.repairs[i];
    if (out.back() != '[') out += ',';
    members item(out);
    item.number("id", each.id);
    item.text("type", each.id == 0 ? "ORIGINAL" : "REPAIR");
    item.number("start_time", each.started_ms);
    item.number("end_time", each.ended_ms);
    auto& state = item.begin("state");
    if (each.ended_ms != 0) {
      append_state(state, each.end, is_by_user(each.end));
    } else {
      append_state(state, r);
    }
    auto& ids = item.begin("task_run_ids") += '[';
    for (auto const id : each.task_run_ids) {
      if (ids.back() != '[') ids += ',';
      ids += std::to_string(id);
    }
    ids += ']';
    item.end();
  }
  out += ']';
}

void add_tasks(members& o, run const& r, run_details const& details) {
  auto& list = o.begin("tasks") += '[';
  auto const& part = details.elements;
  for (auto i = part.begin(r.tasks.size()); i < part.end(r.tasks.size()); ++i) {
    if (list.back() != '[') list += ',';
    append_task(list, r, i, details.now_ms);
  }
  list += ']';
}

void add_job_clusters(members& o, run const& r, element_window const& part) {
  auto const& all = r.spec->job_clusters;
  if (part.begin(all.size()) == part.end(all.size())) return;
  auto& list = o.begin("job_clusters") += '[';
  for (auto i = part.begin(all.size()); i < part.end(all.size()); ++i) {
    if (list.back() != '[') list += ',';
    list += all[i];
  }
  list += ']';
}

/// API 2.2.
void add_more(members& o, run const& r, run_details const& details) {
  auto longest = r.spec->job_clusters.size();
  if (details.tasks) longest = std::max(longest, r.tasks.size());
  if (details.history) longest = std::max(longest, r.repairs.size());
  bool const more = details.elements.end(longest) < longest;
  o.begin("has_more") += more ? "true" : "false";
  if (more && !details.next_page_token.empty()) {
    o.text("next_page_token", details.next_page_token);
  }
}

void add_identity(members& o, run const& r, std::int64_t run_id) {
  o.number("job_id", r.job_id);
  o.number("run_id", run_id);
  o.number("number_in_job", r.number_in_job);
  o.number("original_attempt_run_id", run_id);
}

void add_origin(members& o, run const& r, std::int64_t run_id) {
  o.text("trigger", "ONE_TIME");
  o.text("creator_user_name", r.creator);
  o.text("run_name", r.name);
  o.text("run_page_url",
         "https://localhost/#job/" + std::to_string(r.job_id) + "/run/" + std::to_string(run_id));
  o.text("run_type", r.one_time ? "SUBMIT_RUN" : "JOB_RUN");
}

/// What API 2.0 says of a task, and 2.1 of a run that has only one.
void add_work(members& o, task_spec const& spec, jobs_version version) {
  if (version == jobs_version::v2_0) {
    members work(o.begin("task"));
    work.fragment(spec.kind);
    work.end();
  }
  members cluster(o.begin("cluster_spec"));
  cluster.fragment(spec.cluster);
  cluster.end();
}

}  // namespace

void append_run(std::string& out, run const& r, run_details const& details) {
  bool const single = r.tasks.size() == 1;
  members o(out);
  add_identity(o, r, r.run_id);
  append_state(o.begin("state"), r);
  add_job_clusters(o, r, details.elements);
  o.fragment(r.spec->rest);
  if (single) {
    add_work(o, r.spec->tasks.front(), details.version);
    add_cluster_instance(o, r, 0);
  }
  // job_parameters among them, a list that is never longer than a page.
  if (details.elements.first == 0) o.fragment(r.parameters);
  o.number("start_time", r.created_ms);
  if (single) {
    add_durations(o, r.tasks.front(), details.now_ms);
  } else {
    add_durations(o, task_run(), details.now_ms);
  }
  add_origin(o, r, r.run_id);
  if (details.version != jobs_version::v2_0) {
    o.number("end_time", r.ended_ms);
    o.number("run_duration", between(r.created_ms, r.ended_ms, details.now_ms));
    o.number("queue_duration",
             r.at == run::phase::queued ? details.now_ms - r.created_ms : r.queued_ms);
    o.text("format", r.spec->plain ? "SINGLE_TASK" : "MULTI_TASK");
    if (single) o.number("attempt_number", r.tasks.front().attempt);
    if (details.tasks) add_tasks(o, r, details);
    if (details.history && !r.repairs.empty()) add_repairs(o, r, details.elements);
    bool const tells_more = details.version == jobs_version::v2_2 && details.tasks;
    if (tells_more) add_more(o, r, details);
  }
  o.end();
}

void append_task_as_run(std::string& out, run const& r, std::size_t task,
                        run_details const& details) {
  auto const& spec = r.spec->tasks[task];
  auto const& t = r.tasks[task];
  members o(out);
  add_identity(o, r, t.run_id);
  append_state(o.begin("state"), t);
  add_work(o, spec, details.version);
  add_cluster_instance(o, r, task);
  add_dependencies(o, *r.spec, spec);
  o.fragment(r.parameters);
  o.number("start_time", t.started_ms);
  add_durations(o, t, details.now_ms);
  add_origin(o, r, t.run_id);
  if (details.version != jobs_version::v2_0) {
    o.number("end_time", t.ended_ms);
    o.number("attempt_number", t.attempt);
    o.text("task_key", spec.key);
    if (details.tasks) {
      auto& list = o.begin("tasks") += '[';
      append_task(list, r, task, details.now_ms);
      list += ']';
    }
  }
  o.end();
}

std::string failure_of(run_end end) {
  if (end == run_end::success || end == run_end::success_with_failures) return {};
  return std::string(words_of(end).message);
}

}  // namespace kiln::emulation
