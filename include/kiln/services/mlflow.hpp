#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/open_enum.hpp>
#include <kiln/options.hpp>
#include <kiln/pages.hpp>
#include <kiln/result.hpp>
#include <kiln/timestamp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// MLflow tracking, API 2.0: experiments hold runs; a run holds metrics, parameters, tags and
/// artifacts. An open-source MLflow tracking server answers the same calls (but list_experiments,
/// which MLflow 2 dropped).
/// Sources: https://mlflow.org/docs/latest/rest-api.html and
/// https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/mlflow
///
/// A workspace serves 7 requests per second of experiment list, search, update, delete and restore
/// together, 7 of search_runs and 47 of log_batch; kiln keeps to these by budgets of their own.
namespace kiln {

class engine;

namespace mlflow {

/// Of runs and experiments alike. What is deleted can be restored until it is purged.
enum class view_type { active_only, deleted_only, all };
kiln::enum_table spellings(view_type);

/// Of a run. Finished, failed and killed are final to people; the server lets them change.
enum class run_status { running, scheduled, finished, failed, killed };
kiln::enum_table spellings(run_status);

/// Of an experiment, a run or an input of a run. "mlflow." begins the keys MLflow itself uses:
/// mlflow.runName, mlflow.user, mlflow.parentRunId, mlflow.note.content, …
struct tag {
  std::string key;
  std::string value;
};

struct param {
  std::string key;
  std::string value;
};

/// One point of a metric. Points are appended and never replaced.
struct metric {
  std::string key;
  /// May be NaN or infinite. A server that stores metrics in SQL gives infinities back as the
  /// largest double of their sign.
  double value = 0;
  kiln::timestamp timestamp{};
  std::int64_t step = 0;
  std::string model_id{};        ///< The logged model it was computed for.
  std::string dataset_name{};    ///< The dataset it was computed on.
  std::string dataset_digest{};  ///< Of that dataset.
  std::string run_id{};          ///< Told by the server, with the points of a logged model.
};

/// Where the traces of an experiment are kept in Unity Catalog.
struct uc_trace_location {
  std::string catalog;
  std::string schema;
  std::string table_prefix;
  std::string effective_table_prefix;  ///< Told by the server.
};
struct trace_location {
  std::optional<mlflow::uc_trace_location> uc_trace_location{};
};
/// The same, to be written at a call.
struct uc_trace_location_view {
  std::string_view catalog;
  std::string_view schema;
  std::string_view table_prefix{};
  std::string_view effective_table_prefix{};
};
struct trace_location_view {
  std::optional<uc_trace_location_view> uc_trace_location{};
};

struct experiment {
  std::string experiment_id;  ///< Digits, but text.
  std::string name;
  std::string artifact_location;  ///< The URI that artifact_uri of its runs begins with.
  std::string lifecycle_stage;    ///< "active" or "deleted".
  std::optional<timestamp> creation_time{};
  std::optional<timestamp> last_update_time{};
  std::vector<tag> tags;
  std::optional<mlflow::trace_location> trace_location{};
};

struct run_info {
  std::string run_id;
  std::string run_uuid;  ///< The same, under its name of before MLflow 1.
  std::string run_name;
  std::string experiment_id;
  std::string user_id;
  open_enum<run_status> status;
  std::optional<timestamp> start_time{};
  std::optional<timestamp> end_time{};
  std::string artifact_uri;
  std::string lifecycle_stage;  ///< "active" or "deleted".
};

struct run_data {
  std::vector<metric> metrics;  ///< The last point of each.
  std::vector<param> params;
  std::vector<tag> tags;
};

struct dataset {
  std::string name;
  std::string digest;
  std::string source_type;
  std::string source;   ///< JSON text.
  std::string schema;   ///< JSON text.
  std::string profile;  ///< JSON text.
};
struct dataset_input {
  std::vector<tag> tags;
  mlflow::dataset dataset;
};
struct model_input {
  std::string model_id;
};
struct run_inputs {
  std::vector<dataset_input> dataset_inputs;
  std::vector<model_input> model_inputs;
};

struct run {
  run_info info;
  run_data data;
  run_inputs inputs;
};

struct file_info {
  std::string path;  ///< Relative to the root of the run's artifacts.
  bool is_dir = false;
  std::optional<std::int64_t> file_size{};  ///< Bytes; absent for a directory.
};

// Experiments

/// Fails with RESOURCE_ALREADY_EXISTS when the name is taken, be it by a deleted experiment. As the
/// answer to a repeat could be just that, an attempt whose answer was lost is not repeated;
/// get_by_name then tells.
struct create_experiment {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/experiments/create",
                               repeat::not_idempotent};
  struct response {
    std::string experiment_id;
  };
  std::string_view name;
  std::string_view artifact_location{};  ///< Default: chosen by the server.
  std::span<tag const> tags{};
  std::optional<trace_location_view> trace_location{};
};

/// Deletes an experiment with its runs; restore_experiment brings both back. A second time answers
/// RESOURCE_DOES_NOT_EXIST, which after a lost answer means that the first one did it.
struct delete_experiment {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/experiments/delete", repeat::idempotent,
                               lane::normal, "mlflow-experiments"};
  using response = void;
  std::string_view experiment_id;
};

