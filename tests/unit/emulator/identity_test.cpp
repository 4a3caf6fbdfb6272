#include "emulator/identity_api.hpp"

#include <gtest/gtest.h>

namespace kiln::emulation {
namespace {

using namespace std::chrono_literals;

struct identity_test : testing::Test {
  token_registry tokens{"own", "owner"};
  identity_api api{{"tenant", "client", "s3cret", 600s, 1}, tokens};
  moment now{instant(1h), wall_time(400'000h)};

  api_reply ask(std::string_view verb, std::string_view path, std::string_view body,
                std::string_view authorization = {}, bool metadata = false) {
    auto const question = std::min(path.find('?'), path.size());
    api_request const request{
        verb, path.substr(0, question), path.substr(std::min(question + 1, path.size())), body, {}};
    return api.handle({request, authorization, "http://e:1", metadata}, now);
  }
  api_reply secret_login(std::string const& more, std::string const& path = "/login/tenant") {
    return ask("POST", path + "/oauth2/token", "grant_type=client_credentials&" + more);
  }
  static std::string token_in(api_reply const& reply) {
    auto const at = reply.body.find("emulated-");
    return reply.body.substr(at, 9 + 32);
  }
};

TEST_F(identity_test, a_secret_gets_a_token_that_the_workspace_takes_until_it_ends) {
  auto const reply = secret_login(
      "client_id=client&client_secret=s3cret&"
      "resource=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_NE(reply.body.find(R"("expires_in":"600")"), std::string::npos) << reply.body;
  auto const token = token_in(reply);
  EXPECT_EQ(tokens.present(token, now).what, token_registry::standing::good);
  now.wall += 601s;
  EXPECT_EQ(tokens.present(token, now).what, token_registry::standing::expired);
}

TEST_F(identity_test, a_management_token_is_none_of_the_workspaces) {
  auto const reply = secret_login(
      "client_id=client&client_secret=s3cret&resource=https%3A%2F%2Fmanagement.azure.com%2F");
  auto const token = token_in(reply);
  EXPECT_EQ(tokens.present(token, now).what, token_registry::standing::unknown);
  auto const host = ask("GET", "/subscriptions/1/x", {}, "Bearer " + token);
  EXPECT_NE(host.body.find(R"("workspaceUrl":"e:1")"), std::string::npos) << host.body;
  EXPECT_EQ(ask("GET", "/subscriptions/1/x", {}, "Bearer x").status, 401);
}

TEST_F(identity_test, what_is_wrong_is_said_in_azures_words) {
  auto const code = [](api_reply const& r, int status, std::string_view text) {
    return r.status == status && r.body.find(text) != std::string::npos;
  };
  EXPECT_TRUE(code(secret_login("client_id=client&client_secret=no"), 401, "AADSTS7000215"));
  EXPECT_TRUE(code(secret_login("client_id=x&client_secret=s3cret"), 400, "AADSTS700016"));
  EXPECT_TRUE(code(secret_login("client_id=client&client_secret=s3cret", "/login/other"), 400,
                   "AADSTS90002: Tenant 'other' not found."));
  EXPECT_TRUE(code(ask("POST", "/login/tenant/oauth2/token", "grant_type=password"), 400,
                   "unsupported_grant_type"));
  EXPECT_TRUE(code(ask("POST", "/login/tenant/oauth2/token", "%zz=%"), 400, "invalid_request"));
  EXPECT_TRUE(
      code(secret_login("client_id=client&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                        "client-assertion-type%3Ajwt-bearer&client_assertion=a.b.c"),
           401, "AADSTS700027"));
}

TEST_F(identity_test, the_workspaces_own_endpoint_takes_the_secret_either_way) {
  auto const form = std::string("grant_type=client_credentials&scope=all-apis");
  EXPECT_EQ(ask("POST", "/oidc/v1/token", form, "Basic Y2xpZW50OnMzY3JldA==").status, 200);
  EXPECT_EQ(ask("POST", "/oidc/v1/token", form + "&client_id=client&client_secret=s3cret").status,
            200);
  EXPECT_EQ(ask("POST", "/oidc/v1/token", form, "Basic Y2xpZW50Om5v").status, 401);
  EXPECT_EQ(ask("POST", "/oidc/v1/token", form, "Basic !!!").status, 401);
}

TEST_F(identity_test, instance_metadata_wants_its_header) {
  std::string const path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x";
  EXPECT_EQ(ask("GET", path, {}).status, 400);
  EXPECT_EQ(ask("GET", path, {}, {}, true).status, 200);
  EXPECT_EQ(ask("GET", path + "&client_id=other", {}, {}, true).status, 400);
}

TEST_F(identity_test, only_its_own_paths_need_no_token) {
  EXPECT_EQ(identity_api::verbs_of("/aad/auth"), "GET");
  EXPECT_EQ(identity_api::verbs_of("/login/t/oauth2/v2.0/token"), "POST");
  EXPECT_EQ(identity_api::verbs_of("/login/t/users"), "");
  EXPECT_EQ(identity_api::verbs_of("/api/2.0/dbfs/list"), "");
  EXPECT_EQ(identity_api::verbs_of("/oidc"), "");
}

}  // namespace
}  // namespace kiln::emulation
