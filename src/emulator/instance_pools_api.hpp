#pragma once

#include "emulator/instance_pools_state.hpp"
#include "emulator/service.hpp"

#include <span>

namespace kiln::emulation {

/// /api/2.0/instance-pools/. Its state is shared with clusters.
class instance_pools_api final : public routed_service<instance_pools_api> {
 public:
  explicit instance_pools_api(instance_pools_state& state) noexcept : state_(state) {}
  static std::span<route const> routes();
  void clear() override { state_.clear(); }

 private:
  api_reply create(parameters const& in, moment now);
  api_reply delete_(parameters const& in, moment now);
  api_reply edit(parameters const& in, moment now);
  api_reply get(parameters const& in, moment now);
  api_reply list(parameters const& in, moment now);

  instance_pools_state& state_;
};

}  // namespace kiln::emulation
