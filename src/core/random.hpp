#pragma once

#include <cstdint>
#include <string>

namespace kiln {

/// A seeded generator (xoshiro256**): the same seed gives the same run, whatever the platform.
/// Not for secrets. Threads: one owner.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) noexcept;
  std::uint64_t next() noexcept;
  /// Uniform in [0, bound); 0 when bound is 0.
  std::uint64_t below(std::uint64_t bound) noexcept;
  /// Uniform in [0, 1).
  double unit() noexcept;
  /// A name of 16 characters of [0-9a-f].
  std::string name();

 private:
  std::uint64_t state_[4];
};

/// A seed from the operating system.
std::uint64_t entropy();

}  // namespace kiln
