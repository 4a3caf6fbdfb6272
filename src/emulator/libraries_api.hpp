#pragma once

#include "emulator/libraries_state.hpp"
#include "emulator/service.hpp"

#include <chrono>
#include <span>
#include <string>

namespace kiln::emulation {

/// /api/2.0/libraries/
class libraries_api final : public routed_service<libraries_api> {
 public:
  libraries_api(clusters_state& clusters, std::chrono::milliseconds installing) noexcept
      : state_(clusters, installing) {}
  static std::span<route const> routes();
  void clear() override { state_.clear(); }
  void clone(std::string const& cluster, std::string const& source, moment now) {
    state_.clone(cluster, source, now);
  }

 private:
  api_reply all_cluster_statuses(parameters const& in, moment now);
  api_reply cluster_status(parameters const& in, moment now);
  api_reply install(parameters const& in, moment now);
  api_reply uninstall(parameters const& in, moment now);

  libraries_state state_;
};

}  // namespace kiln::emulation
