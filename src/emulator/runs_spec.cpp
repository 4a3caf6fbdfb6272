#include "emulator/runs_spec.hpp"

#include "emulator/run_clusters.hpp"
#include "emulator/service.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

/// The one task of settings in the form of API 2.0.
constexpr std::string_view plain_key = "main";

/// The kinds of tasks, with the members of each that hold its parameters.
struct task_kind {
  std::string_view name;
  std::string_view parameters;
  std::string_view more_parameters{};
};
constexpr std::array<task_kind, 11> task_kinds{
    {{"notebook_task", "base_parameters"},
     {"spark_jar_task", "parameters"},
     {"spark_python_task", "parameters"},
     {"spark_submit_task", "parameters"},
     {"python_wheel_task", "named_parameters", "parameters"},
     {"sql_task", "parameters"},
     {"dbt_task", ""},
     {"pipeline_task", ""},
     {"run_job_task", "job_parameters"},
     {"for_each_task", ""},
     {"condition_task", ""}}};

constexpr std::array<std::string_view, 4> cluster_members{"existing_cluster_id", "new_cluster",
                                                          "job_cluster_key", "libraries"};
/// Members of a 2.0 job that are its task's in 2.1.
constexpr std::array<std::string_view, 10> plain_members{
    "notebook_task",       "spark_jar_task",
    "spark_python_task",   "spark_submit_task",
    "existing_cluster_id", "new_cluster",
    "libraries",           "max_retries",
    "retry_on_timeout",    "min_retry_interval_millis"};
/// Members of settings that stand in each run too.
constexpr std::array<std::string_view, 2> shared_members{"git_source", "schedule"};

template <class List>
bool holds(List const& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

outcome<std::int64_t> number_of(bj::object const& o, std::string_view name, std::int64_t other,
                                std::int64_t least) {
  auto const* const at = o.if_contains(name);
  if (at == nullptr || at->is_null()) return other;
  if (!at->is_int64() || at->get_int64() < least) {
    return invalid_parameter(std::string(name) + " must be a whole number of at least " +
                             std::to_string(least));
  }
  return at->get_int64();
}

outcome<run_condition> condition_of(bj::object const& o) {
  constexpr std::array<std::string_view, 6> words{"ALL_SUCCESS",          "ALL_DONE",
                                                  "ALL_FAILED",           "AT_LEAST_ONE_FAILED",
                                                  "AT_LEAST_ONE_SUCCESS", "NONE_FAILED"};
  auto const text = text_of(o, "run_if");
  if (text.empty()) return run_condition::all_success;
  auto const found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) return invalid_parameter("run_if has no value " + text);
  return static_cast<run_condition>(found - words.begin());
}

/// Both sides as numbers where they are, else as text.
outcome<std::string> compared(bj::object const& condition) {
  auto const op = text_of(condition, "op");
  auto const left = text_of(condition, "left");
  auto const right = text_of(condition, "right");
  int order = left.compare(right);
  char* left_end = nullptr;
  char* right_end = nullptr;
  double const a = std::strtod(left.c_str(), &left_end);
  double const b = std::strtod(right.c_str(), &right_end);
  bool const numbers = !left.empty() && !right.empty() && *left_end == '\0' && *right_end == '\0';
  if (numbers) order = a < b ? -1 : a > b ? 1 : 0;
  std::optional<bool> holds_true;
  if (op == "EQUAL_TO") holds_true = left == right;
  if (op == "NOT_EQUAL") holds_true = left != right;
  if (op == "GREATER_THAN") holds_true = order > 0;
  if (op == "GREATER_THAN_OR_EQUAL") holds_true = order >= 0;
  if (op == "LESS_THAN") holds_true = order < 0;
  if (op == "LESS_THAN_OR_EQUAL") holds_true = order <= 0;
  if (!holds_true) return invalid_parameter("condition_task.op has no value '" + op + '\'');
  return std::string(*holds_true ? "true" : "false");
}

outcome<void> read_kind(task_spec& into, bj::object const& task) {
  for (auto const& kind : task_kinds) {
    auto const* const at = task.if_contains(kind.name);
    if (at == nullptr || at->is_null()) continue;
    auto const* const body = at->if_object();
    if (body == nullptr) return invalid_parameter(std::string(kind.name) + " is not an object");
    if (!into.kind.empty()) {
      return invalid_parameter("Task " + into.key + " has more than one kind of task");
    }
    add_fragment(into.kind, kind.name, *at);
    for (auto const name : {kind.parameters, kind.more_parameters}) {
      auto const* const words = name.empty() ? nullptr : body->if_contains(name);
      if (words != nullptr) add_script_words(into.words, *words);
    }
    if (kind.name == "notebook_task") {
      into.notebook_path = text_of(*body, "notebook_path");
      if (into.notebook_path.empty()) return invalid_parameter("notebook_path is missing");
    } else if (kind.name == "condition_task") {
      auto result = compared(*body);
      if (!result) return result.error();
      into.outcome = std::move(*result);
    }
  }
  if (into.kind.empty()) return invalid_parameter("Task " + into.key + " has nothing to run");
  return {};
}

