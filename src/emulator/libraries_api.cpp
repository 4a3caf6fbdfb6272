#include "emulator/libraries_api.hpp"

#include "emulator/typed_service.hpp"
#include "services/libraries_fields.hpp"

#include <utility>
#include <vector>

namespace kiln::emulation {

namespace {

/// The body of install and uninstall.
struct change {
  std::string cluster_id;
  std::vector<compute::library> libraries;
};
void fields(auto& io, change& v) {
  io("cluster_id", v.cluster_id);
  io("libraries", v.libraries);
}

outcome<change> library_change_of(parameters const& in) {
  if (auto const id = in.text("cluster_id"); !id) return id.error();
  auto out = read_body<change>(in);
  if (out && out->libraries.empty()) return invalid_parameter("Missing required field: libraries");
  return out;
}

}  // namespace

std::span<libraries_api::route const> libraries_api::routes() {
  using self = libraries_api;
  static constexpr route all[] = {
      {"GET", "/api/2.0/libraries/all-cluster-statuses", nullptr, &self::all_cluster_statuses},
      {"GET", "/api/2.0/libraries/cluster-status", nullptr, &self::cluster_status},
      {"POST", "/api/2.0/libraries/install", nullptr, &self::install},
      {"POST", "/api/2.0/libraries/uninstall", nullptr, &self::uninstall},
  };
  return all;
}

api_reply libraries_api::all_cluster_statuses(parameters const&, moment now) {
  libraries::all_cluster_statuses::response out;
  out.statuses = state_.all(now);
  return reply_of(out);
}

api_reply libraries_api::cluster_status(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  if (!id) return to_reply(id.error());
  auto const found = state_.status(*id, now);
  return found ? reply_of(*found) : to_reply(found.error());
}

api_reply libraries_api::install(parameters const& in, moment now) {
  auto r = library_change_of(in);
  if (!r) return to_reply(r.error());
  return reply_of(state_.install(r->cluster_id, std::move(r->libraries), now));
}

api_reply libraries_api::uninstall(parameters const& in, moment now) {
  auto const r = library_change_of(in);
  return r ? reply_of(state_.uninstall(r->cluster_id, r->libraries, now)) : to_reply(r.error());
}

}  // namespace kiln::emulation
