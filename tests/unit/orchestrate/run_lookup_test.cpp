#include "orchestrate/run_lookup.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace kiln::runs {
namespace {

using found_runs = std::vector<std::pair<std::size_t, std::int64_t>>;

constexpr timestamp then{std::chrono::hours(450'000)};

run_request request(run_row const& row) {
  auto made = make_request(row, "", 0);
  EXPECT_TRUE(made.has_value()) << made.error();
  return *made;
}

seen_run run_named(std::int64_t id, std::string name, timestamp at = then) {
  seen_run out;
  out.run_id = id;
  out.run_name = std::move(name);
  out.start_time = at;
  return out;
}

TEST(run_lookup, finds_one_time_runs_by_the_key_in_their_names) {
  run_row row;
  row.key = "k-1";
  row.document = R"({"run_name":"train kiln: it"})";
  auto const what = request(row);
  EXPECT_EQ(marked_name(what.name, what.key), "train kiln: it kiln:k-1");
  run_lookup lookup([](std::int64_t id) { return id == 3; });
  lookup.add(what, {7, then, {5}});
  ASSERT_EQ(lookup.places().size(), 1U);
  auto const place = lookup.places().front();
  auto const marked = marked_name("any", "k-1");
  std::vector<seen_run> const page{run_named(2, "any kiln:k-12"), run_named(3, marked),
                                   run_named(5, marked), run_named(4, marked)};
  EXPECT_FALSE(lookup.take(place, page)) << "all are found";
  EXPECT_EQ(lookup.found(), (found_runs{{7, 4}})) << "3 is another row's, 5 an earlier run";
}

TEST(run_lookup, stops_where_runs_are_older_than_the_submission) {
  run_row row;
  row.document = "{}";
  run_lookup lookup([](std::int64_t) { return false; });
  lookup.add(request(row), {0, then, {}});
  auto const place = lookup.places().front();
  EXPECT_TRUE(lookup.take(place, std::vector{run_named(9, "x"), run_named(8, "y", timestamp())}))
      << "a run that is queued has no time yet";
  EXPECT_FALSE(lookup.take(place, std::vector{run_named(7, "x", then - std::chrono::hours(1))}));
  EXPECT_TRUE(lookup.found().empty());
}

TEST(run_lookup, takes_a_run_of_a_job_with_the_same_parameters_whether_or_not_it_has_ended) {
  run_row row;
  row.call = run_call::now;
  row.document = R"({"job_id":12,"notebook_params":{"b":"2","a":"1"}})";
  auto run = run_named(50, "nightly");
  run.overriding_parameters.text = R"({"notebook_params":{"a":"1","b":"2"}})";
  auto const result_of = [&row](seen_run const& seen) {
    run_lookup lookup([](std::int64_t) { return false; });
    lookup.add(request(row), {0, then, {}});
    EXPECT_EQ(lookup.places().front().job_id, 12);
    (void)lookup.take(lookup.places().front(), std::vector{seen});
    return lookup.found().size();
  };
  EXPECT_EQ(result_of(run), 1U) << "it may end before its token proves whose it is";
  run.state.life_cycle_state = jobs::run_life_cycle_state::terminated;
  EXPECT_EQ(result_of(run), 1U);
  run.overriding_parameters.text = R"({"notebook_params":{"a":"1","b":"3"}})";
  EXPECT_EQ(result_of(run), 0U);
}

TEST(run_request, refuses_rows_that_can_not_work_and_says_which) {
  auto const why = [](run_row const& row) {
    auto const made = make_request(row, "", 4);
    return made.has_error() ? made.error().message() : std::string("good");
  };
  run_row row;
  row.name = "n";
  row.document = "[1]";
  EXPECT_NE(why(row).find("row 5 ('n'): "), std::string::npos) << why(row);
  row.document = R"({"a":1,"a":2})";
  EXPECT_NE(why(row).find("stands twice"), std::string::npos) << why(row);
  row.document = "{}";
  EXPECT_EQ(why(row), "good");
  row.call = run_call::now;
  EXPECT_NE(why(row).find("no job_id"), std::string::npos) << why(row);
  row.document = R"({"job_id":-3})";
  EXPECT_NE(why(row).find("above 0"), std::string::npos) << why(row);
  row.call = run_call::submit;
  row.key = "has space";
  EXPECT_NE(why(row).find("has other characters"), std::string::npos) << why(row);
  row.key = std::string(49, 'k');
  EXPECT_NE(why(row).find("more than 48"), std::string::npos) << why(row);
}

TEST(run_request, another_content_salt_or_call_is_another_key_and_another_attempt_another_token) {
  run_row row;
  row.document = R"({ "a" : 1 })";
  auto const key = request(row).key;
  EXPECT_EQ(key.size(), 32U);
  row.document = R"({"a":1})";
  EXPECT_EQ(request(row).key, key) << "white space is no content";
  EXPECT_NE(make_request(row, "again", 0)->key, key);
  row.call = run_call::submit_20;
  EXPECT_NE(request(row).key, key);
  auto const what = request(row);
  auto const first = call_for(what, 1, lane::bulk);
  auto const third = call_for(what, 3, lane::bulk);
  EXPECT_NE(first.message.body.find("\"idempotency_token\":\"" + what.key + "\""),
            std::string::npos);
  EXPECT_NE(third.message.body.find("\"idempotency_token\":\"" + what.key + "-3\""),
            std::string::npos);
  EXPECT_EQ(first.repeats, repeat::not_idempotent);
}

}  // namespace
}  // namespace kiln::runs
