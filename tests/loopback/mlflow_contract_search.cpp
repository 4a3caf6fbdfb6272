// How runs are found, and the part of the model registry that every MLflow server has.
#include "loopback/mlflow_contract.hpp"

namespace kiln::mlflow_contract {
namespace {

struct mlflow_search_contract : contract {
  std::string experiment;
  std::array<std::string, 4> runs;  ///< From the oldest to the newest.

  void SetUp() override {
    contract::SetUp();
    experiment = new_experiment();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      std::string const name = "run " + std::to_string(i);
      runs[i] = new_run(experiment, name, 1'600'000'000'000 + static_cast<std::int64_t>(i));
      must(tracking().log_param(
          {.run_id = runs[i], .key = "a b", .value = i < 2 ? "Early" : "late"}));
      must(tracking().set_tag({.run_id = runs[i], .key = "team.name", .value = name}));
    }
    // Values of which each alphabet puts the same one first. Metrics: 0.5, NaN, none, 2.5.
    must(tracking().log_metric({.run_id = runs[0], .key = "loss", .value = 0.5}));
    must(tracking().log_metric({.run_id = runs[1], .key = "loss", .value = std::nan("")}));
    must(tracking().log_metric({.run_id = runs[3], .key = "loss", .value = 2.5}));
    must(tracking().update_run({.run_id = runs[3], .status = mlflow::run_status::failed}));
  }

