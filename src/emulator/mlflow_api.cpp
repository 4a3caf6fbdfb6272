#include "emulator/mlflow_api.hpp"

#include <boost/json/array.hpp>

#include <charconv>
#include <cmath>
#include <limits>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

constexpr std::string_view log_batch_path = "/api/2.0/mlflow/runs/log-batch";

/// run_id, or the same under its old name.
outcome<std::string> run_id_of(parameters const& in) {
  if (in.find("run_id") == nullptr && in.find("run_uuid") != nullptr) return in.text("run_uuid");
  return in.text("run_id");
}

std::string_view stage(bool deleted) { return deleted ? "deleted" : "active"; }

bj::string text(std::string_view of) { return bj::string(of.data(), of.size()); }

/// As protocol buffers have it in JSON.
outcome<double> number_of(bj::value const* value, std::string_view name) {
  if (value != nullptr) {
    if (auto const* i = value->if_int64()) return static_cast<double>(*i);
    if (auto const* u = value->if_uint64()) return static_cast<double>(*u);
    if (auto const* d = value->if_double()) return *d;
    if (auto const* s = value->if_string()) {
      constexpr double infinite = std::numeric_limits<double>::infinity();
      if (*s == "NaN") return std::numeric_limits<double>::quiet_NaN();
      if (*s == "Infinity") return infinite;
      if (*s == "-Infinity") return -infinite;
      double parsed = 0;
      auto const* const end = s->data() + s->size();
      auto const [last, code] = std::from_chars(s->data(), end, parsed);
      if (code == std::errc() && last == end) return parsed;
    }
  }
  return invalid_parameter("Missing or invalid value for required parameter '" + std::string(name) +
                           "': expected a number");
}

bj::value to_json(double value) {
  if (std::isnan(value)) return "NaN";
  return value;
}

bj::object shown(std::string_view key, mlflow_point const& point) {
  return {{"key", text(key)},
          {"value", to_json(point.value)},
          {"timestamp", point.timestamp},
          {"step", point.step}};
}

bj::object shown(mlflow_experiment const& e) {
  bj::object out{
      {"experiment_id", std::to_string(e.id)},    {"name", e.name},
      {"artifact_location", e.artifact_location}, {"lifecycle_stage", text(stage(e.deleted))},
      {"creation_time", e.creation_time},         {"last_update_time", e.last_update_time}};
  if (!e.tags.empty()) out["tags"] = mlflow_pairs(e.tags);
  return out;
}

outcome<std::string> text_member(bj::object const& of, std::string_view name,
                                 std::string_view where) {
  auto const* const at = of.if_contains({name.data(), name.size()});
  if (at == nullptr || at->is_null()) return std::string();
  if (auto const* string = at->if_string()) return std::string(*string);
  return invalid_parameter("Invalid value for parameter '" + std::string(where) + '.' +
                           std::string(name) + "': expected a string");
}

outcome<std::int64_t> integer_member(bj::object const& of, std::string_view name) {
  auto const* const at = of.if_contains({name.data(), name.size()});
  if (at == nullptr || at->is_null()) return 0;
  if (auto const* number = at->if_int64()) return *number;
  if (auto const* string = at->if_string()) {
    std::int64_t value = 0;
    auto const* const end = string->data() + string->size();
    auto const [last, code] = std::from_chars(string->data(), end, value);
    if (code == std::errc() && last == end) return value;
  }
  return invalid_parameter("Invalid value for parameter 'metrics." + std::string(name) +
                           "': expected an integer of 64 bits");
}

outcome<mlflow_metric> metric_of(bj::value const& from) {
  auto const* const object = from.if_object();
  if (object == nullptr) return invalid_parameter("Parameter metrics is not a list of objects");
  mlflow_metric out;
  auto key = text_member(*object, "key", "metrics");
  if (!key) return key.error();
  auto const value = number_of(object->if_contains("value"), "metrics.value");
  if (!value) return value.error();
  if (!object->contains("timestamp")) {
    return invalid_parameter("Missing value for required parameter 'metrics.timestamp'");
  }
  auto const at = integer_member(*object, "timestamp");
  if (!at) return at.error();
  auto const step = integer_member(*object, "step");
  if (!step) return step.error();
  out.key = std::move(*key);
  out.point = {*value, *at, *step};
  return out;
}

}  // namespace

