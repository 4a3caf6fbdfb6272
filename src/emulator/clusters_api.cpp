#include "emulator/clusters_api.hpp"

#include "emulator/clusters_catalog.hpp"
#include "emulator/clusters_view.hpp"
#include "emulator/typed_service.hpp"
#include "services/clusters_fields.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace kiln::emulation {

namespace {

bool among(std::vector<std::string> const& all, std::string_view one) {
  return all.empty() || std::find(all.begin(), all.end(), one) != all.end();
}

/// Where the next page goes on, by time though the cluster itself may be gone by then.
std::string token_of(emulated_cluster const& last) {
  return std::to_string(last.began.time_since_epoch().count()) + '-' + last.id;
}

using listed_clusters = std::vector<emulated_cluster const*>;

outcome<listed_clusters::const_iterator> behind(std::string_view token, listed_clusters const& all,
                                                parameters const& in) {
  wall_time::rep began = 0;
  auto const* const end = token.data() + token.size();
  auto const [last, code] = std::from_chars(token.data(), end, began);
  if (code != std::errc() || last == end || *last != '-') {
    return invalid_parameter("page_token is none that was given");
  }
  auto const id = token.substr(static_cast<std::size_t>(last + 1 - token.data()));
  auto at = std::find_if(all.begin(), all.end(), [id](auto const* c) { return c->id == id; });
  if (at != all.end()) return at + 1;
  if (in.text_or("sort_by.field", "").value() == "CLUSTER_NAME") {
    return invalid_parameter("The cluster of page_token is gone; begin with the first page");
  }
  bool const ascending = in.text_or("sort_by.direction", "").value() == "ASC";
  return std::find_if(all.begin(), all.end(), [&](auto const* c) {
    auto const when = c->began.time_since_epoch().count();
    if (when == began) return ascending ? c->id < id : c->id > id;
    return ascending ? when > began : when < began;
  });
}

/// The filter and the order of API 2.1.
outcome<void> narrow(std::vector<emulated_cluster const*>& all, parameters const& in) {
  auto const states = in.texts("filter_by.cluster_states");
  if (!states) return states.error();
  auto const sources = in.texts("filter_by.cluster_sources");
  if (!sources) return sources.error();
  auto const policy = in.text_or("filter_by.policy_id", "");
  if (!policy) return policy.error();
  bool const by_pin = in.find("filter_by.is_pinned") != nullptr;
  auto const pinned = in.flag_or("filter_by.is_pinned", false);
  if (!pinned) return pinned.error();
  std::erase_if(all, [&](emulated_cluster const* c) {
    return !among(*states, open_enum<clusters::state>(c->state).raw()) ||
           !among(*sources, open_enum<clusters::cluster_source>(c->source).raw()) ||
           (!policy->empty() && c->spec->policy_id != *policy) || (by_pin && c->pinned != *pinned);
  });
  auto const field = in.text_or("sort_by.field", "DEFAULT");
  if (!field) return field.error();
  auto const direction = in.text_or("sort_by.direction", "DESC");
  if (!direction) return direction.error();
  if (*field == "CLUSTER_NAME") {
    std::sort(all.begin(), all.end(), [](auto const* a, auto const* b) {
      auto const& x = a->spec->cluster_name;
      auto const& y = b->spec->cluster_name;
      return x != y ? x > y : a->id > b->id;
    });
  }
  if (*direction == "ASC") std::reverse(all.begin(), all.end());
  return {};
}

}  // namespace

