#include "emulator/mlflow_state.hpp"

#include "core/ascii.hpp"
#include "emulator/service.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <tuple>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

constexpr std::string_view run_name_tag = "mlflow.runName";
constexpr std::string_view models_tag = "mlflow.log-model.history";
constexpr std::string_view statuses[] = {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};

std::string in_quotes(std::string_view text) { return '\'' + std::string(text) + '\''; }

bool is_name_character(char c) {
  // Bytes above ASCII are letters of some script.
  return ascii::is_alpha(c) || ascii::is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_-./ :").find(c) != std::string_view::npos;
}

/// Whether the name, taken for a path, is another's too: "a//b", "./a", "..", "/a"; MLflow takes
/// "..a" for one of them.
bool stands_for_another(std::string_view name) {
  if (name.starts_with("..")) return true;
  while (true) {
    auto const slash = name.find('/');
    auto const part = name.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return true;
    if (slash == std::string_view::npos) return false;
    name.remove_prefix(slash + 1);
  }
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

outcome<void> check_pairs(std::string_view what, key_values const& all, std::size_t value_max) {
  for (auto const& [key, value] : all) {
    if (auto ok = check_mlflow_key(what, key); !ok) return ok;
    if (auto ok = check_mlflow_length(std::string(what) + " value", value, value_max); !ok) {
      return ok;
    }
  }
  return {};
}

outcome<void> check_count(std::string_view what, std::size_t count, std::size_t most) {
  if (count <= most) return {};
  return invalid_parameter("A batch logging request can contain at most " + std::to_string(most) +
                           ' ' + std::string(what) + ". Got " + std::to_string(count) +
                           ". Please split up " + std::string(what) +
                           " across multiple requests and try again.");
}

outcome<void> check_batch(mlflow_state::batch const& b) {
  using limits = mlflow_limits;
  auto ok = check_count("metrics", b.metrics.size(), limits::metrics_max);
  if (ok) ok = check_count("params", b.params.size(), limits::params_max);
  if (ok) ok = check_count("tags", b.tags.size(), limits::tags_max);
  if (ok) {
    ok = check_count("metrics, params, and tags",
                     b.metrics.size() + b.params.size() + b.tags.size(), limits::entities_max);
  }
  if (ok) ok = check_pairs("Param", b.params, limits::param_value_max);
  if (ok) ok = check_pairs("Tag", b.tags, limits::tag_value_max);
  for (auto const& m : b.metrics) {
    if (ok) ok = check_mlflow_key("Metric", m.key);
    if (ok && m.point.timestamp < 0) {
      ok = invalid_parameter("Got invalid timestamp " + std::to_string(m.point.timestamp) +
                             " for metric " + in_quotes(m.key) +
                             ". Timestamp must be a nonnegative long (64-bit integer)");
    }
  }
  return ok;
}

outcome<void> check_params(mlflow_run const& run, key_values const& params) {
  text_map seen;
  for (auto const& [key, value] : params) {
    if (!seen.emplace(key, value).second) {
      return invalid_parameter("Duplicate parameter keys have been submitted: " + in_quotes(key) +
                               ". Please ensure the request contains only one param value per "
                               "param key.");
    }
    auto const there = run.params.find(key);
    if (there == run.params.end() || there->second == value) continue;
    return invalid_parameter(
        "Changing param values is not allowed. Param with key=" + in_quotes(key) +
        " was already logged with value=" + in_quotes(there->second) + " for run ID=" +
        in_quotes(run.id) + ". Attempted logging new value " + in_quotes(value) + '.');
  }
  return {};
}

void add_point(std::vector<mlflow_point>& to, mlflow_point point) {
  // What an SQL store makes of what it cannot hold.
  if (std::isinf(point.value)) {
    point.value = std::copysign(std::numeric_limits<double>::max(), point.value);
  }
  auto const order = [](mlflow_point const& p) {
    return std::make_tuple(p.timestamp, p.step, std::isnan(p.value) ? 0.0 : p.value);
  };
  to.insert(std::upper_bound(to.begin(), to.end(), point,
                             [&](auto const& a, auto const& b) { return order(a) < order(b); }),
            point);
}

void set_tag(mlflow_run& run, std::string const& key, std::string const& value) {
  if (key == run_name_tag && value.empty()) return;  // A run keeps its name.
  run.tags[key] = value;
  if (key == run_name_tag) run.name = value;
}

}  // namespace

