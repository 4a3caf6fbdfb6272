#include <kiln/config.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <chrono>
#include <map>
#include <sstream>
#include <string>

// The names of the official tools, as their documentation has them: each is read from where it
// may stand, with the meaning it has there.
namespace kiln {
namespace {

struct known_key {
  char const* key;
  char const* variable;  ///< Null: none.
  bool secret = false;
  char const* value = "value";
};
constexpr std::array<known_key, 33> keys{{
    {"host", "DATABRICKS_HOST", false, "https://a.net"},
    {"account_id", "DATABRICKS_ACCOUNT_ID"},
    {"workspace_id", "DATABRICKS_WORKSPACE_ID"},
    {"token", "DATABRICKS_TOKEN", true},
    {"token", "DATABRICKS_AAD_TOKEN", true},
    {"username", "DATABRICKS_USERNAME"},
    {"password", "DATABRICKS_PASSWORD", true},
    {"client_id", "DATABRICKS_CLIENT_ID"},
    {"client_secret", "DATABRICKS_CLIENT_SECRET", true},
    {"oidc_token_filepath", "DATABRICKS_OIDC_TOKEN_FILEPATH"},
    {"metadata_service_url", "DATABRICKS_METADATA_SERVICE_URL", true},
    {"azure_workspace_resource_id", "DATABRICKS_AZURE_RESOURCE_ID"},
    {"azure_use_msi", "ARM_USE_MSI"},
    {"azure_client_id", "ARM_CLIENT_ID"},
    {"azure_client_secret", "ARM_CLIENT_SECRET", true},
    {"azure_client_certificate_path", "ARM_CLIENT_CERTIFICATE_PATH"},
    {"azure_client_certificate_password", "ARM_CLIENT_CERTIFICATE_PASSWORD", true},
    {"azure_tenant_id", "ARM_TENANT_ID"},
    {"azure_environment", "ARM_ENVIRONMENT"},
    {"discovery_url", "DATABRICKS_DISCOVERY_URL"},
    {"rate_limit", "DATABRICKS_RATE_LIMIT"},
    {"cluster_id", "DATABRICKS_CLUSTER_ID"},
    {"warehouse_id", "DATABRICKS_WAREHOUSE_ID"},
    {"databricks_cli_path", "DATABRICKS_CLI_PATH"},
    {"debug_truncate_bytes", "DATABRICKS_DEBUG_TRUNCATE_BYTES"},
    {"debug_headers", "DATABRICKS_DEBUG_HEADERS"},
    {"insecure", "DATABRICKS_INSECURE"},
    {"jobs-api-version", "DATABRICKS_JOBS_API_VERSION"},
    {"http_timeout_seconds", nullptr},
    {"retry_timeout_seconds", nullptr},
    {"skip_verify", nullptr},
    {"refresh_token", "DATABRICKS_REFRESH_TOKEN", true},
    {"azure_resource_manager", nullptr},
}};

struct config_names : testing::TestWithParam<known_key> {
  std::map<std::string, std::string> variables{{"HOME", "/h"}};
  std::string profiles;
  config_request request;

  config_names() {
    request.environment = [this](std::string const& name) -> std::optional<std::string> {
      auto const at = variables.find(name);
      return at == variables.end() ? std::nullopt : std::optional(at->second);
    };
    request.read_file =
        [this](std::string const& path) -> result<std::optional<config_request::file>> {
      using maybe = std::optional<config_request::file>;
      if (path != "/h/.databrickscfg") return maybe();
      return maybe(config_request::file{profiles, 0600});
    };
  }
  void expect_set(std::string const& origin) {
    auto const c = config::resolve(request);
    ASSERT_TRUE(c.has_value()) << c.error();
    auto const* const at = c->find(GetParam().key);
    ASSERT_NE(at, nullptr) << GetParam().key;
    EXPECT_EQ(at->value.reveal(), GetParam().value);
    EXPECT_NE(at->where.find(origin), std::string::npos) << at->where;
    EXPECT_EQ(at->is_secret, GetParam().secret);
  }
};

TEST_P(config_names, are_those_of_the_environment) {
  auto const* const variable = GetParam().variable;
  if (variable != nullptr) {
    variables[variable] = GetParam().value;
    expect_set(variable);
    return;
  }
  std::string name = "DATABRICKS_";
  for (char const* c = GetParam().key; *c != '\0'; ++c) {
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
  }
  variables[name] = GetParam().value;
  auto const c = config::resolve(request);
  ASSERT_TRUE(c.has_value()) << c.error();
  EXPECT_EQ(c->find(GetParam().key), nullptr) << name << " is a name of nobody's";
}

TEST_P(config_names, are_those_of_profiles) {
  profiles = std::string("[x]\n") + GetParam().key + " = " + GetParam().value + '\n';
  request.profile = "x";
  expect_set("profile x in");
}

INSTANTIATE_TEST_SUITE_P(official, config_names, testing::ValuesIn(keys), [](auto const& one) {
  std::string name = one.param.variable != nullptr ? one.param.variable : one.param.key;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

TEST(config_values, steer_the_budget_and_the_deadlines) {
  config_request request;
  std::map<std::string, std::string> const variables{
      {"DATABRICKS_HOST", "a.net"}, {"DATABRICKS_TOKEN", "t"}, {"DATABRICKS_RATE_LIMIT", "7.5"}};
  request.environment = [&](std::string const& name) -> std::optional<std::string> {
    auto const at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  };
  request.flags.emplace("http_timeout_seconds", secret("12"));
  request.flags.emplace("retry_timeout_seconds", secret("90"));
  auto const c = config::resolve(request);
  ASSERT_TRUE(c.has_value()) << c.error();
  auto const o = c->options();
  EXPECT_DOUBLE_EQ(o.budget.options().rate, 7.5);
  EXPECT_EQ(o.timeouts.first_byte, std::chrono::seconds(12));
  EXPECT_EQ(o.timeouts.idle_read, std::chrono::seconds(12));
  EXPECT_EQ(o.deadline, std::chrono::seconds(90));
}

}  // namespace
}  // namespace kiln
