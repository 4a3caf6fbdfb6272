#pragma once

#include <kiln/emulator.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kiln::emulation {

/// "status", "close", …; as the control endpoint spells them.
std::string_view to_string(emulator_fault::kind what) noexcept;
std::optional<emulator_fault::kind> parse_fault_kind(std::string_view text) noexcept;

/// The faults waiting for their turn. Every fault whose route matches counts the request; the
/// first one (in order of adding) that is due hits it, so at most one does.
class fault_script {
 public:
  struct entry {
    emulator_fault fault;
    std::uint64_t seen = 0;  ///< Requests of the route so far.
    std::uint64_t hits = 0;
  };

  /// False when faults_max are there already.
  bool add(emulator_fault fault);
  /// What happens to a request that arrives now.
  std::optional<emulator_fault> next(std::string_view path);
  void clear() noexcept { entries_.clear(); }
  [[nodiscard]] std::vector<entry> const& entries() const noexcept { return entries_; }

  static constexpr std::size_t faults_max = 1'000;

 private:
  std::vector<entry> entries_;
};

}  // namespace kiln::emulation
