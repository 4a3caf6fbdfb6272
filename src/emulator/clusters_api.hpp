#pragma once

#include "emulator/clusters_state.hpp"
#include "emulator/service.hpp"

#include <functional>
#include <span>
#include <string>

namespace kiln::emulation {

/// /api/2.0/clusters/ and /api/2.1/clusters/. Its state is shared with pools, libraries and jobs.
class clusters_api final : public routed_service<clusters_api> {
 public:
  explicit clusters_api(clusters_state& state) noexcept : state_(state) {}
  static std::span<route const> routes();
  void clear() override { state_.clear(); }

  /// Told of a cluster made with clone_from: the new id, the source's.
  void on_clone(std::function<void(std::string const&, std::string const&, moment)> hear) {
    hear_ = std::move(hear);
  }

 private:
  api_reply create(parameters const& in, moment now);
  api_reply delete_(parameters const& in, moment now);
  api_reply edit(parameters const& in, moment now);
  api_reply events(parameters const& in, moment now);
  api_reply get(parameters const& in, moment now);
  api_reply list(parameters const& in, moment now);
  api_reply list_pages(parameters const& in, moment now);
  api_reply list_node_types(parameters const& in, moment now);
  api_reply list_zones(parameters const& in, moment now);
  api_reply permanent_delete(parameters const& in, moment now);
  api_reply pin(parameters const& in, moment now);
  api_reply resize(parameters const& in, moment now);
  api_reply restart(parameters const& in, moment now);
  api_reply spark_versions(parameters const& in, moment now);
  api_reply start(parameters const& in, moment now);
  api_reply unpin(parameters const& in, moment now);

  clusters_state& state_;
  std::function<void(std::string const&, std::string const&, moment)> hear_;
};

}  // namespace kiln::emulation
