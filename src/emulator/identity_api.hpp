#pragma once

#include "core/random.hpp"
#include "emulator/api.hpp"
#include "emulator/token_registry.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace kiln::emulation {

/// The servers that issue tokens, beside the workspace and before it asks for any: Azure Active
/// Directory below /login/, instance metadata, the resource manager and the workspace's own OAuth
/// endpoints. There is one service principal. Part of the core, so called with its lock held.
class identity_api {
 public:
  struct settings {
    std::string tenant_id;
    std::string client_id;
    std::string client_secret;
    std::chrono::seconds token_lifetime{3600};
    std::uint64_t seed = 1;
  };
  /// A request with what of its head counts here.
  struct request {
    api_request api;
    std::string_view authorization;
    std::string_view base;  ///< "http://127.0.0.1:1234", as the client knows it.
    bool metadata = false;  ///< "Metadata: true"
  };

  /// Keeps `tokens`, which outlives it.
  identity_api(settings what, token_registry& tokens);

  /// As emulated_service::verbs_of.
  [[nodiscard]] static std::string_view verbs_of(std::string_view path) noexcept;
  [[nodiscard]] api_reply handle(request const& in, moment now);
  void clear();

  static constexpr std::size_t assertions_max = 10'000;

 private:
  using form = std::map<std::string, std::string, std::less<>>;
  [[nodiscard]] api_reply directory(request const& in, moment now);
  [[nodiscard]] api_reply oauth(request const& in, moment now);
  [[nodiscard]] api_reply instance_metadata(request const& in, moment now);
  [[nodiscard]] api_reply resource_manager(request const& in, moment now) const;
  [[nodiscard]] bool good_assertion(std::string_view text, std::string_view audience, moment now);
  /// A new token; those for the workspace are registered.
  [[nodiscard]] std::string token_for(std::string const& audience, moment now);

  settings settings_;
  token_registry& tokens_;
  random_source random_;
  std::set<std::string, std::less<>> manager_tokens_;
  std::set<std::string, std::less<>> assertions_;  ///< The ids of those that were used.
};

}  // namespace kiln::emulation
