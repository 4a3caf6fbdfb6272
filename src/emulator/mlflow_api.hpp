#pragma once

#include "emulator/mlflow_state.hpp"
#include "emulator/service.hpp"

namespace kiln::emulation {

/// MLflow tracking below /api/2.0/mlflow/.
class mlflow_api final : public routed_service<mlflow_api> {
 public:
  explicit mlflow_api(std::uint64_t seed) : state_(seed) {}
  static std::span<route const> routes();
  api_reply handle(api_request const& request, moment now) override;
  void clear() override { state_.clear(); }

 private:
  using reply = outcome<boost::json::object>;
  reply create_experiment(parameters const& in, moment now);
  reply delete_experiment(parameters const& in, moment now);
  reply get_by_name(parameters const& in, moment now);
  reply get_experiment(parameters const& in, moment now);
  reply list_experiments(parameters const& in, moment now);
  reply restore_experiment(parameters const& in, moment now);
  reply search_experiments(parameters const& in, moment now);
  reply set_experiment_tag(parameters const& in, moment now);
  reply update_experiment(parameters const& in, moment now);

  reply create_run(parameters const& in, moment now);
  reply delete_run(parameters const& in, moment now);
  reply get_run(parameters const& in, moment now);
  reply restore_run(parameters const& in, moment now);
  reply search_runs(parameters const& in, moment now);
  reply update_run(parameters const& in, moment now);

  reply delete_tag(parameters const& in, moment now);
  reply get_history(parameters const& in, moment now);
  reply list_artifacts(parameters const& in, moment now);
  reply log_batch(parameters const& in, moment now);
  reply log_metric(parameters const& in, moment now);
  reply log_model(parameters const& in, moment now);
  reply log_param(parameters const& in, moment now);
  reply set_tag(parameters const& in, moment now);

  reply found_experiments(parameters const& in, std::string const& filter,
                          std::vector<std::string> const& order_by) const;
  [[nodiscard]] boost::json::object shown(mlflow_run const& run) const;
  [[nodiscard]] boost::json::object info_of(mlflow_run const& run) const;

  mlflow_state state_;
};

/// Lists of {"key":…,"value":…}, as MLflow has tags and params, to pairs and back.
outcome<key_values> mlflow_pairs(parameters const& in, std::string_view name);
boost::json::array mlflow_pairs(text_map const& all);

/// The page of `count` things that max_results (`other` if absent) and page_token ask for.
outcome<page_bounds> mlflow_page(parameters const& in, std::size_t count, std::int64_t other,
                                 std::int64_t most);

}  // namespace kiln::emulation
