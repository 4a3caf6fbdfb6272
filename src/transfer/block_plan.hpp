#pragma once

#include "core/limits.hpp"
#include "core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

// How a file is cut into requests. Pure.
namespace kiln::transfer {

/// Of one ranged read of a volume: 30 of them a second are as much as a line of 1 Gbit/s carries,
/// so that the budget does not bind, and a dozen are under way in the memory of a transfer.
constexpr std::uint64_t volume_range_bytes = 4U << 20;

/// Requests of at most `block` bytes that `size` bytes need: none for none.
[[nodiscard]] constexpr std::uint64_t blocks_of(
    std::uint64_t size, std::uint64_t block = limits::dbfs_block_bytes_max) noexcept {
  return size / block + (size % block != 0 ? 1 : 0);
}

/// The lengths of the blocks of one streamed upload, in order, exactly covering its size.
///
/// Never more blocks than needed, so what they are shorter than 1 MiB, in sum, is what the size is
/// short of a whole number of MiB; it is spread at random, so that a block applied twice and
/// another one lost hardly ever leave the right size behind. A whole number of MiB leaves nothing
/// to spread: blocks are never repeated blindly, the spread is only a second line.
class block_lengths {
 public:
  block_lengths(std::uint64_t size, std::uint64_t seed) noexcept
      : left_(size), blocks_left_(blocks_of(size)), random_(seed) {}
  /// 1 byte to 1 MiB; nullopt at the end.
  std::optional<std::size_t> next() noexcept;
  [[nodiscard]] std::uint64_t bytes_left() const noexcept { return left_; }

 private:
  std::uint64_t left_;
  std::uint64_t blocks_left_;
  random_source random_;
};

/// One read of a download. `asked` is a byte more than `length` where a file that grew since it
/// was listed would otherwise pass unnoticed: behind a last range shorter than a block.
struct byte_range {
  std::uint64_t offset = 0;
  std::size_t length = 0;
  std::size_t asked = 0;
};

/// The range that starts at `offset` of a file of `size` bytes; nullopt at or behind its end.
[[nodiscard]] std::optional<byte_range> range_at(
    std::uint64_t offset, std::uint64_t size,
    std::uint64_t block = limits::dbfs_block_bytes_max) noexcept;

}  // namespace kiln::transfer
