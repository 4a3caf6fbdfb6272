#pragma once

#include "core/random.hpp"
#include "transfer/block_plan.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/folder.hpp"
#include "transfer/journal.hpp"
#include "transfer/plan.hpp"
#include "transfer/remote.hpp"
#include "transfer/tally.hpp"

#include <kiln/transfer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::transfer {

struct download_rules {
  kiln::overwrite overwrite = overwrite::fail;
  std::size_t files_in_flight_max = 64;
  std::uint64_t bytes_in_flight_max = 48U << 20;
  bool fsync = true;
  bool verify = false;   ///< Each file is read a second time, and compared, before it has its name.
  bool digests = false;  ///< Of each file that of what was received.
  journal* kept = nullptr;
  std::atomic<bool> const* drain = nullptr;
  asio::any_io_executor const* disk = nullptr;
};

/// Performs the plan of a download: workers take ranges of files of at most 1 MiB (of a volume: 4
/// MiB), one each. So the ranges of one file and those of different files are under way together,
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
  /// How often one file begins anew because it has changed on the server.
  static constexpr int restarts_max = 3;
  /// Of a file with a journal: what a power failure costs at most.
  static constexpr std::uint64_t blocks_per_sync = 64;

 private:
  struct file;
  using file_ptr = std::shared_ptr<file>;
  struct piece {
    file_ptr of;
    byte_range range;
    bool again = false;  ///< To be compared with what is here.
  };

  asio::awaitable<void> work();
  asio::awaitable<std::optional<piece>> take();
  std::optional<piece> next_range();
  [[nodiscard]] bool draining() const noexcept;
  asio::awaitable<result<void>> fetch(piece const& p, bytes& buffer);
  asio::awaitable<void> settle(piece const& p, result<void> const& fetched, bytes& buffer);
  void compare(piece const& p, bytes const& buffer);
  asio::awaitable<void> keep(piece const& p, bytes& buffer);
  asio::awaitable<result<void>> write(piece const& p, bytes& buffer);
  void digest_on(file& f, std::uint64_t offset, std::span<std::byte const> data);
  asio::awaitable<void> digest_rest(file_ptr f);

  asio::awaitable<void> begin(std::size_t item);
  void begin_directory(std::size_t item);
  asio::awaitable<void> begin_file(std::size_t item);
  asio::awaitable<bool> settle_complete(file_ptr f, part const& left);
  asio::awaitable<bool> take_up(file_ptr f, part const& left);
  result<void> make_fresh(file& f);
  void begin_digest(file& f);
  std::optional<item_end> judge_existing(std::string const& relative) const;

  asio::awaitable<void> sync_blocks(file_ptr f);
  asio::awaitable<void> end_file(file_ptr f);
  asio::awaitable<void> check_unchanged(file_ptr f);
  asio::awaitable<void> restart(file_ptr f);
  asio::awaitable<void> give_name(file_ptr f);
  void close(file_ptr const& f);
  void leave_open_files();

  asio::awaitable<void> sync_directories();
  [[nodiscard]] std::string relative_of(std::size_t item) const;
  [[nodiscard]] std::string unique_of(std::size_t item);

  remote& from_;
  transfer_plan const& plan_;
  folder const& to_;
  download_rules rules_;
  tally& ends_;
  std::uint64_t const range_bytes_;
  random_source random_;
  event changed_;  // a file was closed, or has ranges to ask for
  std::size_t next_ = 0;
  std::set<file_ptr> open_files_;
  std::deque<file_ptr> ready_;     // open files with ranges to ask for; and some without
  std::set<std::string> touched_;  // directories with new entries, relative
};

}  // namespace kiln::transfer
