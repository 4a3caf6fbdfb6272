// What every MLflow tracking operation puts on the wire, byte by byte, and what it makes of
// answers.
#include "wire/expected_request.hpp"

#include <kiln/services/mlflow.hpp>

#include <array>
#include <cmath>
#include <limits>

namespace kiln {
namespace {

using std::chrono::milliseconds;
using wire_tests::above_doubles;

constexpr timestamp at(std::int64_t ms) { return timestamp(milliseconds(ms)); }

struct mlflow_wire : wire_tests::capture {
  wire_tests::expected_request expect;
  [[nodiscard]] mlflow::service tracking() const { return ws.mlflow(); }

  [[nodiscard]] std::string get(std::string_view target) const {
    return expect.bare("GET /api/2.0/mlflow/" + std::string(target));
  }
  [[nodiscard]] std::string post(std::string_view operation, std::string const& body) const {
    return expect.with("POST /api/2.0/mlflow/" + std::string(operation), body);
  }
};

TEST_F(mlflow_wire, create_experiment_sends_its_name_and_what_is_set) {
  EXPECT_EQ(sent(tracking().create_experiment({.name = "/Users/a@b.c/churn"})),
            post("experiments/create", R"({"name":"/Users/a@b.c/churn"})"));
  std::array<mlflow::tag, 2> const tags{{{"team", "growth"}, {"mlflow.note.content", "a\nb"}}};
  EXPECT_EQ(
      sent(tracking().create_experiment(
          {.name = "n",
           .artifact_location = "dbfs:/x",
           .tags = tags,
           .trace_location = {{.uc_trace_location = {{.catalog = "c",
                                                      .schema = "s",
                                                      .table_prefix = "p",
                                                      .effective_table_prefix = "e"}}}}})),
      post("experiments/create",
           R"({"name":"n","artifact_location":"dbfs:/x","tags":[{"key":"team","value":"growth"},)"
           R"({"key":"mlflow.note.content","value":"a\nb"}],"trace_location":)"
           R"({"uc_trace_location":{"catalog":"c","schema":"s","table_prefix":"p",)"
           R"("effective_table_prefix":"e"}}})"));
}

TEST_F(mlflow_wire, operations_on_one_experiment_send_its_id) {
  EXPECT_EQ(sent(tracking().delete_experiment({.experiment_id = "7"})),
            post("experiments/delete", R"({"experiment_id":"7"})"));
  EXPECT_EQ(sent(tracking().restore_experiment({.experiment_id = "7"})),
            post("experiments/restore", R"({"experiment_id":"7"})"));
  EXPECT_EQ(sent(tracking().get_experiment({.experiment_id = "7"})),
            get("experiments/get?experiment_id=7"));
  EXPECT_EQ(sent(tracking().get_by_name({.experiment_name = "/a b"})),
            get("experiments/get-by-name?experiment_name=%2Fa%20b"));
  EXPECT_EQ(sent(tracking().update_experiment({.experiment_id = "7", .new_name = "m"})),
            post("experiments/update", R"({"experiment_id":"7","new_name":"m"})"));
  EXPECT_EQ(sent(tracking().update_experiment({.experiment_id = "7"})),
            post("experiments/update", R"({"experiment_id":"7"})"));
  EXPECT_EQ(
      sent(tracking().set_experiment_tag({.experiment_id = "7", .key = "k", .value = "v"})),
      post("experiments/set-experiment-tag", R"({"experiment_id":"7","key":"k","value":"v"})"));
}

TEST_F(mlflow_wire, listings_of_experiments_send_nothing_that_is_not_set) {
  EXPECT_EQ(sent(tracking().list_experiments()), get("experiments/list"));
  EXPECT_EQ(
      sent(tracking().list_experiments(
          {.max_results = 5, .page_token = "t=", .view_type = mlflow::view_type::deleted_only})),
      get("experiments/list?max_results=5&page_token=t%3D&view_type=DELETED_ONLY"));
  EXPECT_EQ(sent(tracking().search_experiments()), post("experiments/search", "{}"));
  std::array<std::string_view, 2> const order{"name ASC", "creation_time DESC"};
  EXPECT_EQ(
      sent(tracking().search_experiments({.filter = "name LIKE 'a%'",
                                          .max_results = 10,
                                          .order_by = order,
                                          .page_token = "p",
                                          .view_type = mlflow::view_type::all})),
      post("experiments/search",
           R"({"filter":"name LIKE 'a%'","max_results":10,)"
           R"("order_by":["name ASC","creation_time DESC"],"page_token":"p","view_type":"ALL"})"));
}

TEST_F(mlflow_wire, create_run_sends_what_is_set) {
  EXPECT_EQ(sent(tracking().create_run({})), post("runs/create", "{}"));
  std::array<mlflow::tag, 1> const tags{{{"k", "v"}}};
  EXPECT_EQ(sent(tracking().create_run({.experiment_id = "7",
                                        .run_name = "first",
                                        .start_time = at(above_doubles),
                                        .tags = tags,
                                        .user_id = "u"})),
            post("runs/create",
                 R"({"experiment_id":"7","run_name":"first","start_time":9007199254740993,)"
                 R"("tags":[{"key":"k","value":"v"}],"user_id":"u"})"));
}

TEST_F(mlflow_wire, operations_on_one_run_send_its_id) {
  EXPECT_EQ(sent(tracking().delete_run({.run_id = "r"})), post("runs/delete", R"({"run_id":"r"})"));
  EXPECT_EQ(sent(tracking().restore_run({.run_id = "r"})),
            post("runs/restore", R"({"run_id":"r"})"));
  EXPECT_EQ(sent(tracking().get_run({.run_id = "r"})), get("runs/get?run_id=r"));
  EXPECT_EQ(sent(tracking().get_run({.run_id = "r", .run_uuid = "u"})),
            get("runs/get?run_id=r&run_uuid=u"));
  EXPECT_EQ(sent(tracking().update_run({.run_id = "r"})), post("runs/update", R"({"run_id":"r"})"));
  EXPECT_EQ(sent(tracking().update_run({.run_id = "r",
                                        .status = mlflow::run_status::finished,
                                        .end_time = at(1'600'000'000'123),
                                        .run_name = "n",
                                        .run_uuid = "u"})),
            post("runs/update", R"({"run_id":"r","status":"FINISHED","end_time":1600000000123,)"
                                R"("run_name":"n","run_uuid":"u"})"));
}

TEST_F(mlflow_wire, every_status_and_view_has_its_spelling) {
  using enum mlflow::run_status;
  for (auto const& [status, text] :
       std::array<std::pair<mlflow::run_status, std::string_view>, 5>{{{running, "RUNNING"},
                                                                       {scheduled, "SCHEDULED"},
                                                                       {finished, "FINISHED"},
                                                                       {failed, "FAILED"},
                                                                       {killed, "KILLED"}}}) {
    EXPECT_EQ(sent(tracking().update_run({.run_id = "r", .status = status})),
              post("runs/update", R"({"run_id":"r","status":")" + std::string(text) + "\"}"));
  }
  EXPECT_EQ(sent(tracking().list_experiments({.view_type = mlflow::view_type::active_only})),
            get("experiments/list?view_type=ACTIVE_ONLY"));
}

TEST_F(mlflow_wire, search_runs_sends_what_is_set) {
  EXPECT_EQ(sent(tracking().search_runs({})), post("runs/search", "{}"));
  std::array<std::string_view, 2> const experiments{"1", "2"};
  std::array<std::string_view, 1> const order{"metrics.loss DESC"};
  EXPECT_EQ(sent(tracking().search_runs({.experiment_ids = experiments,
                                         .filter = "params.\"a b\" = 'x'",
                                         .max_results = 50'000,
                                         .order_by = order,
                                         .page_token = "p",
                                         .run_view_type = mlflow::view_type::deleted_only})),
            post("runs/search",
                 R"({"experiment_ids":["1","2"],"filter":"params.\"a b\" = 'x'",)"
                 R"("max_results":50000,"order_by":["metrics.loss DESC"],"page_token":"p",)"
                 R"("run_view_type":"DELETED_ONLY"})"));
}

