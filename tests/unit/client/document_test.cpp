// JSON in place of structs: members, paging and merging, all without a workspace.
#include <kiln/document.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kiln {
namespace {

using texts = std::vector<std::string>;

json_members members(std::string_view json) { return *members_of(json, "test"); }

TEST(json_members, keep_order_and_numbers_of_any_size) {
  auto const found =
      members(R"( {"b" : 9007199254740993, "a":[1.50, {"x":"y"}], "c\u0041":null} )");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], (json_member{"b", "9007199254740993"}));
  EXPECT_EQ(found[1], (json_member{"a", R"([1.50,{"x":"y"}])"}));
  EXPECT_EQ(found[2], (json_member{"cA", "null"}));
  EXPECT_EQ(object_of(found), R"({"b":9007199254740993,"a":[1.50,{"x":"y"}],"cA":null})");
  EXPECT_EQ(object_of({}), "{}");
}

TEST(json_members, are_only_made_of_one_valid_object) {
  for (auto const* const bad :
       {"", "[]", "1", "{", R"({"a":})", R"({"a":1}x)", R"({"a":1,"a":2})"}) {
    auto const found = members_of(bad, "--json");
    ASSERT_FALSE(found.has_value()) << bad;
    EXPECT_EQ(found.error().code(), errc::decode_failed);
    EXPECT_TRUE(found.error().message().starts_with("--json: ")) << found.error().message();
  }
}

TEST(json_members, are_replaced_or_added) {
  auto m = members(R"({"a":1})");
  set_member(m, "a", "2");
  set_member(m, "b", "3");
  EXPECT_EQ(object_of(m), R"({"a":2,"b":3})");
  EXPECT_EQ(find_member(m, "c"), nullptr);
}

/// The requests that a pager makes of these answers, up to the last or the first error.
struct walked {
  texts requests;
  texts items;
  std::string error;
};

walked walk(std::string_view request, texts const& answers) {
  walked out;
  json_pager pager(members(request));
  for (auto const& answer : answers) {
    out.requests.push_back(object_of(pager.request()));
    auto page = pager.take(answer);
    if (!page) {
      out.error = page.error().message();
      break;
    }
    out.items.insert(out.items.end(), page->items.begin(), page->items.end());
    if (pager.done()) break;
  }
  return out;
}

TEST(json_pager, follows_page_tokens_and_keeps_the_rest_of_the_request) {
  auto const w =
      walk(R"({"limit":2})",
           {R"({"jobs":[{"id":1},{"id":2}],"has_more":true,"next_page_token":"t1"})",
            R"({"next_page_token":"t2"})", R"({"jobs":[{"id":3}],"next_page_token":""})"});
  EXPECT_EQ(w.requests, (texts{R"({"limit":2})", R"({"limit":2,"page_token":"t1"})",
                               R"({"limit":2,"page_token":"t2"})"}));
  EXPECT_EQ(w.items, (texts{R"({"id":1})", R"({"id":2})", R"({"id":3})"}));
  EXPECT_EQ(w.error, "");
}

TEST(json_pager, moves_the_offset_by_what_the_page_held) {
  auto const w = walk(R"({"offset":4,"limit":10})",
                      {R"({"runs":[1,2,3],"has_more":true})", R"({"runs":[4],"has_more":false})"});
  EXPECT_EQ(w.requests, (texts{R"({"offset":4,"limit":10})", R"({"offset":7,"limit":10})"}));
  EXPECT_EQ(w.items, (texts{"1", "2", "3", "4"}));
}

TEST(json_pager, counts_scim_from_one_up_to_the_total) {
  texts const answers{
      R"({"totalResults":3,"startIndex":1,"itemsPerPage":2,"schemas":["s"],"Resources":[1,2]})",
      R"({"totalResults":3,"startIndex":3,"itemsPerPage":1,"schemas":["s"],"Resources":[3]})"};
  auto const w = walk("{}", answers);
  EXPECT_EQ(w.requests, (texts{"{}", R"({"startIndex":3})"}));
  EXPECT_EQ(w.items, (texts{"1", "2", "3"}));
  EXPECT_EQ(walk("{}", {R"({"totalResults":3,"startIndex":1})"}).requests.size(), 1U);
}

