#include "services/jobs_type_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct jobs_type_fields : testing::Test {};

using job_structs = testing::Types<
    jobs::notebook_task, jobs::spark_jar_task, jobs::spark_python_task, jobs::spark_submit_task,
    jobs::python_wheel_task, jobs::pipeline_task, jobs::dbt_task, jobs::sql_task_subscription,
    jobs::sql_task_alert, jobs::sql_task_dashboard, jobs::sql_task_file, jobs::sql_task_query,
    jobs::sql_task, jobs::condition_task, jobs::for_each_task_run_stats,
    jobs::for_each_error_message_stats, jobs::for_each_stats, jobs::for_each_task,
    jobs::pipeline_params, jobs::run_parameters, jobs::task_dependency, jobs::health_rule,
    jobs::health_rules, jobs::email_notifications, jobs::webhook, jobs::webhook_notifications,
    jobs::job_notification_settings, jobs::task_notification_settings, jobs::task,
    jobs::job_cluster, jobs::job_environment, jobs::git_snapshot, jobs::job_source,
    jobs::git_source, jobs::cron_schedule, jobs::continuous, jobs::file_arrival_trigger,
    jobs::periodic_trigger, jobs::table_update_trigger, jobs::trigger_settings,
    jobs::queue_settings, jobs::job_parameter_definition, jobs::job_run_as, jobs::job_deployment,
    jobs::access_control_request, jobs::job_settings>;
TYPED_TEST_SUITE(jobs_type_fields, job_structs);

TYPED_TEST(jobs_type_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

TEST(jobs_types, of_a_derived_struct_are_those_of_its_base_and_its_own) {
  EXPECT_EQ(field_count<jobs::run_job_task>(), field_count<jobs::run_parameters>() + 2);
}

}  // namespace
}  // namespace kiln
