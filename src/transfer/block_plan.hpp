#pragma once

#include "core/limits.hpp"
#include "core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

// How a file is cut into requests. Pure.
namespace kiln::transfer {

/// Requests of at most 1 MiB that `size` bytes need: none for none.
[[nodiscard]] constexpr std::uint64_t blocks_of(std::uint64_t size) noexcept {
  return size / limits::dbfs_block_bytes_max + (size % limits::dbfs_block_bytes_max != 0 ? 1 : 0);
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
/// was listed would otherwise pass unnoticed: behind a last range shorter than 1 MiB.
struct byte_range {
  std::uint64_t offset = 0;
  std::size_t length = 0;
  std::size_t asked = 0;
};

/// The range that starts at `offset` of a file of `size` bytes; nullopt at or behind its end.
[[nodiscard]] std::optional<byte_range> range_at(std::uint64_t offset, std::uint64_t size) noexcept;

}  // namespace kiln::transfer
