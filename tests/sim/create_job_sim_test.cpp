#include "sim/simulation.hpp"

#include <kiln/create_job.hpp>
#include <kiln/document.hpp>
#include <kiln/services/jobs.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// Jobs that are created once, whatever becomes of the answers.
namespace kiln {
namespace {

using namespace std::chrono_literals;

constexpr char const* job_document =
    R"({"name":"nightly","tags":{"team":"a"},"tasks":[{"task_key":"t",)"
    R"("notebook_task":{"notebook_path":"/n"}}]})";

struct create_job_sim : ::testing::Test {
  test::simulation sim{test::simulation::settings()};

  ~create_job_sim() override { (void)sim.world().run(sim.workspace().close(1s)); }
  result<created_job> make(std::string const& text, std::string const& key) {
    return sim.world().run(create_job(sim.workspace(), text, key));
  }
  std::vector<jobs::job> all() {
    auto listed = sim.world().run(sim.workspace().jobs().list_all());
    EXPECT_TRUE(listed.has_value()) << listed.error();
    return listed ? std::move(*listed) : std::vector<jobs::job>();
  }
  void disturb(emulator_fault::kind what, bool applied, std::uint64_t times = 1,
               std::chrono::milliseconds delay = 0ms) {
    emulator_fault fault;
    fault.route = "/api/2.1/jobs/create";
    fault.what = what;
    fault.after_handler = applied;
    fault.times = times;
    fault.delay = delay;
    sim.emulated().add_fault(fault);
  }
};

TEST_F(create_job_sim, takes_two_requests_and_again_one) {
  auto const first = make(job_document, "k-1");
  ASSERT_TRUE(first.has_value()) << first.error();
  EXPECT_FALSE(first->adopted);
  EXPECT_EQ(sim.emulated().stats().requests, 2U);
  auto const second = make(job_document, "k-1");
  ASSERT_TRUE(second.has_value()) << second.error();
  EXPECT_TRUE(second->adopted);
  EXPECT_EQ(second->job_id, first->job_id);
  EXPECT_EQ(sim.emulated().stats().requests, 3U);
  auto const other = make(job_document, "k-2");
  ASSERT_TRUE(other.has_value()) << other.error();
  EXPECT_FALSE(other->adopted);
  auto const jobs = all();
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[1].settings.tags.at("kiln-key"), "k-1");
  EXPECT_EQ(jobs[1].settings.tags.at("team"), "a");
}

TEST_F(create_job_sim, adopts_the_job_whose_answer_was_lost) {
  disturb(emulator_fault::kind::close, true);
  auto const made = make(job_document, "k");
  ASSERT_TRUE(made.has_value()) << made.error();
  EXPECT_TRUE(made->adopted);
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(create_job_sim, adopts_what_a_slow_server_makes_after_the_client_gave_up) {
  disturb(emulator_fault::kind::delay, false, 1, 100s);
  auto const made = make(job_document, "k");
  ASSERT_TRUE(made.has_value()) << made.error();
  EXPECT_TRUE(made->adopted);
  sim.world().run_for(10min);
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(create_job_sim, sends_again_what_never_came_but_not_before_it_no_longer_can) {
  disturb(emulator_fault::kind::close, false);
  auto const began = sim.world().now();
  auto const made = make(job_document, "k");
  ASSERT_TRUE(made.has_value()) << made.error();
  EXPECT_FALSE(made->adopted);
  workspace_options const limits;
  EXPECT_GE(sim.world().now() - began, 2 * std::min(limits.timeouts.first_byte, limits.deadline));
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(create_job_sim, gives_up_after_a_few_and_says_that_it_stays_open) {
  disturb(emulator_fault::kind::close, false, 99);
  auto const made = make(job_document, "k");
  ASSERT_TRUE(made.has_error());
  EXPECT_TRUE(made.error().may_have_been_applied());
  EXPECT_EQ(sim.emulated().stats().faults_fired, 3U);
  EXPECT_TRUE(all().empty());
}

TEST_F(create_job_sim, of_a_key_that_two_jobs_have_is_a_conflict) {
  for (int i = 0; i < 2; ++i) {
    auto request = members_of(job_document, "the job");
    set_member(*request, "tags", R"({"kiln-key":"k"})");
    ASSERT_TRUE(sim.world().run(call_json(sim.workspace(), jobs::create::at, *request)));
  }
  auto const made = make(job_document, "k");
  ASSERT_TRUE(made.has_error());
  EXPECT_EQ(made.error().code(), errc::conflict);
  EXPECT_EQ(all().size(), 2U);
}

TEST_F(create_job_sim, is_refused_before_anything_is_sent_when_it_could_not_be_found_again) {
  for (char const* text :
       {"{}", "[]", "{", R"({"name":""})", R"({"name":7})", R"({"name":"n","tags":[]})",
        R"({"name":"n","tags":{"kiln-key":"another"}})"}) {
    auto const made = make(text, "k");
    ASSERT_TRUE(made.has_error()) << text;
    EXPECT_EQ(made.error().code(), errc::invalid_argument) << text;
  }
  for (std::string const& key : {std::string(), std::string("a b"), std::string(128, 'k')}) {
    EXPECT_EQ(make(job_document, key).error().code(), errc::invalid_argument) << key;
  }
  EXPECT_EQ(sim.emulated().stats().requests, 0U);
}

}  // namespace
}  // namespace kiln