TEST_F(mlflow_wire, log_metric_sends_numbers_as_numbers_and_the_rest_as_mlflow_reads_it) {
  EXPECT_EQ(sent(tracking().log_metric({.run_id = "r", .key = "loss", .value = 0.1})),
            post("runs/log-metric", R"({"run_id":"r","key":"loss","value":0.1,"timestamp":0})"));
  EXPECT_EQ(
      sent(tracking().log_metric({.run_id = "r",
                                  .key = "loss",
                                  .value = 2,
                                  .timestamp = at(std::numeric_limits<std::int64_t>::max()),
                                  .step = -3,
                                  .model_id = "m",
                                  .dataset_name = "d",
                                  .dataset_digest = "g",
                                  .run_uuid = "u"})),
      post("runs/log-metric",
           R"({"run_id":"r","key":"loss","value":2,"timestamp":9223372036854775807,"step":-3,)"
           R"("model_id":"m","dataset_name":"d","dataset_digest":"g","run_uuid":"u"})"));
  constexpr double infinite = std::numeric_limits<double>::infinity();
  for (auto const& [value, text] : std::array<std::pair<double, std::string_view>, 3>{
           {{std::nan(""), "NaN"}, {infinite, "Infinity"}, {-infinite, "-Infinity"}}}) {
    EXPECT_EQ(sent(tracking().log_metric({.run_id = "r", .key = "k", .value = value})),
              post("runs/log-metric", R"({"run_id":"r","key":"k","value":")" + std::string(text) +
                                          R"(","timestamp":0})"));
  }
}

