#include "emulator/jobs_api.hpp"
#include "emulator/jobs_requests.hpp"

#include <utility>

// The endpoints below jobs/runs/ but submit.
namespace kiln::emulation {

namespace {

constexpr std::size_t output_bytes_max = 5 * 1024 * 1024;

window_bounds bounds_of(jobs_version version) noexcept {
  return {20, version == jobs_version::v2_0 ? std::size_t{999} : std::size_t{25}, true};
}

void append_found(std::string& out, runs_state::found const& found, run_details const& details) {
  if (found.task) {
    append_task_as_run(out, *found.of, *found.task, details);
  } else {
    append_run(out, *found.of, details);
  }
}

void append_output(std::string& out, task_spec const& spec, task_run const& t,
                   run_script const& script, jobs_version version) {
  if (t.at != task_run::phase::done) return;
  if (auto const why = failure_of(t.end); !why.empty()) {
    out += R"("error":)" + json_quoted(why) + ',';
    if (version != jobs_version::v2_0) {
      out += R"("error_trace":)" + json_quoted("Traceback (most recent call last): " + why) + ',';
    }
    return;
  }
  bool const cut = script.output.size() > output_bytes_max;
  auto const text = json_quoted(script.output.substr(0, output_bytes_max));
  if (!spec.notebook_path.empty()) {
    out += R"("notebook_output":{"result":)" + text +
           (cut ? R"(,"truncated":true},)" : R"(,"truncated":false},)");
  } else if (version != jobs_version::v2_0 && !script.output.empty()) {
    out +=
        R"("logs":)" + text + (cut ? R"(,"logs_truncated":true,)" : R"(,"logs_truncated":false,)");
  }
}

}  // namespace

outcome<std::string> jobs_api::runs_list(call const& c) {
  auto const window = window_of(c.in, bounds_of(c.version));
  if (!window) return window.error();
  auto const filter = filter_of(c.in);
  if (!filter) return filter.error();
  auto const expand = c.in.flag_or("expand_tasks", false);
  if (!expand) return expand.error();
  auto const page = runs_.list(*filter, *window, c.now);
  run_details details;
  details.version = c.version;
  details.tasks = *expand;
  if (c.version == jobs_version::v2_2) details.elements.most = elements_page_max;
  details.now_ms = epoch_ms(c.now.wall);
  std::string out = "{";
  if (!page.runs.empty()) {
    out += R"("runs":[)";
    for (auto const* each : page.runs) {
      if (each != page.runs.front()) out += ',';
      append_run(out, *each, details);
    }
    out += "],";
  }
  if (c.version != jobs_version::v2_0) {
    if (page.has_more) out += R"("next_page_token":")" + next_page_token(page.next) + R"(",)";
    if (page.has_newer && !page.runs.empty()) {
      out += R"("prev_page_token":")" + prev_page_token(page.runs.front()->run_id) + R"(",)";
    }
  }
  return out += page.has_more ? R"("has_more":true})" : R"("has_more":false})";
}

outcome<std::string> jobs_api::runs_get(call const& c) {
  auto const id = c.in.integer("run_id");
  if (!id) return id.error();
  auto const history = c.in.flag_or("include_history", false);
  if (!history) return history.error();
  auto const elements = elements_of(c.in, c.version);
  if (!elements) return elements.error();
  auto const found = runs_.find(*id, c.now);
  if (!found) return found.error();
  run_details details;
  details.version = c.version;
  details.elements = *elements;
  details.next_page_token = elements_page_token(elements->first + elements_page_max);
  details.tasks = c.version != jobs_version::v2_0;
  details.history = *history;
  details.now_ms = epoch_ms(c.now.wall);
  std::string out;
  append_found(out, *found, details);
  return out;
}

outcome<std::string> jobs_api::runs_get_output(call const& c) {
  auto const id = c.in.integer("run_id");
  if (!id) return id.error();
  auto const found = runs_.find(*id, c.now);
  if (!found) return found.error();
  auto const& r = *found->of;
  if (!found->task && r.tasks.size() > 1) {
    return invalid_parameter(
        "Retrieving the output of runs with multiple tasks is not supported. Please retrieve the "
        "output of each individual task run instead.");
  }
  auto const task = found->task.value_or(0);
  auto const script = runs_.script_of(r, task);
  if (!script) return script.error();
  std::string out = "{";
  append_output(out, r.spec->tasks[task], r.tasks[task], *script, c.version);
  out += R"("metadata":)";
  run_details details;
  details.version = c.version;
  details.now_ms = epoch_ms(c.now.wall);
  append_found(out, *found, details);
  return out += '}';
}

outcome<std::string> jobs_api::runs_export(call const& c) {
  auto const id = c.in.integer("run_id");
  if (!id) return id.error();
  auto const views = c.in.text_or("views_to_export", "CODE");
  if (!views) return views.error();
  if (*views != "CODE" && *views != "DASHBOARDS" && *views != "ALL") {
    return invalid_parameter("views_to_export has no value " + *views);
  }
  auto const found = runs_.find(*id, c.now);
  if (!found) return found.error();
  auto const& r = *found->of;
  auto const& path = r.spec->tasks[found->task.value_or(0)].notebook_path;
  if (path.empty() || (!found->task && r.tasks.size() > 1)) {
    return invalid_parameter("Only the run of a notebook task can be exported");
  }
  if (*views == "DASHBOARDS") return std::string(R"({"views":[]})");
  auto const name = path.substr(path.rfind('/') + 1);
  return R"({"views":[{"content":)" +
         json_quoted("<!DOCTYPE html><html><head><title>" + name + "</title></head></html>") +
         R"(,"name":)" + json_quoted(name) + R"(,"type":"NOTEBOOK"}]})";
}

outcome<std::string> jobs_api::runs_cancel(call const& c) {
  auto const id = c.in.integer("run_id");
  if (!id) return id.error();
  if (auto const done = runs_.cancel(*id, c.now); !done) return done.error();
  return std::string("{}");
}

outcome<std::string> jobs_api::runs_cancel_all(call const& c) {
  auto const all_queued = c.in.flag_or("all_queued_runs", false);
  if (!all_queued) return all_queued.error();
  if (c.in.find("job_id") == nullptr && *all_queued) {
    runs_.cancel_queued(c.now);
    return std::string("{}");
  }
  auto const id = c.in.integer("job_id");
  if (!id) return id.error();
  if (auto const job = jobs_.find(*id); !job) return job.error();
  runs_.cancel_job(*id, c.now);
  return std::string("{}");
}

outcome<std::string> jobs_api::runs_delete(call const& c) {
  auto const id = c.in.integer("run_id");
  if (!id) return id.error();
  if (auto const done = runs_.remove(*id, c.now); !done) return done.error();
  return std::string("{}");
}

outcome<std::string> jobs_api::runs_repair(call const& c) {
  repair_request request;
  auto const id = c.in.integer("run_id");
  if (!id) return id.error();
  request.run_id = *id;
  if (c.in.find("latest_repair_id") != nullptr) {
    auto const latest = c.in.integer("latest_repair_id");
    if (!latest) return latest.error();
    request.latest_repair_id = *latest;
  }
  auto tasks = c.in.texts("rerun_tasks");
  if (!tasks) return tasks.error();
  request.tasks = std::move(*tasks);
  auto const all = c.in.flag_or("rerun_all_failed_tasks", false);
  if (!all) return all.error();
  request.all_failed = *all;
  auto const dependents = c.in.flag_or("rerun_dependent_tasks", false);
  if (!dependents) return dependents.error();
  request.dependents = *dependents;
  if (request.all_failed == !request.tasks.empty()) {
    return invalid_parameter("One of rerun_tasks and rerun_all_failed_tasks must be set");
  }
  auto given = run_parameters_of(c.in.body());
  if (!given) return given.error();
  request.words = std::move(given->words);
  request.parameters = std::move(given->fragment);
  auto const made = runs_.repair_run(request, c.now);
  if (!made) return made.error();
  return R"({"repair_id":)" + std::to_string(*made) + '}';
}

}  // namespace kiln::emulation
