#pragma once

#include <string>
#include <string_view>

namespace kiln {

/// Where the services of one Azure cloud are. Endpoints are URLs; a slash at their end is of no
/// account.
struct azure_cloud {
  std::string name;                ///< "PUBLIC", "USGOVERNMENT", "CHINA", or one's own.
  std::string dns_zone;            ///< ".azuredatabricks.net"; workspaces end in it.
  std::string login;               ///< Azure Active Directory.
  std::string service_management;  ///< The audience of a management token.
  std::string resource_manager;
  std::string instance_metadata = "http://169.254.169.254";  ///< Issues managed identities' tokens.
  /// The audience of a token for a workspace: the same application in every cloud.
  std::string application = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";
};

/// The cloud of that name, without regard to case: "PUBLIC", "USGOVERNMENT" or "CHINA" (and the
/// spellings "AzurePublicCloud", "AzureUSGovernment", "AzureChinaCloud"). Null for any other.
[[nodiscard]] azure_cloud const* find_azure_cloud(std::string_view name) noexcept;
/// The cloud a workspace's host name belongs to; null for a host that is not on Azure.
[[nodiscard]] azure_cloud const* azure_cloud_of(std::string_view host) noexcept;

}  // namespace kiln