/// Finds deleted experiments too, but prefers active ones.
struct get_by_name {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/experiments/get-by-name", repeat::safe};
  struct response {
    mlflow::experiment experiment;
  };
  std::string_view experiment_name;
};

struct get_experiment {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/experiments/get", repeat::safe};
  struct response {
    mlflow::experiment experiment;
  };
  std::string_view experiment_id;
};

/// Of a workspace; an MLflow server of version 2 or later has search_experiments only.
struct list_experiments {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/experiments/list", repeat::safe,
                               lane::normal, "mlflow-experiments"};
  struct response {
    std::vector<experiment> experiments;
    std::string next_page_token;
  };
  std::optional<std::int64_t> max_results{};
  std::string_view page_token{};
  std::optional<mlflow::view_type> view_type{};  ///< Default: active_only.
};

/// Brings a deleted experiment back, with the runs that were deleted with it.
struct restore_experiment {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/experiments/restore",
                               repeat::idempotent, lane::normal, "mlflow-experiments"};
  using response = void;
  std::string_view experiment_id;
};

/// Filters are as those of search_runs, over name, creation_time, last_update_time and tags.<key>:
///     name LIKE 'churn%' AND tags.team = 'growth'
struct search_experiments {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/experiments/search", repeat::safe,
                               lane::normal, "mlflow-experiments"};
  struct response {
    std::vector<experiment> experiments;
    std::string next_page_token;
  };
  std::string_view filter{};
  /// At most 3000. An MLflow server wants to be told: at most 50,000.
  std::optional<std::int64_t> max_results{};
  std::span<std::string_view const> order_by{};  ///< Such as "name ASC", "creation_time DESC".
  std::string_view page_token{};
  std::optional<mlflow::view_type> view_type{};  ///< Default: active_only.
};

struct set_experiment_tag {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/experiments/set-experiment-tag",
                               repeat::idempotent};
  using response = void;
  std::string_view experiment_id;
  std::string_view key;  ///< At most 250 bytes.
  std::string_view value;
};

/// Renames an active experiment.
struct update_experiment {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/experiments/update", repeat::idempotent,
                               lane::normal, "mlflow-experiments"};
  using response = void;
  std::string_view experiment_id;
  std::string_view new_name{};
};

// Runs

/// Makes a run that is running. A repeat would make a second one.
struct create_run {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/create", repeat::not_idempotent};
  struct response {
    mlflow::run run;
  };
  std::string_view experiment_id{};       ///< Default: experiment 0.
  std::string_view run_name{};            ///< Default: made up by the server.
  std::optional<timestamp> start_time{};  ///< Default of an MLflow server: 1970.
  std::span<tag const> tags{};
  std::string_view user_id{};  ///< Superseded by the tag mlflow.user.
};

struct delete_run {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/delete", repeat::idempotent};
  using response = void;
  std::string_view run_id;
};

struct get_run {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/runs/get", repeat::safe};
  struct response {
    mlflow::run run;
  };
  std::string_view run_id;
  std::string_view run_uuid{};  ///< run_id under its old name.
};

struct restore_run {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/restore", repeat::idempotent};
  using response = void;
  std::string_view run_id;
};