outcome<key_values> mlflow_pairs(parameters const& in, std::string_view name) {
  key_values out;
  auto const* const at = in.find(name);
  if (at == nullptr) return out;
  auto const* const list = at->if_array();
  if (list == nullptr)
    return invalid_parameter("Parameter " + std::string(name) + " is not a list");
  for (auto const& each : *list) {
    auto const* const object = each.if_object();
    if (object == nullptr) {
      return invalid_parameter("Parameter " + std::string(name) + " is not a list of objects");
    }
    auto key = text_member(*object, "key", name);
    if (!key) return key.error();
    auto value = text_member(*object, "value", name);
    if (!value) return value.error();
    out.emplace_back(std::move(*key), std::move(*value));
  }
  return out;
}

bj::array mlflow_pairs(text_map const& all) {
  bj::array out;
  for (auto const& [key, value] : all) {
    out.push_back(bj::object{{"key", text(key)}, {"value", text(value)}});
  }
  return out;
}

outcome<page_bounds> mlflow_page(parameters const& in, std::size_t count, std::int64_t other,
                                 std::int64_t most) {
  auto const wanted = in.integer_or("max_results", other);
  if (!wanted) return wanted.error();
  auto const size = check_mlflow_page(*wanted, most);
  if (!size) return size.error();
  auto const token = in.text_or("page_token", "");
  if (!token) return token.error();
  return page_of(count, *token, *size);
}

std::span<mlflow_api::route const> mlflow_api::routes() {
  using self = mlflow_api;
  static constexpr route all[] = {
      {"POST", "/api/2.0/mlflow/experiments/create", &self::create_experiment},
      {"POST", "/api/2.0/mlflow/experiments/delete", &self::delete_experiment},
      {"GET", "/api/2.0/mlflow/experiments/get", &self::get_experiment},
      {"GET", "/api/2.0/mlflow/experiments/get-by-name", &self::get_by_name},
      {"GET", "/api/2.0/mlflow/experiments/list", &self::list_experiments},
      {"POST", "/api/2.0/mlflow/experiments/restore", &self::restore_experiment},
      {"POST", "/api/2.0/mlflow/experiments/search", &self::search_experiments},
      {"POST", "/api/2.0/mlflow/experiments/set-experiment-tag", &self::set_experiment_tag},
      {"POST", "/api/2.0/mlflow/experiments/update", &self::update_experiment},
      {"POST", "/api/2.0/mlflow/runs/create", &self::create_run},
      {"POST", "/api/2.0/mlflow/runs/delete", &self::delete_run},
      {"GET", "/api/2.0/mlflow/runs/get", &self::get_run},
      {"POST", "/api/2.0/mlflow/runs/restore", &self::restore_run},
      {"POST", "/api/2.0/mlflow/runs/search", &self::search_runs},
      {"POST", "/api/2.0/mlflow/runs/update", &self::update_run},
      {"POST", "/api/2.0/mlflow/runs/delete-tag", &self::delete_tag},
      {"GET", "/api/2.0/mlflow/metrics/get-history", &self::get_history},
      {"GET", "/api/2.0/mlflow/artifacts/list", &self::list_artifacts},
      {"POST", log_batch_path, &self::log_batch},
      {"POST", "/api/2.0/mlflow/runs/log-metric", &self::log_metric},
      {"POST", "/api/2.0/mlflow/runs/log-model", &self::log_model},
      {"POST", "/api/2.0/mlflow/runs/log-parameter", &self::log_param},
      {"POST", "/api/2.0/mlflow/runs/set-tag", &self::set_tag}};
  return all;
}

api_reply mlflow_api::handle(api_request const& request, moment now) {
  if (request.path == log_batch_path && request.body.size() > mlflow_limits::batch_bytes_max) {
    return to_reply(invalid_parameter("Batched logging API requests must be at most " +
                                      std::to_string(mlflow_limits::batch_bytes_max) +
                                      " bytes, got a request of size " +
                                      std::to_string(request.body.size()) + '.'));
  }
  return routed_service::handle(request, now);
}

