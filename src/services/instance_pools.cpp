#include "client/wire.hpp"
#include "services/instance_pools_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/instance_pools.hpp>
#include <kiln/workspace.hpp>

#include <array>

namespace kiln {

instance_pools::service workspace::instance_pools() const noexcept {
  return instance_pools::service(core_);
}

std::span<operation const> instance_pools_operations() {
  static auto const rows = [] {
    constexpr std::string_view here = "instance_pools";
    return std::array{describe<instance_pools::create>(here, "create"),
                      describe<instance_pools::delete_>(here, "delete"),
                      describe<instance_pools::edit>(here, "edit"),
                      describe<instance_pools::get>(here, "get"),
                      describe<instance_pools::list>(here, "list")};
  }();
  return rows;
}

namespace instance_pools {

kiln::enum_table spellings(aws_availability) noexcept {
  static constexpr auto words = spell("ON_DEMAND", "SPOT");
  return words;
}
kiln::enum_table spellings(azure_availability) noexcept {
  static constexpr auto words = spell("ON_DEMAND_AZURE", "SPOT_AZURE");
  return words;
}
kiln::enum_table spellings(azure_disk_volume_type) noexcept {
  static constexpr auto words = spell("PREMIUM_LRS", "STANDARD_LRS");
  return words;
}
kiln::enum_table spellings(state) noexcept {
  static constexpr auto words = spell("ACTIVE", "DELETED", "STOPPED");
  return words;
}

task<create::response> service::create(instance_pools::create const& r,
                                       call_options const& o) const {
  return receive<instance_pools::create::response>(core_, encode(r, o));
}
task<void> service::delete_(instance_pools::delete_ const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::edit(instance_pools::edit const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<instance_pool> service::get(instance_pools::get const& r, call_options const& o) const {
  return receive<instance_pool>(core_, encode(r, o));
}
task<list::response> service::list(call_options const& o) const {
  return receive<instance_pools::list::response>(core_, encode(instance_pools::list{}, o));
}

}  // namespace instance_pools
}  // namespace kiln
