#include "client/token_answer.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

#include <array>

namespace kiln {
namespace {

using namespace std::chrono_literals;

constexpr wall_time now{std::chrono::seconds(1'600'000'000)};

http::response token_reply(int status, std::string body, std::string type = "application/json") {
  http::response out;
  out.status = status;
  out.headers.push_back({"Content-Type", std::move(type)});
  out.body = std::move(body);
  return out;
}

token_question asked() {
  token_question out;
  out.kind = "azure-client-secret";
  out.where = "login.example.net";
  out.secrets = {"s3cr3t-value", "assertion-value"};
  return out;
}

std::string life(std::string const& members) {
  auto const got =
      read_token(token_reply(200, R"({"access_token":"t",)" + members + "}"), now, asked());
  if (!got) return got.error().message();
  return got->lifetime ? std::to_string(got->lifetime->count()) : "unknown";
}

TEST(token_answer, numbers_may_be_strings_as_azure_writes_them) {
  EXPECT_EQ(life(R"("token_type":"Bearer","expires_in":"599","expires_on":"1600009999")"), "599");
  EXPECT_EQ(life(R"("expires_in":3600)"), "3600");
  EXPECT_EQ(life(R"("expires_in":3600.0)"), "3600");
  EXPECT_EQ(life(R"("expires_on":"1600000900")"), "900");
  EXPECT_EQ(life(R"("expires_on":1600000900)"), "900");
  EXPECT_EQ(life(R"("expires_in":1000000000)"), "1000000000");
}

TEST(token_answer, what_is_no_number_is_unknown) {
  for (char const* odd :
       {R"("x":1)", R"("expires_in":null)", R"("expires_in":"soon")", R"("expires_in":[1])",
        R"("expires_in":1.5)", R"("expires_on":"11/05/2021 15:18:31 +00:00")"}) {
    EXPECT_EQ(life(odd), "unknown") << odd;
  }
  EXPECT_EQ(life(R"("expires_in":0)"), "0");
  EXPECT_EQ(life(R"("expires_in":-5)"), "-5");
}

TEST(token_answer, an_end_is_seen_from_the_servers_clock) {
  auto reply = token_reply(200, R"({"access_token":"t","expires_on":"1600003600"})");
  reply.headers.push_back({"Date", "Sun, 13 Sep 2020 12:26:40 GMT"});  // 1'600'000'000
  auto const got = read_token(reply, now - 10min, asked());
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->lifetime->count(), 3600);
}

TEST(token_answer, azures_words_are_shown_with_a_hint_and_without_the_secret) {
  auto const why = read_token(
      token_reply(401,
                  R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client )"
                  R"(secret s3cr3t-value provided.","error_codes":[7000215]})"),
      now, asked());
  ASSERT_TRUE(why.has_error());
  EXPECT_EQ(why.error().code(), errc::unauthenticated);
  EXPECT_EQ(why.error().http_status(), 0) << "that is the workspace's";
  auto const text = why.error().message();
  EXPECT_NE(text.find("login (azure-client-secret) at login.example.net: "), std::string::npos);
  EXPECT_NE(text.find("AADSTS7000215"), std::string::npos) << text;
  EXPECT_NE(text.find("not its id"), std::string::npos) << text;
  EXPECT_NE(text.find("HTTP 401"), std::string::npos) << text;
  EXPECT_EQ(text.find("s3cr3t"), std::string::npos) << text;
  auto const tenant = read_token(
      token_reply(400,
                  R"({"error":"invalid_request","error_description":"AADSTS90002: Tenant 'x' not )"
                  R"(found."})"),
      now, asked());
  EXPECT_NE(tenant.error().message().find("AADSTS90002: Tenant 'x' not found."), std::string::npos);
  EXPECT_NE(tenant.error().message().find("check the tenant id"), std::string::npos);
}

TEST(token_answer, every_shape_of_error_gives_its_words) {
  auto const words = [](std::string body) {
    return read_token(token_reply(400, std::move(body)), now, asked()).error().message();
  };
  EXPECT_NE(words(R"({"error":{"code":"AuthorizationFailed","message":"no right"}})")
                .find("AuthorizationFailed: no right"),
            std::string::npos);
  EXPECT_NE(words(R"({"error_code":"X","message":"m"})").find("X: m"), std::string::npos);
  EXPECT_NE(words(R"({"error":"only_code"})").find("only_code"), std::string::npos);
  EXPECT_NE(words("").find("says no more (HTTP 400)"), std::string::npos);
  EXPECT_NE(words("[1,2").find("says no more (HTTP 400)"), std::string::npos);
}

