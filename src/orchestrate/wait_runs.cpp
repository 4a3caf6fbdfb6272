#include "orchestrate/waiter.hpp"
#include "services/jobs_tables.hpp"

#include <charconv>
#include <string>

// Waiting for runs, in both shapes of the Jobs API.
namespace kiln {

namespace {

std::int64_t run_id_of(std::string const& key) {
  std::int64_t id = 0;
  std::from_chars(key.data(), key.data() + key.size(), id);
  return id;
}

template <class Run>
std::string key_of(Run const& run) {
  return std::to_string(run.run_id);
}

template <class Run>
judgement has_ended(void const* value) {
  auto const& state = static_cast<Run const*>(value)->state;
  judgement out;
  out.state = state.life_cycle_state.raw();
  out.message = state.state_message;
  if (jobs::is_final(state)) out.what = judgement::kind::reached;
  return out;
}

watch_kind const& runs21() {
  static constexpr std::int64_t page_max = 25;
  static constexpr watch_kind kind{
      "run",
      page_max,
      [] {
        jobs::runs_list request;
        request.expand_tasks = true;  // as runs/get gives them
        return encode_pages(request, by_token("limit", page_max), {});
      },
      &read_watched<&jobs::runs_list::response::runs, &key_of<jobs::run>>,
      [](std::string const& key) {
        jobs::runs_get request;
        request.run_id = run_id_of(key);
        return encode(request, {});
      },
      &read_watched_one<jobs::run>,
  };
  return kind;
}

watch_kind const& runs20() {
  static constexpr std::int64_t page_max = 999;
  static constexpr watch_kind kind{
      "run",
      page_max,
      [] { return encode_pages(jobs20::runs_list(), by_offset(page_max), {}); },
      &read_watched<&jobs20::runs_list::response::runs, &key_of<jobs20::run>>,
      [](std::string const& key) {
        jobs20::runs_get request;
        request.run_id = run_id_of(key);
        return encode(request, {});
      },
      &read_watched_one<jobs20::run>,
  };
  return kind;
}

watch_request request_for(watch_kind const& kind, std::int64_t run_id,
                          wait_options const& options) {
  validate(options);
  watch_request out;
  out.kind = &kind;
  out.key = std::to_string(run_id);
  out.label = "run " + out.key;
  out.options = options;
  return out;
}

}  // namespace

task<jobs::run> wait_until(workspace const& ws, until::run_finished const& what,
                           wait_options const& options) {
  auto request = request_for(runs21(), what.run_id, options);
  request.judge = &has_ended<jobs::run>;
  return watch_for<jobs::run>(ws.core(), std::move(request));
}

task<jobs20::run> wait_until(workspace const& ws, until::run20_finished const& what,
                             wait_options const& options) {
  auto request = request_for(runs20(), what.run_id, options);
  request.judge = &has_ended<jobs20::run>;
  return watch_for<jobs20::run>(ws.core(), std::move(request));
}

}  // namespace kiln