// Experiments

mlflow_api::reply mlflow_api::create_experiment(parameters const& in, moment now) {
  auto name = in.text("name");
  if (!name) return name.error();
  auto location = in.text_or("artifact_location", "");
  if (!location) return location.error();
  auto const tags = mlflow_pairs(in, "tags");
  if (!tags) return tags.error();
  auto const id =
      state_.create_experiment(std::move(*name), std::move(*location), *tags, epoch_ms(now.wall));
  if (!id) return id.error();
  return bj::object{{"experiment_id", std::to_string(*id)}};
}

mlflow_api::reply mlflow_api::delete_experiment(parameters const& in, moment now) {
  auto const id = in.text("experiment_id");
  if (!id) return id.error();
  return empty_object(state_.delete_experiment(*id, epoch_ms(now.wall)));
}

mlflow_api::reply mlflow_api::restore_experiment(parameters const& in, moment now) {
  auto const id = in.text("experiment_id");
  if (!id) return id.error();
  return empty_object(state_.restore_experiment(*id, epoch_ms(now.wall)));
}

mlflow_api::reply mlflow_api::get_by_name(parameters const& in, moment) {
  auto const name = in.text("experiment_name");
  if (!name) return name.error();
  auto const found = state_.experiment_named(*name);
  if (!found) return found.error();
  return bj::object{{"experiment", emulation::shown(**found)}};
}

mlflow_api::reply mlflow_api::get_experiment(parameters const& in, moment) {
  auto const id = in.text("experiment_id");
  if (!id) return id.error();
  auto const found = state_.experiment(*id);
  if (!found) return found.error();
  return bj::object{{"experiment", emulation::shown(**found)}};
}

mlflow_api::reply mlflow_api::list_experiments(parameters const& in, moment) {
  return found_experiments(in, "", {});
}

mlflow_api::reply mlflow_api::search_experiments(parameters const& in, moment) {
  auto const filter = in.text_or("filter", "");
  if (!filter) return filter.error();
  auto const order = in.texts("order_by");
  if (!order) return order.error();
  return found_experiments(in, *filter, *order);
}

mlflow_api::reply mlflow_api::found_experiments(parameters const& in, std::string const& filter,
                                                std::vector<std::string> const& order_by) const {
  auto const view_text = in.text_or("view_type", "");
  if (!view_text) return view_text.error();
  auto const view = mlflow_view_of(*view_text);
  if (!view) return view.error();
  auto const found = state_.search_experiments(filter, order_by, *view);
  if (!found) return found.error();
  auto const page = mlflow_page(in, found->size(), mlflow_limits::experiments_page_default,
                                mlflow_limits::experiments_page_max);
  if (!page) return page.error();
  bj::object out;
  bj::array experiments;
  for (auto i = page->begin; i < page->end; ++i) {
    experiments.push_back(emulation::shown(*(*found)[i]));
  }
  if (!experiments.empty()) out["experiments"] = std::move(experiments);
  if (!page->next_page_token.empty()) out["next_page_token"] = page->next_page_token;
  return out;
}

mlflow_api::reply mlflow_api::set_experiment_tag(parameters const& in, moment now) {
  auto const id = in.text("experiment_id");
  if (!id) return id.error();
  auto key = in.text("key");
  if (!key) return key.error();
  auto value = in.text_or("value", "");
  if (!value) return value.error();
  return empty_object(
      state_.tag_experiment(*id, std::move(*key), std::move(*value), epoch_ms(now.wall)));
}

mlflow_api::reply mlflow_api::update_experiment(parameters const& in, moment now) {
  auto const id = in.text("experiment_id");
  if (!id) return id.error();
  auto name = in.text("new_name");
  if (!name) return name.error();
  return empty_object(state_.rename_experiment(*id, std::move(*name), epoch_ms(now.wall)));
}

// Runs

