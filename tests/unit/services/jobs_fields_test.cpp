#include "services/jobs_fields.hpp"

#include "services/jobs20_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct jobs_fields : testing::Test {};

using requests_and_answers = testing::Types<
    jobs::job, jobs::create::response, jobs::delete_, jobs::get, jobs::list, jobs::list::response,
    jobs::reset, jobs::update, jobs::run_now::response, jobs::runs_submit,
    jobs::runs_submit::response, jobs::runs_cancel, jobs::runs_cancel_all, jobs::runs_delete,
    jobs::runs_export, jobs::runs_export::response, jobs::runs_get, jobs::runs_get_output,
    jobs::runs_get_output::response, jobs::runs_list, jobs::runs_list::response,
    jobs::runs_repair::response, jobs20::job_task, jobs20::job, jobs20::create::response,
    jobs20::delete_, jobs20::get, jobs20::list, jobs20::list::response, jobs20::reset,
    jobs20::update, jobs20::run_parameters, jobs20::run_now::response,
    jobs20::runs_submit::response, jobs20::runs_cancel, jobs20::runs_cancel_all,
    jobs20::runs_delete, jobs20::runs_export, jobs20::runs_export::response, jobs20::run,
    jobs20::runs_get, jobs20::runs_get_output, jobs20::runs_get_output::response, jobs20::runs_list,
    jobs20::runs_list::response>;
TYPED_TEST_SUITE(jobs_fields, requests_and_answers);

TYPED_TEST(jobs_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

TEST(jobs_requests, of_a_derived_struct_have_the_fields_of_its_base_and_its_own) {
  EXPECT_EQ(field_count<jobs::create>(), field_count<jobs::job_settings>() + 1);
  EXPECT_EQ(field_count<jobs::run_now>(), field_count<jobs::run_parameters>() + 4);
  EXPECT_EQ(field_count<jobs::runs_repair>(), field_count<jobs::run_parameters>() + 6);
  EXPECT_EQ(field_count<jobs20::job_settings>(), field_count<jobs20::job_task>() + 11);
  EXPECT_EQ(field_count<jobs20::create>(), field_count<jobs20::job_settings>());
  EXPECT_EQ(field_count<jobs20::run_now>(), field_count<jobs20::run_parameters>() + 2);
  EXPECT_EQ(field_count<jobs20::runs_submit>(), field_count<jobs20::job_task>() + 6);
}

}  // namespace
}  // namespace kiln
