#include "client/paging.hpp"
#include "services/mlflow_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/mlflow.hpp>
#include <kiln/workspace.hpp>

#include <array>
#include <utility>

namespace kiln {

mlflow::service workspace::mlflow() const noexcept { return mlflow::service(core_); }

std::span<operation const> mlflow_tracking_operations() {
  constexpr std::string_view here = "mlflow_tracking";
  static constexpr std::array rows{describe<mlflow::create_experiment>(here, "create_experiment"),
                                   describe<mlflow::create_run>(here, "create_run"),
                                   describe<mlflow::delete_experiment>(here, "delete_experiment"),
                                   describe<mlflow::delete_run>(here, "delete_run"),
                                   describe<mlflow::delete_tag>(here, "delete_tag"),
                                   describe<mlflow::get_by_name>(here, "get_by_name"),
                                   describe<mlflow::get_experiment>(here, "get_experiment"),
                                   describe<mlflow::get_history>(here, "get_history"),
                                   describe<mlflow::get_run>(here, "get_run"),
                                   describe<mlflow::list_artifacts>(here, "list_artifacts"),
                                   describe<mlflow::list_experiments>(here, "list_experiments"),
                                   describe<mlflow::log_batch>(here, "log_batch"),
                                   describe<mlflow::log_metric>(here, "log_metric"),
                                   describe<mlflow::log_model>(here, "log_model"),
                                   describe<mlflow::log_param>(here, "log_param"),
                                   describe<mlflow::restore_experiment>(here, "restore_experiment"),
                                   describe<mlflow::restore_run>(here, "restore_run"),
                                   describe<mlflow::search_experiments>(here, "search_experiments"),
                                   describe<mlflow::search_runs>(here, "search_runs"),
                                   describe<mlflow::set_experiment_tag>(here, "set_experiment_tag"),
                                   describe<mlflow::set_tag>(here, "set_tag"),
                                   describe<mlflow::update_experiment>(here, "update_experiment"),
                                   describe<mlflow::update_run>(here, "update_run")};
  return rows;
}

namespace mlflow {

namespace {

/// Items a page: what every server of the API gives.
constexpr auto experiment_pages = by_token("max_results", 1000);

}  // namespace

enum_table spellings(view_type) {
  static constexpr auto words = spell("ACTIVE_ONLY", "DELETED_ONLY", "ALL");
  return words;
}
enum_table spellings(run_status) {
  static constexpr auto words = spell("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED");
  return words;
}

task<create_experiment::response> service::create_experiment(mlflow::create_experiment const& r,
                                                             call_options const& o) const {
  return receive<mlflow::create_experiment::response>(core_, encode(r, o));
}
task<void> service::delete_experiment(mlflow::delete_experiment const& r,
                                      call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<get_by_name::response> service::get_by_name(mlflow::get_by_name const& r,
                                                 call_options const& o) const {
  return receive<mlflow::get_by_name::response>(core_, encode(r, o));
}
task<get_experiment::response> service::get_experiment(mlflow::get_experiment const& r,
                                                       call_options const& o) const {
  return receive<mlflow::get_experiment::response>(core_, encode(r, o));
}
task<list_experiments::response> service::list_experiments(mlflow::list_experiments const& r,
                                                           call_options const& o) const {
  return receive<mlflow::list_experiments::response>(core_, encode(r, o));
}
pages<experiment> service::list_experiments_pages(mlflow::list_experiments const& r,
                                                  std::int64_t limit, call_options const& o) const {
  return paginate<&mlflow::list_experiments::response::experiments>(core_, r, experiment_pages,
                                                                    limit, o);
}
task<std::vector<experiment>> service::list_experiments_all(mlflow::list_experiments const& r,
                                                            std::int64_t limit,
                                                            call_options const& o) const {
  return list_experiments_pages(r, limit, o).all();
}
task<void> service::restore_experiment(mlflow::restore_experiment const& r,
                                       call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<search_experiments::response> service::search_experiments(mlflow::search_experiments const& r,
                                                               call_options const& o) const {
  return receive<mlflow::search_experiments::response>(core_, encode(r, o));
}
pages<experiment> service::search_experiments_pages(mlflow::search_experiments const& r,
                                                    std::int64_t limit,
                                                    call_options const& o) const {
  return paginate<&mlflow::search_experiments::response::experiments>(core_, r, experiment_pages,
                                                                      limit, o);
}
task<std::vector<experiment>> service::search_experiments_all(mlflow::search_experiments const& r,
                                                              std::int64_t limit,
                                                              call_options const& o) const {
  return search_experiments_pages(r, limit, o).all();
}
task<void> service::set_experiment_tag(mlflow::set_experiment_tag const& r,
                                       call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::update_experiment(mlflow::update_experiment const& r,
                                      call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}

}  // namespace mlflow
}  // namespace kiln
