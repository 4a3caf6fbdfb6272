#include "emulator/run_clusters.hpp"

#include "emulator/runs_state.hpp"
#include "emulator/service.hpp"
#include "json/read.hpp"
#include "services/compute_fields.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::emulation {

namespace {

namespace bj = boost::json;

struct job_cluster {
  std::string job_cluster_key;
  std::optional<compute::cluster_spec> new_cluster;
};
void fields(auto& io, job_cluster& v) {
  io("job_cluster_key", v.job_cluster_key);
  io("new_cluster", v.new_cluster);
}

/// Kept as the text it came as: as an object it is many times larger, and runs are kept for long.
job_cluster cluster_in(run_spec const& spec, std::size_t task) {
  auto const& t = spec.tasks[task];
  auto const text = t.new_cluster ? '{' + t.cluster + '}'
                                  : spec.job_clusters[static_cast<std::size_t>(t.job_cluster)];
  auto read = json::read_as<job_cluster>(text, "task");
  return read ? std::move(*read) : job_cluster();
}

/// 0: the original run.
std::size_t repair_of(run const& r, std::int64_t task_run_id) {
  for (auto i = r.repairs.size(); i > 0; --i) {
    auto const& ids = r.repairs[i - 1].task_run_ids;
    if (std::find(ids.begin(), ids.end(), task_run_id) != ids.end()) return i - 1;
  }
  return 0;
}

std::string cluster_name_of(run const& r, std::string_view key) {
  auto out = "job-" + std::to_string(r.job_id) + "-run-";
  if (r.spec->plain) return out + std::to_string(r.number_in_job);
  return (out += std::to_string(r.run_id) + '-').append(key);
}

wall_time at_ms(std::int64_t ms) { return wall_time(std::chrono::milliseconds(ms)); }

bool is_made_by_run(task_spec const& spec) noexcept {
  return spec.new_cluster || spec.job_cluster >= 0;
}

}  // namespace

std::string cluster_id_of(run const& r, std::size_t task) {
  auto const& spec = r.spec->tasks[task];
  auto const& t = r.tasks[task];
  if (spec.new_cluster) {
    auto name = "run" + std::to_string(t.run_id);
    if (t.turn > 0) name += 'x' + std::to_string(t.turn);
    return make_cluster_id(at_ms(t.started_ms), name);
  }
  if (spec.job_cluster >= 0) {
    auto name = "run" + std::to_string(r.run_id) + 'c' + std::to_string(spec.job_cluster);
    if (auto const repaired = repair_of(r, t.run_id)) name += 'x' + std::to_string(repaired);
    return make_cluster_id(at_ms(r.created_ms), name);
  }
  return spec.existing_cluster_id;
}

outcome<std::string> check_job_cluster(bj::value const& value) {
  auto const read = json::read_as<job_cluster>(bj::serialize(value), "job_clusters");
  if (!read) return invalid_parameter(read.error().message());
  if (read->job_cluster_key.empty()) {
    return invalid_parameter("Missing required field: job_clusters.job_cluster_key");
  }
  if (!read->new_cluster) {
    return invalid_parameter("Missing required field: job_clusters.new_cluster");
  }
  if (auto const good = check_spec(*read->new_cluster); !good) return good.error();
  return read->job_cluster_key;
}

outcome<void> check_new_cluster(bj::value const& value) {
  auto const read = json::read_as<compute::cluster_spec>(bj::serialize(value), "new_cluster");
  if (!read) return invalid_parameter(read.error().message());
  return check_spec(*read);
}

outcome<void> run_clusters::check(run_spec const& spec, moment now) {
  for (auto const& task : spec.tasks) {
    if (task.existing_cluster_id.empty()) continue;
    auto const found = all_->find(task.existing_cluster_id, now);
    if (!found) return found.error();
    if ((*found)->is_of_job()) {
      return invalid_parameter("existing_cluster_id only supports all-purpose cluster IDs, and " +
                               task.existing_cluster_id + " was made for a job");
    }
  }
  return {};
}

std::chrono::milliseconds run_clusters::take(run const& r, std::size_t task, moment now) {
  auto const& spec = r.spec->tasks[task];
  auto const id = cluster_id_of(r, task);
  if (id.empty()) return {};
  auto const found = all_->find(id, now);
  if (is_made_by_run(spec)) {
    if (found) return {};  // another task of the run was there first
    auto made = cluster_in(*r.spec, task);
    auto const key = spec.new_cluster ? spec.key : made.job_cluster_key;
    auto wanted = std::move(made.new_cluster).value_or(compute::cluster_spec());
    wanted.cluster_name = cluster_name_of(r, key);
    all_->create_for_job(std::move(wanted), {id, r.creator, r.name, r.job_id}, now);
    return {};
  }
  if (!found) return {};
  if ((*found)->state == clusters::state::terminated) (void)all_->start(id, r.creator, now);
  all_->work(id, +1, now);
  return standing_of(id, now).in;
}

run_clusters::standing run_clusters::ask(run const& r, std::size_t task, moment now) {
  auto const id = cluster_id_of(r, task);
  if (id.empty()) return {standing::is::up, {}};
  if (is_made_by_run(r.spec->tasks[task])) all_->come_up(id, now);
  return standing_of(id, now);
}

run_clusters::standing run_clusters::standing_of(std::string const& id, moment now) {
  auto const found = all_->find(id, now);
  if (!found || !(*found)->is_alive()) return {standing::is::gone, {}};
  auto const& c = **found;
  if (c.is_up() || !c.due) return {standing::is::up, {}};
  // The two clocks may have moved apart a little: never ask again without any time between.
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(*c.due - now.wall);
  return {standing::is::starting, std::max(left, std::chrono::milliseconds(1))};
}

void run_clusters::release(run const& r, std::size_t task, bool again, moment now) {
  auto const& spec = r.spec->tasks[task];
  auto const id = cluster_id_of(r, task);
  if (id.empty()) return;
  if (spec.new_cluster) return all_->finish_job(id, now);
  if (spec.job_cluster < 0) return all_->work(id, -1, now);
  if (again) return;
  for (std::size_t i = 0; i < r.tasks.size(); ++i) {
    bool const same = r.spec->tasks[i].job_cluster == spec.job_cluster;
    if (i != task && same && r.tasks[i].at != task_run::phase::done) return;
  }
  all_->finish_job(id, now);
}

void run_clusters::release_all(run const& r, moment now) {
  for (std::size_t i = 0; i < r.tasks.size(); ++i) {
    if (r.spec->tasks[i].job_cluster >= 0) all_->finish_job(cluster_id_of(r, i), now);
  }
}

}  // namespace kiln::emulation
