#include "emulator/clusters_state.hpp"

#include "emulator/service.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace kiln::emulation {

namespace {

using clusters::event_type;

constexpr std::string_view scripted_end = "kiln.emulator.termination_code";

std::string_view in_words(clusters::state s) {
  constexpr std::string_view words[] = {"Error",   "Pending",    "Resizing",    "Restarting",
                                        "Running", "Terminated", "Terminating", "Unknown"};
  return words[static_cast<std::size_t>(s)];
}

api_error wrong_state(emulated_cluster const& c) {
  return {400, "INVALID_STATE",
          "Cluster " + c.id + " is in unexpected state " + std::string(in_words(c.state)) + '.'};
}
api_error made_by_a_job(emulated_cluster const& c, std::string_view what) {
  return {400, "INVALID_STATE",
          "Cluster " + c.id + " was made for a job and cannot be " + std::string(what) + '.'};
}

clusters::termination_reason reason_of(clusters::termination_code code,
                                       clusters::termination_type type) {
  clusters::termination_reason r;
  r.code = code;
  r.type = type;
  return r;
}

std::int32_t first_workers(compute::cluster_spec const& spec) {
  if (spec.autoscale) return spec.autoscale->min_workers.value_or(0);
  return spec.num_workers.value_or(0);
}

cluster_note& note(emulated_cluster& c, event_type type, wall_time at,
                   std::string const& user = {}) {
  if (c.events.size() == clusters_state::events_max) c.events.erase(c.events.begin());
  auto& out = c.events.emplace_back();
  out.type = type;
  out.at = at;
  out.user = user;
  return out;
}

auto shared(compute::cluster_spec spec) {
  return std::make_shared<compute::cluster_spec const>(std::move(spec));
}

}  // namespace

timestamp in_ms(wall_time at) noexcept {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(at);
}

clusters_state::clusters_state(emulator_clusters_options options, std::uint64_t seed)
    : options_(options), seed_(seed), random_(seed) {}

