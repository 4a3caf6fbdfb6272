#include "emulator/tokens_state.hpp"

#include "emulator/service.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace kiln::emulation {

std::vector<listed_token> const& tokens_state::list(std::string const& holder, moment now) {
  auto& all = of_holder_[holder];
  std::erase_if(all, [&](auto const& t) {
    bool const expired = t.expires && *t.expires <= now.wall;
    if (expired) registry_.revoke(t.number);
    return expired;
  });
  return all;
}

outcome<tokens_state::made> tokens_state::create(std::string const& holder, request what,
                                                 moment now) {
  auto const lifetime = what.lifetime_seconds;
  if (lifetime && (*lifetime <= 0 || *lifetime > lifetime_seconds_max)) {
    return invalid_parameter("lifetime_seconds must be from 1 to " +
                             std::to_string(lifetime_seconds_max));
  }
  if (list(holder, now).size() >= tokens_per_user_max) {
    return api_error{400, "QUOTA_EXCEEDED",
                     "User " + holder + " has reached the limit of " +
                         std::to_string(tokens_per_user_max) + " tokens"};
  }
  made out;
  out.value = "dapi" + random_.name() + random_.name();
  out.token.id = random_.name() + random_.name() + random_.name() + random_.name();
  out.token.comment = std::move(what.comment);
  out.token.scopes = std::move(what.scopes);
  out.token.created = now.wall;
  if (lifetime) out.token.expires = now.wall + std::chrono::seconds(*lifetime);
  auto const number = registry_.issue(out.value, holder, out.token.expires, now);
  if (!number) {
    return api_error{400, "QUOTA_EXCEEDED", "The workspace has reached its limit of tokens"};
  }
  out.token.number = *number;
  of_holder_[holder].push_back(out.token);
  return out;
}

outcome<void> tokens_state::remove(std::string const& holder, std::string_view id, moment now) {
  auto& all = of_holder_[holder];
  static_cast<void>(list(holder, now));
  auto const found = std::find_if(all.begin(), all.end(), [id](auto& t) { return t.id == id; });
  if (found == all.end()) {
    return not_found("Token with ID " + std::string(id) + " does not exist");
  }
  registry_.revoke(found->number);
  all.erase(found);
  return {};
}

}  // namespace kiln::emulation
