#include "transfer/block_plan.hpp"

#include <algorithm>

namespace kiln::transfer {

std::optional<std::size_t> block_lengths::next() noexcept {
  if (blocks_left_ == 0) return std::nullopt;
  std::uint64_t length = left_;
  if (blocks_left_ > 1) {
    // At most `slack` may be left out, or the rest would not fit into the blocks that remain; a
    // fair share of it on average, so that early and late blocks vary alike.
    std::uint64_t const slack = blocks_left_ * limits::dbfs_block_bytes_max - left_;
    std::uint64_t const share = std::min(slack, slack * 2 / blocks_left_ + 1);
    length = limits::dbfs_block_bytes_max - random_.below(share + 1);
  }
  left_ -= length;
  --blocks_left_;
  return static_cast<std::size_t>(length);
}

std::optional<byte_range> range_at(std::uint64_t offset, std::uint64_t size,
                                   std::uint64_t block) noexcept {
  if (offset >= size) return std::nullopt;
  std::uint64_t const length = std::min(block, size - offset);
  std::uint64_t const asked = std::min(block, length + 1);
  return byte_range{offset, static_cast<std::size_t>(length),
                    static_cast<std::size_t>(offset + length == size ? asked : length)};
}

}  // namespace kiln::transfer