mlflow_point const& mlflow_run::latest(std::vector<mlflow_point> const& of) const {
  auto const order = [](mlflow_point const& p) {
    return std::make_tuple(p.step, p.timestamp, std::isnan(p.value) ? 0.0 : p.value);
  };
  return *std::max_element(of.begin(), of.end(),
                           [&](auto const& a, auto const& b) { return order(a) < order(b); });
}

outcome<mlflow_view> mlflow_view_of(std::string_view text) {
  if (text.empty() || text == "ACTIVE_ONLY") return mlflow_view::active;
  if (text == "DELETED_ONLY") return mlflow_view::deleted;
  if (text == "ALL") return mlflow_view::all;
  return invalid_parameter("Invalid value " + in_quotes(text) +
                           " for parameter 'view_type'. Valid values are ACTIVE_ONLY, "
                           "DELETED_ONLY, ALL");
}

outcome<void> check_mlflow_key(std::string_view what, std::string_view key) {
  if (key.empty()) {
    return invalid_parameter(std::string(what) +
                             " name cannot be empty. A key name must be provided.");
  }
  if (!std::all_of(key.begin(), key.end(), is_name_character)) {
    return invalid_parameter("Invalid " + std::string(what) + " name: " + in_quotes(key) +
                             ". Names may only contain alphanumerics, underscores (_), dashes (-), "
                             "periods (.), spaces ( ), colons (:), and slashes (/).");
  }
  if (stands_for_another(key)) {
    return invalid_parameter("Invalid " + std::string(what) + " name: " + in_quotes(key) +
                             ". Names may be treated as files in certain cases, and must not "
                             "resolve to other names when treated as such.");
  }
  return check_mlflow_length(std::string(what) + " key", key, mlflow_limits::key_max);
}

outcome<void> check_mlflow_length(std::string_view what, std::string_view text, std::size_t most) {
  auto const size = characters(text);
  if (size <= most) return {};
  return invalid_parameter(
      std::string(what) + ' ' + in_quotes(text.substr(0, mlflow_limits::key_max)) + " had length " +
      std::to_string(size) + ", which exceeded length limit of " + std::to_string(most));
}

outcome<std::size_t> check_mlflow_page(std::int64_t size, std::int64_t most) {
  if (size >= 1 && size <= most) return static_cast<std::size_t>(size);
  return invalid_parameter("Invalid value " + std::to_string(size) +
                           " for parameter 'max_results'. It must be a positive integer of at "
                           "most " +
                           std::to_string(most));
}

mlflow_state::mlflow_state(std::uint64_t seed) : random_(seed) { clear(); }

void mlflow_state::clear() {
  runs_.clear();
  experiments_.clear();
  last_experiment_ = 0;
  auto& first = experiments_[0];
  first.name = "Default";
  first.artifact_location = "dbfs:/databricks/mlflow-tracking/0";
}

// Experiments

outcome<std::int64_t> mlflow_state::create_experiment(std::string name, std::string location,
                                                      key_values const& tags, std::int64_t now) {
  if (characters(name) > mlflow_limits::experiment_name_max) {
    return invalid_parameter("Experiment name exceeds the maximum length of " +
                             std::to_string(mlflow_limits::experiment_name_max) + " characters");
  }
  if (auto ok = check_pairs("Tag", tags, mlflow_limits::tag_value_max); !ok) return ok.error();
  if (experiment_named(name)) {
    return api_error(400, "RESOURCE_ALREADY_EXISTS",
                     "Experiment(name=" + name + ") already exists.");
  }
  if (experiments_.size() >= mlflow_limits::experiments_max) {
    return api_error(400, "QUOTA_EXCEEDED", "The emulator holds no more experiments.");
  }
  auto const id = ++last_experiment_;
  auto& made = experiments_[id];
  made.id = id;
  made.name = std::move(name);
  made.artifact_location = location.empty()
                               ? "dbfs:/databricks/mlflow-tracking/" + std::to_string(id)
                               : std::move(location);
  made.creation_time = made.last_update_time = now;
  made.tags.insert(tags.begin(), tags.end());
  return id;
}

outcome<mlflow_experiment*> mlflow_state::find_experiment(std::string_view id, mlflow_view view) {
  std::int64_t number = -1;
  auto const [end, code] = std::from_chars(id.data(), id.data() + id.size(), number);
  auto const at = code == std::errc() && end == id.data() + id.size() ? experiments_.find(number)
                                                                      : experiments_.end();
  if (at == experiments_.end() ||
      (view != mlflow_view::all && at->second.deleted != (view == mlflow_view::deleted))) {
    return not_found("No Experiment with id=" + std::string(id) + " exists");
  }
  return &at->second;
}