/// A filter is comparisons joined by AND:
///     metrics.loss < 0.5 AND params."learning rate" = '0.1' AND tags.mlflow.runName LIKE 'b%'
/// Names begin with metrics., params., tags. or attributes.; keys with spaces or signs stand in
/// backticks or double quotes. Metrics and times compare with numbers by =, !=, <, <=, >, >=; the
/// rest with quoted strings by =, !=, LIKE (% and _), ILIKE. A bad filter is
/// INVALID_PARAMETER_VALUE.
struct search_runs {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/search", repeat::safe,
                               lane::normal, "mlflow-search"};
  struct response {
    std::vector<run> runs;
    std::string next_page_token;
  };
  std::span<std::string_view const> experiment_ids{};
  std::string_view filter{};
  std::optional<std::int32_t> max_results{};  ///< At most 50,000; default 1000.
  /// Such as "metrics.loss ASC"; ties go by start_time, latest first, then by run_id.
  std::span<std::string_view const> order_by{};
  std::string_view page_token{};
  std::optional<mlflow::view_type> run_view_type{};  ///< Default: active_only.
};

struct update_run {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/update", repeat::idempotent};
  struct response {
    mlflow::run_info run_info;
  };
  std::string_view run_id;
  std::optional<run_status> status{};
  std::optional<timestamp> end_time{};
  std::string_view run_name{};
  std::string_view run_uuid{};  ///< run_id under its old name.
};

// What runs hold. Only active runs take more.

/// The tag must be there.
struct delete_tag {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/delete-tag", repeat::idempotent};
  using response = void;
  std::string_view run_id;
  std::string_view key;
};

/// Every point of a metric, in the order of their times.
struct get_history {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/metrics/get-history", repeat::safe};
  struct response {
    std::vector<metric> metrics;
    std::string next_page_token;
  };
  std::string_view run_id;
  std::string_view metric_key;
  /// Default: all, or 25,000 when paging. An MLflow server of 3.4 to 3.13 gives no points when it
  /// is not said.
  std::optional<std::int32_t> max_results{};
  std::string_view page_token{};
  std::string_view run_uuid{};  ///< run_id under its old name.
};

struct list_artifacts {
  static constexpr endpoint at{verb::get, "/api/2.0/mlflow/artifacts/list", repeat::safe};
  struct response {
    std::string root_uri;
    std::vector<file_info> files;
    std::string next_page_token;
  };
  std::string_view run_id;
  std::string_view path{};  ///< Relative to the root; one level of this directory.
  std::string_view page_token{};
  std::string_view run_uuid{};  ///< run_id under its old name.
};

/// Logs many values in one request of at most 1 MB: 1000 metrics, 100 params and 100 tags, 1000 in
/// all; keys of at most 250 characters. After an error some of it may have been written. Metrics
/// are appended, so an attempt whose answer was lost is not repeated.
struct log_batch {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/log-batch", repeat::not_idempotent,
                               lane::normal, "mlflow-log-batch"};
  using response = void;
  std::string_view run_id;
  std::span<metric const> metrics{};
  std::span<param const> params{};  ///< Values of at most 6000 characters (formerly 250).
  std::span<tag const> tags{};
};

/// Appends one point. Repeating would append it twice.
struct log_metric {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/log-metric",
                               repeat::not_idempotent};
  using response = void;
  std::string_view run_id;
  std::string_view key;
  double value = 0;  ///< May be NaN or infinite.
  kiln::timestamp timestamp{};
  std::optional<std::int64_t> step{};  ///< Default: 0.
  std::string_view model_id{};
  std::string_view dataset_name{};
  std::string_view dataset_digest{};
  std::string_view run_uuid{};  ///< run_id under its old name.
};

/// Records that the run has logged a model.
struct log_model {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/log-model", repeat::idempotent};
  using response = void;
  std::string_view run_id;
  std::string_view model_json;  ///< The MLmodel file, as JSON text.
};

/// Params never change: the same value again is fine, another is INVALID_PARAMETER_VALUE.
struct log_param {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/log-parameter",
                               repeat::idempotent};
  using response = void;
  std::string_view run_id;
  std::string_view key;         ///< At most 250 bytes.
  std::string_view value;       ///< At most 6000 bytes (formerly 500).
  std::string_view run_uuid{};  ///< run_id under its old name.
};

/// The last value stays.
struct set_tag {
  static constexpr endpoint at{verb::post, "/api/2.0/mlflow/runs/set-tag", repeat::idempotent};
  using response = void;
  std::string_view run_id;
  std::string_view key;         ///< At most 250 bytes.
  std::string_view value;       ///< At most 8000 bytes on an MLflow server, 64 KiB on a workspace.
  std::string_view run_uuid{};  ///< run_id under its old name.
};

