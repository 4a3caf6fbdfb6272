#include "emulator/mlflow_search.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace kiln::emulation;

constexpr std::string_view texts[] = {"run_id", "status"};
constexpr std::string_view numbers[] = {"start_time"};
constexpr std::pair<std::string_view, std::string_view> aliases[] = {{"Created", "start_time"}};
constexpr search_grammar runs{texts, numbers, aliases, true, "run_id"};
constexpr std::string_view orders[] = {"status", "changed"};
constexpr search_grammar models{texts, numbers, {}, false, "run_id", orders};

std::string message(std::string_view filter, search_grammar const& by = runs) {
  auto const parsed = parse_filter(filter, by);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().status, 400);
  EXPECT_EQ(parsed.error().code, "INVALID_PARAMETER_VALUE");
  return parsed.error().message;
}
comparison only(std::string_view filter) {
  auto const parsed = parse_filter(filter, runs);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed && parsed->size() == 1 ? parsed->front() : comparison();
}

TEST(mlflow_search, an_empty_filter_asks_for_nothing) {
  for (char const* filter : {"", "  ", "\n\t"}) {
    auto const parsed = parse_filter(filter, runs);
    ASSERT_TRUE(parsed);
    EXPECT_TRUE(parsed->empty());
  }
}

TEST(mlflow_search, names_have_a_kind_and_a_key_in_any_quotes) {
  for (auto const& [filter, what, key] :
       {std::tuple("metrics.a.b_c > 1", searched::metric, "a.b_c"),
        std::tuple("metric.`a b/c-d`>=1", searched::metric, "a b/c-d"),
        std::tuple("params.\"x y\" = 'v'", searched::param, "x y"),
        std::tuple("parameter.x='v'", searched::param, "x"),
        std::tuple("tags.mlflow.runName LIKE 'v%'", searched::tag, "mlflow.runName"),
        std::tuple("attributes.status != \"v\"", searched::attribute, "status"),
        std::tuple("Created < -1.5e3", searched::attribute, "start_time"),
        std::tuple("status iLiKe 'v'", searched::attribute, "status"),
        std::tuple("dataset.digest != 'v'", searched::dataset, "digest"),
        std::tuple("datasets.name NOT IN ('v', 'w')", searched::dataset, "name")}) {
    auto const c = only(filter);
    EXPECT_EQ(c.what, what) << filter;
    EXPECT_EQ(c.key, key) << filter;
  }
}

TEST(mlflow_search, comparisons_are_joined_by_and_in_either_case) {
  auto const parsed =
      parse_filter("metrics.a > 1 AND params.b='x and y' and status = \"it's\"", runs);
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->size(), 3U);
  EXPECT_EQ((*parsed)[0].number, 1);
  EXPECT_EQ((*parsed)[1].texts.at(0), "x and y");
  EXPECT_EQ((*parsed)[2].texts.at(0), "it's");
}

TEST(mlflow_search, an_error_says_what_and_where) {
  for (auto const& [filter, text] :
       {std::pair("metrics.a > 1 OR metrics.b > 2",
                  "Expected AND between comparisons, found 'OR' at character 15"),
        std::pair("metrics.a", "expected a comparator, found the end at character 10"),
        std::pair("metrics.a >", "found the end at character 12"),
        std::pair("metrics.a > 'x'", "found ''' at character 13"),
        std::pair("metrics.a > 1x", "found '1x' at character 13"),
        std::pair("metrics.a > nan", "found 'nan' at character 13"),
        std::pair("metrics.a > +1", "found '+' at character 13"),
        std::pair("metrics.a LIKE 'x'", "Invalid comparator 'LIKE' for a number at character 11"),
        std::pair("params.a > 'x'", "Invalid comparator '>' for a text at character 10"),
        std::pair("params.a = x", "(e.g. 'my-value'), found 'x' at character 12"),
        std::pair("params.a = 'x", "a quote that is not closed at character 12"),
        std::pair("params.a-b = 'x'", "expected a comparator, found '-' at character 9"),
        std::pair("colour.a = 'x'", "Invalid entity type 'colour'"),
        std::pair("datasets.colour = 'x'", "Invalid dataset key 'colour'"),
        std::pair("datasets.name > 'x'", "Invalid comparator '>' for a text"),
        std::pair("colour = 'x'",
                  "Invalid attribute key 'colour' specified. Valid keys are "
                  "run_id, status, start_time at character 1"),
        std::pair("= 'x'", "expected a name, found '=' at character 1"),
        std::pair("status IN ('x')", "Invalid comparator 'IN'"),
        std::pair("run_id IN 'x'", "expected '(', found ''' at character 11"),
        std::pair("run_id NOT IN ('x' 'y')", "expected ',' or ')', found ''' at character 20"),
        std::pair("run_id IN ()", "found ')' at character 12"),
        std::pair("status = 'x' AND", "expected a name, found the end")}) {
    EXPECT_NE(message(filter).find(text), std::string::npos) << filter << ": " << message(filter);
  }
  EXPECT_NE(message("metrics.a > 1", models).find("Invalid entity type 'metrics'"),
            std::string::npos);
  EXPECT_EQ(message("tags.a = 'x'", models), "");
}

