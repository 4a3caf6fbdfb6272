#pragma once

#include "core/random.hpp"
#include "emulator/api.hpp"
#include "emulator/token_registry.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::emulation {

/// What token/list tells of a token. Its value is in the registry only.
struct listed_token {
  std::string id;
  std::string comment;
  std::vector<std::string> scopes;
  wall_time created{};
  std::optional<wall_time> expires;
  std::uint64_t number = 0;  ///< In the registry.
};

/// The personal access tokens of every user, with the rules of Token API 2.0. Expired ones are
/// gone from the lists and from the quota.
class tokens_state {
 public:
  tokens_state(token_registry& registry, std::uint64_t seed) : registry_(registry), random_(seed) {}

  struct request {
    std::optional<std::int64_t> lifetime_seconds;
    std::string comment;
    std::vector<std::string> scopes;
  };
  struct made {
    std::string value;
    listed_token token;
  };
  outcome<made> create(std::string const& holder, request what, moment now);
  outcome<void> remove(std::string const& holder, std::string_view id, moment now);
  std::vector<listed_token> const& list(std::string const& holder, moment now);
  [[nodiscard]] std::optional<wall_time> last_used(listed_token const& token) const {
    return registry_.last_used(token.number);
  }
  void clear() { of_holder_.clear(); }

  static constexpr std::size_t tokens_per_user_max = 600;
  static constexpr std::int64_t lifetime_seconds_max = 100LL * 365 * 24 * 3600;

 private:
  token_registry& registry_;
  random_source random_;
  std::map<std::string, std::vector<listed_token>> of_holder_;
};

}  // namespace kiln::emulation