TEST(token_answer, a_page_is_told_apart_from_a_token) {
  auto const page =
      token_reply(200, "<html><title>Sign in</title>s3cr3t-value</html>", "text/html");
  auto const why = read_token(page, now, asked());
  ASSERT_TRUE(why.has_error());
  EXPECT_EQ(why.error().code(), errc::not_databricks);
  EXPECT_NE(why.error().message().find("a page instead of a token"), std::string::npos);
  EXPECT_EQ(why.error().message().find("s3cr3t"), std::string::npos);
  EXPECT_EQ(read_token(token_reply(502, "<html>bad gateway</html>", "text/html"), now, asked())
                .error()
                .code(),
            errc::unavailable);
}

TEST(token_answer, what_may_pass_is_told_apart_from_what_will_not) {
  auto const code = [](int status) {
    return read_token(token_reply(status, "{}"), now, asked()).error().code();
  };
  EXPECT_EQ(code(400), errc::unauthenticated);
  EXPECT_EQ(code(401), errc::unauthenticated);
  EXPECT_EQ(code(403), errc::permission_denied);
  EXPECT_EQ(code(429), errc::unavailable);
  EXPECT_EQ(code(503), errc::unavailable);
  EXPECT_EQ(code(302), errc::redirected);
}

TEST(token_answer, a_busy_server_says_when_to_come_back) {
  auto const wait = [](int status, std::string value) {
    auto busy = token_reply(status, "{}");
    busy.headers.push_back({"Retry-After", std::move(value)});
    return read_token(busy, now, asked()).error().retry_after();
  };
  EXPECT_EQ(wait(429, "17"), 17s);
  EXPECT_EQ(wait(503, "Sun, 13 Sep 2020 12:27:00 GMT"), 20s);
  EXPECT_EQ(wait(503, "999999999999"), 5min);
  EXPECT_EQ(wait(503, "soon"), std::nullopt);
  EXPECT_EQ(wait(401, "17"), std::nullopt) << "waiting does not make a wrong secret right";
}

TEST(token_answer, two_hundred_without_a_token_is_an_error) {
  for (char const* body : {"{}", "[]", "", "null", R"({"access_token":""})",
                           R"({"access_token":7})", R"({"access_token":)"}) {
    auto const got = read_token(token_reply(200, body), now, asked());
    ASSERT_TRUE(got.has_error()) << body;
    EXPECT_EQ(got.error().code(), errc::not_databricks) << body;
  }
}

TEST(token_answer, whatever_an_answer_repeats_no_secret_is_shown) {
  constexpr std::array<std::string_view, 14> pieces{"s3cr3t-value",
                                                    "assertion-value",
                                                    R"({"error":")",
                                                    R"("error_description":")",
                                                    R"("})",
                                                    "<html><title>",
                                                    "</title>",
                                                    "AADSTS7000215: ",
                                                    ",",
                                                    "{",
                                                    "}",
                                                    "\\u0073",
                                                    " ",
                                                    "Bearer "};
  random_source random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto n = 1 + random.below(12); n > 0; --n) text += pieces[random.below(pieces.size())];
    constexpr std::array<int, 6> statuses{200, 302, 400, 401, 429, 503};
    auto reply = token_reply(statuses[random.below(statuses.size())], text,
                             random.below(2) == 0 ? "application/json" : "text/html");
    reply.reason = text;
    reply.headers.push_back({"Location", "https://x.example.net/" + text});
    auto const got = read_token(reply, now, asked());
    if (!got) {
      auto const shown = got.error().describe();
      ASSERT_EQ(shown.find("s3cr3t-value"), std::string::npos) << text << "\n" << shown;
      ASSERT_EQ(shown.find("assertion-value"), std::string::npos) << text << "\n" << shown;
    }
  }
}

TEST(token_answer, az_is_understood) {
  auto const got = read_az_token(
      R"({"accessToken":"t","expiresOn":"2026-01-01 10:00:00.000000","expires_on":1600000300,)"
      R"("tokenType":"Bearer","tenant":"x"})",
      now);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->value.reveal(), "t");
  EXPECT_EQ(got->lifetime->count(), 300);
  EXPECT_TRUE(read_az_token("ERROR: not logged in", now).has_error());
}

}  // namespace
}  // namespace kiln
