#include "emulator/jobs_api.hpp"

#include "emulator/jobs_requests.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

constexpr std::size_t jobs_page_max = 100;
constexpr std::size_t page_default = 20;

/// Leaves of each list what is in the window; true when one goes on behind it.
bool cut_lists(bj::object& settings, element_window const& part) {
  bool more = false;
  for (auto const name : {"tasks", "job_clusters", "parameters", "environments"}) {
    auto* const list = settings.if_contains(name);
    if (list == nullptr || !list->is_array()) continue;
    auto const& all = list->get_array();
    auto const from = part.begin(all.size());
    auto const to = part.end(all.size());
    more = more || to < all.size();
    bj::array kept(all.begin() + static_cast<std::ptrdiff_t>(from),
                   all.begin() + static_cast<std::ptrdiff_t>(to));
    if (kept.empty()) {
      settings.erase(name);
    } else {
      *list = std::move(kept);
    }
  }
  return more;
}

struct job_details {
  jobs_version version;
  bool tasks = true;
  element_window elements;
  std::string next_page_token;  ///< Told where a list goes on behind `elements`; empty: it is not.
};

bj::object object_of(jobs_state::job const& j, job_details const& details) {
  bool const old = details.version == jobs_version::v2_0;
  bj::object settings = old ? without_tasks(j.settings) : j.settings;
  if (!details.tasks) {
    settings.erase("tasks");
    settings.erase("job_clusters");
  }
  bj::object out{
      {"job_id", j.job_id}, {"creator_user_name", j.creator}, {"created_time", j.created_ms}};
  if (details.version == jobs_version::v2_2) {
    bool const more = cut_lists(settings, details.elements);
    if (details.tasks) out["has_more"] = more;
    if (more && !details.next_page_token.empty()) out["next_page_token"] = details.next_page_token;
  }
  out["settings"] = std::move(settings);
  return out;
}

outcome<bj::object> object_in(parameters const& in, std::string_view name) {
  auto const* const at = in.find(name);
  if (at == nullptr) return invalid_parameter("Missing required field: " + std::string(name));
  if (!at->is_object()) return invalid_parameter(std::string(name) + " is not an object");
  return at->get_object();
}

}  // namespace

std::span<jobs_api::route const> jobs_api::routes() noexcept {
  static constexpr route all[] = {{"create", "POST", &jobs_api::create},
                                  {"get", "GET", &jobs_api::get},
                                  {"list", "GET", &jobs_api::list},
                                  {"reset", "POST", &jobs_api::reset},
                                  {"update", "POST", &jobs_api::update},
                                  {"delete", "POST", &jobs_api::remove},
                                  {"run-now", "POST", &jobs_api::run_now},
                                  {"runs/submit", "POST", &jobs_api::submit},
                                  {"runs/list", "GET", &jobs_api::runs_list},
                                  {"runs/get", "GET", &jobs_api::runs_get},
                                  {"runs/get-output", "GET", &jobs_api::runs_get_output},
                                  {"runs/export", "GET", &jobs_api::runs_export},
                                  {"runs/cancel", "POST", &jobs_api::runs_cancel},
                                  {"runs/cancel-all", "POST", &jobs_api::runs_cancel_all},
                                  {"runs/delete", "POST", &jobs_api::runs_delete},
                                  {"runs/repair", "POST", &jobs_api::runs_repair, false}};
  return all;
}

jobs_api::route const* jobs_api::route_of(std::string_view path, jobs_version& version) noexcept {
  constexpr std::string_view before = "/api/2.";
  constexpr std::string_view behind = "/jobs/";
  if (!path.starts_with(before) || path.size() < before.size() + 1 + behind.size()) return nullptr;
  char const minor = path[before.size()];
  if (minor < '0' || minor > '2') return nullptr;
  version = static_cast<jobs_version>(minor - '0');
  path.remove_prefix(before.size() + 1);
  if (!path.starts_with(behind)) return nullptr;
  path.remove_prefix(behind.size());
  for (auto const& r : routes()) {
    if (r.name == path) return r.in_2_0 || version != jobs_version::v2_0 ? &r : nullptr;
  }
  return nullptr;
}

std::string_view jobs_api::verbs_of(std::string_view path) const noexcept {
  jobs_version version{};
  auto const* const found = route_of(path, version);
  return found == nullptr ? std::string_view() : found->verb;
}

api_reply jobs_api::handle(api_request const& request, moment now) {
  jobs_version version{};
  auto const* const found = route_of(request.path, version);
  if (found == nullptr) {
    return kiln::emulation::to_reply(
        not_found("No API found for '" + std::string(request.path) + '\''));
  }
  auto const in = parameters::of(request, {});
  if (!in) return kiln::emulation::to_reply(in.error());
  auto body = (this->*found->give)({*in, version, now});
  if (!body) return kiln::emulation::to_reply(body.error());
  api_reply out;
  out.body = std::move(*body);
  return out;
}

void jobs_api::clear() {
  jobs_.clear();
  runs_.clear();
}

outcome<std::string> jobs_api::create(call const& c) {
  auto settings = settings_of(c.in.body(), c.version);
  if (!settings) return settings.error();
  auto const id =
      jobs_.create(std::move(*settings), c.in.caller(), c.version == jobs_version::v2_2, c.now);
  if (!id) return id.error();
  return R"({"job_id":)" + std::to_string(*id) + '}';
}

