#pragma once

#include <kiln/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

// What the content of files comes down to: SHA-256, which every system has a tool to check.
namespace kiln::transfer {

class digest {
 public:
  digest();
  ~digest();
  digest(digest const&) = delete;
  digest& operator=(digest const&) = delete;
  void restart();
  void update(std::span<std::byte const> data);
  /// Of all since the start, as 64 characters of [0-9a-f]; nothing is added any more.
  [[nodiscard]] std::string finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Hands on what is read from a source, and knows the digest of what was last read from its first
/// byte to its last. Threads: as the source.
class digesting_source final : public byte_source {
 public:
  explicit digesting_source(std::shared_ptr<byte_source> from) : from_(std::move(from)) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return from_->size(); }
  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override;
  /// Empty until all of it was read once, in order.
  [[nodiscard]] std::string const& whole() const noexcept { return whole_; }

 private:
  std::shared_ptr<byte_source> from_;
  digest digest_;
  std::uint64_t next_ = 0;
  std::string whole_;
};

}  // namespace kiln::transfer
