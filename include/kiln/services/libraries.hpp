#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/services/compute_types.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Libraries API 2.0: what is installed on clusters.
/// An unknown cluster is errc::not_found, although the server says 400 INVALID_PARAMETER_VALUE.
/// Source of every shape:
/// https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/libraries
namespace kiln {

class engine;

namespace libraries {

/// pending > resolving > installing > installed. Failed and skipped are final until the cluster
/// restarts.
enum class install_status : std::uint8_t {
  failed,
  installed,
  installing,
  pending,
  resolving,
  restored,  ///< Installed again after a restart.
  skipped,   ///< Not for the Scala version of the cluster.
  uninstall_on_restart,
};
kiln::enum_table spellings(install_status) noexcept;

struct library_status {
  compute::library library;
  open_enum<install_status> status;
  std::vector<std::string> messages;  ///< Why it failed or was skipped, for people.
  std::optional<bool> is_library_for_all_clusters{};
};

struct cluster_libraries {
  std::string cluster_id;
  std::vector<library_status> library_statuses;
};

/// Of every cluster that has libraries.
struct all_cluster_statuses {
  static constexpr endpoint at{verb::get, "/api/2.0/libraries/all-cluster-statuses", repeat::safe};
  struct response {
    std::vector<cluster_libraries> statuses;
  };
};

/// Libraries to be installed on the cluster or on all, in no order.
struct cluster_status {
  static constexpr endpoint at{verb::get, "/api/2.0/libraries/cluster-status", repeat::safe};
  using response = cluster_libraries;
  std::string_view cluster_id;
};

/// The answer comes at once, the libraries in the background. Fails when the cluster is terminated.
/// What is installed stays as it is.
struct install {
  static constexpr endpoint at{verb::post, "/api/2.0/libraries/install", repeat::idempotent};
  using response = void;
  std::string_view cluster_id;
  std::span<compute::library const> libraries;
};

/// Takes effect when the cluster restarts. Libraries that are not installed are passed over.
struct uninstall {
  static constexpr endpoint at{verb::post, "/api/2.0/libraries/uninstall", repeat::idempotent};
  using response = void;
  std::string_view cluster_id;
  std::span<compute::library const> libraries;
};

/// What workspace::libraries() gives. A cheap copy of a shared handle; calls from any thread.
/// Requests are encoded before a method returns, so views in them need live no longer than the call
/// expression.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<libraries::all_cluster_statuses::response> all_cluster_statuses(
      call_options const& options = {}) const;
  task<cluster_libraries> cluster_status(libraries::cluster_status const& r,
                                         call_options const& options = {}) const;
  task<void> install(libraries::install const& r, call_options const& options = {}) const;
  task<void> uninstall(libraries::uninstall const& r, call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace libraries
}  // namespace kiln
