#include "emulator/jobs_state.hpp"

#include "core/ascii.hpp"
#include "emulator/service.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

std::string_view key_in(bj::value const& item, std::string_view key) noexcept {
  auto const* const o = item.if_object();
  auto const* const at = o == nullptr ? nullptr : o->if_contains(key);
  return at != nullptr && at->is_string() ? std::string_view(at->get_string()) : std::string_view();
}

std::string_view key_of_list(std::string_view name) noexcept {
  if (name == "tasks") return "task_key";
  return name == "job_clusters" ? "job_cluster_key" : std::string_view();
}

void merge_list(bj::value& into, bj::value const& from, std::string_view key) {
  if (!into.is_array() || !from.is_array()) {
    into = from;
    return;
  }
  auto& list = into.get_array();
  for (auto const& item : from.get_array()) {
    auto const at = std::find_if(list.begin(), list.end(), [&](bj::value const& have) {
      return key_in(have, key) == key_in(item, key);
    });
    if (at == list.end()) {
      list.push_back(item);
    } else {
      *at = item;
    }
  }
}

void remove_member(bj::object& settings, std::string_view name) {
  auto const slash = name.find('/');
  if (slash == std::string_view::npos) {
    settings.erase(name);
    return;
  }
  auto* const list = settings.if_contains(name.substr(0, slash));
  auto const key = key_of_list(name.substr(0, slash));
  if (list == nullptr || !list->is_array() || key.empty()) return;
  auto& items = list->get_array();
  for (auto at = items.begin(); at != items.end();) {
    at = key_in(*at, key) == name.substr(slash + 1) ? items.erase(at) : at + 1;
  }
}

api_error no_job(std::int64_t job_id) {
  return invalid_parameter("Job " + std::to_string(job_id) + " does not exist.");
}

}  // namespace

outcome<std::string> job_name_of(bj::object const& settings, std::string_view member,
                                 std::string_view unnamed) {
  auto const* const at = settings.if_contains(member);
  if (at == nullptr || at->is_null()) return std::string(unnamed);
  if (!at->is_string()) return invalid_parameter(std::string(member) + " is not a string");
  if (at->get_string().size() > jobs_state::name_bytes_max) {
    return invalid_parameter(std::string(member) + " has more than 4096 bytes");
  }
  return std::string(at->get_string());
}

bool queue_of(bj::object const& settings, bool otherwise) noexcept {
  auto const* const queue = settings.if_contains("queue");
  if (queue == nullptr || !queue->is_object()) return otherwise;
  auto const* const enabled = queue->get_object().if_contains("enabled");
  return enabled != nullptr && enabled->is_bool() ? enabled->get_bool() : otherwise;
}

outcome<void> jobs_state::take(job& into, bj::object settings) const {
  auto spec = make_run_spec(settings, options_);
  if (!spec) return spec.error();
  auto name = job_name_of(settings, "name", "Untitled");
  if (!name) return name.error();
  run_limits limits;
  limits.queue = queue_of(settings, into.queues_by_default);
  if (auto const* const most = settings.if_contains("max_concurrent_runs")) {
    if (!most->is_int64() || most->get_int64() < 0 || most->get_int64() > concurrent_runs_max) {
      return invalid_parameter("max_concurrent_runs is not from 0 to 1000");
    }
    limits.concurrent_max = most->get_int64();
  }
  settings["name"] = *name;
  into.settings = std::move(settings);
  into.spec = std::move(*spec);
  into.name = std::move(*name);
  into.limits = limits;
  return {};
}

outcome<std::int64_t> jobs_state::create(bj::object settings, std::string creator,
                                         bool queues_by_default, moment now) {
  if (jobs_.size() >= options_.jobs_max) {
    return api_error{
        400, "QUOTA_EXCEEDED",
        "The quota for the number of jobs has been reached: " + std::to_string(options_.jobs_max)};
  }
  job made;
  made.queues_by_default = queues_by_default;
  if (auto const done = take(made, std::move(settings)); !done) return done.error();
  made.job_id = ++last_id_;
  made.created_ms = epoch_ms(now.wall);
  made.creator = std::move(creator);
  auto const id = made.job_id;
  jobs_.emplace(id, std::move(made));
  return id;
}

outcome<jobs_state::job const*> jobs_state::find(std::int64_t job_id) const {
  auto const at = jobs_.find(job_id);
  if (at == jobs_.end()) return no_job(job_id);
  return &at->second;
}

outcome<void> jobs_state::reset(std::int64_t job_id, bj::object settings) {
  auto const at = jobs_.find(job_id);
  if (at == jobs_.end()) return no_job(job_id);
  return take(at->second, std::move(settings));
}

outcome<void> jobs_state::update(std::int64_t job_id, bj::object const& settings,
                                 std::vector<std::string> const& remove) {
  auto const at = jobs_.find(job_id);
  if (at == jobs_.end()) return no_job(job_id);
  auto merged = at->second.settings;
  for (auto const& name : remove) remove_member(merged, name);
  for (auto const& [name, value] : settings) {
    auto const key = key_of_list(name);
    if (key.empty() || !merged.contains(name)) {
      merged[name] = value;
    } else {
      merge_list(merged[name], value, key);
    }
  }
  return take(at->second, std::move(merged));
}

jobs_state::page jobs_state::list(std::size_t limit, std::size_t skip,
                                  std::optional<std::int64_t> first, std::string_view name) const {
  page out;
  auto const end = first ? jobs_.upper_bound(*first) : jobs_.end();
  for (auto at = std::make_reverse_iterator(end); at != jobs_.rend(); ++at) {
    if (!name.empty() && !ascii::equal_ignoring_case(at->second.name, name)) continue;
    if (skip > 0) {
      --skip;
      continue;
    }
    if (out.jobs.size() == limit) {
      out.has_more = true;
      out.next = at->first;
      break;
    }
    out.jobs.push_back(&at->second);
  }
  return out;
}

}  // namespace kiln::emulation
