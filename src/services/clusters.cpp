#include "client/paging.hpp"
#include "client/wire.hpp"
#include "services/clusters_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/clusters.hpp>
#include <kiln/workspace.hpp>

#include <array>
#include <utility>

namespace kiln {

clusters::service workspace::clusters() const noexcept { return clusters::service(core_); }

std::span<operation const> clusters_operations() {
  static auto const rows = [] {
    constexpr std::string_view here = "clusters";
    return std::array{describe<clusters::create>(here, "create"),
                      describe<clusters::delete_>(here, "delete"),
                      describe<clusters::edit>(here, "edit"),
                      describe<clusters::events>(here, "events"),
                      describe<clusters::get>(here, "get"),
                      describe<clusters::list>(here, "list"),
                      describe<clusters::list_node_types>(here, "list_node_types"),
                      describe<clusters::list_zones>(here, "list_zones"),
                      describe<clusters::permanent_delete>(here, "permanent_delete"),
                      describe<clusters::pin>(here, "pin"),
                      describe<clusters::resize>(here, "resize"),
                      describe<clusters::restart>(here, "restart"),
                      describe<clusters::spark_versions>(here, "spark_versions"),
                      describe<clusters::start>(here, "start"),
                      describe<clusters::unpin>(here, "unpin")};
  }();
  return rows;
}

namespace clusters {

namespace {

constexpr std::int64_t events_page_max = 500;
constexpr std::int64_t list_page_max = 100;

bool is_2_0(call_options const& o) { return o.api_version.empty() || o.api_version == "2.0"; }

}  // namespace

kiln::enum_table spellings(sort_direction) noexcept {
  static constexpr auto words = spell("ASC", "DESC");
  return words;
}
kiln::enum_table spellings(sort_field) noexcept {
  static constexpr auto words = spell("CLUSTER_NAME", "DEFAULT");
  return words;
}

task<create::response> service::create(clusters::create const& r, call_options const& o) const {
  auto call = encode(r, o);
  // Only API 2.0 has tokens.
  if (r.idempotency_token.empty() || !is_2_0(o)) call.repeats = repeat::not_idempotent;
  return receive<clusters::create::response>(core_, std::move(call));
}
task<void> service::delete_(clusters::delete_ const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::edit(clusters::edit const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<events::response> service::events(clusters::events const& r, call_options const& o) const {
  return receive<clusters::events::response>(core_, encode(r, o));
}
pages<cluster_event> service::events_pages(clusters::events const& r, std::int64_t limit,
                                           call_options const& o) const {
  return paginate<&clusters::events::response::events>(core_, r, by_next_page(events_page_max),
                                                       limit, o);
}
task<std::vector<cluster_event>> service::events_all(clusters::events const& r, std::int64_t limit,
                                                     call_options const& o) const {
  return events_pages(r, limit, o).all();
}
task<cluster> service::get(clusters::get const& r, call_options const& o) const {
  return receive<cluster>(core_, encode(r, o));
}
task<list::response> service::list(clusters::list const& r, call_options const& o) const {
  return receive<clusters::list::response>(core_, encode(r, o));
}
pages<cluster> service::list_pages(clusters::list const& r, std::int64_t limit,
                                   call_options const& o) const {
  // API 2.0 gives everything at once and knows no page_size.
  auto const how = by_token("page_size", is_2_0(o) ? 0 : list_page_max);
  return paginate<&clusters::list::response::clusters>(core_, r, how, limit, o);
}
task<std::vector<cluster>> service::list_all(clusters::list const& r, std::int64_t limit,
                                             call_options const& o) const {
  return list_pages(r, limit, o).all();
}
task<list_node_types::response> service::list_node_types(call_options const& o) const {
  return receive<clusters::list_node_types::response>(core_,
                                                      encode(clusters::list_node_types{}, o));
}
task<list_zones::response> service::list_zones(call_options const& o) const {
  return receive<clusters::list_zones::response>(core_, encode(clusters::list_zones{}, o));
}
task<void> service::permanent_delete(clusters::permanent_delete const& r,
                                     call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::pin(clusters::pin const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::resize(clusters::resize const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::restart(clusters::restart const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<spark_versions::response> service::spark_versions(call_options const& o) const {
  return receive<clusters::spark_versions::response>(core_, encode(clusters::spark_versions{}, o));
}
task<void> service::start(clusters::start const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::unpin(clusters::unpin const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}

}  // namespace clusters
}  // namespace kiln