TEST_F(mlflow_wire, log_batch_sends_all_three_kinds) {
  EXPECT_EQ(sent(tracking().log_batch({.run_id = "r"})),
            post("runs/log-batch", R"({"run_id":"r"})"));
  std::array<mlflow::metric, 2> metrics;
  metrics[0].key = "loss";
  metrics[0].value = std::nan("");
  metrics[0].timestamp = at(1'600'000'000'123);
  metrics[0].step = above_doubles;
  metrics[1].key = "acc";
  metrics[1].value = 1;
  metrics[1].model_id = "m";
  metrics[1].dataset_name = "d";
  metrics[1].dataset_digest = "g";
  metrics[1].run_id = "q";
  std::array<mlflow::param, 1> const params{{{"lr", "0.1"}}};
  std::array<mlflow::tag, 1> const tags{{{"k", "v"}}};
  EXPECT_EQ(sent(tracking().log_batch(
                {.run_id = "r", .metrics = metrics, .params = params, .tags = tags})),
            post("runs/log-batch",
                 R"({"run_id":"r","metrics":[{"key":"loss","value":"NaN",)"
                 R"("timestamp":1600000000123,"step":9007199254740993},{"key":"acc","value":1,)"
                 R"("timestamp":0,"step":0,"model_id":"m","dataset_name":"d",)"
                 R"("dataset_digest":"g","run_id":"q"}],"params":[{"key":"lr","value":"0.1"}],)"
                 R"("tags":[{"key":"k","value":"v"}]})"));
}

