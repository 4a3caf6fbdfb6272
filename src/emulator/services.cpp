#include "emulator/services.hpp"

#include "emulator/jobs_api.hpp"
#include "emulator/mlflow_api.hpp"
#include "emulator/model_registry_api.hpp"

namespace kiln::emulation {

// In an order in which each is given those before it that it needs.
workspace_services::workspace_services(std::uint64_t seed, token_registry& tokens,
                                       emulator_jobs_options const& jobs) {
  static_cast<void>(tokens);
  all_.push_back(std::make_unique<mlflow_api>(seed));
  all_.push_back(std::make_unique<model_registry_api>(seed));
  all_.push_back(std::make_unique<jobs_api>(jobs));
}

workspace_services::~workspace_services() = default;

emulated_service* workspace_services::find(std::string_view path) const noexcept {
  for (auto const& each : all_) {
    if (!each->verbs_of(path).empty()) return each.get();
  }
  return nullptr;
}

void workspace_services::clear() {
  for (auto const& each : all_) each->clear();
}

}  // namespace kiln::emulation