outcome<void> read_limits(task_spec& into, bj::object const& task) {
  auto const timeout = number_of(task, "timeout_seconds", 0, 0);
  if (!timeout) return timeout.error();
  into.timeout = std::chrono::seconds(*timeout);
  auto const retries = number_of(task, "max_retries", 0, -1);
  if (!retries) return retries.error();
  into.retries_max = *retries;
  auto const interval = number_of(task, "min_retry_interval_millis", 0, 0);
  if (!interval) return interval.error();
  into.retry_interval = std::chrono::milliseconds(*interval);
  auto const* const on_timeout = task.if_contains("retry_on_timeout");
  into.retry_on_timeout = on_timeout != nullptr && on_timeout->is_bool() && on_timeout->get_bool();
  auto const condition = condition_of(task);
  if (!condition) return condition.error();
  into.run_if = *condition;
  return {};
}

/// What the task runs on; `keys` are those of the job clusters.
outcome<void> read_cluster(task_spec& into, bj::object const& task,
                           std::vector<std::string> const& keys) {
  into.existing_cluster_id = text_of(task, "existing_cluster_id");
  auto const key = text_of(task, "job_cluster_key");
  auto const* const own = task.if_contains("new_cluster");
  into.new_cluster = own != nullptr && !own->is_null();
  int const given =
      int(!into.existing_cluster_id.empty()) + int(!key.empty()) + int(into.new_cluster);
  if (given > 1) {
    return invalid_parameter(
        "Only one of job_cluster_key, new_cluster and existing_cluster_id may be set");
  }
  bool const needs_one =
      into.kind.starts_with("\"spark_jar_task\"") || into.kind.starts_with("\"spark_submit_task\"");
  if (given == 0 && needs_one) {
    return invalid_parameter(
        "One of job_cluster_key, new_cluster, or existing_cluster_id must be specified.");
  }
  if (into.new_cluster) return check_new_cluster(*own);
  if (key.empty()) return {};
  auto const at = std::find(keys.begin(), keys.end(), key);
  if (at == keys.end()) {
    return invalid_parameter("Job cluster '" + key + "' is not defined in field 'job_clusters'.");
  }
  into.job_cluster = static_cast<std::int32_t>(at - keys.begin());
  return {};
}

outcome<std::vector<std::string>> job_cluster_keys(bj::object const& settings) {
  std::vector<std::string> out;
  auto const* const list = settings.if_contains("job_clusters");
  if (list == nullptr || list->is_null()) return out;
  if (!list->is_array()) return invalid_parameter("job_clusters is not a list");
  if (list->get_array().size() > job_clusters_max) {
    return invalid_parameter("There are more than " + std::to_string(job_clusters_max) +
                             " job clusters");
  }
  for (auto const& each : list->get_array()) {
    auto key = check_job_cluster(each);
    if (!key) return key.error();
    if (holds(out, *key)) return invalid_parameter("job_cluster_key " + *key + " is not unique");
    out.push_back(std::move(*key));
  }
  return out;
}

outcome<task_spec> read_task(bj::value const& value, std::vector<std::string> const& job_clusters,
                             emulator_jobs_options const& options) {
  auto const* const task = value.if_object();
  if (task == nullptr) return invalid_parameter("A task is not an object");
  task_spec out;
  out.key = text_of(*task, "task_key");
  if (out.key.empty()) return invalid_parameter("A task has no task_key");
  if (auto const done = read_kind(out, *task); !done) return done.error();
  if (auto const done = read_limits(out, *task); !done) return done.error();
  if (!out.is_condition()) {
    if (auto const done = read_cluster(out, *task, job_clusters); !done) return done.error();
  }
  for (auto const& [name, member] : *task) {
    if (member.is_null()) continue;
    bool const is_kind =
        std::any_of(task_kinds.begin(), task_kinds.end(),
                    [&member_name = name](auto const& k) { return k.name == member_name; });
    if (is_kind || name == "task_key") continue;
    add_fragment(holds(cluster_members, name) ? out.cluster : out.rest, name, member);
  }
  if (auto const script = make_script(options, out.words, {}); !script) return script.error();
  return out;
}

