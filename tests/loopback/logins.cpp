// Logins from end to end: a workspace handle, the emulator's servers that issue tokens, and servers
// that misbehave.
#include "loopback/bad_input_support.hpp"
#include "support/test_certificates.hpp"

#include <kiln/config.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <sys/stat.h>
#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;

struct logins : engine_tests::emulated {
  test::test_certificates certificates;
  /// The engine logs until its loop is gone, which outlives this object's own members.
  struct log_lines {
    std::mutex mutex;
    std::vector<std::string> all;
  };
  std::shared_ptr<log_lines> const log = std::make_shared<log_lines>();

  logins() { serve(); }

  azure_login azure() {
    azure_login out;
    out.tenant_id = "emulated-tenant";
    out.client_id = "emulated-client";
    out.client_secret = secret(emu->token());
    out.cloud = cloud(emu->url());
    return out;
  }
  static azure_cloud cloud(std::string const& url) {
    auto out = *find_azure_cloud("PUBLIC");
    out.login = url + "/login";
    out.instance_metadata = url;
    out.resource_manager = url;
    return out;
  }
  workspace& open_with(credentials who) {
    auto o = engine_tests::quick_options(emu->url(), "unused");
    o.credentials = std::move(who);
    o.log = [to = log](log_level, std::string_view line) {
      std::lock_guard const lock(to->mutex);
      to->all.emplace_back(line);
    };
    return open(std::move(o));
  }
  result<void> mkdirs() { return wait(files().mkdirs({.path = "/a"})); }
  void expect_works(credentials who) {
    open_with(std::move(who));
    auto const done = mkdirs();
    EXPECT_TRUE(done.has_value()) << done.error();
  }
  error expect_fails(credentials who) {
    open_with(std::move(who));
    auto const done = mkdirs();
    EXPECT_TRUE(done.has_error());
    return done.has_error() ? done.error() : error();
  }
  std::string joined(std::string const& first, std::string const& second) const {
    std::string const name = certificates.folder() + "/both.pem";
    std::ofstream out(name);
    for (auto const& from : {first, second}) out << std::ifstream(from).rdbuf();
    return name;
  }
  void expect_clean(std::string_view text) const {
    EXPECT_EQ(text.find(emu->token()), std::string_view::npos) << text;
  }
};

TEST_F(logins, a_service_principal_by_its_secret) {
  expect_works(credentials::azure_client_secret(azure()));
  EXPECT_EQ(emu->stats().login_requests, 1U);
  EXPECT_EQ(emu->stats().requests, 1U);
}

TEST_F(logins, the_tenant_is_asked_of_the_workspace) {
  auto login = azure();
  login.tenant_id.clear();
  expect_works(credentials::azure_client_secret(std::move(login)));
  EXPECT_EQ(emu->stats().login_requests, 2U);
}

TEST_F(logins, a_service_principal_by_its_certificate) {
  auto const who = certificates.right();
  auto login = azure();
  login.client_secret = secret();
  login.certificate_file = joined(who.certificate_file, who.key_file);
  expect_works(credentials::azure_client_certificate(std::move(login)));
}

TEST_F(logins, a_certificate_that_cannot_work_is_named) {
  auto login = azure();
  auto const old = certificates.expired();
  login.certificate_file = joined(old.certificate_file, old.key_file);
  auto const expired = expect_fails(credentials::azure_client_certificate(login));
  EXPECT_NE(expired.message().find("the certificate expired on "), std::string::npos) << expired;
  EXPECT_NE(expired.message().find("both.pem"), std::string::npos) << expired;
  login.certificate_file = old.certificate_file;
  auto const keyless = expect_fails(credentials::azure_client_certificate(login));
  EXPECT_NE(keyless.message().find("no private key"), std::string::npos) << keyless;
  login.certificate_file = certificates.folder() + "/none.pem";
  auto const absent = expect_fails(credentials::azure_client_certificate(login));
  EXPECT_NE(absent.message().find("no such file"), std::string::npos) << absent;
  EXPECT_EQ(emu->stats().login_requests, 0U);
}

