#pragma once

#include "emulator/service.hpp"
#include "emulator/tokens_state.hpp"

namespace kiln::emulation {

/// The HTTP side of tokens_state.
class tokens_api final : public routed_service<tokens_api> {
 public:
  /// Keeps `registry`.
  tokens_api(token_registry& registry, std::uint64_t seed) : state_(registry, seed) {}

  [[nodiscard]] static std::span<route const> routes();
  void clear() override { state_.clear(); }

 private:
  outcome<boost::json::object> create(parameters const& in, moment now);
  outcome<boost::json::object> remove(parameters const& in, moment now);
  outcome<boost::json::object> list(parameters const& in, moment now);
  [[nodiscard]] boost::json::object info(listed_token const& token) const;

  tokens_state state_;
};

}  // namespace kiln::emulation
