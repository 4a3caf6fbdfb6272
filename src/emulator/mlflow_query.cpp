// What mlflow_state finds: experiments and runs by filter, in an order.
#include "emulator/mlflow_state.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace kiln::emulation {

namespace {

constexpr std::string_view experiment_texts[] = {"name"};
constexpr std::string_view experiment_numbers[] = {"creation_time", "last_update_time"};
constexpr std::string_view experiment_orders[] = {"name", "experiment_id", "creation_time",
                                                  "last_update_time"};
constexpr search_grammar experiments_by{experiment_texts, experiment_numbers, {}, false, {},
                                        experiment_orders};

constexpr std::string_view run_texts[] = {"run_id", "run_name", "status", "user_id",
                                          "artifact_uri"};
constexpr std::string_view run_numbers[] = {"start_time", "end_time"};
constexpr std::pair<std::string_view, std::string_view> run_aliases[] = {{"created", "start_time"},
                                                                         {"Created", "start_time"},
                                                                         {"run name", "run_name"},
                                                                         {"Run name", "run_name"},
                                                                         {"Run Name", "run_name"}};
constexpr search_grammar runs_by{run_texts, run_numbers, run_aliases, true, "run_id"};

bool holds_value(comparison const& c, order_value const& v) {
  // An SQL store keeps a NaN as zero with a mark beside it, and its filters do not see the mark.
  if (v.number) return holds(c, std::isnan(*v.number) ? 0 : *v.number);
  return v.text && holds(c, *v.text);
}

order_value value_of(mlflow_experiment const& e, searched what, std::string const& key) {
  if (what == searched::tag) return order_by_entry(e.tags, key);
  if (key == "name") return order_by_text(e.name);
  if (key == "creation_time") return order_by_number(e.creation_time);
  if (key == "last_update_time") return order_by_number(e.last_update_time);
  return order_by_text(std::to_string(e.id));
}

bool is_shown(bool deleted, mlflow_view view) {
  return view == mlflow_view::all || deleted == (view == mlflow_view::deleted);
}

outcome<std::vector<order_term>> parse_all(std::vector<std::string> const& clauses,
                                           search_grammar const& by) {
  std::vector<order_term> out;
  for (auto const& clause : clauses) {
    auto term = parse_order(clause, by);
    if (!term) return term.error();
    out.push_back(std::move(*term));
  }
  return out;
}

class run_values {
 public:
  explicit run_values(mlflow_state const& of) : of_(of) {}
  [[nodiscard]] order_value operator()(mlflow_run const& r, searched what,
                                       std::string const& key) const {
    if (what == searched::tag) return order_by_entry(r.tags, key);
    if (what == searched::param) return order_by_entry(r.params, key);
    if (what == searched::dataset) return {};  // No call of the emulator gives a run its inputs.
    if (what == searched::metric) {
      order_value out;
      auto const at = r.metrics.find(key);
      if (at != r.metrics.end()) out.number = r.latest(at->second).value;
      return out;
    }
    if (key == "start_time") return order_by_number(r.start_time);
    if (key == "end_time") return r.end_time ? order_by_number(*r.end_time) : order_value();
    if (key == "run_name") return order_by_text(r.name);
    if (key == "status") return order_by_text(r.status);
    if (key == "user_id") return order_by_text(r.user);
    if (key == "artifact_uri") return order_by_text(of_.artifact_uri(r));
    return order_by_text(r.id);
  }

 private:
  mlflow_state const& of_;
};

}  // namespace

outcome<std::vector<mlflow_experiment const*>> mlflow_state::search_experiments(
    std::string_view filter, std::vector<std::string> const& order_by, mlflow_view view) const {
  auto const wanted = parse_filter(filter, experiments_by);
  if (!wanted) return wanted.error();
  auto const order = parse_all(order_by, experiments_by);
  if (!order) return order.error();
  std::vector<mlflow_experiment const*> out;
  for (auto const& [id, each] : experiments_) {
    auto const fits = [&e = each](comparison const& c) {
      return holds_value(c, value_of(e, c.what, c.key));
    };
    if (is_shown(each.deleted, view) && std::all_of(wanted->begin(), wanted->end(), fits)) {
      out.push_back(&each);
    }
  }
  std::sort(out.begin(), out.end(), [&](auto const* a, auto const* b) {
    for (auto const& term : *order) {
      int const by = term.key == "experiment_id" && term.what == searched::attribute
                         ? compare(order_by_number(a->id), order_by_number(b->id), term.ascending)
                         : compare(value_of(*a, term.what, term.key),
                                   value_of(*b, term.what, term.key), term.ascending);
      if (by != 0) return by < 0;
    }
    if (!order->empty()) return a->id > b->id;
    if (a->creation_time != b->creation_time) return a->creation_time > b->creation_time;
    return a->id < b->id;
  });
  return out;
}

outcome<std::vector<mlflow_run const*>> mlflow_state::search_runs(
    std::vector<std::string> const& experiments, std::string_view filter,
    std::vector<std::string> const& order_by, mlflow_view view) const {
  auto const wanted = parse_filter(filter, runs_by);
  if (!wanted) return wanted.error();
  auto const order = parse_all(order_by, runs_by);
  if (!order) return order.error();
  std::set<std::string, std::less<>> const within(experiments.begin(), experiments.end());
  run_values const value_of_run(*this);
  std::vector<mlflow_run const*> out;
  for (auto const& [id, each] : runs_) {
    if (!is_shown(each.deleted, view) || !within.contains(std::to_string(each.experiment))) {
      continue;
    }
    auto const fits = [&, &r = each](comparison const& c) {
      return holds_value(c, value_of_run(r, c.what, c.key));
    };
    if (std::all_of(wanted->begin(), wanted->end(), fits)) out.push_back(&each);
  }
  std::sort(out.begin(), out.end(), [&](auto const* a, auto const* b) {
    for (auto const& term : *order) {
      int const by = compare(value_of_run(*a, term.what, term.key),
                             value_of_run(*b, term.what, term.key), term.ascending);
      if (by != 0) return by < 0;
    }
    if (a->start_time != b->start_time) return a->start_time > b->start_time;
    return a->id < b->id;
  });
  return out;
}

}  // namespace kiln::emulation
