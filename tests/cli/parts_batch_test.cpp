#include "cli/batch_line.hpp"
#include "cli/batch_order.hpp"

#include <gtest/gtest.h>

namespace kiln::cli {
namespace {

batch_line parsed(std::string_view text) {
  auto out = parse_batch_line(text, 7);
  auto const* const bad = std::get_if<bad_line>(&out);
  EXPECT_EQ(bad, nullptr) << bad->message;
  return bad == nullptr ? std::get<batch_line>(out) : batch_line();
}

std::string refusal(std::string_view text) {
  auto const out = parse_batch_line(text, 7);
  auto const* const bad = std::get_if<bad_line>(&out);
  return bad != nullptr ? bad->id_json + " " + bad->message : "taken";
}

TEST(batch_line, takes_an_operation_by_name) {
  auto const line = parsed(R"({"id":"a","operation":"clusters/get","request":{"cluster_id":"c"}})");
  EXPECT_EQ(line.method, verb::get);
  EXPECT_EQ(line.path, "/api/2.0/clusters/get");
  EXPECT_EQ(line.request, (json_members{{"cluster_id", "\"c\""}}));
  EXPECT_EQ(line.id, "a");
  EXPECT_EQ(line.id_json, "\"a\"");
}

TEST(batch_line, takes_the_newest_version_of_an_operation_or_the_one_asked_for) {
  EXPECT_EQ(parsed(R"({"operation":"jobs/get"})").path, "/api/2.1/jobs/get");
  EXPECT_EQ(parsed(R"({"operation":"jobs/get","version":"2.0"})").path, "/api/2.0/jobs/get");
}

TEST(batch_line, takes_names_as_paths_have_them) {
  EXPECT_EQ(parsed(R"({"operation":"dbfs/get-status"})").path, "/api/2.0/dbfs/get-status");
  EXPECT_EQ(parsed(R"({"operation":"jobs/runs/submit"})").path, "/api/2.1/jobs/runs/submit");
  EXPECT_EQ(parsed(R"({"operation":"jobs/runs_submit"})").path, "/api/2.1/jobs/runs/submit");
}

TEST(batch_line, takes_verb_and_path) {
  auto const line =
      parsed(R"({"id":9007199254740993,"verb":"post","path":"/api/2.0/x","body":{}})");
  EXPECT_EQ(line.method, verb::post);
  EXPECT_EQ(line.path, "/api/2.0/x");
  EXPECT_EQ(line.id, "9007199254740993");
  EXPECT_EQ(parsed(R"({"path":"/x"})").method, verb::get);
  EXPECT_EQ(parsed(R"({"path":"/x","params":{"n":12345678901234567890}})").request,
            (json_members{{"n", "12345678901234567890"}}));
}

TEST(batch_line, takes_its_number_for_an_id_and_what_it_waits_for) {
  auto const line = parsed(R"({"path":"/x","after":["a",3],"ordered":true,"id":null})");
  EXPECT_EQ(line.id, "7");
  EXPECT_EQ(line.id_json, "7");
  EXPECT_EQ(line.after, (std::vector<std::string>{"a", "3"}));
  EXPECT_EQ(line.chain, std::optional<std::string>(""));
  EXPECT_EQ(parsed(R"({"path":"/x","ordered":"c"})").chain, std::optional<std::string>("c"));
  EXPECT_EQ(parsed(R"({"path":"/x","ordered":false})").chain, std::nullopt);
}

TEST(batch_line, says_what_is_wrong_with_a_line_and_keeps_its_id) {
  EXPECT_EQ(refusal("nonsense").substr(0, 9), "7 line 7:");
  EXPECT_EQ(refusal("[]"), "7 line 7: expected a JSON object");
  EXPECT_EQ(refusal(R"({"id":"x"})"), "\"x\" 'operation', or 'verb' and 'path', are missing");
  EXPECT_EQ(refusal(R"({"id":[1],"path":"/x"})"), "7 'id': expected a text or a number");
  EXPECT_EQ(refusal(R"({"operation":"clusters/gett"})"),
            "7 'operation': kiln knows no 'clusters/gett'; did you mean clusters/get?");
  EXPECT_EQ(
      refusal(R"({"operation":"clusters/get","version":"1.9"})"),
      "7 'operation': kiln knows no 'clusters/get' of version 1.9; kiln api --list has all, as "
      "SERVICE/OPERATION");
  EXPECT_EQ(refusal(R"({"operation":"clusters/get","path":"/x"})"),
            "7 'operation' stands for verb and path: give it, or them, not both");
  EXPECT_EQ(refusal(R"({"verb":"GRAB","path":"/x"})"),
            "7 'verb': 'GRAB' is not one of GET, POST, PUT, PATCH, DELETE, HEAD");
  EXPECT_EQ(refusal(R"({"path":"x"})"),
            "7 'path': 'x' is not /api/... without a query; what a query holds goes to 'request'");
  EXPECT_EQ(refusal(R"({"path":"/x","body":{},"params":{}})"),
            "7 'request', 'params' and 'body' are one thing: give one of them");
  EXPECT_EQ(refusal(R"({"path":"/x","body":[]})"), "7 body: expected a JSON object");
  EXPECT_EQ(refusal(R"({"path":"/x","ordered":1})"),
            "7 'ordered': expected true, false or the name of a chain");
  EXPECT_EQ(refusal(R"({"path":"/x","after":[null]})"), "7 'after': expected a text or a number");
  EXPECT_NE(refusal(R"({"path":"/x","afterr":[]})").find("'afterr' is no part"), std::string::npos);
}

using verdict = batch_order::verdict;

std::string words(std::vector<batch_order::decision> const& all) {
  std::string out;
  for (auto const& one : all) {
    out += (out.empty() ? "" : " ") + std::to_string(one.line);
    if (one.what == verdict::skip) out += " skipped";
    if (one.what == verdict::refuse) out += " refused";
  }
  return out;
}
std::string words(std::optional<batch_order::decision> const& one) {
  return one ? words(std::vector{*one}) : "waits";
}

TEST(batch_order, lets_lines_begin_that_wait_for_nothing) {
  batch_order order;
  EXPECT_EQ(words(order.add(1, "a", {}, {})), "1");
  EXPECT_EQ(words(order.add(2, "b", {}, {})), "2");
  EXPECT_EQ(words(order.ended(1, true)), "");
}

TEST(batch_order, lets_a_line_begin_once_all_it_names_have_succeeded) {
  batch_order order;
  EXPECT_EQ(words(order.add(1, "a", {}, {})), "1");
  EXPECT_EQ(words(order.add(2, "b", {}, {})), "2");
  EXPECT_EQ(words(order.add(3, "c", {"a", "b"}, {})), "waits");
  EXPECT_EQ(words(order.ended(2, true)), "");
  EXPECT_EQ(words(order.ended(1, true)), "3");
  EXPECT_EQ(words(order.add(4, "d", {"a"}, {})), "4");
}

TEST(batch_order, skips_a_line_that_names_one_that_failed_and_those_behind_it) {
  batch_order order;
  EXPECT_EQ(words(order.add(1, "a", {}, {})), "1");
  EXPECT_EQ(words(order.add(2, "b", {"a"}, {})), "waits");
  EXPECT_EQ(words(order.add(3, "c", {"b"}, {})), "waits");
  EXPECT_EQ(words(order.ended(1, false)), "2 skipped");
  EXPECT_EQ(words(order.ended(2, false)), "3 skipped");
  EXPECT_EQ(words(order.add(4, "d", {"a"}, {})), "4 skipped");
}

TEST(batch_order, begins_ordered_lines_one_after_the_other_whatever_becomes_of_them) {
  batch_order order;
  EXPECT_EQ(words(order.add(1, "a", {}, "")), "1");
  EXPECT_EQ(words(order.add(2, "b", {}, "")), "waits");
  EXPECT_EQ(words(order.add(3, "c", {}, "other")), "3");
  EXPECT_EQ(words(order.add(4, "d", {}, {})), "4");
  EXPECT_EQ(words(order.ended(1, false)), "2");
  EXPECT_EQ(words(order.add(5, "e", {}, "")), "waits");
  EXPECT_EQ(words(order.ended(2, true)), "5");
  EXPECT_EQ(words(order.ended(5, true)), "");
  EXPECT_EQ(words(order.add(6, "f", {}, "")), "6");
}

TEST(batch_order, refuses_ids_that_are_unknown_later_or_taken) {
  batch_order order;
  EXPECT_EQ(words(order.add(1, "a", {"b"}, {})), "1 refused");
  EXPECT_EQ(words(order.ended(1, false)), "");
  EXPECT_EQ(words(order.add(2, "a", {}, {})), "2 refused");
  EXPECT_EQ(words(order.ended(2, false)), "");
  EXPECT_EQ(words(order.add(3, "c", {"c"}, {})), "3 refused");
}

TEST(batch_order, forgets_the_oldest_of_the_lines_that_have_ended) {
  batch_order order;
  for (std::uint64_t i = 0; i <= batch_order::remembered_max; ++i) {
    ASSERT_EQ(words(order.add(i, std::to_string(i), {}, {})), std::to_string(i));
    ASSERT_EQ(words(order.ended(i, true)), "");
  }
  EXPECT_EQ(words(order.add(200'000, "x", {"0"}, {})), "200000 refused");
  EXPECT_EQ(words(order.add(200'001, "y", {"1"}, {})), "200001");
}

}  // namespace
}  // namespace kiln::cli
