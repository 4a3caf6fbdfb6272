#pragma once

#include "emulator/clusters_state.hpp"
#include "emulator/dbfs_state.hpp"
#include "emulator/instance_pools_state.hpp"
#include "emulator/scim_directory.hpp"
#include "emulator/service.hpp"
#include "emulator/token_registry.hpp"

#include <kiln/emulator.hpp>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace kiln::emulation {

class jobs_api;

/// Every service of the emulated workspace but DBFS, whose bodies are streamed.
class workspace_services {
 public:
  /// Keeps `tokens` and `files`, which outlive it.
  workspace_services(emulator_options const& options, token_registry& tokens, dbfs_state& files);
  ~workspace_services();

  /// Null when no service has the path.
  [[nodiscard]] emulated_service* find(std::string_view path) const noexcept;
  /// Before a request is handled: what runs were to do until then is done.
  void advance(moment now);
  void clear();

 private:
  // Shared by several services.
  instance_pools_state pools_;
  clusters_state clusters_;
  scim_directory directory_;
  jobs_api* jobs_ = nullptr;  ///< Among all_.
  std::vector<std::unique_ptr<emulated_service>> all_;
};

}  // namespace kiln::emulation