outcome<void> connect(run_spec& spec, bj::array const& tasks) {
  auto const index_of = [&spec](std::string_view key) {
    auto const found = std::find_if(spec.tasks.begin(), spec.tasks.end(),
                                    [key](auto const& t) { return t.key == key; });
    return static_cast<std::size_t>(found - spec.tasks.begin());
  };
  for (std::size_t i = 0; i < spec.tasks.size(); ++i) {
    auto& task = spec.tasks[i];
    if (index_of(task.key) != i)
      return invalid_parameter("task_key " + task.key + " is not unique");
    auto const* const list = tasks[i].get_object().if_contains("depends_on");
    if (list == nullptr || !list->is_array()) continue;
    for (auto const& each : list->get_array()) {
      auto const* const dependency = each.if_object();
      auto const key = dependency == nullptr ? std::string() : text_of(*dependency, "task_key");
      auto const on = index_of(key);
      if (on == spec.tasks.size() || on == i) {
        return invalid_parameter("Task " + task.key + " depends on '" + key +
                                 "', which is no other task");
      }
      task.depends_on.push_back({on, text_of(*dependency, "outcome")});
      spec.tasks[on].needed_by.push_back(i);
    }
  }
  return {};
}

bool has_circle(run_spec const& spec) {
  std::vector<std::size_t> open(spec.tasks.size());
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < open.size(); ++i) {
    open[i] = spec.tasks[i].depends_on.size();
    if (open[i] == 0) ready.push_back(i);
  }
  std::size_t done = 0;
  while (done < ready.size()) {
    for (auto const next : spec.tasks[ready[done]].needed_by) {
      if (--open[next] == 0) ready.push_back(next);
    }
    ++done;
  }
  return done != spec.tasks.size();
}

}  // namespace

void add_fragment(std::string& to, std::string_view name, bj::value const& value) {
  if (!to.empty()) to += ',';
  ((to += json_quoted(name)) += ':') += bj::serialize(value);
}

outcome<std::shared_ptr<run_spec const>> make_run_spec(bj::object const& settings,
                                                       emulator_jobs_options const& options) {
  auto const* const tasks = settings.if_contains("tasks");
  if (tasks == nullptr || !tasks->is_array() || tasks->get_array().empty()) {
    return invalid_parameter("There is no task");
  }
  auto const& list = tasks->get_array();
  if (list.size() > tasks_max) {
    return invalid_parameter("There are more than " + std::to_string(tasks_max) + " tasks");
  }
  auto const job_clusters = job_cluster_keys(settings);
  if (!job_clusters) return job_clusters.error();
  auto out = std::make_shared<run_spec>();
  for (auto const& each : list) {
    auto task = read_task(each, *job_clusters, options);
    if (!task) return task.error();
    out->tasks.push_back(std::move(*task));
  }
  if (auto const done = connect(*out, list); !done) return done.error();
  if (has_circle(*out)) return invalid_parameter("The tasks depend on each other in a circle");
  auto const timeout = number_of(settings, "timeout_seconds", 0, 0);
  if (!timeout) return timeout.error();
  out->timeout = std::chrono::seconds(*timeout);
  if (!job_clusters->empty()) {  // and so there is a list of them
    for (auto const& each : settings.at("job_clusters").get_array()) {
      out->job_clusters.push_back(bj::serialize(each));
    }
  }
  for (auto const name : shared_members) {
    auto const* const at = settings.if_contains(name);
    if (at != nullptr && !at->is_null()) add_fragment(out->rest, name, *at);
  }
  out->plain = text_of(settings, "format") == "SINGLE_TASK";
  return std::shared_ptr<run_spec const>(std::move(out));
}

bj::object with_tasks(bj::object const& plain) {
  bj::object out;
  bj::object task{{"task_key", plain_key}};
  for (auto const& [name, value] : plain) {
    (holds(plain_members, name) ? task : out)[name] = value;
  }
  out["tasks"] = bj::array{std::move(task)};
  out["format"] = "SINGLE_TASK";
  return out;
}

bj::object without_tasks(bj::object const& settings) {
  bj::object out;
  for (auto const& [name, value] : settings) {
    if (name != "tasks" && name != "job_clusters") out[name] = value;
  }
  auto const* const tasks = settings.if_contains("tasks");
  bool const one = tasks != nullptr && tasks->is_array() && tasks->get_array().size() == 1;
  if (!one || text_of(settings, "format") != "SINGLE_TASK") return out;
  out.erase("format");
  for (auto const& [name, value] : tasks->get_array().front().get_object()) {
    if (holds(plain_members, name)) out[name] = value;
  }
  return out;
}

}  // namespace kiln::emulation
