#pragma once

#include "emulator/clusters_state.hpp"

#include <kiln/services/libraries.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

// What is installed on the clusters of the emulated workspace. How far an installation is follows
// from the time it was asked for, the time its cluster last began anew, and now.
namespace kiln::emulation {

class libraries_state {
 public:
  libraries_state(clusters_state& clusters, std::chrono::milliseconds installing) noexcept
      : clusters_(clusters), installing_(installing) {}

  outcome<void> install(std::string const& cluster, std::vector<compute::library> wanted,
                        moment now);
  outcome<void> uninstall(std::string const& cluster, std::vector<compute::library> const& unwanted,
                          moment now);
  outcome<libraries::cluster_libraries> status(std::string const& cluster, moment now);
  std::vector<libraries::cluster_libraries> all(moment now);
  /// A new cluster gets what another one has.
  void clone(std::string const& cluster, std::string const& source, moment now);
  void clear() { installed_.clear(); }

  static constexpr std::size_t libraries_max = 1'000;  ///< Of a cluster.

 private:
  struct entry {
    compute::library library;
    std::string text;  ///< Its JSON, which tells libraries apart.
    wall_time asked{};
    bool leaves = false;
    std::uint64_t leaves_after = 0;  ///< The launch it was uninstalled in.
  };
  void forget(std::string const& cluster, std::uint64_t launches);
  [[nodiscard]] libraries::library_status told(entry const& e, emulated_cluster const& c,
                                               wall_time now) const;

  clusters_state& clusters_;
  std::chrono::milliseconds installing_;
  std::map<std::string, std::vector<entry>> installed_;  ///< By cluster.
};

}  // namespace kiln::emulation
