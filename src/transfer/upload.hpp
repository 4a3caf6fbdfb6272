#pragma once

#include "core/random.hpp"
#include "transfer/digest.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/journal.hpp"
#include "transfer/plan.hpp"
#include "transfer/remote.hpp"
#include "transfer/tally.hpp"

#include <kiln/transfer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
  bool digests = false;  ///< Of each file that of what was sent.
  /// In place of the local file, of the only item.
  std::shared_ptr<byte_source> given{};
  journal* kept = nullptr;
  std::atomic<bool> const* drain = nullptr;
};

/// Performs the plan of an upload. Threads: one strand.
class uploader {
 public:
  /// All references must outlive it.
  uploader(remote& to, transfer_plan const& plan, upload_rules const& rules, tally& ends,
           asio::any_io_executor const& executor, std::uint64_t seed);
  /// Returns when every item has ended, or the transfer was stopped and cleaned up.
  asio::awaitable<void> run();
  /// What of rules.plan.put_bytes_max turned out to be true.
  [[nodiscard]] std::uint64_t put_bytes_max() const noexcept { return put_bytes_max_; }

  /// How often one file begins anew because an outcome could not be settled.
  static constexpr int streams_max = 5;
  static constexpr int discards_max = 3;
  /// How often one finished stream is moved to its place.
  static constexpr int moves_max = 5;
  /// Ranges of one file that are read back at once.
  static constexpr std::size_t checks_in_flight_max = 16;

 private:
  struct stream;
  enum class step : std::uint8_t { ok, again, failed };

  /// One file under way.
  struct subject {
    std::size_t item = 0;
    std::shared_ptr<byte_source> file;  ///< What is sent; `digested`, if that is wanted.
    std::shared_ptr<byte_source> content;
    std::shared_ptr<digesting_source> digested;
    std::string target;
    /// The target is to be replaced, by the rules or because it is an older state of this item.
    bool replace = false;
    bool suspect = false;  ///< A process that was killed may have sent it.
  };

  asio::awaitable<void> work();
  [[nodiscard]] bool draining() const noexcept;
  asio::awaitable<item_end> upload_one(std::size_t item);
  asio::awaitable<item_end> upload_file(std::size_t item);
  asio::awaitable<void> check_and_digest(subject const& f, item_end& how);
  asio::awaitable<std::optional<error>> read_back(subject const& f);
  struct reading_back;
  asio::awaitable<void> read_ranges_back(subject const& f, reading_back& r);
  asio::awaitable<item_end> put_or_stream(subject& f);
  asio::awaitable<item_end> put_file(subject const& f);
  asio::awaitable<item_end> settle_put(subject const& f, error why);
  asio::awaitable<item_end> stream_refused(subject const& f, item_end refused);
  asio::awaitable<bool> holds_same(subject const& f);
  asio::awaitable<bool> is_directory(subject const& f);

  asio::awaitable<item_end> stream_file(subject const& f);
  asio::awaitable<item_end> stream_in_place(subject const& f);
  asio::awaitable<std::optional<item_end>> settle_part(subject const& f, part const& left);
  asio::awaitable<item_end> stream_often(stream& s);
  asio::awaitable<step> stream_once(stream& s);
  asio::awaitable<step> send_blocks(stream& s);
  asio::awaitable<step> close_and_check(stream& s);
  asio::awaitable<item_end> move_to_target(stream& s);
  asio::awaitable<step> make_way(stream& s);
  asio::awaitable<void> discard(stream& s);
  result<void> keep(stream const& s, part_stage stage);
  [[nodiscard]] bool is_as_planned(std::size_t item) const;
  [[nodiscard]] item_end target_taken(error why) const;

  remote& to_;
  transfer_plan const& plan_;
  upload_rules rules_;
  tally& ends_;
  random_source random_;
  gate streams_;  // each has a block under way
  gate checks_;   // each has a range under way
  bytes block_;   // as it is read, for whoever sends it next
  std::size_t next_ = 0;
  std::uint64_t put_bytes_max_;
  bool puts_work_ = false;  // one was taken
};

}  // namespace kiln::transfer
