// What endpoints called with JSON put on the wire.
#include "support/text.hpp"
#include "wire/capture.hpp"

#include <kiln/document.hpp>
#include <kiln/services/model_registry.hpp>

namespace kiln::wire_tests {
namespace {

using test::has;

struct json_call : capture {
  std::string send(endpoint const& at, std::string_view request, call_options const& o = {}) {
    return sent(call_json(ws, at, *members_of(request, "request"), o));
  }
};

TEST_F(json_call, of_a_get_becomes_a_query) {
  endpoint const at{verb::get, "/api/2.0/jobs/runs/list"};
  auto const raw =
      send(at, R"({"job_id":9007199254740993,"active_only":true,"none":null,"kinds":["a b","c"],)"
               R"("filter_by":{"state":"RUNNING"}})");
  EXPECT_TRUE(
      raw.starts_with("GET /api/2.0/jobs/runs/list?job_id=9007199254740993&active_only=true"
                      "&kinds=a%20b&kinds=c&filter_by.state=RUNNING HTTP/1.1\r\n"))
      << raw;
}

TEST_F(json_call, of_a_post_becomes_its_body) {
  endpoint const at{verb::post, "/api/2.1/jobs/run-now", repeat::token};
  auto const raw =
      send(at, R"({"job_id":18446744073709551615,"jar_params":[]})", {.api_version = "2.2"});
  EXPECT_TRUE(raw.starts_with("POST /api/2.2/jobs/run-now HTTP/1.1\r\n")) << raw;
  EXPECT_TRUE(has(raw, "Content-Type: application/json\r\n")) << raw;
  EXPECT_TRUE(raw.ends_with(R"({"job_id":18446744073709551615,"jar_params":[]})")) << raw;
}

TEST_F(json_call, of_a_delete_that_two_kinds_of_servers_know_becomes_query_and_body) {
  auto const both = send(model_registry::delete_model_tag::at, R"({"name":"a b","key":"k"})");
  EXPECT_TRUE(both.starts_with(
      "DELETE /api/2.0/mlflow/registered-models/delete-tag?name=a%20b&key=k HTTP/1.1\r\n"))
      << both;
  EXPECT_TRUE(has(both, "Content-Type: application/json\r\n")) << both;
  EXPECT_TRUE(
      both.ends_with("\r\n\r\n"
                     R"({"name":"a b","key":"k"})"))
      << both;

  auto const plain = send({verb::delete_, "/api/2.0/mlflow/other"}, R"({"name":"a b"})");
  EXPECT_TRUE(plain.ends_with("\r\n\r\n")) << plain;
}

TEST_F(json_call, fills_the_path_and_speaks_the_media_type_of_the_endpoint) {
  endpoint const at{verb::patch,
                    "/api/2.0/preview/scim/v2/Users/{id}",
                    repeat::idempotent,
                    lane::normal,
                    {},
                    "application/scim+json"};
  auto const raw = send(at, R"({"id":"a/b","active":false})");
  EXPECT_TRUE(raw.starts_with("PATCH /api/2.0/preview/scim/v2/Users/a%2Fb HTTP/1.1\r\n")) << raw;
  EXPECT_TRUE(has(raw, "Content-Type: application/scim+json\r\n")) << raw;
  EXPECT_TRUE(has(raw, "Accept: application/scim+json\r\n")) << raw;
  EXPECT_TRUE(raw.ends_with(R"({"active":false})")) << raw;
}

TEST_F(json_call, without_what_the_path_needs_is_not_sent) {
  endpoint const at{verb::get, "/api/2.0/preview/scim/v2/Users/{id}"};
  auto const why = failed(call_json(ws, at, {}));
  EXPECT_EQ(why.code(), errc::invalid_argument);
  EXPECT_TRUE(has(why.message(), "'id' is missing")) << why;
}

}  // namespace
}  // namespace kiln::wire_tests
