#pragma once

#include "core/clock.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kiln::net {

/// The order in which the addresses of a name are tried: families alternate, the first address's
/// family first, order within a family kept, doubles dropped, at most race_core::addresses_max.
[[nodiscard]] std::vector<std::string> interleave(std::vector<std::string> const& addresses);

/// Who connects when (RFC 8305, "happy eyeballs"): the next address starts `stagger` after the one
/// before it, or at once when one fails; the first success wins. Addresses are known by index.
class race_core {
 public:
  static constexpr std::size_t addresses_max = 16;
  static constexpr duration stagger = std::chrono::milliseconds(250);

  race_core(std::size_t addresses, duration each_max)
      : began_(addresses), state_(addresses, state::idle), each_max_(each_max) {}

  struct actions {
    std::vector<std::size_t> start;
    std::vector<std::size_t> give_up;  ///< Took longer than each_max; failed() is not called.
  };
  /// What is to be done at `now`; call it first, at every wake_at() and after every failed().
  [[nodiscard]] actions advance(instant now);
  void failed(std::size_t index) noexcept;

  [[nodiscard]] instant wake_at() const noexcept;
  /// Every address has been tried in vain.
  [[nodiscard]] bool lost() const noexcept;
  /// ... and each by running out of time.
  [[nodiscard]] bool only_timeouts() const noexcept;

 private:
  enum class state : unsigned char { idle, running, refused, too_slow };
  std::vector<instant> began_;
  std::vector<state> state_;
  duration each_max_;
  std::size_t next_ = 0;
  bool hurry_ = true;  // the next address need not wait for its turn
};

}  // namespace kiln::net