/// What workspace::mlflow() gives. A cheap copy of a shared handle; calls from any thread. Requests
/// are encoded before a method returns, so views in them need live no longer than the call
/// expression. In listings, `limit` is the number of items over all pages, 0 for all.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<mlflow::create_experiment::response> create_experiment(
      mlflow::create_experiment const& r, call_options const& options = {}) const;
  task<void> delete_experiment(mlflow::delete_experiment const& r,
                               call_options const& options = {}) const;
  task<mlflow::get_by_name::response> get_by_name(mlflow::get_by_name const& r,
                                                  call_options const& options = {}) const;
  task<mlflow::get_experiment::response> get_experiment(mlflow::get_experiment const& r,
                                                        call_options const& options = {}) const;
  task<mlflow::list_experiments::response> list_experiments(mlflow::list_experiments const& r = {},
                                                            call_options const& options = {}) const;
  pages<experiment> list_experiments_pages(mlflow::list_experiments const& r = {},
                                           std::int64_t limit = 0,
                                           call_options const& options = {}) const;
  task<std::vector<experiment>> list_experiments_all(mlflow::list_experiments const& r = {},
                                                     std::int64_t limit = 0,
                                                     call_options const& options = {}) const;
  task<void> restore_experiment(mlflow::restore_experiment const& r,
                                call_options const& options = {}) const;
  task<mlflow::search_experiments::response> search_experiments(
      mlflow::search_experiments const& r = {}, call_options const& options = {}) const;
  pages<experiment> search_experiments_pages(mlflow::search_experiments const& r = {},
                                             std::int64_t limit = 0,
                                             call_options const& options = {}) const;
  task<std::vector<experiment>> search_experiments_all(mlflow::search_experiments const& r = {},
                                                       std::int64_t limit = 0,
                                                       call_options const& options = {}) const;
  task<void> set_experiment_tag(mlflow::set_experiment_tag const& r,
                                call_options const& options = {}) const;
  task<void> update_experiment(mlflow::update_experiment const& r,
                               call_options const& options = {}) const;

  task<mlflow::create_run::response> create_run(mlflow::create_run const& r,
                                                call_options const& options = {}) const;
  task<void> delete_run(mlflow::delete_run const& r, call_options const& options = {}) const;
  task<mlflow::get_run::response> get_run(mlflow::get_run const& r,
                                          call_options const& options = {}) const;
  task<void> restore_run(mlflow::restore_run const& r, call_options const& options = {}) const;
  task<mlflow::search_runs::response> search_runs(mlflow::search_runs const& r,
                                                  call_options const& options = {}) const;
  pages<run> search_runs_pages(mlflow::search_runs const& r, std::int64_t limit = 0,
                               call_options const& options = {}) const;
  task<std::vector<run>> search_runs_all(mlflow::search_runs const& r, std::int64_t limit = 0,
                                         call_options const& options = {}) const;
  task<mlflow::update_run::response> update_run(mlflow::update_run const& r,
                                                call_options const& options = {}) const;

  task<void> delete_tag(mlflow::delete_tag const& r, call_options const& options = {}) const;
  task<mlflow::get_history::response> get_history(mlflow::get_history const& r,
                                                  call_options const& options = {}) const;
  pages<metric> get_history_pages(mlflow::get_history const& r, std::int64_t limit = 0,
                                  call_options const& options = {}) const;
  task<std::vector<metric>> get_history_all(mlflow::get_history const& r, std::int64_t limit = 0,
                                            call_options const& options = {}) const;
  task<mlflow::list_artifacts::response> list_artifacts(mlflow::list_artifacts const& r,
                                                        call_options const& options = {}) const;
  pages<file_info> list_artifacts_pages(mlflow::list_artifacts const& r, std::int64_t limit = 0,
                                        call_options const& options = {}) const;
  task<std::vector<file_info>> list_artifacts_all(mlflow::list_artifacts const& r,
                                                  std::int64_t limit = 0,
                                                  call_options const& options = {}) const;
  task<void> log_batch(mlflow::log_batch const& r, call_options const& options = {}) const;
  task<void> log_metric(mlflow::log_metric const& r, call_options const& options = {}) const;
  task<void> log_model(mlflow::log_model const& r, call_options const& options = {}) const;
  task<void> log_param(mlflow::log_param const& r, call_options const& options = {}) const;
  task<void> set_tag(mlflow::set_tag const& r, call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace mlflow
}  // namespace kiln