bj::object mlflow_api::info_of(mlflow_run const& run) const {
  bj::object out{{"run_id", run.id},
                 {"run_uuid", run.id},
                 {"run_name", run.name},
                 {"experiment_id", std::to_string(run.experiment)},
                 {"user_id", run.user},
                 {"status", run.status},
                 {"start_time", run.start_time},
                 {"artifact_uri", state_.artifact_uri(run)},
                 {"lifecycle_stage", text(stage(run.deleted))}};
  if (run.end_time) out["end_time"] = *run.end_time;
  return out;
}

bj::object mlflow_api::shown(mlflow_run const& run) const {
  bj::object data;
  bj::array metrics;
  for (auto const& [key, points] : run.metrics) {
    metrics.push_back(emulation::shown(key, run.latest(points)));
  }
  if (!metrics.empty()) data["metrics"] = std::move(metrics);
  if (!run.params.empty()) data["params"] = mlflow_pairs(run.params);
  if (!run.tags.empty()) data["tags"] = mlflow_pairs(run.tags);
  return {{"info", info_of(run)}, {"data", std::move(data)}, {"inputs", bj::object()}};
}

mlflow_api::reply mlflow_api::create_run(parameters const& in, moment) {
  mlflow_state::new_run from;
  auto experiment = in.text_or("experiment_id", "");
  if (!experiment) return experiment.error();
  auto name = in.text_or("run_name", "");
  if (!name) return name.error();
  auto user = in.text_or("user_id", in.caller());
  if (!user) return user.error();
  auto const start = in.integer_or("start_time", 0);
  if (!start) return start.error();
  auto tags = mlflow_pairs(in, "tags");
  if (!tags) return tags.error();
  from.experiment_id = std::move(*experiment);
  from.name = std::move(*name);
  from.user = std::move(*user);
  from.start_time = *start;
  from.tags = std::move(*tags);
  auto const made = state_.create_run(std::move(from));
  if (!made) return made.error();
  return bj::object{{"run", shown(**made)}};
}

mlflow_api::reply mlflow_api::delete_run(parameters const& in, moment) {
  auto const id = in.text("run_id");
  if (!id) return id.error();
  return empty_object(state_.set_deleted(*id, true));
}

mlflow_api::reply mlflow_api::restore_run(parameters const& in, moment) {
  auto const id = in.text("run_id");
  if (!id) return id.error();
  return empty_object(state_.set_deleted(*id, false));
}

mlflow_api::reply mlflow_api::get_run(parameters const& in, moment) {
  auto const id = run_id_of(in);
  if (!id) return id.error();
  auto const found = state_.run(*id);
  if (!found) return found.error();
  return bj::object{{"run", shown(**found)}};
}

mlflow_api::reply mlflow_api::search_runs(parameters const& in, moment) {
  auto const experiments = in.texts("experiment_ids");
  if (!experiments) return experiments.error();
  auto const filter = in.text_or("filter", "");
  if (!filter) return filter.error();
  auto const order = in.texts("order_by");
  if (!order) return order.error();
  auto const view_text = in.text_or("run_view_type", "");
  if (!view_text) return view_text.error();
  auto const view = mlflow_view_of(*view_text);
  if (!view) return view.error();
  auto const found = state_.search_runs(*experiments, *filter, *order, *view);
  if (!found) return found.error();
  auto const page = mlflow_page(in, found->size(), mlflow_limits::runs_page_default,
                                mlflow_limits::runs_page_max);
  if (!page) return page.error();
  bj::object out;
  bj::array runs;
  for (auto i = page->begin; i < page->end; ++i) runs.push_back(shown(*(*found)[i]));
  if (!runs.empty()) out["runs"] = std::move(runs);
  if (!page->next_page_token.empty()) out["next_page_token"] = page->next_page_token;
  return out;
}

mlflow_api::reply mlflow_api::update_run(parameters const& in, moment) {
  auto const id = run_id_of(in);
  if (!id) return id.error();
  mlflow_state::run_update to;
  auto status = in.text_or("status", "");
  if (!status) return status.error();
  auto name = in.text_or("run_name", "");
  if (!name) return name.error();
  if (in.find("end_time") != nullptr) {
    auto const end = in.integer("end_time");
    if (!end) return end.error();
    to.end_time = *end;
  }
  to.status = std::move(*status);
  to.name = std::move(*name);
  auto const changed = state_.update_run(*id, to);
  if (!changed) return changed.error();
  return bj::object{{"run_info", info_of(**changed)}};
}

