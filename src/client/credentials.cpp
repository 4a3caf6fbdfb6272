#include "client/login_issuers.hpp"
#include "client/token_life.hpp"
#include "json/base64.hpp"

#include <kiln/credentials.hpp>

#include <algorithm>
#include <span>
#include <stdexcept>
#include <utility>

namespace kiln {

authorization& authorization::operator=(authorization other) noexcept {
  headers.swap(other.headers);
  return *this;
}
authorization::~authorization() {
  for (auto& [name, value] : headers) wipe(value);
}

void require_login(bool good, char const* field, char const* rule) {
  if (!good) throw std::invalid_argument(std::string(field) + ": " + rule);
}

namespace {

constexpr std::string_view resource_id_header = "X-Databricks-Azure-Workspace-Resource-Id";
constexpr std::string_view management_header = "X-Databricks-Azure-SP-Management-Token";

/// Headers that never change.
class fixed_headers final : public token_source {
 public:
  explicit fixed_headers(authorization headers) : headers_(std::move(headers)) {}
  task<authorization> authorize() override { co_return headers_; }
  authorization const* at_hand() noexcept override { return &headers_; }

 private:
  authorization headers_;
};

class function_recipe final : public login_recipe {
 public:
  using function = std::function<std::shared_ptr<token_source>(login_surroundings const&)>;
  function_recipe(std::string kind, function open)
      : kind_(std::move(kind)), open_(std::move(open)) {}
  [[nodiscard]] std::string_view kind() const noexcept override { return kind_; }
  [[nodiscard]] std::shared_ptr<token_source> open(login_surroundings const& in) const override {
    return open_(in);
  }