  /// "310" for the runs found in their order, or the error code.
  std::string found(std::string_view filter, std::string_view order = {},
                    mlflow::view_type view = mlflow::view_type::active_only) const {
    std::array<std::string_view, 1> const within{experiment};
    std::array<std::string_view, 1> const by{order};
    mlflow::search_runs request;
    request.experiment_ids = within;
    request.filter = filter;
    request.max_results = 2;
    if (!order.empty()) request.order_by = by;
    request.run_view_type = view;
    auto const all = wait(tracking().search_runs_all(request));
    if (!all) return all.error().error_code();
    std::string out;
    for (auto const& r : *all) {
      for (std::size_t i = 0; i < runs.size(); ++i) {
        if (runs[i] == r.info.run_id) out += std::to_string(i);
      }
    }
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(of, mlflow_search_contract, testing::ValuesIn(sides()), side_name);

TEST_P(mlflow_search_contract, without_a_filter_the_newest_runs_come_first_page_by_page) {
  EXPECT_EQ(found(""), "3210");
  EXPECT_EQ(found("", "attributes.start_time ASC"), "0123");
}

TEST_P(mlflow_search_contract, comparisons_of_numbers) {
  EXPECT_EQ(found("metrics.loss = 0.5"), "0");
  EXPECT_EQ(found("metrics.loss > 0.5"), "3");
  EXPECT_EQ(found("metrics.loss >= 0.5 AND metrics.loss <= 2.5"), "30");
  EXPECT_EQ(found("metrics.loss < 2.5e0 and metrics.loss > 0.1"), "0");
  EXPECT_EQ(found("metric.loss > 1"), "3");
  EXPECT_EQ(found("attributes.start_time > 1600000000001"), "32");
  EXPECT_EQ(found("metrics.gain > 0"), "");
}

TEST_P(mlflow_search_contract, filters_take_nan_for_zero_as_it_is_stored) {
  EXPECT_EQ(found("metrics.loss < 0.1"), "1");
  EXPECT_EQ(found("metrics.loss = 0"), "1");
  EXPECT_EQ(found("metrics.loss != 0"), "30");
}

TEST_P(mlflow_search_contract, comparisons_of_texts_with_their_quotes) {
  EXPECT_EQ(found("params.\"a b\" = 'Early'"), "10");
  EXPECT_EQ(found("params.`a b` = \"Early\""), "10");
  EXPECT_EQ(found("params.`a b` != 'Early'"), "32");
  EXPECT_EQ(found("param.`a b` LIKE 'E%'"), "10");
  EXPECT_EQ(found("param.`a b` LIKE 'e%'"), "");
  EXPECT_EQ(found("parameters.`a b` ILIKE 'e_rly'"), "10");
  EXPECT_EQ(found("tags.`team.name` = 'run 2'"), "2");
  EXPECT_EQ(found("tags.team.name LIKE '%3'"), "3");
  EXPECT_EQ(found("tag.mlflow.runName = 'run 1'"), "1");
  EXPECT_EQ(found("attributes.status = 'FAILED'"), "3");
  EXPECT_EQ(found("attributes.status != 'FAILED' AND params.`a b` = 'late'"), "2");
  EXPECT_EQ(found("run_name = 'run 0'"), "0");
  EXPECT_EQ(found("attributes.run_id IN ('" + runs[1] + "', '" + runs[3] + "')"), "31");
}

TEST_P(mlflow_search_contract, orders_put_nan_and_nothing_last) {
  EXPECT_EQ(found("", "metrics.loss ASC"), "0312");
  EXPECT_EQ(found("", "metrics.loss DESC"), "3012");
  EXPECT_EQ(found("", "metrics.`loss`"), "0312");
  EXPECT_EQ(found("", "tags.`team.name` DESC"), "3210");
  EXPECT_EQ(found("", "params.\"a b\" ASC"), "1032");
}

TEST_P(mlflow_search_contract, views_tell_the_living_from_the_deleted) {
  must(tracking().delete_run({.run_id = runs[2]}));
  EXPECT_EQ(found(""), "310");
  EXPECT_EQ(found("", "", mlflow::view_type::deleted_only), "2");
  EXPECT_EQ(found("", "", mlflow::view_type::all), "3210");
}

TEST_P(mlflow_search_contract, what_is_no_filter_is_refused) {
  for (char const* filter :
       {"metrics.loss > 1 OR metrics.loss < 0", "metrics.loss > 'high'", "params.x = 1",
        "params.x = unquoted", "colours.x = 'red'", "metrics.loss LIKE '1'", "params.x > '1'",
        "attributes.colour = 'red'", "metrics.loss >", "metrics.loss"}) {
    EXPECT_EQ(found(filter), bad_value) << filter;
  }
  EXPECT_EQ(found("", "metrics.loss SIDEWAYS"), bad_value);
  EXPECT_EQ(found("", "colours.x"), bad_value);
  std::array<std::string_view, 1> const within{experiment};
  EXPECT_EQ(code_of(tracking().search_runs({.experiment_ids = within, .max_results = 50'001})),
            bad_value);
}

struct registry_contract : contract {
  void TearDown() override {
    contract::TearDown();
    if (!ws) return;
    for (auto const& name : {mark, mark + "-new"}) {
      auto const done = wait(registry().delete_model({.name = name}));
      EXPECT_TRUE(done || done.error().error_code() == unknown) << name;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(of, registry_contract, testing::ValuesIn(sides()), side_name);

TEST_P(registry_contract, a_model_is_made_once_described_tagged_found_and_renamed) {
  auto const created = wait(registry().create_model({.name = mark, .description = "d"}));
  ASSERT_TRUE(created) << created.error();
  EXPECT_EQ(created->registered_model.name, mark);
  EXPECT_EQ(created->registered_model.description, "d");
  EXPECT_EQ(code_of(registry().create_model({.name = mark})), taken);
  EXPECT_EQ(code_of(registry().create_model({.name = ""})), bad_value);
  must(registry().update_model({.name = mark, .description = "e"}));
  must(registry().set_model_tag({.name = mark, .key = "k", .value = "v"}));
  std::string const by_name = "name = '" + mark + "'";
  auto const found = wait(registry().search_models({.filter = by_name, .max_results = 10}));
  ASSERT_TRUE(found) << found.error();
  ASSERT_EQ(found->registered_models.size(), 1U);
  EXPECT_EQ(found->registered_models[0].description, "e");
  ASSERT_EQ(found->registered_models[0].tags.size(), 1U);
  EXPECT_EQ(found->registered_models[0].tags[0].value, "v");
  auto const renamed = wait(registry().rename_model({.name = mark, .new_name = mark + "-new"}));
  ASSERT_TRUE(renamed) << renamed.error();
  EXPECT_EQ(renamed->registered_model.name, mark + "-new");
  EXPECT_EQ(code_of(registry().update_model({.name = mark, .description = "f"})), unknown);
}

TEST_P(registry_contract, what_is_deleted_is_gone_and_a_number_does_not_come_back) {
  must(registry().create_model({.name = mark}));
  auto const add = [this] {
    auto const added =
        wait(registry().create_model_version({.name = mark, .source = "s3://kiln-contract/model"}));
    return added ? added->model_version.version : added.error().error_code();
  };
  EXPECT_EQ(add(), "1");
  EXPECT_EQ(add(), "2");
  must(registry().set_model_version_tag({.name = mark, .version = "1", .key = "k", .value = "v"}));
  must(registry().delete_model_version_tag({.name = mark, .version = "1", .key = "k"}));
  must(registry().delete_model_version_tag({.name = mark, .version = "1", .key = "k"}));
  auto const kept = wait(registry().get_model_version({.name = mark, .version = "1"}));
  ASSERT_TRUE(kept) << kept.error();
  EXPECT_TRUE(kept->model_version.tags.empty());
  must(registry().delete_model_version({.name = mark, .version = "2"}));
  EXPECT_EQ(code_of(registry().get_model_version({.name = mark, .version = "2"})), unknown);
  EXPECT_EQ(code_of(registry().delete_model_version({.name = mark, .version = "2"})), unknown);
  EXPECT_EQ(add(), "3");
  must(registry().set_model_tag({.name = mark, .key = "k", .value = "v"}));
  must(registry().delete_model_tag({.name = mark, .key = "k"}));
  std::string const by_name = "name = '" + mark + "'";
  auto const found = wait(registry().search_models({.filter = by_name, .max_results = 10}));
  ASSERT_TRUE(found) << found.error();
  ASSERT_EQ(found->registered_models.size(), 1U);
  EXPECT_TRUE(found->registered_models[0].tags.empty());
  must(registry().delete_model({.name = mark}));
  EXPECT_EQ(code_of(registry().delete_model({.name = mark})), unknown);
  EXPECT_EQ(code_of(registry().delete_model({.name = ""})), bad_value);
}

TEST_P(registry_contract, versions_are_numbered_described_tagged_and_found) {
  must(registry().create_model({.name = mark}));
  for (char const* number : {"1", "2"}) {
    auto const added =
        wait(registry().create_model_version({.name = mark, .source = "s3://kiln-contract/model"}));
    ASSERT_TRUE(added) << added.error();
    EXPECT_EQ(added->model_version.version, number);
    EXPECT_EQ(added->model_version.current_stage, "None");
  }
  must(registry().update_model_version({.name = mark, .version = "2", .description = "second"}));
  must(registry().set_model_version_tag({.name = mark, .version = "2", .key = "k", .value = "v"}));
  auto const got = wait(registry().get_model_version({.name = mark, .version = "2"}));
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(got->model_version.description, "second");
  ASSERT_EQ(got->model_version.tags.size(), 1U);
  auto const uri = wait(registry().get_model_version_download_uri({.name = mark, .version = "1"}));
  ASSERT_TRUE(uri) << uri.error();
  EXPECT_EQ(uri->artifact_uri, "s3://kiln-contract/model");
  std::string const by_name = "name = '" + mark + "'";
  auto const found =
      wait(registry().search_model_versions({.filter = by_name, .max_results = 100}));
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->model_versions.size(), 2U);
  for (auto const& [order, first] :
       {std::pair("version_number ASC", "1"), std::pair("version_number DESC", "2")}) {
    std::string_view const by = order;
    auto const ordered = wait(registry().search_model_versions(
        {.filter = by_name, .max_results = 1, .order_by = {&by, 1}}));
    ASSERT_TRUE(ordered) << ordered.error();
    ASSERT_EQ(ordered->model_versions.size(), 1U);
    EXPECT_EQ(ordered->model_versions[0].version, first) << order;
    EXPECT_FALSE(ordered->next_page_token.empty()) << order;
  }
  auto const latest = wait(registry().get_latest_versions({.name = mark}));
  ASSERT_TRUE(latest) << latest.error();
  ASSERT_EQ(latest->model_versions.size(), 1U);
  EXPECT_EQ(latest->model_versions[0].version, "2");
  EXPECT_EQ(code_of(registry().get_model_version({.name = mark, .version = "3"})), unknown);
  EXPECT_EQ(code_of(registry().search_models({.filter = "colour = 'red'", .max_results = 1})),
            bad_value);
}

}  // namespace
}  // namespace kiln::mlflow_contract
