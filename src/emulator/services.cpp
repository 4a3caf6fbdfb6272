#include "emulator/services.hpp"

#include "emulator/clusters_api.hpp"
#include "emulator/files_api.hpp"
#include "emulator/groups_api.hpp"
#include "emulator/instance_pools_api.hpp"
#include "emulator/jobs_api.hpp"
#include "emulator/libraries_api.hpp"
#include "emulator/mlflow_api.hpp"
#include "emulator/model_registry_api.hpp"
#include "emulator/scim_api.hpp"
#include "emulator/tokens_api.hpp"
#include "emulator/workspace_tree_api.hpp"

namespace kiln::emulation {

// In an order in which each is given those before it that it needs.
workspace_services::workspace_services(emulator_options const& options, token_registry& tokens,
                                       dbfs_state& files)
    : pools_(options.clusters.machine, options.seed),
      clusters_(options.clusters, options.seed),
      directory_(tokens, options.seed) {
  clusters_.use(&pools_);
  auto libraries = std::make_unique<libraries_api>(clusters_, options.clusters.library);
  auto clusters = std::make_unique<clusters_api>(clusters_);
  clusters->on_clone([to = libraries.get()](auto const& id, auto const& source, moment now) {
    to->clone(id, source, now);
  });
  all_.push_back(std::move(clusters));
  all_.push_back(std::make_unique<files_api>(files));
  all_.push_back(std::make_unique<instance_pools_api>(pools_));
  all_.push_back(std::move(libraries));
  auto jobs = std::make_unique<jobs_api>(options.jobs, clusters_);
  jobs_ = jobs.get();
  clusters_.on_loss([this](auto const& id, moment now) { jobs_->cluster_lost(id, now); });
  all_.push_back(std::move(jobs));
  all_.push_back(std::make_unique<mlflow_api>(options.seed));
  all_.push_back(std::make_unique<model_registry_api>(options.seed));
  all_.push_back(std::make_unique<scim_api>(directory_, options.seed));
  all_.push_back(std::make_unique<groups_api>(directory_));
  all_.push_back(std::make_unique<tokens_api>(tokens, options.seed));
  all_.push_back(std::make_unique<workspace_tree_api>(tokens.owner()));
}

workspace_services::~workspace_services() = default;

void workspace_services::advance(moment now) { jobs_->advance(now); }

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