outcome<mlflow_experiment const*> mlflow_state::experiment(std::string_view id) const {
  auto found = const_cast<mlflow_state&>(*this).find_experiment(id, mlflow_view::all);
  if (!found) return found.error();
  return *found;
}

outcome<mlflow_experiment const*> mlflow_state::experiment_named(std::string_view name) const {
  for (auto const& [id, each] : experiments_) {
    if (each.name == name) return &each;
  }
  return not_found("Could not find experiment with name " + in_quotes(name));
}

outcome<void> mlflow_state::delete_experiment(std::string_view id, std::int64_t now) {
  auto found = find_experiment(id, mlflow_view::active);
  if (!found) return found.error();
  (*found)->deleted = true;
  (*found)->last_update_time = now;
  for (auto& [run_id, each] : runs_) {
    if (each.experiment == (*found)->id) each.deleted = true;
  }
  return {};
}

outcome<void> mlflow_state::restore_experiment(std::string_view id, std::int64_t now) {
  auto found = find_experiment(id, mlflow_view::deleted);
  if (!found) return found.error();
  (*found)->deleted = false;
  (*found)->last_update_time = now;
  for (auto& [run_id, each] : runs_) {
    if (each.experiment == (*found)->id) each.deleted = false;
  }
  return {};
}

outcome<void> mlflow_state::rename_experiment(std::string_view id, std::string name,
                                              std::int64_t now) {
  auto found = find_experiment(id, mlflow_view::all);
  if (!found) return found.error();
  if ((*found)->deleted) {
    return api_error(400, "INVALID_STATE", "Cannot rename a non-active experiment.");
  }
  if (auto const other = experiment_named(name); other && (*other)->id != (*found)->id) {
    return api_error(400, "RESOURCE_ALREADY_EXISTS",
                     "Experiment(name=" + name + ") already exists.");
  }
  (*found)->name = std::move(name);
  (*found)->last_update_time = now;
  return {};
}

outcome<void> mlflow_state::tag_experiment(std::string_view id, std::string key, std::string value,
                                           std::int64_t now) {
  key_values tag;
  tag.emplace_back(std::move(key), std::move(value));
  if (auto ok = check_pairs("Tag", tag, mlflow_limits::tag_value_max); !ok) return ok;
  auto found = find_experiment(id, mlflow_view::all);
  if (!found) return found.error();
  if ((*found)->deleted) {
    return invalid_parameter("The experiment " + std::string(id) +
                             " must be in the 'active' state. Current state is deleted.");
  }
  (*found)->tags[tag[0].first] = std::move(tag[0].second);
  (*found)->last_update_time = now;
  return {};
}

// Runs

std::string mlflow_state::random_name() {
  constexpr std::string_view first[] = {"able", "bold", "calm", "deft", "fair", "keen",
                                        "mild", "neat", "rare", "spry", "tidy", "wise"};
  constexpr std::string_view second[] = {"asp",  "bee",  "crow", "deer", "elk",  "finch",
                                         "goat", "hare", "lynx", "mole", "newt", "owl"};
  std::string out(first[random_.below(std::size(first))]);
  out.append("-").append(second[random_.below(std::size(second))]);
  return out + '-' + std::to_string(random_.below(1000));
}

outcome<mlflow_run const*> mlflow_state::create_run(new_run from) {
  if (from.experiment_id.empty()) from.experiment_id = "0";
  auto const in = find_experiment(from.experiment_id, mlflow_view::all);
  if (!in) return in.error();
  if ((*in)->deleted) {
    return invalid_parameter("The experiment " + from.experiment_id +
                             " must be in the 'active' state. Current state is deleted.");
  }
  if (auto ok = check_pairs("Tag", from.tags, mlflow_limits::tag_value_max); !ok) return ok.error();
  mlflow_run made;
  for (auto const& [key, value] : from.tags) set_tag(made, key, value);
  if (!from.name.empty() && !made.name.empty() && from.name != made.name) {
    return invalid_parameter(
        "Both 'run_name' argument and 'mlflow.runName' tag are specified, but "
        "with different values (run_name=" +
        in_quotes(from.name) + ", mlflow.runName=" + in_quotes(made.name) + ").");
  }
  if (runs_.size() >= mlflow_limits::runs_max) {
    return api_error(400, "QUOTA_EXCEEDED", "The emulator holds no more runs.");
  }
  if (made.name.empty()) made.name = from.name.empty() ? random_name() : std::move(from.name);
  made.tags[std::string(run_name_tag)] = made.name;
  made.id = random_.name() + random_.name();
  made.experiment = (*in)->id;
  made.user = std::move(from.user);
  made.start_time = from.start_time;
  std::string const id = made.id;
  return &(runs_[id] = std::move(made));
}

