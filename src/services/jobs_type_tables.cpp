#include "services/jobs_type_fields.hpp"

// The tables of what jobs and runs are made of.
namespace kiln {

template type_info const& type_of<jobs::access_control_request>();
template type_info const& type_of<jobs::condition_task>();
template type_info const& type_of<jobs::cron_schedule>();
template type_info const& type_of<jobs::dbt_task>();
template type_info const& type_of<jobs::email_notifications>();
template type_info const& type_of<jobs::for_each_task>();
template type_info const& type_of<jobs::git_source>();
template type_info const& type_of<jobs::health_rules>();
template type_info const& type_of<jobs::job_cluster>();
template type_info const& type_of<jobs::job_environment>();
template type_info const& type_of<jobs::notebook_task>();
template type_info const& type_of<jobs::pipeline_task>();
template type_info const& type_of<jobs::python_wheel_task>();
template type_info const& type_of<jobs::run_job_task>();
template type_info const& type_of<jobs::run_parameters>();
template type_info const& type_of<jobs::spark_jar_task>();
template type_info const& type_of<jobs::spark_python_task>();
template type_info const& type_of<jobs::spark_submit_task>();
template type_info const& type_of<jobs::sql_task>();
template type_info const& type_of<jobs::task>();
template type_info const& type_of<jobs::task_dependency>();
template type_info const& type_of<jobs::task_notification_settings>();
template type_info const& type_of<jobs::webhook_notifications>();

}  // namespace kiln