TEST(json_pager, takes_the_next_request_from_the_answer) {
  auto const w = walk(
      R"({"cluster_id":"c"})",
      {R"({"events":[1],"next_page":{"cluster_id":"c","end_time":9,"offset":50},"total_count":2})",
       R"({"events":[2],"total_count":2})"});
  EXPECT_EQ(w.requests,
            (texts{R"({"cluster_id":"c"})", R"({"cluster_id":"c","end_time":9,"offset":50})"}));
}

TEST(json_pager, ends_with_an_error_where_it_would_go_round_in_circles) {
  std::string const same = R"({"jobs":[1],"next_page_token":"t"})";
  EXPECT_EQ(walk("{}", {same, same}).error, "paging: the server repeats the page it just gave");
  EXPECT_EQ(walk("{}", {R"({"runs":[],"has_more":true})"}).error,
            "paging: has_more is true, but the page is empty");
  EXPECT_EQ(walk("{}", {"[1]"}).error, "the answer: expected a JSON object");
}

TEST(json_pager, of_an_answer_with_several_lists_has_no_items) {
  json_pager pager({});
  auto const page = pager.take(R"({"tasks":[1],"job_clusters":[2]})");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->items_name, "");
  EXPECT_TRUE(pager.done());
}

TEST(json_pager, takes_an_answer_with_an_id_for_one_thing) {
  json_pager pager(members(R"({"run_id":7})"));
  auto const page = pager.take(R"({"run_id":7,"tasks":[1],"has_more":true,"next_page_token":"t"})");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->items_name, "");
  EXPECT_FALSE(pager.done());
  EXPECT_EQ(object_of(pager.request()), R"({"run_id":7,"page_token":"t"})");
}

TEST(json_merge, grows_the_lists_in_the_settings_of_a_job_and_nothing_else_there) {
  json_merge merge;
  json_pager pager({});
  merge.add(*pager.take(R"({"job_id":5,"settings":{"name":"n","tasks":[1],"tags":{"a":"b"},)"
                        R"("email":{"on_start":["x"]}},"has_more":true,"next_page_token":"t"})"));
  merge.add(*pager.take(R"({"job_id":5,"settings":{"name":"m","tasks":[2,3],"parameters":[4],)"
                        R"("email":{"on_start":["x"]}},"has_more":true,"next_page_token":"u"})"));
  merge.add(*pager.take(R"({"job_id":5,"settings":{"job_clusters":[],"parameters":[5]}})"));
  EXPECT_TRUE(pager.done());
  EXPECT_EQ(merge.finish(),
            R"({"job_id":5,"settings":{"name":"n","tasks":[1,2,3],"tags":{"a":"b"},)"
            R"("email":{"on_start":["x"]},"parameters":[4,5],"job_clusters":[]}})");
}

TEST(json_merge, keeps_the_one_task_of_a_run_that_iterates_once) {
  json_merge merge;
  json_pager pager({});
  merge.add(
      *pager.take(R"({"run_id":7,"tasks":["each"],"iterations":[1,2],"next_page_token":"t"})"));
  merge.add(*pager.take(R"({"run_id":7,"tasks":["each"],"iterations":[3]})"));
  EXPECT_EQ(merge.finish(), R"({"run_id":7,"tasks":["each"],"iterations":[1,2,3]})");
}

TEST(json_merge, grows_lists_and_drops_what_steers) {
  json_merge merge;
  json_pager pager({});
  merge.add(*pager.take(R"({"schemas":["s"],"a":[],"n":1,"has_more":true,"next_page_token":"t"})"));
  merge.add(*pager.take(R"({"a":[1,2],"n":2,"next_page_token":"u"})"));
  merge.add(*pager.take(R"({"a":[3],"late":["x"]})"));
  EXPECT_EQ(merge.finish(), R"({"a":[1,2,3],"n":1,"late":["x"]})");
}

}  // namespace
}  // namespace kiln