 private:
  std::string kind_;
  function open_;
};

bool sendable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

void require_resource_id(std::string const& id) {
  require_login(id.empty() || (id.starts_with('/') && sendable(id)), "azure_workspace_resource_id",
                "it is of the form /subscriptions/…/resourceGroups/…/providers/"
                "Microsoft.Databricks/workspaces/…");
}

authorization resource_header(std::string const& id) {
  authorization out;
  if (!id.empty()) out.headers.emplace_back(resource_id_header, id);
  return out;
}

/// The managed identity and a service principal prove with a second token that they may manage the
/// workspace they name; a user need not.
std::shared_ptr<token_source> open_azure(azure_kind kind, azure_login const& login,
                                         login_surroundings const& in) {
  auto const http = std::make_shared<login_http>(in);
  auto const cloud = cloud_of(login, in.host.host);
  auto first = make_azure_issuer(http, kind, login, cloud.application);
  std::shared_ptr<token_issuer> second;
  if (!login.workspace_resource_id.empty() && kind != azure_kind::cli) {
    second = make_azure_issuer(http, kind, login, cloud.service_management);
  }
  return make_renewable(in, to_string(kind), std::move(first), std::move(second),
                        resource_header(login.workspace_resource_id));
}

std::shared_ptr<login_recipe const> azure_recipe(azure_kind kind, azure_login login) {
  require_resource_id(login.workspace_resource_id);
  return make_recipe(std::string(to_string(kind)),
                     [kind, login = std::move(login)](login_surroundings const& in) {
                       return open_azure(kind, login, in);
                     });
}

}  // namespace

std::shared_ptr<login_recipe const> make_recipe(
    std::string kind,
    std::function<std::shared_ptr<token_source>(login_surroundings const&)> open) {
  return std::make_shared<function_recipe>(std::move(kind), std::move(open));
}

std::shared_ptr<token_source> make_renewable(login_surroundings const& in, std::string_view kind,
                                             std::shared_ptr<token_issuer> first,
                                             std::shared_ptr<token_issuer> second,
                                             authorization const& constant) {
  std::vector<renewable_source::part> parts;
  renewable_source::part bearer;
  bearer.life = std::make_shared<token_life>(in, std::move(first), std::string(kind));
  bearer.header = "Authorization";
  bearer.prefix = "Bearer ";
  parts.push_back(std::move(bearer));
  if (second) {
    renewable_source::part management;
    management.life = std::make_shared<token_life>(in, std::move(second),
                                                   std::string(kind) + ", management token");
    management.header = management_header;
    parts.push_back(std::move(management));
  }
  return std::make_shared<renewable_source>(std::move(parts), constant);
}

credentials open_login(credentials const& of, login_surroundings const& in) {
  if (!of.recipe()) return of;
  return credentials(of.recipe()->open(in));
}

credentials credentials::personal_access_token(std::string token,
                                               std::string workspace_resource_id) {
  secret const kept(token);
  wipe(token);
  if (kept.empty()) throw std::invalid_argument("token: it is empty");
  if (!sendable(kept.reveal())) {
    throw std::invalid_argument(
        "token: it has a blank, a line break or another character that no token has");
  }
  require_resource_id(workspace_resource_id);
  authorization headers;
  headers.headers.reserve(2);
  auto& value = headers.headers.emplace_back("Authorization", "Bearer ").second;
  value.reserve(value.size() + kept.reveal().size());
  value += kept.reveal();
  if (!workspace_resource_id.empty()) {
    headers.headers.emplace_back(resource_id_header, std::move(workspace_resource_id));
  }
  return credentials(std::make_shared<fixed_headers>(std::move(headers)));
}

credentials credentials::basic(std::string user, secret password) {
  require_login(!user.empty() && user.find(':') == std::string::npos, "username",
                "it is missing or has a colon");
  require_login(!password.empty(), "password", "it is missing");
  std::string pair;
  pair.reserve(user.size() + 1 + password.reveal().size());
  (pair += user) += ':';
  pair += password.reveal();
  authorization headers;
  auto& value = headers.headers.emplace_back("Authorization", "Basic ").second;
  value.reserve(value.size() + json::base64_size(pair.size()));
  json::append_base64(value, std::as_bytes(std::span(pair)));
  wipe(pair);
  return credentials(std::make_shared<fixed_headers>(std::move(headers)));
}

credentials credentials::renewed(std::shared_ptr<token_issuer> issuer) {
  if (!issuer) throw std::invalid_argument("issuer: it is null");
  return credentials(make_recipe("own", [issuer = std::move(issuer)](login_surroundings const& in) {
    return make_renewable(in, "own", issuer);
  }));
}

credentials credentials::azure_client_secret(azure_login login) {
  require_login(!login.client_id.empty(), "azure_client_id", "it is missing");
  require_login(!login.client_secret.empty(), "azure_client_secret", "it is missing");
  return credentials(azure_recipe(azure_kind::client_secret, std::move(login)));
}

credentials credentials::azure_client_certificate(azure_login login) {
  require_login(!login.client_id.empty(), "azure_client_id", "it is missing");
  require_login(!login.certificate_file.empty(), "azure_client_certificate_path", "it is missing");
  return credentials(azure_recipe(azure_kind::client_certificate, std::move(login)));
}

credentials credentials::azure_managed_identity(azure_login login) {
  return credentials(azure_recipe(azure_kind::managed_identity, std::move(login)));
}

credentials credentials::azure_cli(azure_login login) {
  return credentials(azure_recipe(azure_kind::cli, std::move(login)));
}

credentials credentials::oauth_client(oauth_login login) {
  require_login(!login.client_id.empty(), "client_id", "it is missing");
  bool const by_key = login.proof == client_proof::private_key_jwt;
  require_login(by_key || !login.client_secret.empty(), "client_secret", "it is missing");
  require_login(!by_key || !login.certificate_file.empty(), "certificate_file", "it is missing");
  return credentials(
      make_recipe("oauth-m2m", [login = std::move(login)](login_surroundings const& in) {
        return make_renewable(in, "oauth-m2m",
                              make_oauth_issuer(std::make_shared<login_http>(in), login));
      }));
}

credentials credentials::workload_identity(workload_login login) {
  require_login(login.id_token.empty() != login.token_file.empty(), "oidc token",
                "give a token or a file that holds it, one of them");
  std::string const kind = login.token_file.empty() ? "env-oidc" : "file-oidc";
  return credentials(make_recipe(kind, [kind,
                                        login = std::move(login)](login_surroundings const& in) {
    return make_renewable(in, kind, make_workload_issuer(std::make_shared<login_http>(in), login));
  }));
}

credentials credentials::metadata_service(std::string url) {
  auto service = parse_login_url(url, "metadata_service_url");
  wipe(url);
  if (!service) throw std::invalid_argument(service.error().message());
  secret path(std::exchange(service->path, {}));
  auto open = [service = std::move(*service),
               path = std::move(path)](login_surroundings const& in) {
    auto issuer = make_metadata_issuer(std::make_shared<login_http>(in), service, path);
    return make_renewable(in, "metadata-service", std::move(issuer));
  };
  return credentials(make_recipe("metadata-service", std::move(open)));
}

}  // namespace kiln