outcome<mlflow_run const*> mlflow_state::run(std::string_view id) const {
  auto const at = runs_.find(id);
  if (at == runs_.end()) return not_found("Run with id=" + std::string(id) + " not found");
  return &at->second;
}

outcome<mlflow_run*> mlflow_state::active_run(std::string_view id) {
  auto const at = runs_.find(id);
  if (at == runs_.end()) return not_found("Run with id=" + std::string(id) + " not found");
  if (at->second.deleted) {
    return invalid_parameter("The run " + std::string(id) +
                             " must be in the 'active' state. Current state is deleted.");
  }
  return &at->second;
}

outcome<void> mlflow_state::set_deleted(std::string_view run, bool deleted) {
  auto const at = runs_.find(run);
  if (at == runs_.end()) return not_found("Run with id=" + std::string(run) + " not found");
  at->second.deleted = deleted;
  return {};
}

outcome<mlflow_run const*> mlflow_state::update_run(std::string_view id, run_update const& to) {
  auto found = active_run(id);
  if (!found) return found.error();
  if (!to.status.empty() &&
      std::find(std::begin(statuses), std::end(statuses), to.status) == std::end(statuses)) {
    return invalid_parameter("Invalid value " + in_quotes(to.status) + " for parameter 'status'");
  }
  if (!to.status.empty()) (*found)->status = to.status;
  if (to.end_time) (*found)->end_time = to.end_time;
  if (!to.name.empty()) set_tag(**found, std::string(run_name_tag), to.name);
  return *found;
}

// What runs hold

outcome<void> mlflow_state::log(std::string_view run, batch const& what) {
  if (auto ok = check_batch(what); !ok) return ok;
  auto found = active_run(run);
  if (!found) return found.error();
  if (auto ok = check_params(**found, what.params); !ok) return ok;
  for (auto const& [key, value] : what.params) (*found)->params[key] = value;
  for (auto const& m : what.metrics) add_point((*found)->metrics[m.key], m.point);
  for (auto const& [key, value] : what.tags) set_tag(**found, key, value);
  return {};
}

outcome<void> mlflow_state::delete_tag(std::string_view run, std::string const& key) {
  auto found = active_run(run);
  if (!found) return found.error();
  if ((*found)->tags.erase(key) == 0) {
    return not_found("No tag with name: " + key + " in run with id " + std::string(run));
  }
  return {};
}

outcome<void> mlflow_state::log_model(std::string_view run, std::string_view model_json) {
  boost::system::error_code code;
  auto model = bj::parse({model_json.data(), model_json.size()}, code);
  if (code.failed() || !model.is_object()) {
    return invalid_parameter("Malformed model info: it is not a valid JSON object");
  }
  for (std::string_view const field : {"artifact_path", "flavors", "utc_time_created", "run_id"}) {
    if (!model.as_object().contains({field.data(), field.size()})) {
      return invalid_parameter("Model json is missing mandatory fields: " + std::string(field));
    }
  }
  auto found = active_run(run);
  if (!found) return found.error();
  auto& history = (*found)->tags[std::string(models_tag)];
  auto const before = bj::parse(history.empty() ? "[]" : history, code);
  bj::array all = before.is_array() ? before.get_array() : bj::array();
  all.push_back(std::move(model));
  auto text = bj::serialize(all);
  if (auto ok = check_mlflow_length("Tag value", text, mlflow_limits::tag_value_max); !ok) {
    if (history.empty()) (*found)->tags.erase(std::string(models_tag));
    return ok;
  }
  history = std::move(text);
  return {};
}

outcome<std::vector<mlflow_point> const*> mlflow_state::history(std::string_view run,
                                                                std::string const& key) const {
  static std::vector<mlflow_point> const none;
  auto const found = this->run(run);
  if (!found) return found.error();
  auto const at = (*found)->metrics.find(key);
  return at == (*found)->metrics.end() ? &none : &at->second;
}

std::string mlflow_state::artifact_uri(mlflow_run const& of) const {
  return experiments_.at(of.experiment).artifact_location + '/' + of.id + "/artifacts";
}

}  // namespace kiln::emulation