TEST_F(mlflow_wire, params_tags_and_models_are_logged_by_key_and_value) {
  EXPECT_EQ(sent(tracking().log_param({.run_id = "r", .key = "k", .value = "v"})),
            post("runs/log-parameter", R"({"run_id":"r","key":"k","value":"v"})"));
  EXPECT_EQ(sent(tracking().log_param({.run_id = "r", .key = "k", .value = "v", .run_uuid = "u"})),
            post("runs/log-parameter", R"({"run_id":"r","key":"k","value":"v","run_uuid":"u"})"));
  EXPECT_EQ(sent(tracking().set_tag({.run_id = "r", .key = "k", .value = "v"})),
            post("runs/set-tag", R"({"run_id":"r","key":"k","value":"v"})"));
  EXPECT_EQ(sent(tracking().set_tag({.run_id = "r", .key = "k", .value = "v", .run_uuid = "u"})),
            post("runs/set-tag", R"({"run_id":"r","key":"k","value":"v","run_uuid":"u"})"));
  EXPECT_EQ(sent(tracking().delete_tag({.run_id = "r", .key = "k"})),
            post("runs/delete-tag", R"({"run_id":"r","key":"k"})"));
  EXPECT_EQ(sent(tracking().log_model({.run_id = "r", .model_json = R"({"a":1})"})),
            post("runs/log-model", R"({"run_id":"r","model_json":"{\"a\":1}"})"));
}

TEST_F(mlflow_wire, histories_and_artifacts_are_asked_for_in_the_query) {
  EXPECT_EQ(sent(tracking().get_history({.run_id = "r", .metric_key = "val/loss"})),
            get("metrics/get-history?run_id=r&metric_key=val%2Floss"));
  EXPECT_EQ(
      sent(tracking().get_history({.run_id = "r",
                                   .metric_key = "k",
                                   .max_results = 100,
                                   .page_token = "p",
                                   .run_uuid = "u"})),
      get("metrics/get-history?run_id=r&metric_key=k&max_results=100&page_token=p&run_uuid=u"));
  EXPECT_EQ(sent(tracking().list_artifacts({.run_id = "r"})), get("artifacts/list?run_id=r"));
  EXPECT_EQ(sent(tracking().list_artifacts(
                {.run_id = "r", .path = "model/data", .page_token = "p", .run_uuid = "u"})),
            get("artifacts/list?run_id=r&path=model%2Fdata&page_token=p&run_uuid=u"));
}

TEST_F(mlflow_wire, pages_ask_for_as_much_as_a_page_may_hold) {
  EXPECT_EQ(sent(tracking().list_experiments_all()), get("experiments/list?max_results=1000"));
  EXPECT_EQ(sent(tracking().search_experiments_all()),
            post("experiments/search", R"({"max_results":1000})"));
  EXPECT_EQ(sent(tracking().search_runs_all({.filter = "f"})),
            post("runs/search", R"({"filter":"f","max_results":1000})"));
  EXPECT_EQ(sent(tracking().search_runs_all({.filter = "f"}, 3)),
            post("runs/search", R"({"filter":"f","max_results":3})"));
  EXPECT_EQ(sent(tracking().get_history_all({.run_id = "r", .metric_key = "k"})),
            get("metrics/get-history?run_id=r&metric_key=k&max_results=25000"));
  EXPECT_EQ(sent(tracking().list_artifacts_all({.run_id = "r"})), get("artifacts/list?run_id=r"));
}

TEST_F(mlflow_wire, an_experiment_is_read_whole_and_bare) {
  answers(R"({"experiment":{"experiment_id":"7","name":"n","artifact_location":"dbfs:/a",)"
          R"("lifecycle_stage":"active","creation_time":1600000000123,)"
          R"("last_update_time":9007199254740993,"tags":[{"key":"k","value":"v"}],"new":[{}],)"
          R"("trace_location":{"uc_trace_location":{"catalog":"c","schema":"s",)"
          R"("table_prefix":"p","effective_table_prefix":"e"}}}})");
  for (auto const& full : {made(tracking().get_experiment({.experiment_id = "7"})).experiment,
                           made(tracking().get_by_name({.experiment_name = "n"})).experiment}) {
    EXPECT_EQ(full.experiment_id, "7");
    EXPECT_EQ(full.name, "n");
    EXPECT_EQ(full.artifact_location, "dbfs:/a");
    EXPECT_EQ(full.lifecycle_stage, "active");
    EXPECT_EQ(full.creation_time, at(1'600'000'000'123));
    EXPECT_EQ(full.last_update_time, at(above_doubles));
    ASSERT_EQ(full.tags.size(), 1U);
    EXPECT_EQ(full.tags[0].key, "k");
    EXPECT_EQ(full.tags[0].value, "v");
    ASSERT_TRUE(full.trace_location && full.trace_location->uc_trace_location);
    EXPECT_EQ(full.trace_location->uc_trace_location->catalog, "c");
    EXPECT_EQ(full.trace_location->uc_trace_location->schema, "s");
    EXPECT_EQ(full.trace_location->uc_trace_location->table_prefix, "p");
    EXPECT_EQ(full.trace_location->uc_trace_location->effective_table_prefix, "e");
  }
  answers("{}");
  auto const bare = made(tracking().get_experiment({.experiment_id = "7"})).experiment;
  EXPECT_EQ(bare.experiment_id, "");
  EXPECT_FALSE(bare.creation_time || bare.last_update_time || bare.trace_location);
  EXPECT_TRUE(bare.tags.empty());
}

TEST_F(mlflow_wire, lists_of_experiments_are_read_whole_and_bare) {
  answers(R"({"experiments":[{"experiment_id":"0"},{"experiment_id":"1"}],)"
          R"("next_page_token":"t"})");
  auto const listed = made(tracking().list_experiments());
  auto const found = made(tracking().search_experiments());
  ASSERT_EQ(listed.experiments.size(), 2U);
  ASSERT_EQ(found.experiments.size(), 2U);
  EXPECT_EQ(listed.experiments[1].experiment_id, "1");
  EXPECT_EQ(found.experiments[1].experiment_id, "1");
  EXPECT_EQ(listed.next_page_token, "t");
  EXPECT_EQ(found.next_page_token, "t");
  answers(R"({"experiments":null})");
  EXPECT_TRUE(made(tracking().list_experiments()).experiments.empty());
  EXPECT_TRUE(made(tracking().search_experiments()).next_page_token.empty());
  answers(R"({"experiment_id":"12"})");
  EXPECT_EQ(made(tracking().create_experiment({.name = "n"})).experiment_id, "12");
}

void expect_whole(mlflow::run const& r) {
  EXPECT_EQ(r.info.run_id, "r");
  EXPECT_EQ(r.info.run_uuid, "u");
  EXPECT_EQ(r.info.run_name, "n");
  EXPECT_EQ(r.info.experiment_id, "7");
  EXPECT_EQ(r.info.user_id, "me");
  EXPECT_EQ(r.info.status, mlflow::run_status::killed);
  EXPECT_EQ(r.info.start_time, at(1));
  EXPECT_EQ(r.info.end_time, at(2));
  EXPECT_EQ(r.info.artifact_uri, "dbfs:/r");
  EXPECT_EQ(r.info.lifecycle_stage, "deleted");
  ASSERT_EQ(r.data.metrics.size(), 3U);
  EXPECT_EQ(r.data.metrics[0].key, "loss");
  EXPECT_TRUE(std::isnan(r.data.metrics[0].value));
  EXPECT_EQ(r.data.metrics[0].timestamp, at(3));
  EXPECT_EQ(r.data.metrics[0].step, above_doubles);
  EXPECT_EQ(r.data.metrics[0].model_id, "m");
  EXPECT_EQ(r.data.metrics[0].dataset_name, "d");
  EXPECT_EQ(r.data.metrics[0].dataset_digest, "g");
  EXPECT_EQ(r.data.metrics[0].run_id, "r");
  EXPECT_EQ(r.data.metrics[1].value, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(r.data.metrics[2].value, std::numeric_limits<double>::max());
  ASSERT_EQ(r.data.params.size(), 1U);
  EXPECT_EQ(r.data.params[0].value, "0.1");
  ASSERT_EQ(r.data.tags.size(), 1U);
  EXPECT_EQ(r.data.tags[0].key, "k");
  ASSERT_EQ(r.inputs.dataset_inputs.size(), 1U);
  EXPECT_EQ(r.inputs.dataset_inputs[0].tags.at(0).value, "train");
  EXPECT_EQ(r.inputs.dataset_inputs[0].dataset.name, "ds");
  EXPECT_EQ(r.inputs.dataset_inputs[0].dataset.digest, "dg");
  EXPECT_EQ(r.inputs.dataset_inputs[0].dataset.source_type, "local");
  EXPECT_EQ(r.inputs.dataset_inputs[0].dataset.source, "so");
  EXPECT_EQ(r.inputs.dataset_inputs[0].dataset.schema, "sc");
  EXPECT_EQ(r.inputs.dataset_inputs[0].dataset.profile, "pr");
  ASSERT_EQ(r.inputs.model_inputs.size(), 1U);
  EXPECT_EQ(r.inputs.model_inputs[0].model_id, "m");
}

constexpr std::string_view whole_run =
    R"({"info":{"run_id":"r","run_uuid":"u","run_name":"n","experiment_id":"7","user_id":"me",)"
    R"("status":"KILLED","start_time":1,"end_time":"2","artifact_uri":"dbfs:/r",)"
    R"("lifecycle_stage":"deleted"},"data":{"metrics":[{"key":"loss","value":"NaN",)"
    R"("timestamp":3,"step":9007199254740993,"model_id":"m","dataset_name":"d",)"
    R"("dataset_digest":"g","run_id":"r"},{"key":"low","value":"-Infinity"},)"
    R"({"key":"high","value":1.7976931348623157e+308}],"params":[{"key":"lr","value":"0.1"}],)"
    R"("tags":[{"key":"k","value":"v"}]},"inputs":{"dataset_inputs":[{"tags":)"
    R"([{"key":"mlflow.data.context","value":"train"}],"dataset":{"name":"ds","digest":"dg",)"
    R"("source_type":"local","source":"so","schema":"sc","profile":"pr"}}],)"
    R"("model_inputs":[{"model_id":"m"}]},"outputs":{}})";

TEST_F(mlflow_wire, a_run_is_read_whole_and_bare) {
  answers(R"({"run":)" + std::string(whole_run) + '}');
  expect_whole(made(tracking().get_run({.run_id = "r"})).run);
  expect_whole(made(tracking().create_run({})).run);
  answers(R"({"runs":[{},)" + std::string(whole_run) + R"(],"next_page_token":"t"})");
  auto const found = made(tracking().search_runs({}));
  ASSERT_EQ(found.runs.size(), 2U);
  expect_whole(found.runs[1]);
  EXPECT_EQ(found.next_page_token, "t");
  auto const& bare = found.runs[0];
  EXPECT_TRUE(bare.info.status.empty());
  EXPECT_FALSE(bare.info.start_time || bare.info.end_time);
  EXPECT_TRUE(bare.data.metrics.empty() && bare.data.params.empty() && bare.data.tags.empty());
  EXPECT_TRUE(bare.inputs.dataset_inputs.empty() && bare.inputs.model_inputs.empty());
  answers("{}");
  EXPECT_TRUE(made(tracking().search_runs({})).runs.empty());
}

TEST_F(mlflow_wire, an_unknown_status_is_kept) {
  answers(R"({"run_info":{"run_id":"r","status":"PAUSED"}})");
  auto const info = made(tracking().update_run({.run_id = "r"})).run_info;
  EXPECT_EQ(info.run_id, "r");
  EXPECT_EQ(info.status.raw(), "PAUSED");
  EXPECT_FALSE(info.status.value());
}

TEST_F(mlflow_wire, histories_and_artifacts_are_read_whole_and_bare) {
  answers(R"({"metrics":[{"key":"k","value":"Infinity","timestamp":1,"step":-1},{"key":"k"}],)"
          R"("next_page_token":"t"})");
  auto const history = made(tracking().get_history({.run_id = "r", .metric_key = "k"}));
  ASSERT_EQ(history.metrics.size(), 2U);
  EXPECT_EQ(history.metrics[0].value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(history.metrics[0].step, -1);
  EXPECT_EQ(history.metrics[1].value, 0);
  EXPECT_EQ(history.next_page_token, "t");
  answers(R"({"root_uri":"dbfs:/r","files":[{"path":"a","is_dir":true},)"
          R"({"path":"b","is_dir":false,"file_size":9007199254740993}],"next_page_token":"t"})");
  auto const listed = made(tracking().list_artifacts({.run_id = "r"}));
  EXPECT_EQ(listed.root_uri, "dbfs:/r");
  EXPECT_EQ(listed.next_page_token, "t");
  ASSERT_EQ(listed.files.size(), 2U);
  EXPECT_TRUE(listed.files[0].is_dir);
  EXPECT_FALSE(listed.files[0].file_size);
  EXPECT_EQ(listed.files[1].file_size, above_doubles);
  answers("{}");
  EXPECT_TRUE(made(tracking().get_history({.run_id = "r", .metric_key = "k"})).metrics.empty());
  EXPECT_TRUE(made(tracking().list_artifacts({.run_id = "r"})).files.empty());
}

TEST_F(mlflow_wire, a_wrong_type_is_an_error_that_names_its_path) {
  answers(R"({"runs":[{"data":{"metrics":[{"value":"high"}]}}]})");
  auto const why = failed(tracking().search_runs({}));
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("mlflow/runs/search.runs[0].data.metrics[0].value"),
            std::string::npos)
      << why;
  answers(R"({"run":{"info":{"run_id":7}}})");
  EXPECT_NE(failed(tracking().get_run({.run_id = "r"})).message().find("run.info.run_id"),
            std::string::npos);
}

TEST_F(mlflow_wire, operations_without_an_answer_take_any_success) {
  for (char const* body : {"{}", "", R"({"later":[1,2]})"}) {
    answers(body);
    made(tracking().delete_experiment({.experiment_id = "1"}));
    made(tracking().restore_experiment({.experiment_id = "1"}));
    made(tracking().set_experiment_tag({.experiment_id = "1", .key = "k", .value = "v"}));
    made(tracking().update_experiment({.experiment_id = "1", .new_name = "n"}));
    made(tracking().delete_run({.run_id = "r"}));
    made(tracking().restore_run({.run_id = "r"}));
    made(tracking().delete_tag({.run_id = "r", .key = "k"}));
    made(tracking().log_batch({.run_id = "r"}));
    made(tracking().log_metric({.run_id = "r", .key = "k"}));
    made(tracking().log_model({.run_id = "r", .model_json = "{}"}));
    made(tracking().log_param({.run_id = "r", .key = "k", .value = "v"}));
    made(tracking().set_tag({.run_id = "r", .key = "k", .value = "v"}));
  }
  EXPECT_EQ(seen.size(), 36U);
}

}  // namespace
}  // namespace kiln
