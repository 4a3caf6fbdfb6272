#include "client/paging.hpp"
#include "services/mlflow_fields.hpp"

// The operations of runs. Those of experiments, and the list of all, are in mlflow.cpp.
namespace kiln::mlflow {

namespace {

// Items a page: what every server of the API gives. A page is one decoded reply in memory, so of
// runs, which may hold a thousand values each, not all that could be asked for.
constexpr auto run_pages = by_token("max_results", 1000);
constexpr auto point_pages = by_token("max_results", 25'000);
constexpr auto artifact_pages = by_token();

}  // namespace

task<create_run::response> service::create_run(mlflow::create_run const& r,
                                               call_options const& o) const {
  return receive<mlflow::create_run::response>(core_, encode(r, o));
}
task<void> service::delete_run(mlflow::delete_run const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<get_run::response> service::get_run(mlflow::get_run const& r, call_options const& o) const {
  return receive<mlflow::get_run::response>(core_, encode(r, o));
}
task<void> service::restore_run(mlflow::restore_run const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<search_runs::response> service::search_runs(mlflow::search_runs const& r,
                                                 call_options const& o) const {
  return receive<mlflow::search_runs::response>(core_, encode(r, o));
}
pages<run> service::search_runs_pages(mlflow::search_runs const& r, std::int64_t limit,
                                      call_options const& o) const {
  return paginate<&mlflow::search_runs::response::runs>(core_, r, run_pages, limit, o);
}
task<std::vector<run>> service::search_runs_all(mlflow::search_runs const& r, std::int64_t limit,
                                                call_options const& o) const {
  return search_runs_pages(r, limit, o).all();
}
task<update_run::response> service::update_run(mlflow::update_run const& r,
                                               call_options const& o) const {
  return receive<mlflow::update_run::response>(core_, encode(r, o));
}

task<void> service::delete_tag(mlflow::delete_tag const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<get_history::response> service::get_history(mlflow::get_history const& r,
                                                 call_options const& o) const {
  return receive<mlflow::get_history::response>(core_, encode(r, o));
}
pages<metric> service::get_history_pages(mlflow::get_history const& r, std::int64_t limit,
                                         call_options const& o) const {
  return paginate<&mlflow::get_history::response::metrics>(core_, r, point_pages, limit, o);
}
task<std::vector<metric>> service::get_history_all(mlflow::get_history const& r, std::int64_t limit,
                                                   call_options const& o) const {
  return get_history_pages(r, limit, o).all();
}
task<list_artifacts::response> service::list_artifacts(mlflow::list_artifacts const& r,
                                                       call_options const& o) const {
  return receive<mlflow::list_artifacts::response>(core_, encode(r, o));
}
pages<file_info> service::list_artifacts_pages(mlflow::list_artifacts const& r, std::int64_t limit,
                                               call_options const& o) const {
  return paginate<&mlflow::list_artifacts::response::files>(core_, r, artifact_pages, limit, o);
}
task<std::vector<file_info>> service::list_artifacts_all(mlflow::list_artifacts const& r,
                                                         std::int64_t limit,
                                                         call_options const& o) const {
  return list_artifacts_pages(r, limit, o).all();
}
task<void> service::log_batch(mlflow::log_batch const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::log_metric(mlflow::log_metric const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::log_model(mlflow::log_model const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::log_param(mlflow::log_param const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::set_tag(mlflow::set_tag const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}

}  // namespace kiln::mlflow
