#pragma once

#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/secret.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Settings as the official Databricks tools keep them: environment variables and profiles in
/// ~/.databrickscfg, by the same names.
/// https://docs.databricks.com/en/dev-tools/auth/unified-auth.html
namespace kiln {

enum class config_origin : unsigned char { flag, environment, profile, chosen };

/// One setting and where it came from.
struct config_value {
  std::string key;  ///< As in a profile: "host", "azure_client_id".
  secret value;
  bool is_secret = false;
  config_origin origin = config_origin::chosen;
  std::string where;  ///< "DATABRICKS_HOST", "profile DEFAULT in ~/.databrickscfg, line 2".
};

/// What a configuration is made from; nothing else is looked at.
struct config_request {
  struct file {
    std::string text;
    unsigned mode = 0600;  ///< Permission bits.
  };
  /// Settings that go before all others, by key.
  std::map<std::string, secret, std::less<>> flags;
  /// A profile asked for by name: its values go before the environment's, whose credentials and
  /// host then do not count. nullopt: as DATABRICKS_CONFIG_PROFILE or the file says.
  std::optional<std::string> profile;
  /// The value of an environment variable.
  std::function<std::optional<std::string>(std::string const& name)> environment;
  /// nullopt: there is no such file.
  std::function<result<std::optional<file>>(std::string const& path)> read_file;

  /// The variables and files of this process.
  static config_request of_process();
};

/// Settings that fit together: flag before environment before profile, credentials of one kind.
class config {
 public:
  /// Fails with invalid_argument: a profile that does not exist (those that do are named), a file
  /// that cannot be read (line and column), credentials of two kinds without auth_type (both are
  /// named with their origins), a value of the wrong form.
  static result<config> resolve(config_request const& from);

  /// Empty when it is not set.
  [[nodiscard]] std::string_view get(std::string_view key) const noexcept;
  [[nodiscard]] config_value const* find(std::string_view key) const noexcept;
  /// Every setting, in the order the tools list them.
  [[nodiscard]] std::vector<config_value> const& values() const noexcept { return values_; }
  /// "pat", "oauth-m2m", "azure-client-secret", …; empty when there are no credentials.
  [[nodiscard]] std::string const& auth_type() const noexcept { return auth_type_; }
  /// What the user should know: a file others can read, a setting that is ignored.
  [[nodiscard]] std::vector<std::string> const& warnings() const noexcept { return warnings_; }

  /// The host is known only by azure_workspace_resource_id: see find_workspace_host.
  [[nodiscard]] bool lacks_host() const noexcept;
  /// As a flag, for what was found out since.
  void set_host(std::string host);

  /// The login that auth_type names; an empty one when there are no credentials. Throws
  /// std::invalid_argument that names the setting which is missing or of no use.
  [[nodiscard]] credentials login() const;
  /// Everything a handle needs that the settings say: host, login, proxy, rate, timeouts. Throws
  /// as login() does.
  [[nodiscard]] workspace_options options() const;

 private:
  friend class config_builder;
  config() = default;
  std::vector<config_value> values_;
  std::map<std::string, secret, std::less<>> extras_;  ///< Proxies, and what a login needs.
  std::string auth_type_;
  std::vector<std::string> warnings_;
};

/// Asks Azure's resource manager for the host of the workspace that azure_workspace_resource_id
/// names, with the login of `settings`, over the proxy, TLS and timeouts of `network`. On any
/// executor; nothing of it is left at the end.
[[nodiscard]] task<std::string> find_workspace_host(
    asio::any_io_executor executor, config settings,
    workspace_options const& network = workspace_options());

}  // namespace kiln
