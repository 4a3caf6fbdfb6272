#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace kiln::transfer {

/// Which of the blocks of a file are there: a bit each, lowest first. Pure.
class block_set {
 public:
  block_set() = default;
  explicit block_set(std::uint64_t blocks) : blocks_(blocks), bits_((blocks + 7) / 8) {}
  /// As kept in a journal; empty when that is not of so many blocks.
  static block_set of(std::uint64_t blocks, std::span<std::byte const> bits) {
    block_set out(blocks);
    if (bits.size() != out.bits_.size()) return out;
    for (std::uint64_t b = 0; b < blocks; ++b) {
      if ((bits[b / 8] >> (b % 8) & std::byte{1}) != std::byte{0}) out.add(b);
    }
    return out;
  }

  [[nodiscard]] bool has(std::uint64_t block) const {
    return (bits_.at(block / 8) >> (block % 8) & std::byte{1}) != std::byte{0};
  }
  void add(std::uint64_t block) {
    if (has(block)) return;
    bits_[block / 8] |= std::byte{1} << (block % 8);
    ++count_;
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return blocks_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::span<std::byte const> bits() const noexcept { return bits_; }
  /// The first block from `from` on that is missing.
  [[nodiscard]] std::optional<std::uint64_t> missing(std::uint64_t from) const {
    for (; from < blocks_; ++from) {
      if (!has(from)) return from;
    }
    return std::nullopt;
  }

 private:
  std::uint64_t blocks_ = 0;
  std::uint64_t count_ = 0;
  std::vector<std::byte> bits_;
};

}  // namespace kiln::transfer