TEST(mlflow_search, what_is_no_run_goes_by_attributes_and_tags) {
  for (char const* filter : {"tag.a = 'x'", "tags.a = 'x'", "attribute.status = 'x'",
                             "start_time > 1", "run_id IN ('a')"}) {
    EXPECT_EQ(message(filter, models), "") << filter;
  }
  for (char const* filter : {"attributes.status = 'x'", "run.status = 'x'", "params.a = 'x'",
                             "changed > 1", "run_id NOT IN ('a')", "datasets.name = 'x'"}) {
    EXPECT_NE(message(filter, models), "") << filter;
  }
  for (char const* clause : {"changed", "status DESC", "attribute.changed ASC"}) {
    EXPECT_TRUE(parse_order(clause, models)) << clause;
  }
  for (char const* clause : {"run_id", "start_time", "tags.a", "params.a", "attributes.status"}) {
    EXPECT_FALSE(parse_order(clause, models)) << clause;
  }
}

TEST(mlflow_search, like_matches_the_whole_text) {
  auto const like = [](std::string_view text, std::string_view pattern, std::string_view how) {
    return holds(only("status " + std::string(how) + " '" + std::string(pattern) + "'"), text);
  };
  EXPECT_TRUE(like("abc", "abc", "LIKE"));
  EXPECT_FALSE(like("abcd", "abc", "LIKE"));
  EXPECT_TRUE(like("abcd", "abc%", "LIKE"));
  EXPECT_TRUE(like("abc", "%", "LIKE"));
  EXPECT_TRUE(like("", "%%", "LIKE"));
  EXPECT_FALSE(like("", "_", "LIKE"));
  EXPECT_TRUE(like("a.c", "a_c", "LIKE"));
  EXPECT_TRUE(like("aXbXc", "a%b%c", "LIKE"));
  EXPECT_TRUE(like("abbc", "%b_", "LIKE"));
  EXPECT_FALSE(like("ABC", "abc", "LIKE"));
  EXPECT_TRUE(like("ABC", "a_c", "ILIKE"));
  std::string const many(5000, 'a');
  EXPECT_FALSE(like(many, "%a%a%a%a%a%a%b", "LIKE")) << "and in no time";
}

TEST(mlflow_search, lists_hold_what_they_name) {
  auto const in = only("run_id IN ('a', \"b\")");
  EXPECT_TRUE(holds(in, std::string_view("b")));
  EXPECT_FALSE(holds(in, std::string_view("c")));
  auto const not_in = only("run_id NOT  IN ('a')");
  EXPECT_TRUE(holds(not_in, std::string_view("b")));
  EXPECT_FALSE(holds(not_in, std::string_view("a")));
}

TEST(mlflow_search, numbers_compare_as_numbers) {
  for (auto const& [how, less, same, more] :
       {std::tuple("=", false, true, false), std::tuple("!=", true, false, true),
        std::tuple("<", true, false, false), std::tuple("<=", true, true, false),
        std::tuple(">", false, false, true), std::tuple(">=", false, true, true)}) {
    auto const c = only("metrics.a " + std::string(how) + " 10");
    EXPECT_EQ(holds(c, 9.0), less) << how;
    EXPECT_EQ(holds(c, 10.0), same) << how;
    EXPECT_EQ(holds(c, 11.0), more) << how;
  }
}

TEST(mlflow_search, orders_name_a_key_and_a_direction) {
  for (auto const& [clause, what, key, ascending] :
       {std::tuple("metrics.loss DESC", searched::metric, "loss", false),
        std::tuple("params.`a b`", searched::param, "a b", true),
        std::tuple(" start_time asc ", searched::attribute, "start_time", true)}) {
    auto const term = parse_order(clause, runs);
    ASSERT_TRUE(term) << term.error().message;
    EXPECT_EQ(term->what, what);
    EXPECT_EQ(term->key, key);
    EXPECT_EQ(term->ascending, ascending);
  }
  for (char const* clause :
       {"", "metrics.loss UP", "metrics.loss ASC DESC", "colour", "a.b", "datasets.name"}) {
    EXPECT_FALSE(parse_order(clause, runs)) << clause;
  }
}

TEST(mlflow_search, nan_and_nothing_come_last_in_either_direction) {
  order_value one, two, none, nan;
  one.number = 1;
  two.number = 2;
  nan.number = std::numeric_limits<double>::quiet_NaN();
  EXPECT_LT(compare(one, two, true), 0);
  EXPECT_GT(compare(one, two, false), 0);
  for (bool const ascending : {true, false}) {
    EXPECT_LT(compare(two, nan, ascending), 0);
    EXPECT_LT(compare(nan, none, ascending), 0);
    EXPECT_EQ(compare(nan, nan, ascending), 0);
    EXPECT_EQ(compare(none, none, ascending), 0);
  }
}

TEST(mlflow_search, pages_follow_each_other_to_the_end) {
  std::string token;
  std::string seen;
  for (int i = 0; i < 3; ++i) {
    auto const page = page_of(5, token, 2);
    ASSERT_TRUE(page) << page.error().message;
    seen += std::to_string(page->begin) + '-' + std::to_string(page->end) + ' ';
    token = page->next_page_token;
  }
  EXPECT_EQ(seen, "0-2 2-4 4-5 ");
  EXPECT_EQ(token, "");
  EXPECT_EQ(page_of(2, "eyJvZmZzZXQiOiA0fQ==", 2)->begin, 2U) << "what was listed has shrunk";
  for (char const* bad :
       {"?", "AAAA", "eyJvZmZzZXQiOiAteH0=", "eyJvZmZzZXQiOiA0fQ", "eyJvZmZzZXQiOiAwfQ=="}) {
    EXPECT_FALSE(page_of(5, bad, 2)) << bad;
  }
}

}  // namespace
