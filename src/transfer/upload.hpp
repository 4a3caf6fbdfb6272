#pragma once

#include "core/random.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/plan.hpp"
#include "transfer/remote.hpp"
#include "transfer/tally.hpp"

#include <kiln/transfer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kiln::transfer {

/// What of the options an upload needs.
struct upload_rules {
  plan_rules plan;
  std::size_t files_in_flight_max = 64;
  std::uint64_t bytes_in_flight_max = 48U << 20;
  /// The target was given for one file and nobody has asked yet whether it is a directory.
  bool target_may_be_directory = false;
};

/// Performs the plan of an upload. Threads: one strand.
class uploader {
 public:
  /// All references must outlive it.
  uploader(remote& to, transfer_plan const& plan, upload_rules const& rules, tally& ends,
           asio::any_io_executor const& executor, std::uint64_t seed);
  /// Returns when every item has ended, or the transfer was stopped and cleaned up.
  asio::awaitable<void> run();

  /// How often one file begins anew because an outcome could not be settled.
  static constexpr int streams_max = 5;
  static constexpr int discards_max = 3;
  /// How often one finished stream is moved to its place.
  static constexpr int moves_max = 5;

 private:
  struct stream;
  enum class step : std::uint8_t { ok, again, failed };

  asio::awaitable<void> work();
  asio::awaitable<item_end> upload_one(transfer_item const& item);
  asio::awaitable<item_end> upload_file(std::string const& local, std::string target);
  asio::awaitable<item_end> put_file(std::shared_ptr<byte_source> file, std::string const& target);
  asio::awaitable<item_end> settle_put(std::uint64_t size, std::string const& target, error why);
  asio::awaitable<bool> is_directory(std::string const& target);

  asio::awaitable<item_end> stream_file(std::shared_ptr<byte_source> file,
                                        std::string const& target);
  asio::awaitable<item_end> stream_often(stream& s);
  asio::awaitable<step> stream_once(stream& s);
  asio::awaitable<step> send_blocks(stream& s);
  asio::awaitable<step> close_and_check(stream& s);
  asio::awaitable<item_end> move_to_target(stream& s);
  asio::awaitable<step> make_way(stream& s);
  asio::awaitable<void> discard(stream& s);
  [[nodiscard]] item_end target_taken(error why) const;

  remote& to_;
  transfer_plan const& plan_;
  upload_rules rules_;
  tally& ends_;
  random_source random_;
  gate streams_;  // each holds a buffer of a block
  std::size_t next_ = 0;
  /// The largest put the server is known to refuse, less one.
  std::uint64_t put_bytes_max_;
};

}  // namespace kiln::transfer
