#include "client/child_process.hpp"
#include "client/client_assertion.hpp"
#include "client/login_issuers.hpp"
#include "client/token_answer.hpp"
#include "core/ascii.hpp"
#include "core/random.hpp"
#include "core/redact.hpp"

#include <algorithm>
#include <utility>

namespace kiln {

namespace {

constexpr duration probe_max = std::chrono::milliseconds(1'500);
constexpr duration metadata_max = std::chrono::seconds(10);
constexpr duration az_max = std::chrono::seconds(45);

bool is_tenant(std::string_view text) noexcept {
  constexpr std::size_t tenant_bytes_max = 128;
  return !text.empty() && text.size() <= tenant_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return ascii::is_digit(c) || ascii::is_alpha(c) || c == '-' || c == '.';
         });
}

/// The first segment of the path a login page is at: "https://login…/TENANT/oauth2/authorize?…".
std::string_view tenant_in(std::string_view location) noexcept {
  auto const scheme = location.find("://");
  if (scheme == std::string_view::npos) return {};
  auto const path = location.find('/', scheme + 3);
  if (path == std::string_view::npos) return {};
  auto const rest = location.substr(path + 1);
  return rest.substr(0, rest.find('/'));
}

/// The tenant a workspace belongs to, by the login page it redirects to.
task<std::string> discover_tenant(std::shared_ptr<login_http> http, std::string_view kind) {
  auto const host = http->workspace();
  std::string const where = host.authority();
  token_question asked;
  asked.kind = kind;
  asked.where = where;
  http::request what;
  what.target = host.path + "/aad/auth";
  auto const answer = co_await login_http::send(http, host, std::move(what), token_request_max);
  if (answer.has_error()) co_return unreached_login(answer.error(), asked);
  auto const tenant = tenant_in(answer->find("location"));
  bool const redirect = answer->status >= 300 && answer->status < 400;
  if (!redirect || !is_tenant(tenant)) {
    co_return error(errc::unauthenticated, "login (" + std::string(kind) + "): " + where +
                                               "/aad/auth does not tell the tenant (HTTP " +
                                               std::to_string(answer->status) +
                                               "); set azure_tenant_id");
  }
  co_return std::string(tenant);
}

/// A service principal, by its secret or its certificate.
class directory_issuer final : public token_issuer {
 public:
  directory_issuer(std::shared_ptr<login_http> http, azure_kind kind, azure_login login,
                   std::string audience)
      : http_(std::move(http)),
        kind_(to_string(kind)),
        by_certificate_(kind == azure_kind::client_certificate),
        login_(std::move(login)),
        audience_(std::move(audience)),
        cloud_(cloud_of(login_, http_->workspace().host)),
        random_(http_->surroundings().seed ^ entropy()) {}

  task<access_token> issue() override {
    if (login_.tenant_id.empty()) {
      auto found = co_await discover_tenant(http_, kind_);
      if (found.has_error()) co_return found.error();
      login_.tenant_id = std::move(*found);
    }
    auto const to = parse_login_url(cloud_.login, "the Azure login URL");
    if (!to) co_return to.error();
    std::string const where = to->authority();
    auto target = to->path + '/' + login_.tenant_id + "/oauth2/token";
    std::string const url = (to->tls ? "https://" : "http://") + where + target;
    secret assertion;
    if (by_certificate_) {
      auto made = sign(url);
      if (made.has_error()) co_return std::move(made).error();
      assertion = std::move(*made);
    }
    token_question asked;
    asked.kind = kind_;
    asked.where = where;
    asked.secrets = {login_.client_secret.reveal(), assertion.reveal()};
    auto answer = co_await login_http::send(http_, *to, form(target, assertion), token_request_max);
    if (answer.has_error()) co_return unreached_login(answer.error(), asked);
    auto token = read_token(*answer, http_->wall(), asked);
    co_return token;
  }

 private:
  result<secret> sign(std::string const& url) {
    key_file const by{login_.certificate_file, login_.certificate_password};
    assertion_claims const claims{login_.client_id, url, {}, random_.name() + random_.name()};
    return sign_assertion(by, claims, http_->wall());
  }
  http::request form(std::string const& target, secret const& assertion) const {
    login_form out(target);
    out.add("grant_type", "client_credentials").add("client_id", login_.client_id);
    if (by_certificate_) {
      out.add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
          .add("client_assertion", assertion.reveal());
    } else {
      out.add("client_secret", login_.client_secret.reveal());
    }
    return std::move(out.add("resource", audience_)).take();
  }

  std::shared_ptr<login_http> http_;
  std::string_view kind_;
  bool by_certificate_;
  azure_login login_;
  std::string audience_;
  azure_cloud cloud_;
  random_source random_;
};

/// The identity of the virtual machine this runs on.
class metadata_issuer final : public token_issuer {
 public:
  metadata_issuer(std::shared_ptr<login_http> http, azure_login login, std::string audience)
      : http_(std::move(http)),
        login_(std::move(login)),
        audience_(std::move(audience)),
        cloud_(cloud_of(login_, http_->workspace().host)) {}

