#include "client/error_body.hpp"

#include <gtest/gtest.h>

namespace kiln {
namespace {

http::response answer(int status, std::string body, std::string type = "application/json") {
  http::response out;
  out.status = status;
  out.reason = "Reason Phrase";
  out.headers.push_back({"Content-Type", std::move(type)});
  out.body = std::move(body);
  return out;
}

TEST(error_body, reads_the_shape_of_api_2_0) {
  auto const e = error_from_response(
      answer(404, R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No file /x"})"));
  EXPECT_EQ(e.code(), errc::not_found);
  EXPECT_EQ(e.error_code(), "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(e.message(), "No file /x");
  EXPECT_EQ(e.http_status(), 404);
}

TEST(error_body, the_servers_code_decides_before_the_status) {
  EXPECT_EQ(
      error_from_response(answer(400, R"({"error_code":"RESOURCE_ALREADY_EXISTS","message":"m"})"))
          .code(),
      errc::already_exists);
  EXPECT_EQ(error_from_response(answer(400, R"({"error_code":"WHO_KNOWS","message":"m"})")).code(),
            errc::invalid_request);
}

TEST(error_body, takes_a_number_as_code) {
  EXPECT_EQ(error_from_response(answer(400, R"({"error_code":1000,"message":"m"})")).error_code(),
            "1000");
}

TEST(error_body, a_missing_run_or_cluster_is_not_found_although_it_comes_as_a_bad_parameter) {
  EXPECT_EQ(error_from_response(answer(400, R"({"error_code":"INVALID_PARAMETER_VALUE",
      "message":"Cluster 1 does not exist"})"))
                .code(),
            errc::not_found);
  EXPECT_EQ(error_from_response(answer(400, R"({"error_code":"INVALID_PARAMETER_VALUE",
      "message":"offset must not be negative"})"))
                .code(),
            errc::invalid_request);
}

TEST(error_body, reads_the_shapes_of_api_1_2_and_scim_and_plain_text) {
  EXPECT_EQ(error_from_response(answer(400, R"({"error":"old style"})")).message(), "old style");
  auto const scim = error_from_response(
      answer(409, R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],)"
                  R"("detail":"taken","status":"409"})"));
  EXPECT_EQ(scim.error_code(), "SCIM_409");
  EXPECT_EQ(scim.message(), "taken");
  auto const silent = error_from_response(
      answer(404, R"({"schemas":["x"],"detail":"null","scimType":"noTarget","status":"404"})"));
  EXPECT_EQ(silent.message(), "noTarget");
  auto const plain = error_from_response(answer(400, "MALFORMED_REQUEST: bad json", "text/plain"));
  EXPECT_EQ(plain.error_code(), "MALFORMED_REQUEST");
  EXPECT_EQ(plain.message(), "bad json");
}

TEST(error_body, an_empty_body_leaves_the_reason_phrase) {
  EXPECT_EQ(error_from_response(answer(503, "")).message(), "Reason Phrase");
  EXPECT_EQ(error_from_response(answer(429, "")).code(), errc::throttled);
}

TEST(error_body, a_balancers_html_page_is_temporary_and_a_strangers_is_not_databricks) {
  auto const balancer = error_from_response(
      answer(503, "<html><title>503 Service Unavailable</title></html>", "text/html"));
  EXPECT_EQ(balancer.code(), errc::unavailable);
  EXPECT_EQ(balancer.message(), "503 Service Unavailable");
  auto const stranger =
      error_from_response(answer(404, "<html><title>nginx</title></html>", "text/html"));
  EXPECT_EQ(stranger.code(), errc::not_databricks);
}

TEST(error_body, a_redirect_names_its_target_without_the_query) {
  auto moved = answer(302, "");
  moved.headers.push_back({"Location", "https://login.example.com/in?code=secretcode"});
  auto const e = error_from_response(moved);
  EXPECT_EQ(e.code(), errc::redirected);
  EXPECT_NE(e.message().find("https://login.example.com/in"), std::string::npos);
  EXPECT_EQ(e.message().find("secretcode"), std::string::npos);
}

TEST(error_body, the_private_link_login_page_is_a_permission_problem) {
  auto moved = answer(302, "");
  moved.headers.push_back(
      {"Location", "https://x/login.html?o=1&error=private-link-validation-error"});
  auto const e = error_from_response(moved);
  EXPECT_EQ(e.code(), errc::permission_denied);
  EXPECT_EQ(e.error_code(), "PRIVATE_LINK_VALIDATION_ERROR");
}

TEST(error_body, shows_no_token_and_no_content) {
  auto const e = error_from_response(answer(
      400,
      R"({"error_code":"BAD_REQUEST","message":"header Bearer dapi0123456789abcdef was odd"})"));
  EXPECT_EQ(e.message().find("dapi0123456789abcdef"), std::string::npos);
}

TEST(error_body, keeps_the_request_id) {
  auto refused = answer(500, "{}");
  refused.headers.push_back({"X-Databricks-Request-Id", "abc-1"});
  EXPECT_EQ(error_from_response(refused).request_id(), "abc-1");
}

TEST(error_body, deep_or_broken_json_is_text_like_any_other) {
  auto const deep = error_from_response(answer(400, std::string(100'000, '[')));
  EXPECT_EQ(deep.code(), errc::invalid_request);
  EXPECT_LT(deep.message().size(), 2'000U);
}

}  // namespace
}  // namespace kiln
