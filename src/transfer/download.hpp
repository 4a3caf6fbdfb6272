#pragma once

#include "core/random.hpp"
#include "transfer/block_plan.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/folder.hpp"
#include "transfer/plan.hpp"
#include "transfer/remote.hpp"
#include "transfer/tally.hpp"

#include <kiln/transfer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::transfer {

struct download_rules {
  kiln::overwrite overwrite = overwrite::fail;
  std::size_t files_in_flight_max = 64;
  std::uint64_t bytes_in_flight_max = 48U << 20;
  bool fsync = true;
};

/// Performs the plan of a download: workers take ranges of files, in order, each with one buffer of
/// at most 1 MiB. So the ranges of one file and those of different files are under way together,
/// and the number of workers bounds the memory. Threads: one strand.
class downloader {
 public:
  /// Destinations of the plan are below `to`. All references must outlive it.
  downloader(remote& from, transfer_plan const& plan, folder const& to, download_rules const& rules,
             tally& ends, asio::any_io_executor const& executor, std::uint64_t seed);
  /// Returns when every item has ended, or the transfer was stopped and cleaned up.
  asio::awaitable<void> run();

  /// How often one range is asked for when its answer cannot be read.
  static constexpr int asks_max = 3;

 private:
  struct file;
  struct piece {
    std::shared_ptr<file> of;
    byte_range range;
  };

  asio::awaitable<void> work();
  asio::awaitable<std::optional<piece>> take();
  std::optional<piece> range_of_current();
  void begin(std::size_t item);
  void begin_file(std::size_t item);
  asio::awaitable<result<void>> fetch(piece const& p, bytes& buffer);
  void settle(piece const& p, result<void> const& fetched, bytes const& buffer);
  void finish(file& f);
  std::optional<item_end> judge_existing(std::string const& relative) const;
  asio::awaitable<void> sync_directories();
  [[nodiscard]] std::string relative_of(std::size_t item) const;

  remote& from_;
  transfer_plan const& plan_;
  folder const& to_;
  download_rules rules_;
  tally& ends_;
  random_source random_;
  event file_closed_;
  std::size_t next_ = 0;
  std::size_t open_files_ = 0;
  std::shared_ptr<file> current_;
  std::set<std::string> touched_;  // directories with new entries, relative
};

}  // namespace kiln::transfer
