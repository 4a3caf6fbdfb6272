#include "core/ascii.hpp"

#include <kiln/azure.hpp>

#include <array>

namespace kiln {

namespace {

azure_cloud cloud(std::string name, std::string dns_zone, std::string login,
                  std::string service_management, std::string resource_manager) {
  azure_cloud out;
  out.name = std::move(name);
  out.dns_zone = std::move(dns_zone);
  out.login = std::move(login);
  out.service_management = std::move(service_management);
  out.resource_manager = std::move(resource_manager);
  return out;
}

std::array<azure_cloud, 3> const& clouds() {
  static std::array<azure_cloud, 3> const all{
      cloud("PUBLIC", ".azuredatabricks.net", "https://login.microsoftonline.com/",
            "https://management.core.windows.net/", "https://management.azure.com/"),
      cloud("USGOVERNMENT", ".databricks.azure.us", "https://login.microsoftonline.us/",
            "https://management.core.usgovcloudapi.net/", "https://management.usgovcloudapi.net/"),
      cloud("CHINA", ".databricks.azure.cn", "https://login.chinacloudapi.cn/",
            "https://management.core.chinacloudapi.cn/", "https://management.chinacloudapi.cn/")};
  return all;
}

struct spelling {
  std::string_view text;
  std::size_t cloud;
};
constexpr std::array<spelling, 6> spellings{{{"PUBLIC", 0},
                                             {"AzurePublicCloud", 0},
                                             {"USGOVERNMENT", 1},
                                             {"AzureUSGovernment", 1},
                                             {"CHINA", 2},
                                             {"AzureChinaCloud", 2}}};

}  // namespace

azure_cloud const* find_azure_cloud(std::string_view name) noexcept {
  for (auto const& s : spellings) {
    if (ascii::equal_ignoring_case(name, s.text)) return &clouds()[s.cloud];
  }
  return nullptr;
}

azure_cloud const* azure_cloud_of(std::string_view host) noexcept {
  for (auto const& c : clouds()) {
    if (host.size() <= c.dns_zone.size()) continue;
    auto const end = host.substr(host.size() - c.dns_zone.size());
    if (ascii::equal_ignoring_case(end, c.dns_zone)) return &c;
  }
  return nullptr;
}

}  // namespace kiln