TEST_F(logins, a_wrong_secret_is_said_once_in_azures_words) {
  auto login = azure();
  login.client_secret = secret("wrong-canary-secret");
  auto const why = expect_fails(credentials::azure_client_secret(std::move(login)));
  EXPECT_EQ(why.code(), errc::unauthenticated);
  EXPECT_NE(why.message().find("AADSTS7000215"), std::string::npos) << why;
  EXPECT_EQ(why.describe().find("canary"), std::string::npos) << why;
  EXPECT_EQ(emu->stats().login_requests, 1U);
  EXPECT_EQ(emu->stats().requests, 0U);
  std::lock_guard const lock(log->mutex);
  for (auto const& line : log->all) EXPECT_EQ(line.find("canary"), std::string::npos) << line;
}

TEST_F(logins, a_wrong_tenant_is_shown) {
  auto login = azure();
  login.tenant_id = "other";
  auto const why = expect_fails(credentials::azure_client_secret(std::move(login)));
  EXPECT_NE(why.message().find("AADSTS90002: Tenant 'other' not found."), std::string::npos) << why;
}

TEST_F(logins, a_managed_identity) {
  auto login = azure();
  login.client_id.clear();
  login.workspace_resource_id = "/subscriptions/1/resourceGroups/g/providers/x/workspaces/w";
  expect_works(credentials::azure_managed_identity(std::move(login)));
  EXPECT_EQ(emu->stats().login_requests, 4U) << "a probe and a token, for each of two audiences";
}

TEST_F(logins, a_machine_without_managed_identity_is_told_within_two_seconds) {
  test::hostile_server const silent([](test::hostile_connection& c, int) { c.wait_for_close(); });
  for (auto const port : {silent.port(), test::refused_port()}) {
    auto login = azure();
    login.cloud->instance_metadata = "http://127.0.0.1:" + std::to_string(port);
    auto const began = std::chrono::steady_clock::now();
    auto const why = expect_fails(credentials::azure_managed_identity(std::move(login)));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
    EXPECT_EQ(why.code(), errc::unauthenticated);
    EXPECT_NE(why.message().find("on Azure machines only"), std::string::npos) << why;
  }
}

TEST_F(logins, a_service_principal_of_databricks_is_discovered) {
  oauth_login login;
  login.client_id = "emulated-client";
  login.client_secret = secret(emu->token());
  expect_works(credentials::oauth_client(login));
  EXPECT_EQ(emu->stats().login_requests, 2U) << "discovery and a token";
  login.proof = client_proof::secret_post;
  expect_works(credentials::oauth_client(login));
  login.client_secret = secret("no");
  auto const why = expect_fails(credentials::oauth_client(login));
  EXPECT_NE(why.message().find("invalid_client"), std::string::npos) << why;
}

TEST_F(logins, a_workloads_token_is_read_anew_and_exchanged) {
  workload_login login;
  login.token_file = certificates.folder() + "/id-token";
  auto const absent = expect_fails(credentials::workload_identity(login));
  EXPECT_NE(absent.message().find("there is no such file"), std::string::npos) << absent;
  std::ofstream(login.token_file) << "\n";
  auto const empty = expect_fails(credentials::workload_identity(login));
  EXPECT_NE(empty.message().find("it is empty"), std::string::npos) << empty;
  std::ofstream(login.token_file) << emu->token() << "\n";
  expect_works(credentials::workload_identity(login));
}

TEST_F(logins, an_own_issuer_is_asked_once_for_many_calls) {
  class own final : public token_issuer {
   public:
    explicit own(std::string token) : token_(std::move(token)) {}
    task<access_token> issue() override {
      ++asked;
      access_token out;
      out.value = secret(token_);
      out.lifetime = 3600s;
      co_return out;
    }
    std::atomic<int> asked{0};

   private:
    std::string token_;
  };
  auto const issuer = std::make_shared<own>(emu->token());
  open_with(credentials::renewed(issuer));
  std::vector<std::future<void>> all;
  for (int i = 0; i < 200; ++i) all.push_back(ws->start(files().mkdirs({.path = "/a"})));
  for (auto& f : all) f.get();
  EXPECT_EQ(issuer->asked, 1);
}

