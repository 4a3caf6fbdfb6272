#include "client/paging_core.hpp"

#include "core/limits.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kiln {
namespace {

http::request get(std::string target = "/api/2.1/jobs/runs/list?expand_tasks=true") {
  http::request out;
  out.target = std::move(target);
  return out;
}
http::request post(std::string body) {
  http::request out;
  out.method = verb::post;
  out.target = "/api/2.0/x";
  out.body = std::move(body);
  return out;
}
bool goes_on(paging_core const& core) {
  auto const wants = core.wants_page();
  return wants.has_value() && *wants;
}
bool has_ended(paging_core const& core) {
  auto const wants = core.wants_page();
  return wants.has_value() && !*wants;
}
/// The message of the error it stopped with; empty if it did not.
std::string broken(paging_core const& core) {
  auto const wants = core.wants_page();
  if (wants.has_value()) return {};
  EXPECT_EQ(wants.error().code(), errc::decode_failed);
  return wants.error().message();
}

constexpr auto tokens = by_token("limit", 25);
constexpr auto offsets = by_offset(999);
constexpr auto indices = by_start_index(100);
constexpr auto objects = by_next_page(500);

TEST(paging_core, follows_tokens_in_the_query_to_the_page_without_one) {
  paging_core core(tokens, get(), {}, 0);
  EXPECT_EQ(core.request().target, "/api/2.1/jobs/runs/list?expand_tasks=true&limit=25");
  core.arrived(R"({"runs":[1,2],"next_page_token":"a b"})", 2);
  EXPECT_EQ(core.request().target,
            "/api/2.1/jobs/runs/list?expand_tasks=true&limit=25&page_token=a%20b");
  core.arrived(R"({"runs":[3],"next_page_token":"c"})", 1);
  EXPECT_EQ(core.request().target,
            "/api/2.1/jobs/runs/list?expand_tasks=true&limit=25&page_token=c");
  core.arrived(R"({"runs":[4]})", 1);
  EXPECT_TRUE(has_ended(core));
}

TEST(paging_core, puts_tokens_into_the_body_of_a_post) {
  paging_core core(by_token("max_results", 1000), post(R"({"filter":"a } b"})"), {}, 0);
  EXPECT_EQ(core.request().body, R"({"filter":"a } b","max_results":1000})");
  core.arrived(R"({"next_page_token":"say \"x\""})", 1);
  EXPECT_EQ(core.request().body,
            R"({"filter":"a } b","max_results":1000,"page_token":"say \"x\""})");
  paging_core bare(by_token(), post("{}"), {}, 0);
  EXPECT_EQ(bare.request().body, "{}");
  bare.arrived(R"({"next_page_token":"t"})", 1);
  EXPECT_EQ(bare.request().body, R"({"page_token":"t"})");
}

TEST(paging_core, asks_for_the_same_page_until_it_has_arrived) {
  paging_core core(tokens, get(), {}, 0);
  core.arrived(R"({"next_page_token":"t"})", 1);
  EXPECT_EQ(core.request().target, core.request().target);
  EXPECT_TRUE(goes_on(core));
}

TEST(paging_core, begins_where_and_with_the_page_size_the_request_says) {
  EXPECT_EQ(paging_core(tokens, get("/l"), {"tok", "7"}, 0).request().target,
            "/l?limit=7&page_token=tok");
  EXPECT_EQ(paging_core(tokens, get("/l"), {"", "0"}, 0).request().target, "/l?limit=0");
  paging_core middle(offsets, get("/l"), {"40", "10"}, 0);
  EXPECT_EQ(middle.request().target, "/l?limit=10&offset=40");
  middle.arrived(R"({"has_more":true})", 10);
  EXPECT_EQ(middle.request().target, "/l?limit=10&offset=50");
}

