#pragma once

#include "core/random.hpp"
#include "emulator/mlflow_search.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// MLflow tracking: experiments and their runs, under the rules of an MLflow tracking server. No
// I/O and no clock.
namespace kiln::emulation {

using text_map = std::map<std::string, std::string>;
using key_values = std::vector<std::pair<std::string, std::string>>;

struct mlflow_experiment {
  std::int64_t id = 0;
  std::string name;
  std::string artifact_location;
  bool deleted = false;
  std::int64_t creation_time = 0;
  std::int64_t last_update_time = 0;
  text_map tags;
};

struct mlflow_point {
  double value = 0;
  std::int64_t timestamp = 0;
  std::int64_t step = 0;
};
struct mlflow_metric {
  std::string key;
  mlflow_point point;
};

struct mlflow_run {
  std::string id;
  std::string name;
  std::int64_t experiment = 0;
  std::string user;
  std::string status = "RUNNING";
  std::int64_t start_time = 0;
  std::optional<std::int64_t> end_time;
  bool deleted = false;
  /// Points of each metric, in the order of time, step and value.
  std::map<std::string, std::vector<mlflow_point>> metrics;
  text_map params;
  text_map tags;

  /// Of the greatest step, then time, then value.
  [[nodiscard]] mlflow_point const& latest(std::vector<mlflow_point> const& of) const;
};

struct mlflow_limits {
  static constexpr std::size_t metrics_max = 1000;  ///< In a batch, as the next four.
  static constexpr std::size_t params_max = 100;
  static constexpr std::size_t tags_max = 100;
  static constexpr std::size_t entities_max = 1000;
  static constexpr std::size_t batch_bytes_max = 1'048'576;
  static constexpr std::size_t key_max = 250;  ///< Characters, as all below.
  static constexpr std::size_t param_value_max = 6000;
  static constexpr std::size_t tag_value_max = 65'536;
  static constexpr std::size_t experiment_name_max = 500;
  static constexpr std::int64_t runs_page_max = 50'000;
  static constexpr std::int64_t runs_page_default = 1000;
  static constexpr std::int64_t experiments_page_max = 3000;
  static constexpr std::int64_t experiments_page_default = 1000;
  static constexpr std::int64_t points_page_max = 25'000;
  static constexpr std::size_t experiments_max = 100'000;
  static constexpr std::size_t runs_max = 1'000'000;
};

/// Which life-cycle stages a caller wants to see.
enum class mlflow_view : std::uint8_t { active, deleted, all };
outcome<mlflow_view> mlflow_view_of(std::string_view text);

/// Letters, digits and _-./: and blanks; no path that another name stands for too.
outcome<void> check_mlflow_key(std::string_view what, std::string_view key);
outcome<void> check_mlflow_length(std::string_view what, std::string_view text, std::size_t most);
/// 1 to `most`.
outcome<std::size_t> check_mlflow_page(std::int64_t size, std::int64_t most);

class mlflow_state {
 public:
  explicit mlflow_state(std::uint64_t seed);

  // Experiments. Pointers are valid until the next change.
  outcome<std::int64_t> create_experiment(std::string name, std::string location,
                                          key_values const& tags, std::int64_t now);
  outcome<mlflow_experiment const*> experiment(std::string_view id) const;
  outcome<mlflow_experiment const*> experiment_named(std::string_view name) const;
  outcome<void> delete_experiment(std::string_view id, std::int64_t now);
  outcome<void> restore_experiment(std::string_view id, std::int64_t now);
  outcome<void> rename_experiment(std::string_view id, std::string name, std::int64_t now);
  outcome<void> tag_experiment(std::string_view id, std::string key, std::string value,
                               std::int64_t now);
  outcome<std::vector<mlflow_experiment const*>> search_experiments(
      std::string_view filter, std::vector<std::string> const& order_by, mlflow_view view) const;

  // Runs
  struct new_run {
    std::string experiment_id;
    std::string name;
    std::string user;
    std::int64_t start_time = 0;  ///< That of MLflow, too, when nobody says when.
    key_values tags;
  };
  outcome<mlflow_run const*> create_run(new_run from);
  outcome<mlflow_run const*> run(std::string_view id) const;
  outcome<void> set_deleted(std::string_view run, bool deleted);
  struct run_update {
    std::string status;  ///< Empty: as it is, as the next two.
    std::optional<std::int64_t> end_time;
    std::string name;
  };
  outcome<mlflow_run const*> update_run(std::string_view id, run_update const& to);
  outcome<std::vector<mlflow_run const*>> search_runs(std::vector<std::string> const& experiments,
                                                      std::string_view filter,
                                                      std::vector<std::string> const& order_by,
                                                      mlflow_view view) const;

  // What runs hold
  struct batch {
    std::vector<mlflow_metric> metrics;
    key_values params;
    key_values tags;
  };
  /// All of it or, on an error, nothing.
  outcome<void> log(std::string_view run, batch const& what);
  outcome<void> delete_tag(std::string_view run, std::string const& key);
  outcome<void> log_model(std::string_view run, std::string_view model_json);
  /// Empty when the run has no such metric.
  outcome<std::vector<mlflow_point> const*> history(std::string_view run,
                                                    std::string const& key) const;

  [[nodiscard]] std::string artifact_uri(mlflow_run const& of) const;
  /// Only the experiment "Default" is left.
  void clear();

 private:
  outcome<mlflow_experiment*> find_experiment(std::string_view id, mlflow_view view);
  outcome<mlflow_run*> active_run(std::string_view id);
  std::string random_name();

  random_source random_;
  std::map<std::int64_t, mlflow_experiment> experiments_;
  std::map<std::string, mlflow_run, std::less<>> runs_;
  std::int64_t last_experiment_ = 0;
};

}  // namespace kiln::emulation
