// Every login, with a token that is renewed and calls that carry it: nothing that is freed
// meanwhile or at the end still holds a secret. The servers are on threads of their own and are not
// looked at.
#include "memory/freed_memory.hpp"
#include "support/hostile_server.hpp"
#include "support/test_certificates.hpp"

#include <kiln/azure.hpp>
#include <kiln/kiln.hpp>
#include <kiln/services/dbfs.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <memory>
#include <optional>

namespace kiln::memory_tests {
namespace {

// No URL, form or JSON writes them in another way. Nothing shorter than 16 bytes: that is kept in
// the object itself.
constexpr std::string_view secret_text = "canarySecret-0123456789abcdefghijk";
constexpr std::string_view token_text = "canaryToken-0123456789abcdefghijkl";
constexpr std::string_view path_text = "canaryPath-0123456789abcdefghijklm";
constexpr std::string_view secret_in_basic = "YW5hcnlTZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZmdoaWpr";

TEST(freed_memory, is_looked_through) {
  freed_memory const freed({secret_text});
  {
    std::string const kept = "canarySecret-0123456789abcdefghijk and more";
    // Or the compiler might leave out that it was ever on the heap.
    asm volatile("" : : "r"(kept.data()) : "memory");
  }
  EXPECT_EQ(freed.found(), 1) << freed.first();
  EXPECT_EQ(freed.first().find("nothing"), std::string::npos);
}

/// Gives tokens, long ones in pieces, and a good answer to everything else.
test::hostile_server::script giving_tokens(std::string const& scheme, unsigned short const& port) {
  return [scheme, &port](test::hostile_connection& c, int) {
    for (auto request = c.read_request(); !request.empty(); request = c.read_request()) {
      auto const line = request.substr(0, request.find("\r\n"));
      std::string body = "{}";
      if (line.find("well-known") != line.npos) {
        body = R"({"token_endpoint":")" + scheme + "127.0.0.1:" + std::to_string(port) +
               R"(/oidc/v1/token"})";
      } else if (line.find("token") != line.npos || line.find("canaryPath") != line.npos) {
        body = R"({"token_type":"Bearer","access_token":")" + std::string(token_text) +
               R"(","expires_in":"3600"})";
      }
      if (!c.send(test::ok_response(body))) return;
    }
  };
}

struct login {
  char const* name;
  std::function<credentials(std::string const& url, std::string const& folder)> make;
};
std::ostream& operator<<(std::ostream& out, login const& l) { return out << l.name; }

azure_login azure_at(std::string const& url) {
  azure_login out;
  out.tenant_id = "t";
  out.client_id = "c";
  out.workspace_resource_id = "/subscriptions/1/w";
  out.cloud = *find_azure_cloud("PUBLIC");
  out.cloud->login = url + "/login";
  out.cloud->instance_metadata = url;
  return out;
}

oauth_login oauth_of(client_proof proof) {
  oauth_login out;
  out.client_id = "c";
  out.client_secret = secret(std::string(secret_text));
  out.proof = proof;
  return out;
}

std::vector<login> logins() {
  return {
      {"pat",
       [](auto const&, auto const&) {
         return credentials::personal_access_token(std::string(token_text));
       }},
      {"basic",
       [](auto const&, auto const&) {
         return credentials::basic("u", secret(std::string(secret_text)));
       }},
      {"azure_secret",
       [](std::string const& url, auto const&) {
         auto of = azure_at(url);
         of.client_secret = secret(std::string(secret_text));
         return credentials::azure_client_secret(std::move(of));
       }},
      {"managed_identity",
       [](std::string const& url, auto const&) {
         return credentials::azure_managed_identity(azure_at(url));
       }},
      {"oauth_basic",
       [](auto const&, auto const&) {
         return credentials::oauth_client(oauth_of(client_proof::secret_basic));
       }},
      {"oauth_post",
       [](auto const&, auto const&) {
         return credentials::oauth_client(oauth_of(client_proof::secret_post));
       }},
      {"workload",
       [](auto const&, auto const&) {
         workload_login of;
         of.id_token = secret(std::string(secret_text));
         return credentials::workload_identity(std::move(of));
       }},
      {"workload_file",
       [](auto const&, std::string const& folder) {
         workload_login of;
         of.token_file = folder + "/id-token";
         return credentials::workload_identity(std::move(of));
       }},
      {"metadata_service",
       [](std::string const& url, auto const&) {
         auto at = url + '/';
         at += path_text;
         return credentials::metadata_service(std::move(at));
       }},
  };
}

struct logins_memory : testing::TestWithParam<login> {
  test::test_certificates certificates;
  unsigned short port = 0;

  logins_memory() {
    // Written by a buffer that is not looked at.
    std::ofstream(certificates.folder() + "/id-token") << secret_text << '\n';
  }

  void expect_nothing_left(bool tls) {
    auto const who = certificates.right();
    std::string const scheme = tls ? "https://" : "http://";
    test::hostile_server::options serving;
    serving.tls = tls;
    if (tls) serving.identity = who;
    test::hostile_server const server(giving_tokens(scheme, port), serving);
    port = server.port();
    auto const url = scheme + "127.0.0.1:" + std::to_string(port);
    freed_memory const freed({secret_text, token_text, path_text, secret_in_basic});
    {
      asio::io_context loop;
      workspace_options o;
      o.host = url;
      o.credentials = GetParam().make(url, certificates.folder());
      o.tls.ca_file = certificates.ca_file();
      std::optional<workspace> ws(std::in_place, loop.get_executor(), std::move(o));
      for (int i = 0; i < 2; ++i) {
        auto call = ws->start(ws->dbfs().mkdirs({.path = "/a"}));
        loop.restart();
        loop.run();
        EXPECT_NO_THROW(call.get());
      }
      ws.reset();
      loop.restart();
      loop.run();
    }
    EXPECT_EQ(freed.found(), 0) << freed.first();
    long const blocks_min = 100;
    EXPECT_GT(freed.blocks(), blocks_min);
  }
};

TEST_P(logins_memory, that_is_freed_holds_no_secret) { expect_nothing_left(false); }
TEST_P(logins_memory, that_is_freed_holds_no_secret_behind_tls) { expect_nothing_left(true); }

INSTANTIATE_TEST_SUITE_P(all, logins_memory, testing::ValuesIn(logins()),
                         [](auto const& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace kiln::memory_tests
