#include "services/jobs_run_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct jobs_run_fields : testing::Test {};

using run_structs = testing::Types<
    jobs::run_state, jobs::trigger_info, jobs::cluster_instance, jobs::cluster_spec,
    jobs::job_parameter, jobs::resolved_values, jobs::resolved_values::condition,
    jobs::resolved_values::dbt, jobs::resolved_values::notebook, jobs::resolved_values::pairs,
    jobs::resolved_values::python_wheel, jobs::resolved_values::run_job,
    jobs::resolved_values::strings, jobs::run_task, jobs::repair_history_item, jobs::run,
    jobs::notebook_output, jobs::dbt_output, jobs::run_job_output, jobs::sql_statement_output,
    jobs::sql_alert_output, jobs::sql_output_error, jobs::sql_dashboard_widget_output,
    jobs::sql_dashboard_output, jobs::sql_query_output, jobs::sql_output, jobs::view_item>;
TYPED_TEST_SUITE(jobs_run_fields, run_structs);

TYPED_TEST(jobs_run_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

jobs::run_state in(jobs::run_life_cycle_state at) {
  jobs::run_state out;
  out.life_cycle_state = at;
  return out;
}

TEST(run_states, three_are_final_and_what_is_not_known_is_not) {
  using enum jobs::run_life_cycle_state;
  for (auto const at : {terminated, skipped, internal_error}) EXPECT_TRUE(is_final(in(at)));
  for (auto const at : {blocked, pending, queued, running, terminating, waiting_for_retry}) {
    EXPECT_FALSE(is_final(in(at)));
  }
  jobs::run_state later;
  EXPECT_FALSE(is_final(later)) << "nothing was said";
  later.life_cycle_state = open_enum<jobs::run_life_cycle_state>("ARCHIVED");
  EXPECT_FALSE(is_final(later));
}

TEST(run_states, success_needs_an_end_and_the_result) {
  auto state = in(jobs::run_life_cycle_state::terminated);
  EXPECT_FALSE(is_success(state));
  state.result_state = jobs::run_result_state::success;
  EXPECT_TRUE(is_success(state));
  state.life_cycle_state = jobs::run_life_cycle_state::terminating;
  EXPECT_FALSE(is_success(state)) << "it may still fail in its cleanup";
  state.life_cycle_state = jobs::run_life_cycle_state::terminated;
  state.result_state = jobs::run_result_state::success_with_failures;
  EXPECT_FALSE(is_success(state));
}

}  // namespace
}  // namespace kiln
