#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/tokens.hpp>

// The JSON form of every token struct, for the service and for the tests that hold it to the
// structs.
namespace kiln::tokens {

void fields(auto& io, token_info& v) {
  io("token_id", v.token_id);
  io("creation_time", v.creation_time);
  io("expiry_time", v.expiry_time);
  io("comment", v.comment);
  io("last_accessed_time", v.last_accessed_time);
  io("scopes", v.scopes);
  io("autoscope_state", v.autoscope_state);
  io("inferred_scopes", v.inferred_scopes);
  io("backfill_scopes", v.backfill_scopes);
}
void fields(auto& io, create& v) {
  io("lifetime_seconds", v.lifetime_seconds);
  io("comment", v.comment);
  io("scopes", v.scopes);
  io("autoscope_enabled", v.autoscope_enabled);
}
void fields(auto& io, create::response& v) {
  io("token_value", v.token_value);
  io("token_info", v.token_info);
}
void fields(auto& io, delete_& v) { io("token_id", v.token_id); }
void fields(auto&, list&) {}
void fields(auto& io, list::response& v) { io("token_infos", v.token_infos); }

}  // namespace kiln::tokens
