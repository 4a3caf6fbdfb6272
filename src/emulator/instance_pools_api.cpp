#include "emulator/instance_pools_api.hpp"

#include "emulator/typed_service.hpp"
#include "services/instance_pools_fields.hpp"

namespace kiln::emulation {

std::span<instance_pools_api::route const> instance_pools_api::routes() {
  using self = instance_pools_api;
  static constexpr route all[] = {
      {"POST", "/api/2.0/instance-pools/create", nullptr, &self::create},
      {"POST", "/api/2.0/instance-pools/delete", nullptr, &self::delete_},
      {"POST", "/api/2.0/instance-pools/edit", nullptr, &self::edit},
      {"GET", "/api/2.0/instance-pools/get", nullptr, &self::get},
      {"GET", "/api/2.0/instance-pools/list", nullptr, &self::list},
  };
  return all;
}

api_reply instance_pools_api::create(parameters const& in, moment now) {
  auto const r = read_body<instance_pools::create>(in);
  if (!r) return to_reply(r.error());
  auto const id = state_.create(*r, in.caller(), now);
  return id ? reply_of(instance_pools::create::response{*id}) : to_reply(id.error());
}

api_reply instance_pools_api::delete_(parameters const& in, moment now) {
  auto const id = in.text("instance_pool_id");
  return id ? reply_of(state_.remove(*id, now)) : to_reply(id.error());
}

api_reply instance_pools_api::edit(parameters const& in, moment now) {
  auto const r = read_body<instance_pools::edit>(in);
  return r ? reply_of(state_.edit(*r, now)) : to_reply(r.error());
}

api_reply instance_pools_api::get(parameters const& in, moment now) {
  auto const id = in.text("instance_pool_id");
  if (!id) return to_reply(id.error());
  auto const pool = state_.get(*id, now);
  return pool ? reply_of(*pool) : to_reply(pool.error());
}

api_reply instance_pools_api::list(parameters const&, moment now) {
  instance_pools::list::response out;
  out.instance_pools = state_.list(now);
  return reply_of(out);
}

}  // namespace kiln::emulation