std::string make_cluster_id(wall_time made, std::string_view name) {
  auto const day = std::chrono::floor<std::chrono::days>(made);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const time(std::chrono::floor<std::chrono::seconds>(made - day));
  char out[32];
  std::snprintf(out, sizeof out, "%02u%02u-%02d%02d%02d-", unsigned(date.month()),
                unsigned(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return std::string(out).append(name);
}

void clusters_state::clear() {
  clusters_.clear();
  of_jobs_ = 0;
  ended_jobs_.clear();
  random_ = random_source(seed_);
}

outcome<std::string> clusters_state::create(compute::cluster_spec spec, origin from, moment now) {
  settle(now.wall);
  constexpr std::size_t token_max = 64;
  if (from.idempotency_token.size() > token_max) {
    return invalid_parameter("idempotency_token has more than 64 characters");
  }
  if (!from.idempotency_token.empty()) {
    for (auto const& [id, c] : clusters_) {
      if (c.is_alive() && c.idempotency_token == from.idempotency_token) return id;
    }
  }
  if (auto good = check_spec(spec); !good) return good.error();
  if (clusters_.size() - of_jobs_ >= clusters_max) {
    return api_error{400, "QUOTA_EXCEEDED", "The workspace has 10000 clusters; delete some first"};
  }
  auto const new_id = [&] { return make_cluster_id(now.wall, random_.name().substr(0, 8)); };
  std::string id = new_id();
  while (clusters_.contains(id)) id = new_id();
  auto& c = add(id, std::move(spec), now.wall);
  c.creator = std::move(from.creator);
  c.events.back().user = c.creator;
  c.idempotency_token = std::move(from.idempotency_token);
  launch(c, now.wall);
  return id;
}

void clusters_state::create_for_job(compute::cluster_spec spec, job_origin from, moment now) {
  auto& c = add(std::move(from.id), std::move(spec), now.wall);
  ++of_jobs_;
  c.source = clusters::cluster_source::job;
  c.creator = std::move(from.creator);
  c.events.back().user = c.creator;
  c.run_name = std::move(from.run_name);
  c.job_id = from.job_id;
  launch(c, now.wall);
  if (c.state == state::pending) c.due.reset();
}

emulated_cluster& clusters_state::add(std::string id, compute::cluster_spec spec, wall_time now) {
  emulated_cluster& c = clusters_[id];
  c.id = std::move(id);
  c.spec = shared(std::move(spec));
  c.created = now;
  note(c, event_type::creating, now).spec = c.spec;
  return c;
}

void clusters_state::come_up(std::string const& id, moment now) {
  auto const found = get(id, now.wall);
  if (!found || (*found)->state != state::pending) return;
  (*found)->due = now.wall;
  settle(**found, now.wall);
}

void clusters_state::finish_job(std::string const& id, moment now) {
  auto const found = get(id, now.wall);
  if (!found) return;
  if ((*found)->is_alive()) {
    begin_end(
        **found,
        reason_of(clusters::termination_code::job_finished, clusters::termination_type::success),
        {}, now.wall);
  }
  forget_ended_jobs(now.wall);
}

// Those that are pinned stay, as they do with the service.
void clusters_state::forget_ended_jobs(wall_time now) {
  while (ended_jobs_.size() > terminated_job_listed_max) {
    auto const at = clusters_.find(ended_jobs_.front());
    if (at != clusters_.end()) {
      bool const kept = settle(at->second, now);
      if (kept && at->second.state != state::terminated) return;
      if (!kept || !at->second.pinned) erase(at);
    }
    ended_jobs_.pop_front();
  }
}

clusters_state::all_clusters::iterator clusters_state::erase(all_clusters::iterator at) {
  if (at->second.is_of_job()) --of_jobs_;
  return clusters_.erase(at);
}

void clusters_state::launch(emulated_cluster& c, wall_time now) {
  c.workers = first_workers(*c.spec);
  c.began = now;
  c.reason.reset();
  c.terminated.reset();
  c.state = state::pending;
  bool warm = false;
  if (auto why = borrow(c, warm, now)) {
    begin_end(c, std::move(*why), {}, now);
    return;
  }
  c.due = now + (warm ? options_.warm_start : options_.start);
}

std::optional<clusters::termination_reason> clusters_state::borrow(emulated_cluster const& c,
                                                                   bool& warm, wall_time now) {
  using answer = machine_lender::answer;
  auto const& spec = *c.spec;
  if (spec.instance_pool_id.empty()) return std::nullopt;
  bool const own_driver = !spec.driver_instance_pool_id.empty() &&
                          spec.driver_instance_pool_id != spec.instance_pool_id;
  auto const ask = [&](std::string const& pool, std::int32_t machines) {
    return pools_ == nullptr ? answer::no_such_pool : pools_->lend(pool, c.id, machines, now);
  };
  auto const first = ask(spec.instance_pool_id, c.workers + (own_driver ? 0 : 1));
  auto const second = own_driver ? ask(spec.driver_instance_pool_id, 1) : first;
  warm = first == answer::idle_ones && second == answer::idle_ones;
  for (auto const said : {first, second}) {
    if (said == answer::too_many) {
      return reason_of(clusters::termination_code::instance_pool_max_capacity_reached,
                       clusters::termination_type::client_error);
    }
    if (said == answer::no_such_pool) {
      return reason_of(clusters::termination_code::instance_pool_not_found,
                       clusters::termination_type::client_error);
    }
  }
  return std::nullopt;
}

void clusters_state::give_back(emulated_cluster const& c, wall_time now) {
  if (pools_ == nullptr) return;
  for (auto const* pool : {&c.spec->instance_pool_id, &c.spec->driver_instance_pool_id}) {
    if (!pool->empty()) pools_->take_back(*pool, c.id, now);
  }
}

void clusters_state::runs(emulated_cluster& c, wall_time at) {
  c.state = state::running;
  ++c.launches;
  c.running_at = at;
  auto& noted = note(c, event_type::running, at);
  noted.workers = noted.workers_wanted = c.workers;
  note(c, event_type::driver_healthy, at);
  idle_from(c, at);
}

void clusters_state::idle_from(emulated_cluster& c, wall_time now) {
  c.due.reset();
  auto const minutes = c.spec->autotermination_minutes.value_or(0);
  if (c.works == 0 && minutes > 0) c.due = now + std::chrono::minutes(minutes);
}

void clusters_state::begin_end(emulated_cluster& c, clusters::termination_reason why,
                               std::string const& user, wall_time now) {
  c.state = state::terminating;
  c.reason = std::make_shared<clusters::termination_reason const>(std::move(why));
  c.due = now + options_.terminate;
  note(c, event_type::terminating, now, user).reason = c.reason;
  if (c.is_of_job()) ended_jobs_.push_back(c.id);
}

void clusters_state::settle(wall_time now) {
  for (auto at = clusters_.begin(); at != clusters_.end();) {
    at = settle(at->second, now) ? std::next(at) : erase(at);
  }
}

bool clusters_state::settle(emulated_cluster& c, wall_time now) {
  // Every step leads towards terminated, or to a running cluster that waits for nothing.
  while (c.due && *c.due <= now) {
    auto const at = *c.due;
    c.due.reset();
    switch (c.state) {
      case state::pending:
      case state::restarting:
        if (auto const script = c.spec->spark_conf.find(std::string(scripted_end));
            script != c.spec->spark_conf.end()) {
          clusters::termination_reason why;
          why.code = open_enum<clusters::termination_code>(script->second);
          why.type = clusters::termination_type::cloud_failure;
          begin_end(c, std::move(why), {}, at);
        } else {
          runs(c, at);
        }
        break;
      case state::resizing: {
        c.state = state::running;
        auto& noted = note(c, event_type::upsize_completed, at);
        noted.workers = noted.workers_wanted = c.workers;
        idle_from(c, at);
        break;
      }
      case state::running: {
        auto why =
            reason_of(clusters::termination_code::inactivity, clusters::termination_type::success);
        why.parameters["inactivity_duration_min"] =
            std::to_string(c.spec->autotermination_minutes.value_or(0));
        begin_end(c, std::move(why), {}, at);
        break;
      }
      case state::terminating:
        c.state = state::terminated;
        c.terminated = at;
        c.works = 0;
        give_back(c, at);
        break;
      default:
        break;
    }
  }
  return c.pinned || c.state != state::terminated || !c.terminated ||
         now - *c.terminated < kept_terminated;
}

outcome<emulated_cluster*> clusters_state::get(std::string const& id, wall_time now) {
  auto const at = clusters_.find(id);
  if (at == clusters_.end() || !settle(at->second, now)) {
    return invalid_parameter("Cluster " + id + " does not exist");
  }
  return &at->second;
}

outcome<emulated_cluster const*> clusters_state::find(std::string const& id, moment now) {
  auto const found = get(id, now.wall);
  if (!found) return found.error();
  return *found;
}

outcome<void> clusters_state::terminate(std::string const& id, clusters::termination_reason why,
                                        std::string const& user, moment now) {
  auto const found = get(id, now.wall);
  if (!found) return found.error();
  if (!(*found)->is_alive()) return {};
  begin_end(**found, std::move(why), user, now.wall);
  if (hear_) hear_(id, now);
  return {};
}

void clusters_state::work(std::string const& id, int change, moment now) {
  auto const found = get(id, now.wall);
  if (!found || !(*found)->is_alive()) return;
  auto& c = **found;
  if (change > 0) ++c.works;
  if (change < 0 && c.works > 0) --c.works;
  if (c.state == state::running) idle_from(c, now.wall);
}

outcome<void> clusters_state::edit(std::string const& id, compute::cluster_spec spec,
                                   std::string const& user, moment now) {
  auto const found = get(id, now.wall);
  if (!found) return found.error();
  auto& c = **found;
  if (auto good = check_spec(spec); !good) return good;
  if (c.is_of_job()) return made_by_a_job(c, "edited");
  if (c.state != state::running && c.state != state::terminated) return wrong_state(c);
  give_back(c, now.wall);
  auto& noted = note(c, event_type::edited, now.wall, user);
  noted.spec_before = std::exchange(c.spec, shared(std::move(spec)));
  noted.spec = c.spec;
  if (c.state == state::terminated) return {};
  return restart(id, user, now);
}

outcome<void> clusters_state::start(std::string const& id, std::string const& user, moment now) {
  auto const found = get(id, now.wall);
  if (!found) return found.error();
  auto& c = **found;
  if (c.is_of_job()) return made_by_a_job(c, "started");
  if (c.state == state::terminating) return wrong_state(c);
  if (c.state != state::terminated) return {};
  note(c, event_type::starting, now.wall, user).spec = c.spec;
  launch(c, now.wall);
  return {};
}

outcome<void> clusters_state::restart(std::string const& id, std::string const& user, moment now) {
  auto const found = get(id, now.wall);
  if (!found) return found.error();
  auto& c = **found;
  if (c.state != state::running) return wrong_state(c);
  c.state = state::restarting;
  c.restarted = now.wall;
  c.workers = first_workers(*c.spec);
  c.due = now.wall + options_.start;
  note(c, event_type::restarting, now.wall, user);
  bool warm = false;
  if (auto why = borrow(c, warm, now.wall)) begin_end(c, std::move(*why), {}, now.wall);
  if (hear_) hear_(id, now);
  return {};
}

outcome<void> clusters_state::resize(std::string const& id, clusters::cluster_size size,
                                     std::string const& user, moment now) {
  auto const found = get(id, now.wall);
  if (!found) return found.error();
  auto& c = **found;
  auto wanted = *c.spec;
  wanted.num_workers = size.num_workers;
  wanted.autoscale = size.autoscale;
  if (auto good = check_spec(wanted); !good) return good;
  if (c.state != state::running) return wrong_state(c);
  auto const workers = c.workers;
  c.workers = first_workers(wanted);
  if (wanted.autoscale) {
    c.workers = std::clamp(workers, c.workers, wanted.autoscale->max_workers.value_or(c.workers));
  }
  bool warm = false;
  if (borrow(c, warm, now.wall)) {
    c.workers = workers;
    return api_error{400, "INVALID_STATE", "The pool of cluster " + id + " has too few machines"};
  }
  auto& noted = note(c, event_type::resizing, now.wall, user);
  noted.spec_before = std::exchange(c.spec, shared(std::move(wanted)));
  noted.spec = c.spec;
  noted.workers = workers;
  noted.workers_wanted = c.workers;
  if (c.workers == workers) return {};
  c.state = state::resizing;
  c.due = now.wall + options_.resize;
  return {};
}

outcome<void> clusters_state::permanent_delete(std::string const& id, moment now) {
  auto const found = get(id, now.wall);
  if (!found) return found.error();
  auto& c = **found;
  if (c.pinned) {
    return api_error{400, "INVALID_STATE", "Cluster " + id + " is pinned; unpin it first"};
  }
  give_back(c, now.wall);
  erase(clusters_.find(id));
  if (hear_) hear_(id, now);
  return {};
}

outcome<void> clusters_state::pin(std::string const& id, bool pinned, std::string const& user,
                                  moment now) {
  auto const found = get(id, now.wall);
  if (!found) return found.error();
  auto& c = **found;
  if (c.pinned == pinned) return {};
  auto const others = std::count_if(clusters_.begin(), clusters_.end(),
                                    [](auto const& each) { return each.second.pinned; });
  if (pinned && others >= static_cast<std::ptrdiff_t>(options_.pinned_max)) {
    return api_error{400, "QUOTA_EXCEEDED",
                     "The workspace has " + std::to_string(others) +
                         " pinned clusters, which is its limit; unpin one first"};
  }
  c.pinned = pinned;
  note(c, pinned ? event_type::pinned : event_type::unpinned, now.wall, user);
  return {};
}

std::vector<emulated_cluster const*> clusters_state::list(bool all_terminated, moment now) {
  settle(now.wall);
  forget_ended_jobs(now.wall);
  std::vector<emulated_cluster const*> out;
  for (auto const& [id, c] : clusters_) out.push_back(&c);
  std::sort(out.begin(), out.end(), [](auto const* a, auto const* b) {
    return a->began != b->began ? a->began > b->began : a->id < b->id;
  });
  if (all_terminated) return out;
  std::size_t of_jobs = 0;
  std::size_t others = 0;
  std::erase_if(out, [&](auto const* c) {
    if (c->pinned || c->state != state::terminated) return false;
    if (c->is_of_job()) return ++of_jobs > terminated_job_listed_max;
    return ++others > terminated_listed_max;
  });
  return out;
}

}  // namespace kiln::emulation
