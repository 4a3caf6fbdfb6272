#include "client/wire.hpp"
#include "services/groups_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/groups.hpp>
#include <kiln/workspace.hpp>

#include <array>

namespace kiln {

groups::service workspace::groups() const noexcept { return groups::service(core_); }

std::span<operation const> groups_operations() {
  static auto const rows = [] {
    constexpr std::string_view here = "groups";
    return std::array{describe<groups::add_member>(here, "add_member"),
                      describe<groups::create>(here, "create"),
                      describe<groups::delete_>(here, "delete"),
                      describe<groups::list>(here, "list"),
                      describe<groups::list_members>(here, "list_members"),
                      describe<groups::list_parents>(here, "list_parents"),
                      describe<groups::remove_member>(here, "remove_member")};
  }();
  return rows;
}

namespace groups {

task<void> service::add_member(groups::add_member const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<groups::create::response> service::create(groups::create const& r,
                                               call_options const& o) const {
  return receive<groups::create::response>(core_, encode(r, o));
}
task<void> service::delete_(groups::delete_ const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<names> service::list(groups::list const& r, call_options const& o) const {
  return receive<names>(core_, encode(r, o));
}
task<groups::list_members::response> service::list_members(groups::list_members const& r,
                                                           call_options const& o) const {
  return receive<groups::list_members::response>(core_, encode(r, o));
}
task<names> service::list_parents(groups::list_parents const& r, call_options const& o) const {
  return receive<names>(core_, encode(r, o));
}
task<void> service::remove_member(groups::remove_member const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}

}  // namespace groups
}  // namespace kiln
