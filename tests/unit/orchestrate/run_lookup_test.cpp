#include "orchestrate/run_lookup.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace kiln::runs {
namespace {

using found_runs = std::vector<std::pair<std::size_t, std::int64_t>>;

constexpr timestamp asked_at{std::chrono::hours(450'000)};

run_request request(run_row const& row) {
  auto made = make_request(row, "", 0);
  EXPECT_TRUE(made.has_value()) << made.error();
  return *made;
}

seen_run run_named(std::int64_t id, std::string name, timestamp at = asked_at) {
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
  lookup.add(what, {7, asked_at, timestamp::max(), {5}, {}});
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
  lookup.add(request(row), {0, asked_at, timestamp::max(), {}, {}});
  auto const place = lookup.places().front();
  EXPECT_TRUE(lookup.take(place, std::vector{run_named(9, "x"), run_named(8, "y", timestamp())}))
      << "a run that is queued has no time yet";
  EXPECT_FALSE(
      lookup.take(place, std::vector{run_named(7, "x", asked_at - std::chrono::hours(1))}));
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
    lookup.add(request(row), {0, asked_at, timestamp::max(), {}, {}});
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

/// Of a job, without parameters.
struct job_lookup {
  explicit job_lookup(lookup_wish wish = {
                          0, asked_at, asked_at + std::chrono::minutes(3), {}, {}}) {
    run_row row;
    row.call = run_call::now;
    row.document = R"({"job_id":12})";
    what.add(request(row), std::move(wish));
  }
  found_runs look(std::vector<seen_run> const& page) {
    more = what.take(what.places().front(), page);
    return what.found();
  }
  run_lookup what{[](std::int64_t) { return false; }};
  bool more = false;
};

TEST(run_lookup, takes_no_run_of_a_job_that_nobody_asked_for_or_somebody_else) {
  lookup_wish wish;
  wish.since = asked_at;
  wish.creator = "me";
  auto const taken = [&wish](std::string trigger, std::string creator) {
    auto run = run_named(5, "nightly");
    run.trigger = std::move(trigger);
    run.creator_user_name = std::move(creator);
    return !job_lookup(wish).look({run}).empty();
  };
  EXPECT_TRUE(taken("ONE_TIME", "me"));
  EXPECT_TRUE(taken("", "")) << "a server that does not say";
  EXPECT_FALSE(taken("PERIODIC", "me"));
  EXPECT_FALSE(taken("RETRY", "me")) << "of a run that is listed as well";
  EXPECT_FALSE(taken("ONE_TIME", "you"));
  wish.creator.clear();
  EXPECT_TRUE(taken("ONE_TIME", "you"));
}

TEST(run_lookup, goes_by_the_servers_clock_for_the_time_in_which_a_run_of_a_job_was_made) {
  using std::chrono::seconds;
  auto const taken = [](seconds ahead, seconds at) {
    job_lookup lookup;
    lookup.what.compare_clocks(asked_at + ahead, asked_at);
    return !lookup.look({run_named(5, "n", asked_at + ahead + at)}).empty();
  };
  for (seconds const ahead : {seconds(0), seconds(7'200), seconds(-7'200)}) {
    EXPECT_TRUE(taken(ahead, seconds(0))) << ahead.count();
    EXPECT_TRUE(taken(ahead, seconds(180))) << ahead.count();
    EXPECT_FALSE(taken(ahead, seconds(-30))) << ahead.count();
    EXPECT_FALSE(taken(ahead, seconds(600))) << ahead.count();
  }
  EXPECT_FALSE(job_lookup().look({run_named(5, "n", asked_at - std::chrono::seconds(30))}).empty())
      << "a server that does not tell the time has more of it";
}

TEST(run_lookup, takes_a_run_of_a_job_that_is_queued_unless_it_is_older_by_its_place) {
  auto const queued = run_named(5, "n", timestamp());
  auto const old = run_named(4, "n", asked_at - std::chrono::hours(1));
  EXPECT_EQ(job_lookup().look({queued, old}), (found_runs{{0, 5}}));
  EXPECT_TRUE(job_lookup().look({old, queued}).empty());
}

TEST(run_lookup, gives_rows_with_the_same_parameters_a_run_each) {
  job_lookup lookup;
  run_row row;
  row.call = run_call::now;
  row.document = R"({"job_id":12})";
  row.key = "other";
  lookup.what.add(request(row), {1, asked_at, timestamp::max(), {}, {}});
  EXPECT_EQ(lookup.look({run_named(9, "n"), run_named(8, "n"), run_named(7, "n")}),
            (found_runs{{0, 9}, {1, 8}}));
  EXPECT_FALSE(lookup.more);
}

TEST(run_lookup, says_when_it_gave_up_before_the_list_was_old_enough) {
  job_lookup lookup;
  auto const place = lookup.what.places().front();
  auto other = run_named(5, "n");
  other.overriding_parameters.text = R"({"notebook_params":{"a":"1"}})";
  for (std::size_t i = 1; i < run_lookup::pages_max; ++i)
    ASSERT_TRUE(lookup.what.take(place, {&other, 1}));
  EXPECT_FALSE(lookup.what.gave_up(place));
  EXPECT_FALSE(lookup.what.take(place, {&other, 1}));
  EXPECT_TRUE(lookup.what.gave_up(place));
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
