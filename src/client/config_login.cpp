// From settings to credentials and options.
#include "client/login_http.hpp"
#include "client/login_issuers.hpp"
#include "client/token_answer.hpp"
#include "core/failed_task.hpp"
#include "core/random.hpp"
#include "json/read.hpp"
#include "net/connector.hpp"

#include <kiln/config.hpp>
#include <kiln/fields.hpp>

#include <charconv>
#include <stdexcept>
#include <utility>

namespace kiln {

namespace {

/// Settings by key; refusals name the key and where its value is from.
class settings_reader {
 public:
  explicit settings_reader(config const& from) : from_(from) {}

  [[nodiscard]] std::string text(std::string_view key) const { return std::string(from_.get(key)); }
  [[nodiscard]] secret hidden(std::string_view key) const {
    auto const* const at = from_.find(key);
    return at == nullptr ? secret() : at->value;
  }
  [[noreturn]] void refuse(std::string_view key, std::string const& rule) const {
    auto const* const at = from_.find(key);
    throw std::invalid_argument(std::string(key) +
                                (at == nullptr ? "" : " (from " + at->where + ")") + ": " + rule);
  }
  /// nullopt when it is not set.
  [[nodiscard]] std::optional<double> number(std::string_view key, double most) const {
    auto const value = from_.get(key);
    if (value.empty()) return std::nullopt;
    double out = 0;
    auto const* const end = value.data() + value.size();
    auto const [last, code] = std::from_chars(value.data(), end, out);
    if (code != std::errc() || last != end || !(out > 0) || out > most) {
      refuse(key, "it is not a number above 0");
    }
    return out;
  }