outcome<std::string> jobs_api::get(call const& c) {
  auto const id = c.in.integer("job_id");
  if (!id) return id.error();
  auto const elements = elements_of(c.in, c.version);
  if (!elements) return elements.error();
  auto const job = jobs_.find(*id);
  if (!job) return job.error();
  auto out = object_of(**job, {c.version, true, *elements,
                               elements_page_token(elements->first + elements_page_max)});
  if (c.version != jobs_version::v2_0) out["run_as_user_name"] = (*job)->creator;
  return bj::serialize(out);
}

outcome<std::string> jobs_api::list(call const& c) {
  jobs_state::page page;
  bool tasks = true;
  if (c.version == jobs_version::v2_0) {
    page = jobs_.list(options_.jobs_max, 0, std::nullopt, {});
  } else {
    auto const window = window_of(c.in, {page_default, jobs_page_max, false});
    if (!window) return window.error();
    auto const name = c.in.text_or("name", "");
    if (!name) return name.error();
    auto const expand = c.in.flag_or("expand_tasks", false);
    if (!expand) return expand.error();
    tasks = *expand;
    page = jobs_.list(window->limit, window->skip, window->first, *name);
  }
  bj::array jobs;
  job_details const details{c.version, tasks, {0, elements_page_max}, {}};
  for (auto const* each : page.jobs) jobs.emplace_back(object_of(*each, details));
  bj::object out;
  if (!jobs.empty()) out["jobs"] = std::move(jobs);
  if (c.version != jobs_version::v2_0) {
    out["has_more"] = page.has_more;
    if (page.has_more) out["next_page_token"] = next_page_token(page.next);
  }
  return bj::serialize(out);
}

outcome<std::string> jobs_api::reset(call const& c) {
  auto const id = c.in.integer("job_id");
  if (!id) return id.error();
  auto const given = object_in(c.in, "new_settings");
  if (!given) return given.error();
  auto settings = settings_of(*given, c.version);
  if (!settings) return settings.error();
  auto const done = jobs_.reset(*id, std::move(*settings));
  if (!done) return done.error();
  return std::string("{}");
}

outcome<std::string> jobs_api::update(call const& c) {
  auto const id = c.in.integer("job_id");
  if (!id) return id.error();
  auto const remove = c.in.texts("fields_to_remove");
  if (!remove) return remove.error();
  bj::object given;
  if (c.in.find("new_settings") != nullptr) {
    auto found = object_in(c.in, "new_settings");
    if (!found) return found.error();
    given = std::move(*found);
  }
  auto const job = jobs_.find(*id);
  if (!job) return job.error();
  auto const done = [&]() -> outcome<void> {
    if (c.version != jobs_version::v2_0) return jobs_.update(*id, given, *remove);
    auto settings = without_tasks((*job)->settings);
    for (auto const& name : *remove) settings.erase(name);
    for (auto const& [name, value] : given) settings[name] = value;
    auto checked = settings_of(settings, c.version);
    if (!checked) return checked.error();
    return jobs_.reset(*id, std::move(*checked));
  }();
  if (!done) return done.error();
  return std::string("{}");
}

outcome<std::string> jobs_api::remove(call const& c) {
  auto const id = c.in.integer("job_id");
  if (!id) return id.error();
  if (jobs_.remove(*id)) runs_.cancel_job(*id, c.now);
  return std::string("{}");
}

outcome<std::string> jobs_api::run_now(call const& c) {
  auto const id = c.in.integer("job_id");
  if (!id) return id.error();
  auto const job = jobs_.find(*id);
  if (!job) return job.error();
  auto given = run_parameters_of(c.in.body());
  if (!given) return given.error();
  auto token = c.in.text_or("idempotency_token", "");
  if (!token) return token.error();
  run_request request;
  request.spec = (*job)->spec;
  request.job_id = *id;
  request.limits = (*job)->limits;
  request.limits.queue = queue_of(c.in.body(), (*job)->limits.queue);
  request.name = (*job)->name;
  request.creator = c.in.caller();
  request.token = std::move(*token);
  request.parameters = std::move(given->fragment);
  request.words = std::move(given->words);
  auto const made = runs_.start(std::move(request), c.now);
  if (!made) return made.error();
  return R"({"run_id":)" + std::to_string(made->run_id) + R"(,"number_in_job":)" +
         std::to_string(made->number_in_job) + '}';
}

outcome<std::string> jobs_api::submit(call const& c) {
  auto const settings = settings_of(c.in.body(), c.version);
  if (!settings) return settings.error();
  auto name = job_name_of(c.in.body(), "run_name", "Untitled");
  if (!name) return name.error();
  auto token = c.in.text_or("idempotency_token", "");
  if (!token) return token.error();
  auto spec = make_run_spec(*settings, options_);
  if (!spec) return spec.error();
  run_request request;
  request.spec = std::move(*spec);
  request.limits.queue = queue_of(c.in.body(), c.version == jobs_version::v2_2);
  request.name = std::move(*name);
  request.creator = c.in.caller();
  request.token = std::move(*token);
  auto const made = runs_.start(std::move(request), c.now);
  if (!made) return made.error();
  return R"({"run_id":)" + std::to_string(made->run_id) + '}';
}

}  // namespace kiln::emulation
