#include "orchestrate/seen_run.hpp"

#include "services/jobs20_fields.hpp"
#include "services/jobs_fields.hpp"

#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>

#include <charconv>
#include <utility>

namespace kiln::runs {

void fields(auto& io, seen_run& v) {
  io("run_id", v.run_id);
  io("job_id", v.job_id);
  io("run_name", v.run_name);
  io("run_page_url", v.run_page_url);
  io("trigger", v.trigger);
  io("creator_user_name", v.creator_user_name);
  io("state", v.state);
  io("start_time", v.start_time);
  io("end_time", v.end_time);
  io("setup_duration", v.setup_duration);
  io("execution_duration", v.execution_duration);
  io("cleanup_duration", v.cleanup_duration);
  io("overriding_parameters", v.overriding_parameters);
  io("job_parameters", v.job_parameters);
}
void fields(auto& io, seen_page& v) { io("runs", v.runs); }

namespace {

constexpr std::int64_t page_20_max = 999;
constexpr std::int64_t page_21_max = 25;

template <class Request>
outgoing_call get_run(std::string const& key) {
  Request request;
  std::from_chars(key.data(), key.data() + key.size(), request.run_id);
  return encode(request, {});
}

std::string key_of(seen_run const& run) { return std::to_string(run.run_id); }

constexpr watch_kind by_version_21{
    "run",
    page_21_max,
    [] { return list_runs(0, false); },
    &read_watched<&seen_page::runs, &key_of>,
    &get_run<jobs::runs_get>,
    &read_watched_one<seen_run>,
};

constexpr watch_kind by_version_20{
    "run",
    page_20_max,
    [] { return list_runs(0, true); },
    &read_watched<&seen_page::runs, &key_of>,
    &get_run<jobs20::runs_get>,
    &read_watched_one<seen_run>,
    &by_version_21,
};

}  // namespace

timestamp end_of(seen_run const& run) noexcept {
  if (run.end_time && run.end_time->time_since_epoch().count() > 0) return *run.end_time;
  if (!run.start_time || !jobs::is_final(run.state)) return {};
  auto const lasted = run.setup_duration.value_or(0) + run.execution_duration.value_or(0) +
                      run.cleanup_duration.value_or(0);
  return *run.start_time + std::chrono::milliseconds(lasted);
}

watch_kind const& any_run() { return by_version_20; }

paged_call list_runs(std::int64_t job_id, bool by_20) {
  if (by_20) {
    jobs20::runs_list request;
    if (job_id != 0) request.job_id = job_id;
    return encode_pages(request, by_offset(page_20_max), {});
  }
  jobs::runs_list request;
  if (job_id != 0) request.job_id = job_id;
  return encode_pages(request, by_token("limit", page_21_max), {});
}

result<seen_page> read_runs(http::response const& answer, std::string const& operation,
                            std::string const& where) {
  seen_page out;
  auto read = decode(answer, type_of<seen_page>(), &out, operation, where);
  if (read.has_error()) return std::move(read).error();
  return out;
}

}  // namespace kiln::runs