 private:
  config const& from_;
};

azure_login azure_of(settings_reader const& in, std::string_view host) {
  azure_login out;
  out.tenant_id = in.text("azure_tenant_id");
  out.client_id = in.text("azure_client_id");
  out.client_secret = in.hidden("azure_client_secret");
  out.certificate_file = in.text("azure_client_certificate_path");
  out.certificate_password = in.hidden("azure_client_certificate_password");
  out.workspace_resource_id = in.text("azure_workspace_resource_id");
  auto const name = in.text("azure_environment");
  if (!name.empty()) {
    auto const* const known = find_azure_cloud(name);
    if (known == nullptr) in.refuse("azure_environment", "PUBLIC, USGOVERNMENT or CHINA");
    out.cloud = *known;
  }
  auto const login = in.text("azure_authority_host");
  auto const metadata = in.text("azure_metadata_host");
  auto const manager = in.text("azure_resource_manager");
  if (login.empty() && metadata.empty() && manager.empty()) return out;
  out.cloud = cloud_of(out, host);
  if (!login.empty()) out.cloud->login = login;
  if (!metadata.empty()) out.cloud->instance_metadata = metadata;
  if (!manager.empty()) out.cloud->resource_manager = manager;
  return out;
}

constexpr std::string_view auth_types =
    "pat, basic, netrc, oauth-m2m, env-oidc, file-oidc, metadata-service, azure-client-secret, "
    "azure-client-certificate, azure-msi, azure-cli";

std::string host_of(config const& settings) {
  auto const url = http::parse_base_url(settings.get("host"));
  return url ? url->host : std::string();
}

std::optional<azure_kind> azure_kind_of(std::string_view auth_type) {
  for (auto const kind : {azure_kind::client_secret, azure_kind::client_certificate,
                          azure_kind::managed_identity, azure_kind::cli}) {
    if (to_string(kind) == auth_type) return kind;
  }
  return std::nullopt;
}

credentials azure_credentials(azure_kind kind, azure_login login) {
  switch (kind) {
    case azure_kind::client_secret:
      return credentials::azure_client_secret(std::move(login));
    case azure_kind::client_certificate:
      return credentials::azure_client_certificate(std::move(login));
    case azure_kind::managed_identity:
      return credentials::azure_managed_identity(std::move(login));
    case azure_kind::cli:
      return credentials::azure_cli(std::move(login));
  }
  return {};
}

}  // namespace

credentials config::login() const {
  settings_reader const in(*this);
  auto const extra = [this](std::string_view key) {
    auto const at = extras_.find(key);
    return at == extras_.end() ? secret() : at->second;
  };
  auto const& type = auth_type_;
  if (type.empty()) return {};
  if (auto const kind = azure_kind_of(type)) {
    return azure_credentials(*kind, azure_of(in, host_of(*this)));
  }
  if (type == "pat") {
    if (get("token").empty()) in.refuse("token", "it is missing, and auth_type is pat");
    return credentials::personal_access_token(in.text("token"),
                                              in.text("azure_workspace_resource_id"));
  }
  if (type == "basic") return credentials::basic(in.text("username"), in.hidden("password"));
  if (type == "netrc") {
    return credentials::basic(std::string(extra("netrc_user").reveal()), extra("netrc_password"));
  }
  if (type == "metadata-service") {
    return credentials::metadata_service(in.text("metadata_service_url"));
  }
  if (type == "oauth-m2m") {
    oauth_login login;
    login.client_id = in.text("client_id");
    login.client_secret = in.hidden("client_secret");
    login.discovery_url = in.text("discovery_url");
    return credentials::oauth_client(std::move(login));
  }
  if (type == "env-oidc" || type == "file-oidc") {
    workload_login login;
    login.client_id = in.text("client_id");
    login.discovery_url = in.text("discovery_url");
    if (type == "file-oidc") login.token_file = in.text("oidc_token_filepath");
    if (type == "env-oidc") login.id_token = extra("id_token");
    if (type == "env-oidc" && login.id_token.empty()) {
      in.refuse(
          "oidc_token_env",
          "the variable " + std::string(extra("id_token_variable").reveal()) + " holds no token");
    }
    return credentials::workload_identity(std::move(login));
  }
  in.refuse("auth_type", "kiln has no login of this kind; there are " + std::string(auth_types));
}

workspace_options config::options() const {
  settings_reader const in(*this);
  constexpr double rate_max = 1e6;
  constexpr double seconds_max = 86'400;
  auto const duration_of = [](double seconds) {
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
  };
  workspace_options out;
  out.host = get("host");
  out.credentials = login();
  if (auto const at = extras_.find("proxy"); at != extras_.end())
    out.proxy.url = at->second.reveal();
  if (auto const at = extras_.find("no_proxy"); at != extras_.end()) {
    out.proxy.no_proxy = at->second.reveal();
  }
  if (auto const rate = in.number("rate_limit", rate_max)) {
    budget_options spend;
    spend.rate = *rate;
    out.budget = kiln::budget(spend);
  }
  if (auto const seconds = in.number("http_timeout_seconds", seconds_max)) {
    out.timeouts.first_byte = duration_of(*seconds);
    out.timeouts.idle_read = duration_of(*seconds);
  }
  if (auto const seconds = in.number("retry_timeout_seconds", seconds_max)) {
    out.deadline = duration_of(*seconds);
  }
  return out;
}

namespace {

struct arm_properties {
  std::string workspace_url;
};
void fields(auto& io, arm_properties& v) { io("workspaceUrl", v.workspace_url); }

struct arm_workspace {
  arm_properties properties;
};
void fields(auto& io, arm_workspace& v) { io("properties", v.properties); }

result<std::string> host_in(http::response const& answer, wall_time now,
                            token_question const& asked) {
  if (answer.status != 200) return refused_login(answer, now, asked);
  auto const read = json::read_as<arm_workspace>(answer.body, "workspace");
  auto const url = read ? read->properties.workspace_url : std::string();
  if (url.empty() || !http::parse_base_url("https://" + url)) {
    return error(errc::not_databricks, "the resource manager at " + std::string(asked.where) +
                                           " names no host of this workspace");
  }
  return "https://" + url;
}

task<std::string> ask_resource_manager(login_surroundings in, azure_kind kind, azure_login login) {
  auto const cloud = cloud_of(login, {});
  auto const to = parse_login_url(cloud.resource_manager, "the resource manager URL");
  if (!to) co_return to.error();
  if (login.tenant_id.empty() && kind != azure_kind::managed_identity && kind != azure_kind::cli) {
    co_return error(errc::invalid_argument,
                    "azure_tenant_id: it is missing, and cannot be asked of a workspace whose host "
                    "is not known");
  }
  auto const http = std::make_shared<login_http>(in);
  auto const issuer = make_azure_issuer(http, kind, login, cloud.resource_manager);
  auto const token = co_await issuer->issue();
  if (token.has_error()) co_return token.error();
  std::string const where = to->authority();
  token_question asked;
  asked.kind = to_string(kind);
  asked.where = where;
  asked.secrets[0] = token->value.reveal();
  http::request what;
  what.target = to->path + login.workspace_resource_id + "?api-version=2018-04-01";
  what.headers.push_back({"Authorization", "Bearer "});
  what.headers.back().value += token->value.reveal();
  auto const answer = co_await login_http::send(http, *to, std::move(what), token_request_max);
  if (answer.has_error()) co_return unreached_login(answer.error(), asked);
  co_return host_in(*answer, http->wall(), asked);
}

}  // namespace

task<std::string> find_workspace_host(asio::any_io_executor executor, config settings,
                                      workspace_options const& network) {
  auto const kind = azure_kind_of(settings.auth_type());
  if (!kind || settings.get("azure_workspace_resource_id").empty()) {
    return failed_task<std::string>(
        error(errc::invalid_argument,
              "host: it is missing, and only azure_workspace_resource_id with a login by "
              "Azure tells it"));
  }
  try {
    login_surroundings in;
    in.executor = executor;
    in.clock = make_real_timers(executor);
    in.connector = net::make_connector(executor, *in.clock, network.timeouts, network.pool,
                                       network.tls, network.proxy);
    in.timeouts = network.timeouts;
    in.user_agent = "kiln/" KILN_VERSION " cpp/20 os/linux";
    in.seed = entropy();
    return ask_resource_manager(std::move(in), *kind, azure_of(settings_reader(settings), {}));
  } catch (std::invalid_argument const& e) {
    return failed_task<std::string>(error(errc::invalid_argument, e.what()));
  }
}

}  // namespace kiln
