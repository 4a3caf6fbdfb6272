#include "services/mlflow_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct mlflow_fields : testing::Test {};

using mlflow_structs = testing::Types<
    mlflow::tag, mlflow::param, mlflow::metric, mlflow::uc_trace_location, mlflow::trace_location,
    mlflow::uc_trace_location_view, mlflow::trace_location_view, mlflow::experiment,
    mlflow::run_info, mlflow::run_data, mlflow::dataset, mlflow::dataset_input, mlflow::model_input,
    mlflow::run_inputs, mlflow::run, mlflow::file_info, mlflow::create_experiment,
    mlflow::create_experiment::response, mlflow::delete_experiment, mlflow::get_by_name,
    mlflow::get_by_name::response, mlflow::get_experiment, mlflow::get_experiment::response,
    mlflow::list_experiments, mlflow::list_experiments::response, mlflow::restore_experiment,
    mlflow::search_experiments, mlflow::search_experiments::response, mlflow::set_experiment_tag,
    mlflow::update_experiment, mlflow::create_run, mlflow::create_run::response, mlflow::delete_run,
    mlflow::get_run, mlflow::get_run::response, mlflow::restore_run, mlflow::search_runs,
    mlflow::search_runs::response, mlflow::update_run, mlflow::update_run::response,
    mlflow::delete_tag, mlflow::get_history, mlflow::get_history::response, mlflow::list_artifacts,
    mlflow::list_artifacts::response, mlflow::log_batch, mlflow::log_metric, mlflow::log_model,
    mlflow::log_param, mlflow::set_tag>;
TYPED_TEST_SUITE(mlflow_fields, mlflow_structs);

TYPED_TEST(mlflow_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

}  // namespace
}  // namespace kiln