// What runs hold

mlflow_api::reply mlflow_api::delete_tag(parameters const& in, moment) {
  auto const id = in.text("run_id");
  if (!id) return id.error();
  auto const key = in.text("key");
  if (!key) return key.error();
  return empty_object(state_.delete_tag(*id, *key));
}

mlflow_api::reply mlflow_api::get_history(parameters const& in, moment) {
  auto const id = run_id_of(in);
  if (!id) return id.error();
  auto const key = in.text("metric_key");
  if (!key) return key.error();
  auto const points = state_.history(*id, *key);
  if (!points) return points.error();
  auto const page = mlflow_page(in, (*points)->size(), mlflow_limits::points_page_max,
                                mlflow_limits::points_page_max);
  if (!page) return page.error();
  bj::object out;
  bj::array metrics;
  for (auto i = page->begin; i < page->end; ++i) {
    metrics.push_back(emulation::shown(*key, (**points)[i]));
  }
  if (!metrics.empty()) out["metrics"] = std::move(metrics);
  if (!page->next_page_token.empty()) out["next_page_token"] = page->next_page_token;
  return out;
}

mlflow_api::reply mlflow_api::list_artifacts(parameters const& in, moment) {
  auto const id = run_id_of(in);
  if (!id) return id.error();
  auto const found = state_.run(*id);
  if (!found) return found.error();
  return bj::object{{"root_uri", state_.artifact_uri(**found)}};
}

mlflow_api::reply mlflow_api::log_batch(parameters const& in, moment) {
  auto const id = in.text("run_id");
  if (!id) return id.error();
  mlflow_state::batch what;
  if (auto const* const metrics = in.find("metrics")) {
    auto const* const list = metrics->if_array();
    if (list == nullptr) return invalid_parameter("Parameter metrics is not a list");
    for (auto const& each : *list) {
      auto metric = metric_of(each);
      if (!metric) return metric.error();
      what.metrics.push_back(std::move(*metric));
    }
  }
  auto params = mlflow_pairs(in, "params");
  if (!params) return params.error();
  auto tags = mlflow_pairs(in, "tags");
  if (!tags) return tags.error();
  what.params = std::move(*params);
  what.tags = std::move(*tags);
  return empty_object(state_.log(*id, what));
}

mlflow_api::reply mlflow_api::log_metric(parameters const& in, moment) {
  auto const id = run_id_of(in);
  if (!id) return id.error();
  auto key = in.text("key");
  if (!key) return key.error();
  auto const value = number_of(in.find("value"), "value");
  if (!value) return value.error();
  auto const at = in.integer("timestamp");
  if (!at) return at.error();
  auto const step = in.integer_or("step", 0);
  if (!step) return step.error();
  mlflow_state::batch what;
  auto& metric = what.metrics.emplace_back();
  metric.key = std::move(*key);
  metric.point = {*value, *at, *step};
  return empty_object(state_.log(*id, what));
}

mlflow_api::reply mlflow_api::log_model(parameters const& in, moment) {
  auto const id = in.text("run_id");
  if (!id) return id.error();
  auto const model = in.text("model_json");
  if (!model) return model.error();
  return empty_object(state_.log_model(*id, *model));
}

mlflow_api::reply mlflow_api::log_param(parameters const& in, moment) {
  auto const id = run_id_of(in);
  if (!id) return id.error();
  auto key = in.text("key");
  if (!key) return key.error();
  auto value = in.text_or("value", "");
  if (!value) return value.error();
  mlflow_state::batch what;
  what.params.emplace_back(std::move(*key), std::move(*value));
  return empty_object(state_.log(*id, what));
}

mlflow_api::reply mlflow_api::set_tag(parameters const& in, moment) {
  auto const id = run_id_of(in);
  if (!id) return id.error();
  auto key = in.text("key");
  if (!key) return key.error();
  auto value = in.text_or("value", "");
  if (!value) return value.error();
  mlflow_state::batch what;
  what.tags.emplace_back(std::move(*key), std::move(*value));
  return empty_object(state_.log(*id, what));
}

}  // namespace kiln::emulation
