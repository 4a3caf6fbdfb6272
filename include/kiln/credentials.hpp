#pragma once

#include <kiln/azure.hpp>
#include <kiln/result.hpp>
#include <kiln/secret.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln {

/// The headers that prove who is calling. Held only as long as a request is built; their memory is
/// cleared then.
struct authorization {
  std::vector<std::pair<std::string, std::string>> headers;

  authorization() = default;
  authorization(authorization const&) = default;
  authorization(authorization&&) noexcept = default;
  authorization& operator=(authorization other) noexcept;
  ~authorization();
};

/// Where authorizations come from; the seam for every kind of login. Called on the engine's
/// executor before each attempt. A source that talks to a server to get a token is better written
/// as a token_issuer.
class token_source {
 public:
  virtual ~token_source() = default;
  virtual task<authorization> authorize() = 0;
  /// What authorize() would give, where nothing has to be waited for; valid until the next call of
  /// any member. nullptr: await authorize().
  virtual authorization const* at_hand() noexcept { return nullptr; }
  /// The server answered 401 to the last authorization: fetch anew if that can help.
  /// True when another attempt may now succeed.
  virtual bool rejected() noexcept { return false; }
  /// The same, told which Authorization header was refused: another one may be at hand by now.
  virtual bool refused(std::string_view authorization_sent) noexcept {
    static_cast<void>(authorization_sent);
    return rejected();
  }
};

/// A bearer token and how long it is good for.
struct access_token {
  secret value;
  /// From the moment it was asked for; nullopt: not known, it is asked for again after 10 minutes.
  std::optional<std::chrono::seconds> lifetime;
};

/// A login that gives tokens with an end. kiln decides when: one at a time however many calls wait,
/// ahead of the end while calls go on, again after a 401, more slowly while it fails.
class token_issuer {
 public:
  virtual ~token_issuer() = default;
  /// On the executor of the workspace handle that needs the token; ended by cancellation when it
  /// takes longer than a minute. An error with errc::unauthenticated or permission_denied ends the
  /// calls that wait, any other is tried again as the calls' retry options allow, and not before
  /// its retry_after(), of which up to five minutes are obeyed.
  virtual task<access_token> issue() = 0;
};

/// A login by Azure Active Directory. What a factory does not need is ignored.
struct azure_login {
  std::string tenant_id;  ///< Empty: asked of the workspace (GET /aad/auth).
  std::string client_id;  ///< Of the service principal; of a managed identity if it has several.
  secret client_secret;
  /// PEM with certificate and private key, or PKCS #12. Read at each login.
  std::string certificate_file;
  secret certificate_password;
  /// "/subscriptions/…/workspaces/…": sends X-Databricks-Azure-Workspace-Resource-Id and, but for a
  /// user, X-Databricks-Azure-SP-Management-Token with every call.
  std::string workspace_resource_id;
  std::optional<azure_cloud> cloud;  ///< nullopt: by the host's name.
};

/// How an OAuth client proves who it is to the token endpoint.
enum class client_proof : unsigned char {
  secret_basic,     ///< The secret in an Authorization header.
  secret_post,      ///< The secret in the form.
  private_key_jwt,  ///< A signed assertion, by the key in certificate_file.
};

/// A service principal of Databricks itself (machine to machine).
struct oauth_login {
  std::string client_id;
  secret client_secret;
  client_proof proof = client_proof::secret_basic;
  std::string certificate_file;  ///< PEM with the private key; the certificate may be missing.
  secret certificate_password;
  std::string key_id;          ///< "kid" of the assertion; may be empty.
  std::string token_endpoint;  ///< Empty: discovered at the workspace.
  std::string discovery_url;   ///< Empty: {host}/oidc/.well-known/oauth-authorization-server.
  std::string scope = "all-apis";
};

/// A token of somebody else, such as a build system, exchanged for one of the workspace.
struct workload_login {
  std::string client_id;   ///< Of the service principal; empty for an account-wide policy.
  secret id_token;         ///< Or:
  std::string token_file;  ///< Read at each login.
  std::string token_endpoint;
  std::string discovery_url;
  std::string scope = "all-apis";
};

class login_recipe;

/// Who is calling. A value; each workspace handle logs in by itself. Printing it shows no secret.
///
/// Factories throw std::invalid_argument that names the field which is missing or of no use.
class credentials {
 public:
  credentials() = default;
  /// One's own source; every handle that is given a copy shares it, so they must run on one thread.
  explicit credentials(std::shared_ptr<token_source> source) : source_(std::move(source)) {}
  /// "Authorization: Bearer <token>": a personal access token, or an Azure AD access token that
  /// somebody else renews. Throws std::invalid_argument for an empty token or one with characters
  /// that cannot stand in a header. `workspace_resource_id` adds the header of that name.
  static credentials personal_access_token(std::string token,
                                           std::string workspace_resource_id = {});
  /// "Authorization: Basic …", as `curl -n` does with "login token password <token>".
  static credentials basic(std::string user, secret password);
  /// One's own login; the issuer is shared by the handles that are given a copy.
  static credentials renewed(std::shared_ptr<token_issuer> issuer);
  static credentials azure_client_secret(azure_login login);
  static credentials azure_client_certificate(azure_login login);
  static credentials azure_managed_identity(azure_login login);
  /// Runs `az account get-access-token`, found in PATH, at each login.
  static credentials azure_cli(azure_login login);
  static credentials oauth_client(oauth_login login);
  static credentials workload_identity(workload_login login);
  /// A service on this machine that hands out tokens: GET `url`.
  static credentials metadata_service(std::string url);

  [[nodiscard]] explicit operator bool() const noexcept { return source_ || recipe_; }
  /// Null for a login that each handle opens for itself.
  [[nodiscard]] std::shared_ptr<token_source> const& source() const noexcept { return source_; }
  /// For the engine: how to open it. Null when there is a source.
  [[nodiscard]] std::shared_ptr<login_recipe const> const& recipe() const noexcept {
    return recipe_;
  }

 private:
  explicit credentials(std::shared_ptr<login_recipe const> recipe) : recipe_(std::move(recipe)) {}
  std::shared_ptr<token_source> source_;
  std::shared_ptr<login_recipe const> recipe_;
};

}  // namespace kiln
