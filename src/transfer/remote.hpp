#pragma once

#include <kiln/bytes.hpp>
#include <kiln/result.hpp>
#include <kiln/services/dbfs.hpp>
#include <kiln/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace kiln::transfer {

/// What a transfer needs of DBFS; the seam at which its protocols are tested step by step.
/// References must stay valid until the task has ended.
class remote {
 public:
  virtual ~remote() = default;
  virtual task<void> put(std::string const& path, bool overwrite,
                         std::shared_ptr<byte_source> contents) = 0;
  virtual task<std::int64_t> create(std::string const& path) = 0;
  virtual task<void> add_block(std::int64_t handle, std::span<std::byte const> data) = 0;
  virtual task<void> close(std::int64_t handle) = 0;
  virtual task<void> move(std::string const& from, std::string const& to) = 0;
  /// `brief`: while a cancelled transfer is cleaning up; gives up after a few seconds.
  virtual task<void> remove(std::string const& path, bool brief) = 0;
  virtual task<void> mkdirs(std::string const& path) = 0;
  virtual task<dbfs::file_info> get_status(std::string const& path) = 0;
  virtual task<dbfs::list::response> list(std::string const& path) = 0;
  virtual task<std::size_t> read(std::string const& path, std::uint64_t offset,
                                 std::span<std::byte> into) = 0;
};

std::unique_ptr<remote> make_remote(workspace const& ws, lane in_lane);

}  // namespace kiln::transfer
