#pragma once

#include <kiln/emulator.hpp>
#include <kiln/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::emulation {

/// The bytes of one file. Nameless until storage::place gives it a path.
class content {
 public:
  virtual ~content() = default;
  virtual result<void> append(std::span<std::byte const> data) = 0;
  /// Nothing is appended for now: a file descriptor may be given back.
  virtual void seal() noexcept {}
  /// Fills `into` from `offset`, all of which lies below size().
  virtual result<void> read(std::string_view path, std::uint64_t offset,
                            std::span<std::byte> into) = 0;
  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
  /// Every byte is zero.
  [[nodiscard]] virtual bool zeros() const noexcept { return false; }
};

/// What a storage held before it was opened.
struct stored_entry {
  std::string path;  ///< Parents come before what is in them.
  bool is_dir = false;
  std::shared_ptr<content> bytes;  ///< Null for a folder.
  std::chrono::system_clock::time_point modified{};
};

/// Where contents live. Paths are normal ("/a/b"); the tree itself is dbfs_state's. It outlives
/// its contents. Threads: one at a time, but contents that are not placed are their owner's.
class storage {
 public:
  virtual ~storage() = default;
  virtual result<std::shared_ptr<content>> create() = 0;
  /// `bytes` is now the file at `path`; its folder exists. Replaces a file.
  virtual result<void> place(content& bytes, std::string_view path) = 0;
  virtual result<void> make_folder(std::string_view path) = 0;
  virtual result<void> move(std::string_view from, std::string_view to) = 0;
  /// A file or an empty folder.
  virtual result<void> remove(std::string_view path) = 0;
  virtual result<std::vector<stored_entry>> load() = 0;
};

/// Throws std::system_error when `data_dir` is needed and cannot be used.
std::unique_ptr<storage> make_storage(storage_kind kind, std::string const& data_dir);
std::unique_ptr<storage> make_directory_storage(std::string const& data_dir);

}  // namespace kiln::emulation