std::span<clusters_api::route const> clusters_api::routes() {
  using self = clusters_api;
  static constexpr route all[] = {
      {"POST", "/api/2.0/clusters/create", nullptr, &self::create},
      {"POST", "/api/2.0/clusters/delete", nullptr, &self::delete_},
      {"POST", "/api/2.0/clusters/edit", nullptr, &self::edit},
      {"POST", "/api/2.0/clusters/events", nullptr, &self::events},
      {"GET", "/api/2.0/clusters/get", nullptr, &self::get},
      {"GET", "/api/2.0/clusters/list", nullptr, &self::list},
      {"GET", "/api/2.0/clusters/list-node-types", nullptr, &self::list_node_types},
      {"GET", "/api/2.0/clusters/list-zones", nullptr, &self::list_zones},
      {"POST", "/api/2.0/clusters/permanent-delete", nullptr, &self::permanent_delete},
      {"POST", "/api/2.0/clusters/pin", nullptr, &self::pin},
      {"POST", "/api/2.0/clusters/resize", nullptr, &self::resize},
      {"POST", "/api/2.0/clusters/restart", nullptr, &self::restart},
      {"GET", "/api/2.0/clusters/spark-versions", nullptr, &self::spark_versions},
      {"POST", "/api/2.0/clusters/start", nullptr, &self::start},
      {"POST", "/api/2.0/clusters/unpin", nullptr, &self::unpin},
      {"POST", "/api/2.1/clusters/create", nullptr, &self::create},
      {"POST", "/api/2.1/clusters/delete", nullptr, &self::delete_},
      {"POST", "/api/2.1/clusters/edit", nullptr, &self::edit},
      {"POST", "/api/2.1/clusters/events", nullptr, &self::events},
      {"GET", "/api/2.1/clusters/get", nullptr, &self::get},
      {"GET", "/api/2.1/clusters/list", nullptr, &self::list_pages},
      {"GET", "/api/2.1/clusters/list-node-types", nullptr, &self::list_node_types},
      {"GET", "/api/2.1/clusters/list-zones", nullptr, &self::list_zones},
      {"POST", "/api/2.1/clusters/permanent-delete", nullptr, &self::permanent_delete},
      {"POST", "/api/2.1/clusters/pin", nullptr, &self::pin},
      {"POST", "/api/2.1/clusters/resize", nullptr, &self::resize},
      {"POST", "/api/2.1/clusters/restart", nullptr, &self::restart},
      {"GET", "/api/2.1/clusters/spark-versions", nullptr, &self::spark_versions},
      {"POST", "/api/2.1/clusters/start", nullptr, &self::start},
      {"POST", "/api/2.1/clusters/unpin", nullptr, &self::unpin},
  };
  return all;
}

api_reply clusters_api::create(parameters const& in, moment now) {
  auto r = read_body<clusters::create>(in);
  if (!r) return to_reply(r.error());
  std::string const source = r->clone_from ? r->clone_from->source_cluster_id : std::string();
  if (r->clone_from) {
    if (auto const found = state_.find(source, now); !found) return to_reply(found.error());
  }
  clusters_state::origin from;
  from.creator = in.caller();
  from.idempotency_token = r->idempotency_token;
  auto const id =
      state_.create(std::move(static_cast<compute::cluster_spec&>(*r)), std::move(from), now);
  if (!id) return to_reply(id.error());
  if (!source.empty() && hear_) hear_(*id, source, now);
  return reply_of(clusters::create::response{*id});
}

api_reply clusters_api::delete_(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  if (!id) return to_reply(id.error());
  clusters::termination_reason why;
  why.code = clusters::termination_code::user_request;
  why.type = clusters::termination_type::success;
  why.parameters["username"] = in.caller();
  return reply_of(state_.terminate(*id, std::move(why), in.caller(), now));
}

api_reply clusters_api::edit(parameters const& in, moment now) {
  auto r = read_body<clusters::edit>(in);
  if (!r) return to_reply(r.error());
  return reply_of(state_.edit(r->cluster_id, std::move(static_cast<compute::cluster_spec&>(*r)),
                              in.caller(), now));
}

api_reply clusters_api::events(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  if (!id) return to_reply(id.error());
  auto const found = state_.find(*id, now);
  if (!found) return to_reply(found.error());
  auto const page = events_of(**found, in, now);
  return page ? reply_of(*page) : to_reply(page.error());
}

