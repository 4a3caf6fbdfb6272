#include "cli/program.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <sys/stat.h>

// Settings and logins as the program shows and uses them.
namespace kiln::cli_test {
namespace {

using test::has;

/// A home directory with a profile file.
struct program_auth : testing::Test {
  scratch home;
  environment variables{{"HOME", home.path()}};
  std::string cfg = home.path(".databrickscfg");

  void profiles(std::string const& text, mode_t mode = 0600) const {
    std::ofstream(cfg) << text;
    ::chmod(cfg.c_str(), mode);
  }
  [[nodiscard]] mode_t mode() const {
    struct stat facts {};
    return ::stat(cfg.c_str(), &facts) == 0 ? facts.st_mode & 0777U : 0;
  }
};

TEST_F(program_auth, describe_shows_each_value_and_its_origin_without_secrets) {
  profiles("[DEFAULT]\nhost = a.net\n[prod]\nhost = https://b.net\ntoken = dapi-canary\n", 0644);
  variables["DATABRICKS_RATE_LIMIT"] = "7";
  auto const text = run({"auth", "describe", "--profile", "prod"}, variables);
  EXPECT_EQ(text.code, 0) << text;
  EXPECT_TRUE(has(text.out, "https://b.net")) << text;
  EXPECT_TRUE(has(text.out, "profile prod in ~/.databrickscfg, line 5")) << text;
  EXPECT_TRUE(has(text.out, "DATABRICKS_RATE_LIMIT")) << text;
  EXPECT_TRUE(has(text.out, "***")) << text;
  EXPECT_TRUE(has(text.err, "chmod 600 ~/.databrickscfg")) << text;
  EXPECT_FALSE(has(text.out + text.err, "canary")) << text;
  auto const json = run({"auth", "describe", "--profile", "prod", "-o", "json"}, variables);
  EXPECT_TRUE(has(json.out, R"("auth_type":"pat")")) << json;
  EXPECT_TRUE(has(json.out, R"({"key":"token","value":"***","origin":"profile","where":)")) << json;
}

TEST_F(program_auth, a_profile_that_is_wrong_or_unknown_is_a_usage_error) {
  profiles("[DEFAULT]\nhost = a.net\n");
  auto const unknown = run({"fs", "ls", "dbfs:/", "--profile", "prod"}, variables);
  EXPECT_EQ(unknown.code, 2) << unknown;
  EXPECT_TRUE(has(unknown.err, "there is no profile 'prod'")) << unknown;
  EXPECT_TRUE(has(unknown.err, "DEFAULT")) << unknown;
  profiles("[DEFAULT\n");
  auto const broken = run({"auth", "describe"}, variables);
  EXPECT_EQ(broken.code, 2) << broken;
  EXPECT_TRUE(has(broken.err, "line 1, column 1")) << broken;
}

TEST_F(program_auth, two_kinds_of_credentials_are_named) {
  variables["DATABRICKS_HOST"] = "https://a.net";
  variables["DATABRICKS_TOKEN"] = "dapi-canary";
  variables["ARM_CLIENT_SECRET"] = "other-canary";
  auto const both = run({"auth", "describe"}, variables);
  EXPECT_EQ(both.code, 2) << both;
  EXPECT_TRUE(has(both.err, "ARM_CLIENT_SECRET")) << both;
  EXPECT_TRUE(has(both.err, "DATABRICKS_TOKEN")) << both;
  EXPECT_FALSE(has(both.err, "canary")) << both;
}

TEST_F(program_auth, configure_writes_a_private_file_and_keeps_what_was_there) {
  profiles("; mine\n[other]\nhost = https://o.net # keep\n", 0644);
  auto const made =
      run({"configure", "--host", "adb-1.azuredatabricks.net"}, variables, "dapi-new\nrest\n");
  EXPECT_EQ(made.code, 0) << made;
  EXPECT_EQ(content(cfg),
            "; mine\n[other]\nhost = https://o.net # keep\n\n[DEFAULT]\n"
            "host = https://adb-1.azuredatabricks.net\ntoken = dapi-new\n");
  EXPECT_EQ(mode(), 0600U);
  EXPECT_FALSE(has(made.out + made.err, "dapi-new")) << made;
  auto const again = run({"configure", "--profile", "az", "--host", "https://x.net", "--set",
                          "auth_type=azure-cli", "--set", "azure_tenant_id=t"},
                         variables);
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_TRUE(has(content(cfg), "[az]\nhost = https://x.net\nauth_type = azure-cli\n"));
  EXPECT_TRUE(has(content(cfg), "token = dapi-new"));
}

TEST_F(program_auth, configure_refuses_what_it_must_not_take) {
  auto const secret =
      run({"configure", "--host", "https://x.net", "--set", "token=dapi-canary"}, variables);
  EXPECT_EQ(secret.code, 2) << secret;
  EXPECT_TRUE(has(secret.err, "DATABRICKS_TOKEN")) << secret;
  EXPECT_FALSE(has(secret.err, "canary")) << secret;
  EXPECT_EQ(run({"configure"}, variables).code, 2);
  EXPECT_EQ(run({"configure", "--host", "https://x y"}, variables, "t\n").code, 2);
  EXPECT_EQ(run({"configure", "--host", "https://x.net", "--set", "nonsense=1"}, variables).code,
            2);
  EXPECT_EQ(run({"configure", "--host", "https://x.net"}, variables).code, 2) << "no token";
  EXPECT_EQ(mode(), 0U) << "nothing was written";
}

TEST_F(program_auth, a_service_principal_logs_in_and_its_token_is_shown_when_asked) {
  emulated_workspace const served;
  variables["DATABRICKS_HOST"] = served.url();
  variables["ARM_CLIENT_ID"] = "emulated-client";
  variables["ARM_CLIENT_SECRET"] = served.token();
  variables["ARM_TENANT_ID"] = "emulated-tenant";
  variables["AZURE_AUTHORITY_HOST"] = served.url() + "/login/";
  auto const listed = run({"--rate", "4000", "fs", "ls", "dbfs:/"}, variables);
  EXPECT_EQ(listed.code, 0) << listed;
  auto const hidden = run({"auth", "token"}, variables);
  EXPECT_EQ(hidden.code, 0) << hidden;
  EXPECT_EQ(hidden.out, "***\n");
  auto const shown = run({"auth", "token", "--show"}, variables);
  EXPECT_TRUE(shown.out.starts_with("emulated-")) << shown;
  variables["ARM_CLIENT_SECRET"] = "wrong-canary";
  auto const wrong = run({"--verbose", "fs", "ls", "dbfs:/"}, variables);
  EXPECT_EQ(wrong.code, 4) << wrong;
  EXPECT_TRUE(has(wrong.err, "AADSTS7000215")) << wrong;
  EXPECT_FALSE(has(wrong.err, "canary")) << wrong;
}

TEST_F(program_auth, env_prints_what_a_shell_reads_back) {
  profiles("[DEFAULT]\nhost = https://a.net\ntoken = it's\n");
  auto const masked = run({"auth", "env"}, variables);
  EXPECT_TRUE(has(masked.out, "export DATABRICKS_HOST='https://a.net'\n")) << masked;
  EXPECT_TRUE(has(masked.out, "export DATABRICKS_TOKEN='***'\n")) << masked;
  auto const shown = run({"auth", "env", "--show"}, variables);
  EXPECT_TRUE(has(shown.out, "export DATABRICKS_TOKEN='it'\\''s'\n")) << shown;
}

TEST_F(program_auth, netrc_is_used_as_curl_does) {
  emulated_workspace const served;
  std::ofstream(home.path(".netrc")) << "machine 127.0.0.1 login token password x\n";
  ::chmod(home.path(".netrc").c_str(), 0600);
  variables["DATABRICKS_HOST"] = served.url();
  auto const text = run({"auth", "describe"}, variables);
  EXPECT_TRUE(has(text.out, "netrc")) << text;
  EXPECT_EQ(run({"fs", "ls", "dbfs:/"}, variables).code, 4) << "the emulator takes no Basic";
}

}  // namespace
}  // namespace kiln::cli_test
