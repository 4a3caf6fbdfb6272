#include "client/wire.hpp"
#include "services/libraries_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/libraries.hpp>
#include <kiln/workspace.hpp>

#include <array>

namespace kiln {

libraries::service workspace::libraries() const noexcept { return libraries::service(core_); }

std::span<operation const> libraries_operations() {
  static auto const rows = [] {
    constexpr std::string_view here = "libraries";
    return std::array{describe<libraries::all_cluster_statuses>(here, "all_cluster_statuses"),
                      describe<libraries::cluster_status>(here, "cluster_status"),
                      describe<libraries::install>(here, "install"),
                      describe<libraries::uninstall>(here, "uninstall")};
  }();
  return rows;
}

namespace libraries {

kiln::enum_table spellings(install_status) noexcept {
  static constexpr auto words = spell("FAILED", "INSTALLED", "INSTALLING", "PENDING", "RESOLVING",
                                      "RESTORED", "SKIPPED", "UNINSTALL_ON_RESTART");
  return words;
}

task<all_cluster_statuses::response> service::all_cluster_statuses(call_options const& o) const {
  return receive<libraries::all_cluster_statuses::response>(
      core_, encode(libraries::all_cluster_statuses{}, o));
}
task<cluster_libraries> service::cluster_status(libraries::cluster_status const& r,
                                                call_options const& o) const {
  return receive<cluster_libraries>(core_, encode(r, o));
}
task<void> service::install(libraries::install const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::uninstall(libraries::uninstall const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}

}  // namespace libraries
}  // namespace kiln
