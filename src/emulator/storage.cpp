#include "emulator/storage.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kiln::emulation {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

/// Chunks of one MiB, all full but the last: growing never copies what is there.
class memory_content final : public content {
 public:
  result<void> append(std::span<std::byte const> data) override {
    while (!data.empty()) {
      if (chunks_.empty() || chunks_.back().size() == chunk_bytes) chunks_.emplace_back();
      auto& last = chunks_.back();
      auto const n = std::min(data.size(), chunk_bytes - last.size());
      if (last.size() + n == chunk_bytes) last.reserve(chunk_bytes);
      last.append(reinterpret_cast<char const*>(data.data()), n);
      data = data.subspan(n);
      size_ += n;
    }
    return {};
  }
  result<void> read(std::string_view, std::uint64_t offset, std::span<std::byte> into) override {
    while (!into.empty()) {
      auto const& chunk = chunks_[static_cast<std::size_t>(offset / chunk_bytes)];
      auto const at = static_cast<std::size_t>(offset % chunk_bytes);
      auto const n = std::min(into.size(), chunk.size() - at);
      std::memcpy(into.data(), chunk.data() + at, n);
      into = into.subspan(n);
      offset += n;
    }
    return {};
  }
  std::uint64_t size() const noexcept override { return size_; }

 private:
  std::vector<std::string> chunks_;
  std::uint64_t size_ = 0;
};

class discarded_content final : public content {
 public:
  result<void> append(std::span<std::byte const> data) override {
    size_ += data.size();
    return {};
  }
  result<void> read(std::string_view, std::uint64_t, std::span<std::byte> into) override {
    std::memset(into.data(), 0, into.size());
    return {};
  }
  std::uint64_t size() const noexcept override { return size_; }
  bool zeros() const noexcept override { return true; }

 private:
  std::uint64_t size_ = 0;
};

/// Keeps contents where they are; names cost nothing.
template <class Content>
class nameless_storage final : public storage {
 public:
  result<std::shared_ptr<content>> create() override {
    return std::shared_ptr<content>(std::make_shared<Content>());
  }
  result<void> place(content&, std::string_view) override { return {}; }
  result<void> make_folder(std::string_view) override { return {}; }
  result<void> move(std::string_view, std::string_view) override { return {}; }
  result<void> remove(std::string_view) override { return {}; }
  result<std::vector<stored_entry>> load() override { return std::vector<stored_entry>(); }
};

}  // namespace

std::unique_ptr<storage> make_storage(storage_kind kind, std::string const& data_dir) {
  switch (kind) {
    case storage_kind::directory:
      return make_directory_storage(data_dir);
    case storage_kind::discard:
      return std::make_unique<nameless_storage<discarded_content>>();
    case storage_kind::memory:
      break;
  }
  return std::make_unique<nameless_storage<memory_content>>();
}

}  // namespace kiln::emulation