  task<access_token> issue() override {
    auto const to = parse_login_url(cloud_.instance_metadata, "the instance metadata URL");
    if (!to) co_return to.error();
    std::string const where = to->authority();
    token_question asked;
    asked.kind = to_string(azure_kind::managed_identity);
    asked.where = where;
    if (!reached_) {
      // Without the header any answer will do; where there is none, it is not such a machine.
      auto const probe = co_await login_http::send(http_, *to, question(*to, false), probe_max,
                                                   login_route::direct);
      if (probe.has_error()) co_return not_there(probe.error(), asked);
      reached_ = true;
    }
    auto answer = co_await login_http::send(http_, *to, question(*to, true), metadata_max,
                                            login_route::direct);
    if (answer.has_error()) co_return unreached_login(answer.error(), asked);
    auto token = read_token(*answer, http_->wall(), asked);
    co_return token;
  }

 private:
  [[nodiscard]] http::request question(http::base_url const& to, bool in_earnest) const {
    http::request out;
    out.target = to.path + "/metadata/identity/oauth2/token";
    http::append_query(out.target, "api-version", "2018-02-01");
    http::append_query(out.target, "resource", audience_);
    if (!login_.client_id.empty()) http::append_query(out.target, "client_id", login_.client_id);
    if (in_earnest) out.headers.push_back({"Metadata", "true"});
    return out;
  }
  static error not_there(error const& why, token_question const& asked) {
    return error(errc::unauthenticated,
                 unreached_login(why, asked).message() +
                     "; managed identities exist on Azure machines only: elsewhere use another "
                     "login (auth_type)");
  }

  std::shared_ptr<login_http> http_;
  azure_login login_;
  std::string audience_;
  azure_cloud cloud_;
  bool reached_ = false;
};

/// Whoever is logged in to the Azure command line.
class az_issuer final : public token_issuer {
 public:
  az_issuer(std::shared_ptr<login_http> http, azure_login login, std::string audience)
      : http_(std::move(http)), login_(std::move(login)), audience_(std::move(audience)) {}

  task<access_token> issue() override {
    std::vector<std::string> words;
    for (char const* word : {"az", "account", "get-access-token", "--output", "json"}) {
      words.emplace_back(word);
    }
    words.insert(words.end(), 2, "--resource");
    words.back() = audience_;
    if (!login_.tenant_id.empty()) {
      words.emplace_back("--tenant");
      words.push_back(login_.tenant_id);
    }
    auto said = co_await run_program(*http_->surroundings().clock, std::move(words), az_max);
    if (said.has_error()) {
      bool const absent = said.error().code() == errc::file_not_found;
      co_return error(absent ? errc::unauthenticated : said.error().code(),
                      "login (azure-cli): " + said.error().message() +
                          (absent ? "; install the Azure command line and run az login, or choose "
                                    "another login (auth_type)"
                                  : ""));
    }
    if (said->exit_code != 0) {
      constexpr std::size_t text_bytes_max = 400;
      co_return error(errc::unauthenticated, "login (azure-cli): az ended with code " +
                                                 std::to_string(said->exit_code) + ": " +
                                                 redact(said->err, text_bytes_max));
    }
    auto token = read_az_token(said->out, http_->wall());
    wipe(said->out);
    co_return token;
  }

 private:
  std::shared_ptr<login_http> http_;
  azure_login login_;
  std::string audience_;
};

}  // namespace

std::string_view to_string(azure_kind kind) noexcept {
  switch (kind) {
    case azure_kind::client_secret:
      return "azure-client-secret";
    case azure_kind::client_certificate:
      return "azure-client-certificate";
    case azure_kind::managed_identity:
      return "azure-msi";
    case azure_kind::cli:
      return "azure-cli";
  }
  return "azure";
}

azure_cloud cloud_of(azure_login const& login, std::string_view host) {
  if (login.cloud) return *login.cloud;
  auto const* const known = azure_cloud_of(host);
  return known != nullptr ? *known : *find_azure_cloud("PUBLIC");
}

std::shared_ptr<token_issuer> make_azure_issuer(std::shared_ptr<login_http> http, azure_kind kind,
                                                azure_login login, std::string audience) {
  if (kind == azure_kind::managed_identity) {
    return std::make_shared<metadata_issuer>(std::move(http), std::move(login),
                                             std::move(audience));
  }
  if (kind == azure_kind::cli) {
    return std::make_shared<az_issuer>(std::move(http), std::move(login), std::move(audience));
  }
  return std::make_shared<directory_issuer>(std::move(http), kind, std::move(login),
                                            std::move(audience));
}

}  // namespace kiln
