#include "client/error_body.hpp"

#include <gtest/gtest.h>

#include <iterator>

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

TEST(error_body, what_to_do_about_a_token_goes_on_where_the_server_stopped) {
  auto const e = error_from_response(
      answer(401, R"({"error_code":"UNAUTHENTICATED","message":"Invalid access token."})"));
  EXPECT_TRUE(e.message().starts_with("Invalid access token; check the token: ")) << e.message();
}

TEST(error_body, the_servers_code_decides_before_the_status) {
  EXPECT_EQ(
      error_from_response(answer(400, R"({"error_code":"RESOURCE_ALREADY_EXISTS","message":"m"})"))
          .code(),
      errc::already_exists);
  EXPECT_EQ(error_from_response(answer(400, R"({"error_code":"WHO_KNOWS","message":"m"})")).code(),
            errc::invalid_request);
}

struct documented_code {
  std::string_view code;
  int status;
  errc means;
};
// The documentation knows a status of some only; the others are given one that goes with them.
constexpr documented_code documented_codes[] = {
    {"UNKNOWN", 500, errc::server_error},
    {"INTERNAL_ERROR", 500, errc::server_error},
    {"TEMPORARILY_UNAVAILABLE", 503, errc::unavailable},
    {"IO_ERROR", 400, errc::conflict},
    {"BAD_REQUEST", 400, errc::invalid_request},
    {"SERVICE_UNDER_MAINTENANCE", 503, errc::unavailable},
    {"WORKSPACE_TEMPORARILY_UNAVAILABLE", 503, errc::unavailable},
    {"DEADLINE_EXCEEDED", 504, errc::unavailable},
    {"CANCELLED", 499, errc::server_error},
    {"RESOURCE_EXHAUSTED", 429, errc::throttled},
    {"ABORTED", 409, errc::conflict},
    {"NOT_FOUND", 404, errc::not_found},
    {"ALREADY_EXISTS", 409, errc::already_exists},
    {"UNAUTHENTICATED", 401, errc::unauthenticated},
    {"UNAVAILABLE", 503, errc::unavailable},
    {"INVALID_PARAMETER_VALUE", 400, errc::invalid_request},
    {"ENDPOINT_NOT_FOUND", 404, errc::not_implemented},
    {"MALFORMED_REQUEST", 400, errc::invalid_request},
    {"INVALID_STATE", 400, errc::conflict},
    {"PERMISSION_DENIED", 403, errc::permission_denied},
    {"FEATURE_DISABLED", 400, errc::not_implemented},
    {"CUSTOMER_UNAUTHORIZED", 401, errc::unauthenticated},
    {"REQUEST_LIMIT_EXCEEDED", 429, errc::throttled},
    {"RESOURCE_CONFLICT", 409, errc::conflict},
    {"UNPARSEABLE_HTTP_ERROR", 500, errc::server_error},
    {"NOT_IMPLEMENTED", 501, errc::not_implemented},
    {"DATA_LOSS", 500, errc::server_error},
    {"INVALID_STATE_TRANSITION", 400, errc::conflict},
    {"COULD_NOT_ACQUIRE_LOCK", 503, errc::unavailable},
    {"RESOURCE_ALREADY_EXISTS", 400, errc::already_exists},
    {"RESOURCE_DOES_NOT_EXIST", 404, errc::not_found},
    {"QUOTA_EXCEEDED", 400, errc::conflict},
    {"MAX_BLOCK_SIZE_EXCEEDED", 400, errc::invalid_request},
    {"MAX_READ_SIZE_EXCEEDED", 400, errc::invalid_request},
    {"PARTIAL_DELETE", 503, errc::unavailable},
    {"MAX_LIST_SIZE_EXCEEDED", 400, errc::invalid_request},
    {"DRY_RUN_FAILED", 400, errc::conflict},
    {"RESOURCE_LIMIT_EXCEEDED", 400, errc::conflict},
    {"DIRECTORY_NOT_EMPTY", 400, errc::conflict},
    {"DIRECTORY_PROTECTED", 403, errc::permission_denied},
    {"MAX_NOTEBOOK_SIZE_EXCEEDED", 400, errc::invalid_request},
    {"MAX_CHILD_NODE_SIZE_EXCEEDED", 400, errc::invalid_request},
    {"SEARCH_QUERY_TOO_LONG", 400, errc::invalid_request},
    {"SEARCH_QUERY_TOO_SHORT", 400, errc::invalid_request},
    {"MANAGED_RESOURCE_GROUP_DOES_NOT_EXIST", 404, errc::not_found},
    {"PERMISSION_NOT_PROPAGATED", 403, errc::permission_denied},
    {"DEPLOYMENT_TIMEOUT", 500, errc::server_error},
    {"GIT_CONFLICT", 400, errc::conflict},
    {"GIT_UNKNOWN_REF", 404, errc::not_found},
    {"GIT_SENSITIVE_TOKEN_DETECTED", 400, errc::invalid_request},
    {"GIT_URL_NOT_ON_ALLOW_LIST", 403, errc::permission_denied},
    {"GIT_REMOTE_ERROR", 500, errc::server_error},
    {"PROJECTS_OPERATION_TIMEOUT", 500, errc::server_error},
    {"IPYNB_FILE_IN_REPO", 400, errc::invalid_request},
    {"INSECURE_PARTNER_RESPONSE", 500, errc::server_error},
    {"MALFORMED_PARTNER_RESPONSE", 500, errc::server_error},
    {"PRIVATE_LINK_VALIDATION_ERROR", 403, errc::permission_denied},
};

