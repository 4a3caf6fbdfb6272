// Jobs and runs that API 2.2 tells in pages, put together again.
#include "unit/client/scripted_engine.hpp"

#include <kiln/services/jobs.hpp>

namespace kiln {
namespace {

struct jobs_whole : client_tests::scripted_engine {
  jobs::service api{make()};
  call_options const in_2_2{.api_version = "2.2"};

  void give(std::string body) { wire->answer(client_tests::response(200, std::move(body))); }
  template <class List, class Member>
  static std::string joined(List const& list, Member member) {
    std::string out;
    for (auto const& each : list) out += each.*member;
    return out;
  }
};

TEST_F(jobs_whole, a_job_has_the_lists_of_all_pages_and_the_rest_of_the_first) {
  give(R"({"job_id":5,"has_more":true,"next_page_token":"n/1","settings":{"name":"first",)"
       R"("tasks":[{"task_key":"a"},{"task_key":"b"}],"job_clusters":[{"job_cluster_key":"x"}],)"
       R"("tags":{"k":"v"}}})");
  give(R"({"job_id":5,"has_more":true,"next_page_token":"n2","settings":{"name":"second",)"
       R"("tasks":[{"task_key":"c"}],"parameters":[{"name":"p"}],"tags":{"k":"v"}}})");
  give(R"({"job_id":5,"has_more":false,"settings":{"name":"third",)"
       R"("tasks":[{"task_key":"d"}],"environments":[{"environment_key":"e"}]}})");
  auto const whole = world.run(api.get_whole({.job_id = 5}, in_2_2));
  ASSERT_TRUE(whole) << whole.error();
  EXPECT_EQ(whole->settings.name, "first");
  EXPECT_EQ(joined(whole->settings.tasks, &jobs::task::task_key), "abcd");
  EXPECT_EQ(joined(whole->settings.job_clusters, &jobs::job_cluster::job_cluster_key), "x");
  EXPECT_EQ(joined(whole->settings.parameters, &jobs::job_parameter_definition::name), "p");
  EXPECT_EQ(joined(whole->settings.environments, &jobs::job_environment::environment_key), "e");
  EXPECT_FALSE(whole->has_more);
  EXPECT_EQ(whole->next_page_token, "");
  ASSERT_EQ(wire->seen.size(), 3U);
  EXPECT_EQ(wire->seen[1].target, "/api/2.2/jobs/get?job_id=5&page_token=n%2F1");
  EXPECT_EQ(wire->seen[2].target, "/api/2.2/jobs/get?job_id=5&page_token=n2");
}

TEST_F(jobs_whole, a_run_has_the_tasks_clusters_parameters_and_repairs_of_all_pages) {
  give(R"({"run_id":7,"next_page_token":"2","tasks":[{"task_key":"a"}],"job_parameters":)"
       R"([{"name":"p"}],"job_clusters":[{"job_cluster_key":"x"}],"repair_history":[{"id":0}]})");
  give(R"({"run_id":7,"tasks":[{"task_key":"b"}],"job_parameters":[{"name":"q"}],)"
       R"("job_clusters":[{"job_cluster_key":"y"}],"repair_history":[{"id":1}]})");
  auto const whole = world.run(api.runs_get_whole({.run_id = 7, .include_history = true}, in_2_2));
  ASSERT_TRUE(whole) << whole.error();
  EXPECT_EQ(joined(whole->tasks, &jobs::run_task::task_key), "ab");
  EXPECT_EQ(joined(whole->job_parameters, &jobs::job_parameter::name), "pq");
  EXPECT_EQ(joined(whole->job_clusters, &jobs::job_cluster::job_cluster_key), "xy");
  EXPECT_EQ(whole->repair_history.size(), 2U);
  EXPECT_EQ(wire->seen.back().target,
            "/api/2.2/jobs/runs/get?run_id=7&include_history=true&page_token=2");
}

TEST_F(jobs_whole, a_run_that_iterates_has_its_one_task_once) {
  give(R"({"run_id":7,"next_page_token":"2","tasks":[{"task_key":"each"}],)"
       R"("iterations":[{"run_id":71},{"run_id":72}]})");
  give(R"({"run_id":7,"tasks":[{"task_key":"each"}],"iterations":[{"run_id":73}]})");
  auto const whole = world.run(api.runs_get_whole({.run_id = 7}, in_2_2));
  ASSERT_TRUE(whole) << whole.error();
  EXPECT_EQ(joined(whole->tasks, &jobs::run_task::task_key), "each");
  ASSERT_EQ(whole->iterations.size(), 3U);
  EXPECT_EQ(whole->iterations[2].run_id, 73);
}

TEST_F(jobs_whole, a_page_that_fails_fails_the_whole) {
  give(R"({"job_id":5,"next_page_token":"2","settings":{"tasks":[{"task_key":"a"}]}})");
  give(R"({"job_id":5,"settings":{"tasks":[{"task_key":1}]}})");
  auto const whole = world.run(api.get_whole({.job_id = 5}, in_2_2));
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code(), errc::decode_failed);
  EXPECT_NE(whole.error().message().find("settings.tasks[0].task_key"), std::string::npos)
      << whole.error();
}

TEST_F(jobs_whole, pages_that_bring_nothing_do_not_go_on_for_ever) {
  constexpr int many = 2'000;
  for (int i = 0; i < many; ++i) {
    give(R"({"job_id":5,"settings":{"name":"n"},"next_page_token":")" + std::to_string(i) + "\"}");
  }
  auto const whole = world.run(api.get_whole({.job_id = 5}, in_2_2));
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code(), errc::decode_failed);
  EXPECT_NE(whole.error().message().find("without an item"), std::string::npos) << whole.error();
  EXPECT_LT(wire->seen.size(), std::size_t{many});
}

}  // namespace
}  // namespace kiln