api_reply clusters_api::get(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  if (!id) return to_reply(id.error());
  auto const found = state_.find(*id, now);
  return found ? reply_of(view_of(**found)) : to_reply(found.error());
}

api_reply clusters_api::list(parameters const&, moment now) {
  clusters::list::response out;
  for (auto const* c : state_.list(false, now)) out.clusters.push_back(view_of(*c));
  return reply_of(out);
}

// A page goes on behind the last cluster told: what ends, begins or is forgotten moves nothing.
api_reply clusters_api::list_pages(parameters const& in, moment now) {
  constexpr std::int64_t size_default = 20;
  constexpr std::int64_t size_max = 100;
  auto const size = in.integer_or("page_size", size_default);
  if (!size) return to_reply(size.error());
  if (*size < 0 || *size > size_max) {
    return to_reply(invalid_parameter("page_size must be between 0 and 100"));
  }
  auto const token = in.text_or("page_token", "");
  if (!token) return to_reply(token.error());
  auto all = state_.list(true, now);
  if (auto good = narrow(all, in); !good) return to_reply(good.error());
  auto first = all.cbegin();
  if (!token->empty()) {
    auto const next = behind(*token, all, in);
    if (!next) return to_reply(next.error());
    first = *next;
  }
  auto const left = all.cend() - first;
  auto const count = std::min<std::int64_t>(*size == 0 ? size_default : *size, left);
  clusters::list::response out;
  for (auto at = first; at != first + count; ++at) out.clusters.push_back(view_of(**at));
  if (count < left) out.next_page_token = token_of(**(first + count - 1));
  return reply_of(out);
}

api_reply clusters_api::list_node_types(parameters const&, moment) {
  clusters::list_node_types::response out;
  std::int32_t order = 0;
  for (auto const& row : node_type_rows()) {
    auto& t = out.node_types.emplace_back();
    t.node_type_id = row.id;
    t.instance_type_id = row.id;
    t.memory_mb = row.memory_mb;
    t.num_cores = row.cores;
    t.num_gpus = row.gpus;
    t.description = row.id;
    t.category = row.category;
    t.display_order = order++;
    t.is_deprecated = false;
    t.is_hidden = false;
    t.support_cluster_tags = true;
    t.support_port_forwarding = true;
    t.supports_elastic_disk = true;
    t.node_info.emplace();
  }
  return reply_of(out);
}

api_reply clusters_api::list_zones(parameters const&, moment) {
  clusters::list_zones::response out;
  for (auto const zone : zones()) out.zones.emplace_back(zone);
  out.default_zone = out.zones.front();
  return reply_of(out);
}

api_reply clusters_api::permanent_delete(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  return id ? reply_of(state_.permanent_delete(*id, now)) : to_reply(id.error());
}

api_reply clusters_api::pin(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  return id ? reply_of(state_.pin(*id, true, in.caller(), now)) : to_reply(id.error());
}

api_reply clusters_api::resize(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  if (!id) return to_reply(id.error());
  auto size = read_body<clusters::cluster_size>(in);
  if (!size) return to_reply(size.error());
  return reply_of(state_.resize(*id, *size, in.caller(), now));
}

api_reply clusters_api::restart(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  if (!id) return to_reply(id.error());
  auto const user = in.text_or("restart_user", in.caller());
  return user ? reply_of(state_.restart(*id, *user, now)) : to_reply(user.error());
}

api_reply clusters_api::spark_versions(parameters const&, moment) {
  clusters::spark_versions::response out;
  for (auto const& row : spark_version_rows()) {
    out.versions.push_back({std::string(row.key), std::string(row.name)});
  }
  return reply_of(out);
}

api_reply clusters_api::start(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  return id ? reply_of(state_.start(*id, in.caller(), now)) : to_reply(id.error());
}

api_reply clusters_api::unpin(parameters const& in, moment now) {
  auto const id = in.text("cluster_id");
  return id ? reply_of(state_.pin(*id, false, in.caller(), now)) : to_reply(id.error());
}

}  // namespace kiln::emulation