TEST_F(logins, a_thousand_calls_on_an_ended_token_make_one_request_for_another) {
  open_with(credentials::azure_client_secret(azure()));
  ASSERT_TRUE(mkdirs().has_value());
  EXPECT_EQ(emu->stats().login_requests, 1U);
  auto const later = wait(ws->raw(verb::post, "/_emulator/clock", R"({"advance_ms":7200000})"));
  ASSERT_TRUE(later.has_value()) << later.error();
  std::vector<std::future<void>> all;
  for (int i = 0; i < 1'000; ++i) all.push_back(ws->start(files().mkdirs({.path = "/a"})));
  for (auto& f : all) EXPECT_NO_THROW(f.get());
  EXPECT_EQ(emu->stats().login_requests, 2U);
}

TEST_F(logins, a_token_endpoint_that_fails_for_a_moment_is_asked_again) {
  emulator_fault f;
  f.route = "/login/*";
  f.times = 1;
  emu->add_fault(f);
  auto o = engine_tests::quick_options(emu->url(), "unused");
  o.credentials = credentials::azure_client_secret(azure());
  o.retry.backoff_base = 900ms;
  o.retry.backoff_max = 2'000ms;
  open(std::move(o));
  EXPECT_TRUE(mkdirs().has_value());
  EXPECT_EQ(emu->stats().login_requests, 2U);
}

TEST_F(logins, the_host_is_found_by_the_resource_id) {
  config_request request;
  request.flags.emplace("azure_workspace_resource_id", secret("/subscriptions/1/x/workspaces/w"));
  request.flags.emplace("azure_client_id", secret("emulated-client"));
  request.flags.emplace("azure_client_secret", secret(emu->token()));
  request.flags.emplace("azure_tenant_id", secret("emulated-tenant"));
  request.flags.emplace("azure_authority_host", secret(emu->url() + "/login"));
  request.flags.emplace("azure_resource_manager", secret(emu->url()));
  auto const settings = config::resolve(request);
  ASSERT_TRUE(settings.has_value()) << settings.error();
  EXPECT_TRUE(settings->lacks_host());
  open();
  auto const host = wait(find_workspace_host(loop.executor(), *settings));
  ASSERT_TRUE(host.has_value()) << host.error();
  EXPECT_EQ(*host, "https://" + emu->url().substr(7));
}

TEST_F(logins, a_page_instead_of_a_token_says_so_and_is_not_asked_again) {
  int asked = 0;
  test::hostile_server const page([&asked](test::hostile_connection& c, int) {
    if (c.read_request().empty()) return;
    ++asked;
    c.send(test::ok_response("<html><title>Sign in</title></html>", "Content-Type: text/html\r\n"));
  });
  auto login = azure();
  login.cloud->login = "http://127.0.0.1:" + std::to_string(page.port());
  auto const why = expect_fails(credentials::azure_client_secret(std::move(login)));
  EXPECT_EQ(why.code(), errc::not_databricks);
  EXPECT_NE(why.message().find("a page instead of a token"), std::string::npos) << why;
  EXPECT_EQ(asked, 1);
}

TEST_F(logins, no_secret_leaves_in_the_clear_or_over_a_redirect) {
  auto login = azure();
  login.cloud->login = "http://login.example.net";
  auto const plain = expect_fails(credentials::azure_client_secret(login));
  EXPECT_NE(plain.message().find("use https://"), std::string::npos) << plain;
  std::atomic<int> reached{0};
  test::hostile_server const other([&reached](test::hostile_connection&, int) { ++reached; });
  auto const target = "Location: http://127.0.0.1:" + std::to_string(other.port()) + "/x\r\n";
  test::hostile_server const redirecting([&target](test::hostile_connection& c, int) {
    c.read_request();
    c.send("HTTP/1.1 307 Elsewhere\r\n" + target + "Content-Length: 0\r\n\r\n");
  });
  login.cloud->login = "http://127.0.0.1:" + std::to_string(redirecting.port());
  auto const why = expect_fails(credentials::azure_client_secret(login));
  EXPECT_EQ(why.code(), errc::redirected);
  EXPECT_EQ(reached, 0);
}

TEST_F(logins, a_calls_deadline_ends_its_wait_for_a_login) {
  test::hostile_server const silent([](test::hostile_connection& c, int) { c.wait_for_close(); });
  auto login = azure();
  login.cloud->login = "http://127.0.0.1:" + std::to_string(silent.port());
  open_with(credentials::azure_client_secret(std::move(login)));
  call_options soon;
  soon.deadline = 100ms;
  auto const why = wait(ws->raw(verb::get, "/api/2.0/dbfs/list?path=%2F", {}, soon));
  ASSERT_TRUE(why.has_error());
  EXPECT_EQ(why.error().code(), errc::deadline_exceeded);
  EXPECT_NE(why.error().message().find("waited for a login"), std::string::npos) << why.error();
}

TEST_F(logins, a_loop_destroyed_under_a_login_leaves_nothing) {
  test::hostile_server const silent([](test::hostile_connection& c, int) { c.wait_for_close(); });
  auto login = azure();
  login.cloud->login = "http://127.0.0.1:" + std::to_string(silent.port());
  auto o = engine_tests::quick_options(emu->url(), "unused");
  o.credentials = credentials::azure_client_secret(std::move(login));
  auto doomed = std::make_unique<asio::io_context>();
  std::optional<workspace> on(std::in_place, doomed->get_executor(), std::move(o));
  auto const left = on->start(on->dbfs().mkdirs({.path = "/a"}));
  doomed->run_for(50ms);
  on.reset();  // before its loop, as every handle
  doomed.reset();
}

TEST_F(logins, both_azure_headers_go_with_every_call) {
  std::mutex mutex;
  std::vector<std::string> seen;
  test::hostile_server const both([&](test::hostile_connection& c, int) {
    for (auto request = c.read_request(); !request.empty(); request = c.read_request()) {
      bool const token = request.find("/oauth2/token") != std::string::npos;
      bool const management = request.find("resource=https%3A%2F%2Fmanagement") != request.npos;
      {
        std::lock_guard const lock(mutex);  // noted before the answer lets the test go on
        if (!token) seen.push_back(request);
      }
      c.send(test::ok_response(!token       ? "{}"
                               : management ? R"({"access_token":"m-token","expires_in":"60"})"
                                            : R"({"access_token":"w-token","expires_in":"60"})"));
    }
  });
  auto login = azure();
  login.workspace_resource_id = "/subscriptions/1/x/workspaces/w";
  login.cloud->login = "http://127.0.0.1:" + std::to_string(both.port());
  auto o = engine_tests::quick_options(login.cloud->login, "unused");
  o.credentials = credentials::azure_client_secret(std::move(login));
  open(std::move(o));
  EXPECT_TRUE(mkdirs().has_value());
  std::lock_guard const lock(mutex);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_NE(seen[0].find("Authorization: Bearer w-token\r\n"), std::string::npos) << seen[0];
  EXPECT_NE(seen[0].find("X-Databricks-Azure-SP-Management-Token: m-token\r\n"), std::string::npos);
  EXPECT_NE(seen[0].find("X-Databricks-Azure-Workspace-Resource-Id: /subscriptions/1/x/"),
            std::string::npos);
}

/// A program called az in a PATH of its own.
struct az_logins : logins {
  std::string path = std::getenv("PATH");
  void install(std::string const& script) {
    auto const name = certificates.folder() + "/az";
    std::ofstream(name) << "#!/bin/sh\n" << script << '\n';
    ::chmod(name.c_str(), 0700);
    ::setenv("PATH", (certificates.folder() + ":/usr/bin:/bin").c_str(), 1);
  }
  ~az_logins() override { ::setenv("PATH", path.c_str(), 1); }
};

TEST_F(az_logins, the_azure_command_line_gives_its_token) {
  install(R"(test "$1 $2" = "account get-access-token" || exit 9
echo '{"accessToken":")" +
          emu->token() + R"(","expires_on":4000000000,"tokenType":"Bearer"}')");
  expect_works(credentials::azure_cli(azure()));
}

TEST_F(az_logins, what_az_complains_of_is_shown) {
  install("echo 'ERROR: Please run az login' >&2; exit 1");
  auto const why = expect_fails(credentials::azure_cli(azure()));
  EXPECT_NE(why.message().find("code 1: ERROR: Please run az login"), std::string::npos) << why;
}

TEST_F(az_logins, a_machine_without_az_is_told_what_to_do) {
  ::setenv("PATH", "/nonexistent", 1);
  auto const why = expect_fails(credentials::azure_cli(azure()));
  EXPECT_EQ(why.code(), errc::unauthenticated);
  EXPECT_NE(why.message().find("install the Azure command line"), std::string::npos) << why;
}

}  // namespace
}  // namespace kiln