TEST(paging_core, a_page_is_never_asked_to_be_larger_than_all_that_is_wanted) {
  EXPECT_EQ(paging_core(tokens, get("/l"), {}, 3).request().target, "/l?limit=3");
  EXPECT_EQ(paging_core(tokens, get("/l"), {"", "2"}, 3).request().target, "/l?limit=2");
  EXPECT_EQ(paging_core(by_token("limit"), get("/l"), {}, 3).request().target, "/l");
}

TEST(paging_core, a_limit_ends_the_listing_in_the_middle_of_a_page) {
  paging_core core(tokens, get("/l"), {"", "2"}, 3);
  EXPECT_EQ(core.room(), 3U);
  core.arrived(R"({"next_page_token":"t"})", 2);
  EXPECT_TRUE(goes_on(core));
  EXPECT_EQ(core.room(), 1U);
  core.arrived(R"({"next_page_token":"u"})", 2);
  EXPECT_TRUE(has_ended(core));
}

TEST(paging_core, a_limit_below_zero_is_the_callers_mistake) {
  auto const wants = paging_core(tokens, get(), {}, -1).wants_page();
  ASSERT_TRUE(wants.has_error());
  EXPECT_EQ(wants.error().code(), errc::invalid_argument);
}

TEST(paging_core, goes_past_empty_pages_that_have_a_token) {
  paging_core core(tokens, get(), {}, 0);
  core.arrived(R"({"next_page_token":"t"})", 0);
  EXPECT_TRUE(goes_on(core));
  core.arrived(R"({"runs":[],"next_page_token":""})", 0);
  EXPECT_TRUE(has_ended(core));
}

TEST(paging_core, gives_up_on_endless_empty_pages) {
  paging_core core(tokens, get(), {}, 0);
  std::size_t pages = 0;
  for (; goes_on(core) && pages <= limits::empty_pages_max; ++pages) {
    core.arrived(R"({"next_page_token":"t)" + std::to_string(pages) + "\"}", 0);
  }
  EXPECT_EQ(pages, limits::empty_pages_max);
  EXPECT_NE(broken(core).find("1000 pages without an item"), std::string::npos);
}

TEST(paging_core, gives_up_on_a_listing_without_end) {
  paging_core core(offsets, get(), {}, 0);
  std::size_t pages = 0;
  for (; goes_on(core) && pages <= limits::pages_max; ++pages) {
    core.arrived(R"({"has_more":true})", 1);
  }
  EXPECT_EQ(pages, limits::pages_max);
  EXPECT_NE(broken(core).find("100000 pages"), std::string::npos);
}

TEST(paging_core, a_token_that_comes_again_is_an_error_that_names_it_and_stays) {
  paging_core core(tokens, get(), {}, 0);
  core.arrived(R"({"next_page_token":"first"})", 1);
  core.arrived(R"({"next_page_token":"second"})", 1);
  core.arrived(R"({"next_page_token":"first"})", 1);
  EXPECT_EQ(broken(core), "the server gave the same next_page_token twice: first");
  EXPECT_EQ(broken(core), "the server gave the same next_page_token twice: first");
}

TEST(paging_core, the_token_a_caller_began_with_counts_as_seen) {
  paging_core core(tokens, get(), {"t", ""}, 0);
  core.arrived(R"({"next_page_token":"t"})", 1);
  EXPECT_NE(broken(core), "");
}

TEST(paging_core, the_last_of_two_tokens_counts_and_null_is_none) {
  paging_core core(tokens, get("/l"), {}, 0);
  core.arrived(R"({"next_page_token":"a","next_page_token":"b"})", 1);
  EXPECT_EQ(core.request().target, "/l?limit=25&page_token=b");
  core.arrived(R"({"next_page_token":null})", 1);
  EXPECT_TRUE(has_ended(core));
}

TEST(paging_core, a_token_of_another_type_is_an_error) {
  paging_core core(tokens, get(), {}, 0);
  core.arrived(R"({"next_page_token":12})", 1);
  EXPECT_EQ(broken(core), "next_page_token: expected a string");
}

