#include "emulator/tokens_api.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

std::span<tokens_api::route const> tokens_api::routes() {
  static route const all[] = {{"POST", "/api/2.0/token/create", &tokens_api::create},
                              {"POST", "/api/2.0/token/delete", &tokens_api::remove},
                              {"GET", "/api/2.0/token/list", &tokens_api::list}};
  return all;
}

bj::object tokens_api::info(listed_token const& token) const {
  bj::object out{{"token_id", token.id},
                 {"creation_time", epoch_ms(token.created)},
                 {"expiry_time", token.expires ? epoch_ms(*token.expires) : -1},
                 {"comment", token.comment}};
  if (!token.scopes.empty()) {
    out["scopes"] = bj::array(token.scopes.begin(), token.scopes.end());
    out["autoscope_state"] = "AUTOSCOPE_STATE_USER_SELECTED";
  }
  if (auto const used = state_.last_used(token)) out["last_accessed_time"] = epoch_ms(*used);
  return out;
}

outcome<bj::object> tokens_api::create(parameters const& in, moment now) {
  tokens_state::request what;
  if (in.find("lifetime_seconds") != nullptr) {
    auto const lifetime = in.integer("lifetime_seconds");
    if (!lifetime) return lifetime.error();
    what.lifetime_seconds = *lifetime;
  }
  auto comment = in.text_or("comment", "");
  if (!comment) return comment.error();
  auto scopes = in.texts("scopes");
  if (!scopes) return scopes.error();
  what.comment = std::move(*comment);
  what.scopes = std::move(*scopes);
  auto const made = state_.create(in.caller(), std::move(what), now);
  if (!made) return made.error();
  return bj::object{{"token_value", made->value}, {"token_info", info(made->token)}};
}

outcome<bj::object> tokens_api::remove(parameters const& in, moment now) {
  auto const id = in.text("token_id");
  if (!id) return id.error();
  if (auto const done = state_.remove(in.caller(), *id, now); !done) return done.error();
  return bj::object();
}

outcome<bj::object> tokens_api::list(parameters const& in, moment now) {
  bj::array all;
  for (auto const& token : state_.list(in.caller(), now)) all.push_back(info(token));
  bj::object out;
  if (!all.empty()) out["token_infos"] = std::move(all);
  return out;
}

}  // namespace kiln::emulation
