#pragma once

#include "client/login.hpp"
#include "client/login_http.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The logins kiln has of its own, as issuers of tokens, and how they are put together.
namespace kiln {

inline constexpr duration token_request_max = std::chrono::seconds(30);
inline constexpr std::size_t id_token_bytes_max = 64U * 1024;

/// A recipe that is a name and a function.
[[nodiscard]] std::shared_ptr<login_recipe const> make_recipe(
    std::string kind, std::function<std::shared_ptr<token_source>(login_surroundings const&)> open);

/// A source whose Authorization header is the first issuer's token; a second issuer's goes into
/// `second_header`.
[[nodiscard]] std::shared_ptr<token_source> make_renewable(
    login_surroundings const& in, std::string_view kind, std::shared_ptr<token_issuer> first,
    std::shared_ptr<token_issuer> second = nullptr, authorization const& constant = {});

/// What Azure Active Directory, or the machine's identity, is asked for.
enum class azure_kind : unsigned char { client_secret, client_certificate, managed_identity, cli };
/// "azure-client-secret", "azure-client-certificate", "azure-msi", "azure-cli"
[[nodiscard]] std::string_view to_string(azure_kind kind) noexcept;

/// Tokens for one audience. `http` is shared by the issuers of a login.
[[nodiscard]] std::shared_ptr<token_issuer> make_azure_issuer(std::shared_ptr<login_http> http,
                                                              azure_kind kind, azure_login login,
                                                              std::string audience);
/// The login's own, else the host's, else the public one.
[[nodiscard]] azure_cloud cloud_of(azure_login const& login, std::string_view host);

[[nodiscard]] std::shared_ptr<token_issuer> make_oauth_issuer(std::shared_ptr<login_http> http,
                                                              oauth_login login);
[[nodiscard]] std::shared_ptr<token_issuer> make_workload_issuer(std::shared_ptr<login_http> http,
                                                                 workload_login login);
[[nodiscard]] std::shared_ptr<token_issuer> make_metadata_issuer(std::shared_ptr<login_http> http,
                                                                 http::base_url service,
                                                                 secret path);

/// Throws std::invalid_argument "field: rule" unless `good`.
void require_login(bool good, char const* field, char const* rule);

}  // namespace kiln
