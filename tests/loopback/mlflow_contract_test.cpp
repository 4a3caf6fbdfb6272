// Experiments, runs and what runs hold.
#include "loopback/mlflow_contract.hpp"

#include <algorithm>

namespace kiln::mlflow_contract {
namespace {

using std::chrono::milliseconds;

struct mlflow_contract : contract {};
INSTANTIATE_TEST_SUITE_P(of, mlflow_contract, testing::ValuesIn(sides()), side_name);

TEST_P(mlflow_contract, an_experiment_is_made_once_and_found_by_id_and_name) {
  auto const id = new_experiment();
  auto const by_id = wait(tracking().get_experiment({.experiment_id = id}));
  ASSERT_TRUE(by_id) << by_id.error();
  EXPECT_EQ(by_id->experiment.experiment_id, id);
  EXPECT_EQ(by_id->experiment.name, mark);
  EXPECT_EQ(by_id->experiment.lifecycle_stage, "active");
  EXPECT_FALSE(by_id->experiment.artifact_location.empty());
  EXPECT_TRUE(by_id->experiment.creation_time);
  auto const by_name = wait(tracking().get_by_name({.experiment_name = mark}));
  ASSERT_TRUE(by_name) << by_name.error();
  EXPECT_EQ(by_name->experiment.experiment_id, id);
  EXPECT_EQ(code_of(tracking().create_experiment({.name = mark})), taken);
  EXPECT_EQ(code_of(tracking().create_experiment({.name = ""})), bad_value);
  EXPECT_EQ(code_of(tracking().get_by_name({.experiment_name = mark + "?"})), unknown);
  EXPECT_EQ(code_of(tracking().get_experiment({.experiment_id = "987654321"})), unknown);
}

TEST_P(mlflow_contract, deleting_and_restoring_an_experiment_takes_its_runs_along) {
  auto const id = new_experiment();
  auto const run = new_run(id);
  must(tracking().delete_experiment({.experiment_id = id}));
  auto const gone = wait(tracking().get_experiment({.experiment_id = id}));
  ASSERT_TRUE(gone) << gone.error();
  EXPECT_EQ(gone->experiment.lifecycle_stage, "deleted");
  EXPECT_EQ(get(run).info.lifecycle_stage, "deleted");
  EXPECT_EQ(code_of(tracking().delete_experiment({.experiment_id = id})), unknown);
  EXPECT_EQ(code_of(tracking().create_run({.experiment_id = id})), bad_value);
  EXPECT_EQ(code_of(tracking().create_experiment({.name = mark})), taken);
  must(tracking().restore_experiment({.experiment_id = id}));
  EXPECT_EQ(get(run).info.lifecycle_stage, "active");
  EXPECT_EQ(code_of(tracking().restore_experiment({.experiment_id = id})), unknown);
}

TEST_P(mlflow_contract, experiments_are_renamed_and_tagged) {
  auto const id = new_experiment();
  must(tracking().update_experiment({.experiment_id = id, .new_name = mark + "-new"}));
  must(tracking().set_experiment_tag({.experiment_id = id, .key = "k", .value = "first"}));
  must(tracking().set_experiment_tag({.experiment_id = id, .key = "k", .value = "last"}));
  auto const found = wait(tracking().get_by_name({.experiment_name = mark + "-new"}));
  ASSERT_TRUE(found) << found.error();
  auto const& tags = found->experiment.tags;
  auto const at = std::find_if(tags.begin(), tags.end(), [](auto& t) { return t.key == "k"; });
  ASSERT_NE(at, tags.end());
  EXPECT_EQ(at->value, "last");
  EXPECT_EQ(code_of(tracking().update_experiment({.experiment_id = "987654321", .new_name = "x"})),
            unknown);
}

TEST_P(mlflow_contract, experiments_are_found_by_name_and_tag_page_by_page) {
  auto const a = new_experiment("-a");
  auto const b = new_experiment("-b");
  auto const c = new_experiment("-c");
  must(tracking().set_experiment_tag({.experiment_id = b, .key = "team", .value = "growth"}));
  std::string_view order = "name DESC";
  auto const ids = [&](std::string const& filter, mlflow::view_type view) {
    std::string out;
    auto const found = wait(tracking().search_experiments_all(
        {.filter = filter, .max_results = 1, .order_by = {&order, 1}, .view_type = view}));
    if (!found) return found.error().error_code();
    for (auto const& e : *found) out += e.experiment_id + ' ';
    return out;
  };
  using enum mlflow::view_type;
  EXPECT_EQ(ids("name LIKE '" + mark + "%'", active_only), c + ' ' + b + ' ' + a + ' ');
  EXPECT_EQ(ids("name = '" + mark + "-b'", active_only), b + ' ');
  EXPECT_EQ(ids("name ILIKE '" + mark + "-B'", active_only), b + ' ');
  EXPECT_EQ(ids("name LIKE '" + mark + "-_' AND tags.team = 'growth'", active_only), b + ' ');
  EXPECT_EQ(ids("name LIKE '" + mark + "%' and tags.`team` != 'growth'", active_only), "");
  must(tracking().delete_experiment({.experiment_id = b}));
  EXPECT_EQ(ids("name LIKE '" + mark + "%'", deleted_only), b + ' ');
  EXPECT_EQ(ids("name LIKE '" + mark + "%'", all), c + ' ' + b + ' ' + a + ' ');
  EXPECT_EQ(ids("name = unquoted.text", all), bad_value);
  EXPECT_EQ(ids("metrics.loss > 1", all), bad_value);
  EXPECT_EQ(ids("name = 'a' OR name = 'b'", all), bad_value);
  order = "experiment_id ASC";
  EXPECT_EQ(ids("name LIKE '" + mark + "%'", all), a + ' ' + b + ' ' + c + ' ');
  order = "tags.team ASC";
  EXPECT_EQ(ids("", all), bad_value) << "only attributes have an order";
  EXPECT_EQ(code_of(tracking().search_experiments({.max_results = 60'000})), bad_value);
  EXPECT_EQ(code_of(tracking().search_experiments({.max_results = 0})), bad_value);
}

TEST_P(mlflow_contract, a_run_begins_ends_is_deleted_and_restored) {
  auto const experiment = new_experiment();
  std::array<mlflow::tag, 1> const tags{{{"k", "v"}}};
  auto const begun =
      wait(tracking().create_run({.experiment_id = experiment,
                                  .run_name = "first",
                                  .start_time = timestamp(milliseconds(1'600'000'000'123)),
                                  .tags = tags}));
  ASSERT_TRUE(begun) << begun.error();
  auto const& info = begun->run.info;
  auto const id = info.run_id;
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(info.experiment_id, experiment);
  EXPECT_EQ(info.run_name, "first");
  EXPECT_EQ(info.status, mlflow::run_status::running);
  EXPECT_EQ(info.start_time, timestamp(milliseconds(1'600'000'000'123)));
  EXPECT_EQ(info.lifecycle_stage, "active");
  EXPECT_FALSE(info.artifact_uri.empty());
  auto const ended =
      wait(tracking().update_run({.run_id = id,
                                  .status = mlflow::run_status::finished,
                                  .end_time = timestamp(milliseconds(1'600'000'001'000)),
                                  .run_name = "renamed"}));
  ASSERT_TRUE(ended) << ended.error();
  EXPECT_EQ(ended->run_info.status, mlflow::run_status::finished);
  EXPECT_EQ(ended->run_info.end_time, timestamp(milliseconds(1'600'000'001'000)));
  EXPECT_EQ(get(id).info.run_name, "renamed");
  must(tracking().delete_run({.run_id = id}));
  EXPECT_EQ(get(id).info.lifecycle_stage, "deleted");
  must(tracking().delete_run({.run_id = id}));
  EXPECT_EQ(code_of(tracking().log_param({.run_id = id, .key = "k", .value = "v"})), bad_value);
  EXPECT_EQ(code_of(tracking().set_tag({.run_id = id, .key = "k", .value = "v"})), bad_value);
  EXPECT_EQ(code_of(tracking().log_metric({.run_id = id, .key = "k", .value = 1})), bad_value);
  must(tracking().restore_run({.run_id = id}));
  must(tracking().restore_run({.run_id = id}));
  EXPECT_EQ(get(id).info.lifecycle_stage, "active");
}

TEST_P(mlflow_contract, a_run_of_which_nothing_is_said_began_in_1970_under_some_name) {
  auto const begun = wait(tracking().create_run({.experiment_id = new_experiment()}));
  ASSERT_TRUE(begun) << begun.error();
  EXPECT_EQ(begun->run.info.start_time, timestamp());
  EXPECT_FALSE(begun->run.info.run_name.empty());
  EXPECT_EQ(begun->run.info.status, mlflow::run_status::running);
}

TEST_P(mlflow_contract, an_unknown_run_does_not_exist) {
  std::string const nobody(32, '0');
  EXPECT_EQ(code_of(tracking().get_run({.run_id = nobody})), unknown);
  EXPECT_EQ(code_of(tracking().delete_run({.run_id = nobody})), unknown);
  EXPECT_EQ(code_of(tracking().update_run({.run_id = nobody})), unknown);
  EXPECT_EQ(code_of(tracking().log_param({.run_id = nobody, .key = "k", .value = "v"})), unknown);
  EXPECT_EQ(code_of(tracking().list_artifacts({.run_id = nobody})), unknown);
  EXPECT_EQ(code_of(tracking().get_run({.run_id = ""})), bad_value);
}

TEST_P(mlflow_contract, a_metric_keeps_its_points_and_shows_the_last_step) {
  auto const run = new_run(new_experiment());
  auto const log = [&](double value, std::int64_t at, std::int64_t step) {
    must(tracking().log_metric({.run_id = run,
                                .key = "loss",
                                .value = value,
                                .timestamp = timestamp(milliseconds(at)),
                                .step = step}));
  };
  log(3, 30, 7);
  log(1, 10, 9);
  log(2, 20, 8);
  auto const data = get(run).data;
  ASSERT_EQ(data.metrics.size(), 1U);
  EXPECT_EQ(data.metrics[0].value, 1);
  EXPECT_EQ(data.metrics[0].step, 9);
  // MLflow 3.4 to 3.13 gives no points to those who do not say how many they want.
  auto const points_of = [&](std::string_view key) {
    return wait(tracking().get_history({.run_id = run, .metric_key = key, .max_results = 25'000}));
  };
  auto history = points_of("loss");
  ASSERT_TRUE(history) << history.error();
  std::sort(history->metrics.begin(), history->metrics.end(),
            [](auto& a, auto& b) { return a.step < b.step; });
  ASSERT_EQ(history->metrics.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(history->metrics[i].step, static_cast<std::int64_t>(7 + i));
    EXPECT_EQ(history->metrics[i].value, static_cast<double>(3 - i));
  }
  auto const none = points_of("gain");
  ASSERT_TRUE(none) << none.error();
  EXPECT_TRUE(none->metrics.empty());
}

TEST_P(mlflow_contract, numbers_survive_even_those_that_are_none) {
  auto const run = new_run(new_experiment());
  constexpr double infinite = std::numeric_limits<double>::infinity();
  constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();
  std::array<std::pair<std::string_view, double>, 5> const values{{{"nan", std::nan("")},
                                                                   {"high", infinite},
                                                                   {"low", -infinite},
                                                                   {"tenth", 0.1},
                                                                   {"tiny", 5e-324}}};
  for (auto const& [key, value] : values) {
    must(tracking().log_metric({.run_id = run,
                                .key = key,
                                .value = value,
                                .timestamp = timestamp(milliseconds(latest)),
                                .step = -9'007'199'254'740'993}));
  }
  auto const data = get(run).data;
  ASSERT_EQ(data.metrics.size(), values.size());
  for (auto const& m : data.metrics) {
    EXPECT_EQ(m.timestamp, timestamp(milliseconds(latest))) << m.key;
    EXPECT_EQ(m.step, -9'007'199'254'740'993) << m.key;
    if (m.key == "nan") {
      EXPECT_TRUE(std::isnan(m.value));
    } else if (m.key == "high") {
      EXPECT_GE(m.value, std::numeric_limits<double>::max());
    } else if (m.key == "low") {
      EXPECT_LE(m.value, std::numeric_limits<double>::lowest());
    } else {
      EXPECT_EQ(m.value, m.key == "tenth" ? 0.1 : 5e-324) << m.key;
    }
  }
}

TEST_P(mlflow_contract, a_param_never_changes) {
  auto const run = new_run(new_experiment());
  must(tracking().log_param({.run_id = run, .key = "lr", .value = "0.1"}));
  must(tracking().log_param({.run_id = run, .key = "lr", .value = "0.1"}));
  EXPECT_EQ(code_of(tracking().log_param({.run_id = run, .key = "lr", .value = "0.2"})), bad_value);
  EXPECT_EQ(code_of(tracking().log_param({.run_id = run, .key = "a/../b", .value = "v"})),
            bad_value);
  EXPECT_EQ(code_of(tracking().log_param({.run_id = run, .key = "..a", .value = "v"})), bad_value);
  EXPECT_EQ(code_of(tracking().log_param({.run_id = run, .key = "?", .value = "v"})), bad_value);
  auto const data = get(run).data;
  ASSERT_EQ(data.params.size(), 1U);
  EXPECT_EQ(data.params[0].value, "0.1");
}

TEST_P(mlflow_contract, a_tag_takes_its_last_value_and_goes) {
  auto const run = new_run(new_experiment());
  must(tracking().set_tag({.run_id = run, .key = "k", .value = "first"}));
  must(tracking().set_tag({.run_id = run, .key = "k", .value = "läst ✓"}));
  auto const tags = get(run).data.tags;
  auto const at = std::find_if(tags.begin(), tags.end(), [](auto& t) { return t.key == "k"; });
  ASSERT_NE(at, tags.end());
  EXPECT_EQ(at->value, "läst ✓");
  must(tracking().delete_tag({.run_id = run, .key = "k"}));
  EXPECT_EQ(code_of(tracking().delete_tag({.run_id = run, .key = "k"})), unknown);
  must(tracking().set_tag({.run_id = run, .key = "mlflow.runName", .value = "by tag"}));
  EXPECT_EQ(get(run).info.run_name, "by tag");
  must(tracking().set_tag({.run_id = run, .key = "mlflow.runName", .value = ""}));
  EXPECT_EQ(get(run).info.run_name, "by tag");
}

TEST_P(mlflow_contract, a_batch_logs_everything_at_once_within_its_limits) {
  auto const run = new_run(new_experiment());
  std::vector<mlflow::metric> metrics(1001);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    metrics[i].key = "m" + std::to_string(i % 10);
    metrics[i].value = static_cast<double>(i);
    metrics[i].step = static_cast<std::int64_t>(i);
  }
  std::vector<mlflow::param> params(101);
  std::vector<mlflow::tag> tags(101);
  for (std::size_t i = 0; i < 101; ++i) {
    params[i] = {"p" + std::to_string(i), std::to_string(i)};
    tags[i] = {"t" + std::to_string(i), std::to_string(i)};
  }
  std::span const all_metrics(metrics);
  std::span const all_params(params);
  std::span const all_tags(tags);
  EXPECT_EQ(code_of(tracking().log_batch({.run_id = run, .metrics = all_metrics})), bad_value);
  EXPECT_EQ(code_of(tracking().log_batch({.run_id = run, .params = all_params})), bad_value);
  EXPECT_EQ(code_of(tracking().log_batch({.run_id = run, .tags = all_tags})), bad_value);
  EXPECT_EQ(
      code_of(tracking().log_batch(
          {.run_id = run, .metrics = all_metrics.first(901), .params = all_params.first(100)})),
      bad_value);
  EXPECT_TRUE(get(run).data.params.empty());
  must(tracking().log_batch({.run_id = run,
                             .metrics = all_metrics.first(800),
                             .params = all_params.first(100),
                             .tags = all_tags.first(100)}));
  auto const data = get(run).data;
  EXPECT_EQ(data.metrics.size(), 10U);
  EXPECT_EQ(data.params.size(), 100U);
  EXPECT_GE(data.tags.size(), 100U);
  auto const points = wait(tracking().get_history_all({.run_id = run, .metric_key = "m0"}));
  ASSERT_TRUE(points) << points.error();
  EXPECT_EQ(points->size(), 80U);
}

TEST_P(mlflow_contract, a_batch_with_a_bad_key_or_a_changed_param_is_refused) {
  auto const run = new_run(new_experiment());
  std::vector<mlflow::metric> metrics(1);
  metrics[0].key = std::string(251, 'k');
  EXPECT_EQ(code_of(tracking().log_batch({.run_id = run, .metrics = metrics})), bad_value);
  std::vector<mlflow::param> params{{"p", "1"}, {"p", "2"}};
  EXPECT_EQ(code_of(tracking().log_batch({.run_id = run, .params = params})), bad_value);
  params = {{std::string(251, 'k'), "1"}};
  EXPECT_EQ(code_of(tracking().log_batch({.run_id = run, .params = params})), bad_value);
  params = {{"p", "1"}};
  must(tracking().log_batch({.run_id = run, .params = params}));
  must(tracking().log_batch({.run_id = run, .params = params}));
  params = {{"p", "2"}};
  EXPECT_EQ(code_of(tracking().log_batch({.run_id = run, .params = params})), bad_value);
}

TEST_P(mlflow_contract, a_new_run_has_no_artifacts_but_a_place_for_them) {
  auto const run = new_run(new_experiment());
  auto const listed = wait(tracking().list_artifacts({.run_id = run}));
  ASSERT_TRUE(listed) << listed.error();
  EXPECT_TRUE(listed->files.empty());
  EXPECT_NE(listed->root_uri.find(run), std::string::npos) << listed->root_uri;
}

}  // namespace
}  // namespace kiln::mlflow_contract