TEST(paging_core, an_offset_moves_by_what_came_not_by_what_was_asked_for) {
  paging_core core(offsets, get("/l"), {}, 0);
  EXPECT_EQ(core.request().target, "/l?limit=999");
  core.arrived(R"({"runs":[],"has_more":true})", 20);
  EXPECT_EQ(core.request().target, "/l?limit=999&offset=20");
  core.arrived(R"({"has_more":false})", 5);
  EXPECT_TRUE(has_ended(core));
}

TEST(paging_core, more_without_an_item_is_an_error_where_no_token_leads_on) {
  paging_core core(offsets, get(), {}, 0);
  core.arrived(R"({"has_more":true})", 20);
  core.arrived(R"({"has_more":true})", 0);
  EXPECT_EQ(broken(core), "the server says has_more but gave nothing at offset 20");
}

TEST(paging_core, start_indices_count_from_one_to_the_total) {
  paging_core core(indices, get("/Users?filter=x"), {}, 0);
  EXPECT_EQ(core.request().target, "/Users?filter=x&count=100");
  core.arrived(R"({"totalResults":150})", 100);
  EXPECT_EQ(core.request().target, "/Users?filter=x&count=100&startIndex=101");
  core.arrived(R"({"totalResults":"150"})", 50);
  EXPECT_TRUE(has_ended(core));
}

TEST(paging_core, a_total_that_changes_is_believed_page_by_page) {
  paging_core grows(indices, get("/l"), {}, 0);
  grows.arrived(R"({"totalResults":101})", 100);
  grows.arrived(R"({"totalResults":102})", 1);
  EXPECT_EQ(grows.request().target, "/l?count=100&startIndex=102");
  grows.arrived(R"({"totalResults":102})", 1);
  EXPECT_TRUE(has_ended(grows));
  paging_core shrinks(indices, get("/l"), {}, 0);
  shrinks.arrived(R"({"totalResults":500})", 100);
  shrinks.arrived(R"({"totalResults":100})", 0);
  EXPECT_TRUE(has_ended(shrinks));
  paging_core vanishes(indices, get("/l"), {}, 0);
  vanishes.arrived(R"({"totalResults":500})", 100);
  vanishes.arrived(R"({"totalResults":500})", 0);
  EXPECT_TRUE(has_ended(vanishes));
}

TEST(paging_core, without_a_total_a_short_page_is_the_last) {
  paging_core core(indices, get("/l"), {}, 0);
  core.arrived(R"({"Resources":[]})", 100);
  EXPECT_TRUE(goes_on(core));
  core.arrived(R"({"Resources":[]})", 99);
  EXPECT_TRUE(has_ended(core));
}

TEST(paging_core, the_next_page_object_becomes_the_whole_body) {
  paging_core core(objects, post(R"({"cluster_id":"c","order":"ASC"})"), {}, 0);
  EXPECT_EQ(core.request().body, R"({"cluster_id":"c","order":"ASC","limit":500})");
  core.arrived(R"({"events":[], "next_page": {"cluster_id":"c","end_time":9,"offset":50} })", 50);
  EXPECT_EQ(core.request().body, R"({"cluster_id":"c","end_time":9,"offset":50})");
  core.arrived(R"({"events":[{}],"total_count":51})", 1);
  EXPECT_TRUE(has_ended(core));
}

TEST(paging_core, an_empty_next_page_ends_and_a_repeated_or_odd_one_breaks) {
  paging_core empty(objects, post("{}"), {}, 0);
  empty.arrived(R"({"next_page":{}})", 1);
  EXPECT_TRUE(has_ended(empty));
  paging_core circle(objects, post("{}"), {}, 0);
  circle.arrived(R"({"next_page":{"offset":50}})", 50);
  circle.arrived(R"({"next_page":{"offset":50}})", 50);
  EXPECT_EQ(broken(circle), R"(the server gave the same next_page twice: {"offset":50})");
  paging_core odd(objects, post("{}"), {}, 0);
  odd.arrived(R"({"next_page":"more"})", 1);
  EXPECT_EQ(broken(odd), "next_page: expected an object");
}

}  // namespace
}  // namespace kiln
