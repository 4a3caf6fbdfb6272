#pragma once

#include "core/random.hpp"
#include "emulator/api.hpp"
#include "emulator/storage.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kiln::emulation {

struct dbfs_limits {
  std::uint64_t put_bytes_max;       ///< Of a multipart put.
  std::uint64_t delete_entries_max;  ///< Of one call; 0: no bound.
  std::chrono::milliseconds partial_delete_delay{0};
};

struct dbfs_info {
  std::string path;
  bool is_dir = false;
  std::uint64_t file_size = 0;
  std::int64_t modified_ms = 0;
};

/// The files of a workspace with the rules of DBFS API 2.0. Paths are as clients send them.
///
/// A created file is there at once, with what was appended to it so far. A file that is deleted or
/// replaced takes its open handle with it.
class dbfs_state {
 public:
  /// Loads what `store` holds; throws std::system_error when that fails.
  dbfs_state(storage& store, dbfs_limits limits, std::uint64_t seed);

  outcome<std::int64_t> create(std::string_view path, bool overwrite, moment now);
  outcome<void> add_block(std::int64_t handle, std::span<std::byte const> data, moment now);
  outcome<void> close(std::int64_t handle, moment now);
  outcome<void> put(std::string_view path, std::span<std::byte const> data, bool overwrite,
                    moment now);
  /// A multipart put: its content has arrived elsewhere.
  outcome<void> adopt(std::string_view path, std::shared_ptr<content> bytes, bool overwrite,
                      moment now);
  outcome<dbfs_info> get_status(std::string_view path) const;
  outcome<std::vector<dbfs_info>> list(std::string_view path) const;
  /// Up to `count` entries of a directory, those whose names come behind `after`.
  outcome<std::vector<dbfs_info>> list_from(std::string_view path, std::string_view after,
                                            std::size_t count) const;
  outcome<void> mkdirs(std::string_view path, moment now);
  outcome<void> move(std::string_view from, std::string_view to, moment now);
  outcome<void> remove(std::string_view path, bool recursive);

  struct range {
    std::uint64_t bytes = 0;
    std::shared_ptr<content> from;  ///< Read from here, under `path`.
    std::string path;
    std::uint64_t offset = 0;
  };
  /// Checks a read and cuts it to the file; the caller fetches the bytes.
  outcome<range> read(std::string_view path, std::int64_t offset, std::int64_t length) const;

  /// Whether `bytes` are the file that is at `path` now.
  [[nodiscard]] bool holds(std::string_view path, content const& bytes) const;

  /// Forgets everything, on disk too.
  void clear();

  [[nodiscard]] dbfs_limits const& limits() const noexcept { return limits_; }
  [[nodiscard]] storage& store() noexcept { return store_; }

  static constexpr std::int64_t read_bytes_default = 524'288;
  static constexpr std::chrono::minutes handle_idle_max{10};
  static constexpr std::size_t handles_max = 10'000;
  static constexpr std::size_t entries_max = 4'000'000;

 private:
  struct node {
    bool is_dir = false;
    bool unlinked = false;  ///< A handle may still hold it.
    std::shared_ptr<content> bytes;
    std::int64_t modified_ms = 0;
    std::map<std::string, std::shared_ptr<node>, std::less<>> children;
  };
  struct open_handle {
    std::shared_ptr<node> file;
    instant last_used;
  };

  [[nodiscard]] std::shared_ptr<node> find(std::string_view normal) const;
  outcome<std::shared_ptr<node>> folder_for(std::string_view normal, moment now);
  outcome<std::shared_ptr<node>> new_file(std::string_view normal, std::shared_ptr<content> bytes,
                                          bool overwrite, moment now);
  outcome<open_handle*> use(std::int64_t handle, moment now);
  outcome<void> remove_below(node& folder, std::string const& path, std::uint64_t& budget);
  outcome<void> unlink(node& folder, std::string_view name, std::string const& path);
  void expire_handles(instant now);
  std::int64_t fresh_handle();

  storage& store_;
  dbfs_limits limits_;
  random_source random_;
  std::shared_ptr<node> root_;
  std::size_t entries_ = 0;
  std::unordered_map<std::int64_t, open_handle> handles_;
  instant swept_{};
};

}  // namespace kiln::emulation