TEST(error_body, knows_every_documented_code_whatever_status_it_comes_with) {
  EXPECT_EQ(std::size(documented_codes), 57U);
  for (auto const& one : documented_codes) {
    std::string const code(one.code);
    auto const body = R"({"error_code":")" + code + R"(","message":"m","details":[{"@type":"t"}]})";
    auto const told = error_from_response(answer(one.status, body));
    EXPECT_EQ(told.code(), one.means) << code;
    EXPECT_EQ(told.error_code(), code);
    EXPECT_EQ(told.http_status(), one.status);
    // Two codes say nothing that the status does not say better.
    if (code == "UNKNOWN" || code == "UNPARSEABLE_HTTP_ERROR") continue;
    EXPECT_EQ(error_from_response(answer(418, body)).code(), one.means) << code;
    EXPECT_EQ(error_from_response(answer(418, code + ": m", "text/plain")).code(), one.means);
  }
}

TEST(error_body, scim_says_taken_with_a_word_of_its_own) {
  auto const taken = error_from_response(
      answer(409, R"({"schemas":["x"],"detail":"ann exists","scimType":"uniqueness"})"));
  EXPECT_EQ(taken.code(), errc::already_exists);
  EXPECT_EQ(taken.error_code(), "SCIM_409");
  EXPECT_EQ(error_from_response(answer(409, R"({"schemas":["x"],"detail":"d"})")).code(),
            errc::conflict);
}

TEST(error_body, a_page_gives_its_pre_before_its_title_and_the_reason_phrase_as_code) {
  auto page =
      answer(400, "<html><title>Error 400</title><body><pre>  Cannot parse</pre></body></html>",
             "text/html; charset=utf-8");
  page.reason = "Bad Request";
  EXPECT_EQ(error_from_response(page).message(), "  Cannot parse");
  EXPECT_EQ(error_from_response(page).error_code(), "BAD_REQUEST");
  page.reason = "Unauthorized";
  page.status = 401;
  EXPECT_EQ(error_from_response(page).code(), errc::unauthenticated) << "the status decides";
  page.reason = "it's <odd>";
  EXPECT_EQ(error_from_response(page).error_code(), "");
}

TEST(error_body, a_gateways_answer_of_any_other_shape_is_shown_as_it_is) {
  auto const text = error_from_response(answer(502, "upstream gone", "text/plain"));
  EXPECT_EQ(text.code(), errc::unavailable);
  EXPECT_EQ(text.message(), "upstream gone");
  EXPECT_EQ(text.error_code(), "");
  auto const nested = error_from_response(
      answer(403, R"({"error":{"code":"AuthorizationFailed","message":"not here"}})"));
  EXPECT_EQ(nested.code(), errc::permission_denied);
  EXPECT_NE(nested.message().find("AuthorizationFailed"), std::string::npos);
  EXPECT_EQ(error_from_response(answer(400, "[1,2]")).message(), "[1,2]");
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

TEST(error_body, a_token_that_is_not_good_is_no_want_of_permission) {
  auto const code = [](int status, std::string const& body) {
    return error_from_response(answer(status, body)).code();
  };
  constexpr auto json = R"({"error_code":"403","message":"Invalid access token."})";
  EXPECT_EQ(code(403, json), errc::unauthenticated);
  EXPECT_EQ(code(401, json), errc::unauthenticated);
  EXPECT_EQ(code(403, R"({"error_code":"PERMISSION_DENIED","message":"no access"})"),
            errc::permission_denied);
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

TEST(error_body, the_private_link_page_itself_says_the_same_when_a_proxy_has_fetched_it) {
  auto const page = answer(
      200, R"(<html><a href="/login.html?error=private-link-validation-error">)", "text/html");
  EXPECT_EQ(not_databricks_error(page).code(), errc::permission_denied);
  EXPECT_EQ(not_databricks_error(page).error_code(), "PRIVATE_LINK_VALIDATION_ERROR");
  EXPECT_EQ(not_databricks_error(answer(200, "<html>hello</html>", "text/html")).code(),
            errc::not_databricks);
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
