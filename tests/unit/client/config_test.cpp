#include <kiln/config.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace kiln {
namespace {

/// A process of its own: variables and files by name.
struct config_test : testing::Test {
  std::map<std::string, std::string> variables{{"HOME", "/h"}};
  std::map<std::string, config_request::file> files;
  config_request request;
  int reads = 0;

  config_test() {
    request.environment = [this](std::string const& name) -> std::optional<std::string> {
      auto const at = variables.find(name);
      if (at == variables.end()) return std::nullopt;
      return at->second;
    };
    request.read_file =
        [this](std::string const& path) -> result<std::optional<config_request::file>> {
      ++reads;
      auto const at = files.find(path);
      if (at == files.end()) return std::optional<config_request::file>();
      return std::optional<config_request::file>(at->second);
    };
  }
  void profiles(std::string text, unsigned mode = 0600) {
    files["/h/.databrickscfg"] = {std::move(text), mode};
  }
  config resolve() {
    auto out = config::resolve(request);
    EXPECT_TRUE(out.has_value()) << out.error();
    return out ? *out : *config::resolve({});
  }
  std::string fault() {
    auto const out = config::resolve(request);
    return out ? std::string("no fault") : out.error().message();
  }
  static std::string where(config const& c, std::string_view key) {
    auto const* const at = c.find(key);
    return at == nullptr ? "(none)" : at->where;
  }
};

TEST_F(config_test, the_environment_is_enough_and_the_file_is_not_read) {
  variables["DATABRICKS_HOST"] = "adb-1.azuredatabricks.net/";
  variables["DATABRICKS_TOKEN"] = "dapi1";
  profiles("broken");
  auto const c = resolve();
  EXPECT_EQ(c.get("host"), "https://adb-1.azuredatabricks.net");
  EXPECT_EQ(c.get("token"), "dapi1");
  EXPECT_EQ(c.auth_type(), "pat");
  EXPECT_EQ(where(c, "host"), "DATABRICKS_HOST");
  EXPECT_EQ(reads, 0);
}

TEST_F(config_test, a_host_gets_its_scheme_and_loses_what_is_its_default) {
  for (auto const& [given, meant] :
       std::map<std::string, std::string>{{"a.net", "https://a.net"},
                                          {" https://a.net:443/ ", "https://a.net"},
                                          {"http://127.0.0.1:80/", "http://127.0.0.1:80"},
                                          {"https://a.net:8443//", "https://a.net:8443"}}) {
    variables["DATABRICKS_HOST"] = given;
    EXPECT_EQ(resolve().get("host"), meant) << given;
  }
}

TEST_F(config_test, without_anything_the_default_profile_is_read) {
  profiles("[DEFAULT]\nhost = a.net\ntoken = t\n[x]\nhost = b.net\n");
  auto const c = resolve();
  EXPECT_EQ(c.get("host"), "https://a.net");
  EXPECT_EQ(c.get("profile"), "DEFAULT");
  EXPECT_EQ(where(c, "token"), "profile DEFAULT in ~/.databrickscfg, line 3");
}

TEST_F(config_test, the_settings_section_names_the_default_profile) {
  profiles("[DEFAULT]\nhost = a.net\n[__settings__]\ndefault_profile = x\n[x]\nhost = b.net\n");
  EXPECT_EQ(resolve().get("host"), "https://b.net");
  request.profile = "__settings__";
  EXPECT_NE(fault().find("there is no profile '__settings__'"), std::string::npos) << fault();
}

TEST_F(config_test, no_file_no_default_profile_and_no_home_are_no_errors) {
  EXPECT_TRUE(resolve().values().empty());
  profiles("[x]\nhost = b.net\n");
  EXPECT_EQ(resolve().get("host"), "");
  variables.erase("HOME");
  EXPECT_EQ(resolve().get("host"), "");
}

TEST_F(config_test, default_is_not_merged_into_other_profiles) {
  profiles("[DEFAULT]\ntoken = t\n[x]\nhost = b.net\n");
  request.profile = "x";
  auto const c = resolve();
  EXPECT_EQ(c.get("token"), "");
  EXPECT_EQ(c.auth_type(), "");
}

TEST_F(config_test, an_unknown_profile_names_those_that_exist) {
  profiles("[DEFAULT]\nhost = a.net\n[prod]\nhost = b.net\n");
  request.profile = "prd";
  EXPECT_EQ(fault(), "there is no profile 'prd' in ~/.databrickscfg; there are: DEFAULT, prod");
  request.profile.reset();
  variables["DATABRICKS_CONFIG_PROFILE"] = "nope";
  EXPECT_NE(fault().find("there are: DEFAULT, prod"), std::string::npos) << fault();
  files.clear();
  EXPECT_NE(fault().find("there is no such file"), std::string::npos) << fault();
}

TEST_F(config_test, the_environment_goes_before_a_profile_that_it_names) {
  profiles("[x]\nhost = b.net\ntoken = t\nrate_limit = 5\n");
  variables["DATABRICKS_CONFIG_PROFILE"] = "x";
  variables["DATABRICKS_RATE_LIMIT"] = "7";
  auto const c = resolve();
  EXPECT_EQ(c.get("rate_limit"), "7");
  EXPECT_EQ(c.get("token"), "t");
  EXPECT_EQ(c.options().budget.options().rate, 7);
}

TEST_F(config_test, a_profile_asked_for_goes_before_the_environment) {
  profiles("[x]\nhost = b.net\ntoken = of-x\nrate_limit = 5\n");
  request.profile = "x";
  variables["DATABRICKS_HOST"] = "https://other.net";
  variables["DATABRICKS_TOKEN"] = "of-other";
  variables["ARM_CLIENT_SECRET"] = "s";
  variables["DATABRICKS_RATE_LIMIT"] = "7";
  variables["DATABRICKS_CLUSTER_ID"] = "c";
  auto const c = resolve();
  EXPECT_EQ(c.get("host"), "https://b.net");
  EXPECT_EQ(c.get("token"), "of-x");
  EXPECT_EQ(c.get("rate_limit"), "5");
  EXPECT_EQ(c.get("cluster_id"), "c");
  EXPECT_EQ(c.auth_type(), "pat");
}

TEST_F(config_test, a_token_of_the_environment_never_goes_to_the_host_of_a_profile) {
  profiles("[x]\nhost = b.net\n");
  request.profile = "x";
  variables["DATABRICKS_TOKEN"] = "of-other";
  EXPECT_EQ(resolve().get("token"), "");
}

TEST_F(config_test, a_secret_of_a_profile_never_goes_to_another_host) {
  profiles("[x]\nhost = b.net\ntoken = t\n");
  request.profile = "x";
  request.flags.emplace("host", secret("https://evil.net"));
  auto const why = fault();
  EXPECT_NE(why.find("https://evil.net"), std::string::npos) << why;
  EXPECT_NE(why.find("whose host is https://b.net"), std::string::npos) << why;
  request.flags.emplace("token", secret("mine"));
  EXPECT_EQ(resolve().get("token"), "mine");
}

TEST_F(config_test, a_flag_goes_before_everything) {
  variables["DATABRICKS_HOST"] = "a.net";
  variables["ARM_CLIENT_ID"] = "id";
  variables["ARM_CLIENT_SECRET"] = "s";
  request.flags.emplace("token", secret("flagged"));
  auto const c = resolve();
  EXPECT_EQ(c.auth_type(), "pat");
  EXPECT_EQ(c.get("azure_client_secret"), "");
  EXPECT_EQ(where(c, "token"), "the command line");
}

TEST_F(config_test, two_kinds_of_credentials_are_an_error_that_names_both) {
  variables["DATABRICKS_HOST"] = "a.net";
  variables["DATABRICKS_TOKEN"] = "dapi-secret";
  variables["ARM_CLIENT_ID"] = "id";
  auto const why = fault();
  EXPECT_NE(why.find("azure (azure_client_id from ARM_CLIENT_ID) and pat (token from "
                     "DATABRICKS_TOKEN)"),
            std::string::npos)
      << why;
  EXPECT_EQ(why.find("dapi-secret"), std::string::npos);
  variables["DATABRICKS_AUTH_TYPE"] = "pat";
  EXPECT_EQ(resolve().auth_type(), "pat");
}

struct choice {
  std::vector<std::pair<std::string, std::string>> variables;
  std::string auth_type;
};

TEST_F(config_test, the_login_follows_from_what_is_set) {
  std::vector<choice> const all{
      {{{"DATABRICKS_TOKEN", "t"}}, "pat"},
      {{{"DATABRICKS_AAD_TOKEN", "t"}}, "pat"},
      {{{"DATABRICKS_USERNAME", "u"}, {"DATABRICKS_PASSWORD", "p"}}, "basic"},
      {{{"DATABRICKS_CLIENT_ID", "i"}, {"DATABRICKS_CLIENT_SECRET", "s"}}, "oauth-m2m"},
      {{{"DATABRICKS_METADATA_SERVICE_URL", "http://127.0.0.1:9/x"}}, "metadata-service"},
      {{{"DATABRICKS_OIDC_TOKEN_ENV", "MY"}, {"MY", "jwt"}}, "env-oidc"},
      {{{"DATABRICKS_OIDC_TOKEN_FILEPATH", "/t"}}, "file-oidc"},
      {{{"ARM_CLIENT_ID", "i"}, {"ARM_CLIENT_SECRET", "s"}, {"ARM_TENANT_ID", "t"}},
       "azure-client-secret"},
      {{{"ARM_CLIENT_ID", "i"}, {"ARM_CLIENT_CERTIFICATE_PATH", "/c"}}, "azure-client-certificate"},
      {{{"ARM_USE_MSI", "true"}}, "azure-msi"},
      {{{"DATABRICKS_AZURE_RESOURCE_ID", "/subscriptions/1"}}, "azure-cli"},
      {{}, "azure-cli"}};
  for (auto const& one : all) {
    variables = {{"HOME", "/h"}, {"DATABRICKS_HOST", "https://adb-1.azuredatabricks.net"}};
    for (auto const& [name, value] : one.variables) variables[name] = value;
    auto const c = resolve();
    EXPECT_EQ(c.auth_type(), one.auth_type);
    EXPECT_TRUE(static_cast<bool>(c.login())) << one.auth_type;
    EXPECT_NO_THROW(c.options().validate()) << one.auth_type;
  }
  variables = {{"DATABRICKS_HOST", "https://x.cloud.databricks.com"}};
  EXPECT_EQ(resolve().auth_type(), "") << "az is for Azure";
}

TEST_F(config_test, netrc_is_looked_at_where_nothing_else_is_set) {
  variables["DATABRICKS_HOST"] = "https://x.cloud.databricks.com";
  files["/h/.netrc"] = {"machine x.cloud.databricks.com login token password dapi9", 0600};
  auto const c = resolve();
  EXPECT_EQ(c.auth_type(), "netrc");
  EXPECT_EQ(c.login().source()->at_hand()->headers.front().second, "Basic dG9rZW46ZGFwaTk=");
  EXPECT_TRUE(c.warnings().empty());
  files["/h/.netrc"].mode = 0644;
  EXPECT_EQ(resolve().warnings().size(), 1U);
}

TEST_F(config_test, a_file_with_a_secret_that_others_can_read_gets_a_warning) {
  profiles("[DEFAULT]\nhost = a.net\ntoken = t\n", 0640);
  auto const shared = resolve();
  ASSERT_EQ(shared.warnings().size(), 1U);
  EXPECT_EQ(shared.warnings()[0],
            "~/.databrickscfg holds a secret and others can read it; chmod 600 ~/.databrickscfg");
  profiles("[DEFAULT]\nhost = a.net\n", 0644);
  EXPECT_TRUE(resolve().warnings().empty());
}

TEST_F(config_test, another_file_may_be_named_and_must_then_exist) {
  variables["DATABRICKS_CONFIG_FILE"] = "~/other.cfg";
  EXPECT_EQ(fault(), "~/other.cfg: there is no such file; kiln configure writes one");
  files["/h/other.cfg"] = {"[DEFAULT]\nhost = o.net\n", 0600};
  EXPECT_EQ(resolve().get("host"), "https://o.net");
  request.profile = "DEFAULT";
  EXPECT_EQ(resolve().get("host"), "https://o.net");
}

TEST_F(config_test, values_that_cannot_be_are_refused_with_their_origin) {
  variables["DATABRICKS_HOST"] = "a.net";
  variables["DATABRICKS_TOKEN"] = "t";
  auto const refusal = [this](char const* name, char const* value) {
    variables[name] = value;
    std::string text = "no refusal";
    try {
      static_cast<void>(resolve().options());
    } catch (std::invalid_argument const& e) {
      text = e.what();
    }
    variables.erase(name);
    return text;
  };
  EXPECT_EQ(refusal("DATABRICKS_RATE_LIMIT", "fast"),
            "rate_limit (from DATABRICKS_RATE_LIMIT): it is not a number above 0");
  EXPECT_EQ(refusal("DATABRICKS_RATE_LIMIT", "-1"),
            "rate_limit (from DATABRICKS_RATE_LIMIT): it is not a number above 0");
  EXPECT_NE(refusal("DATABRICKS_AUTH_TYPE", "magic").find("azure-client-secret"),
            std::string::npos);
  variables.erase("DATABRICKS_TOKEN");
  variables["DATABRICKS_AUTH_TYPE"] = "azure-client-secret";
  EXPECT_EQ(refusal("ARM_CLIENT_ID", "id"), "azure_client_secret: it is missing");
  variables["ARM_CLIENT_SECRET"] = "s";
  variables["ARM_CLIENT_ID"] = "id";
  EXPECT_NE(refusal("ARM_ENVIRONMENT", "GERMANY").find("PUBLIC, USGOVERNMENT or CHINA"),
            std::string::npos);
}

TEST_F(config_test, nothing_that_is_printed_shows_a_secret) {
  variables["DATABRICKS_HOST"] = "a.net";
  variables["DATABRICKS_TOKEN"] = "dapi-canary";
  auto const c = resolve();
  for (auto const& v : c.values()) {
    std::ostringstream out;
    out << v.value;
    EXPECT_EQ(out.str(), "***");
    EXPECT_EQ(v.is_secret, v.key == "token");
  }
}

TEST(azure_clouds, are_known_by_name_and_by_host) {
  EXPECT_EQ(azure_cloud_of("adb-1.2.azuredatabricks.net")->name, "PUBLIC");
  EXPECT_EQ(azure_cloud_of("ADB-1.databricks.azure.us")->name, "USGOVERNMENT");
  EXPECT_EQ(azure_cloud_of("x.databricks.azure.cn")->login, "https://login.chinacloudapi.cn/");
  EXPECT_EQ(azure_cloud_of("x.cloud.databricks.com"), nullptr);
  EXPECT_EQ(azure_cloud_of(".azuredatabricks.net"), nullptr);
  EXPECT_EQ(azure_cloud_of("azuredatabricks.net.evil.org"), nullptr);
  EXPECT_EQ(find_azure_cloud("usgovernment")->resource_manager,
            "https://management.usgovcloudapi.net/");
  EXPECT_EQ(find_azure_cloud("mars"), nullptr);
}

}  // namespace
}  // namespace kiln
