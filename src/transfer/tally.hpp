#pragma once

#include <kiln/transfer.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::transfer {

using stopwatch = std::function<std::chrono::nanoseconds()>;
/// The time since this call.
[[nodiscard]] stopwatch start_stopwatch(asio::any_io_executor const& executor);

[[nodiscard]] timestamp wall_now(asio::any_io_executor const& executor);

/// How one item ended.
struct item_end {
  transfer_state state = transfer_state::done;
  error why;                ///< Of failed and, where there is something to say, skipped.
  std::uint64_t bytes = 0;  ///< Transferred.
  std::string sha256{};     ///< Of that, where it is wanted.
  bool verified = false;

  static item_end done(std::uint64_t bytes) { return {transfer_state::done, error(), bytes}; }
  static item_end skipped() { return {transfer_state::skipped, error(), 0}; }
  static item_end failed(error why) { return {transfer_state::failed, std::move(why), 0}; }
};

class journal;
class manifest;

/// The one place where an item changes its state: every item of the plan ends here, once, and is
/// counted and shown to the observer. Threads: the transfer's strand.
class tally {
 public:
  using stats_source = std::function<workspace_stats()>;

  /// `plan` must outlive it; `before` is of the moment the transfer was begun. Tells the observer
  /// of the plan and of what it refused. With a journal, ends are recorded there, and what it
  /// knows to have ended is counted.
  tally(transfer_plan const& plan, transfer_observer* observer, stats_source stats,
        workspace_stats const& before, stopwatch elapsed, journal* kept = nullptr,
        manifest* books = nullptr);

  void end(std::size_t item, item_end how);
  /// A request is made for this item alone.
  void asked(std::size_t item) { ++requests_[item]; }
  [[nodiscard]] bool has_ended(std::size_t item) const { return ended_[item]; }
  /// Something that belongs to no item failed, such as flushing a directory.
  void failed_beside(transfer_item item, error why);
  /// A request of an item still under way has moved `bytes`; taken back if the item starts again.
  void moved(std::int64_t bytes);

  /// The transfer cannot go on: cancelled, or the workspace handle closed.
  void stop(error why);
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  /// An error when it was stopped before the last item had ended.
  [[nodiscard]] result<transfer_report> take() &&;

 private:
  void restore();
  void count(transfer_item const& item, item_end const& how, std::uint64_t requests);
  void show_progress();

  transfer_plan const& plan_;
  transfer_observer* observer_;
  journal* journal_;
  manifest* manifest_;
  stats_source stats_;
  stopwatch elapsed_;
  workspace_stats before_;
  std::vector<bool> ended_;
  std::vector<std::uint32_t> requests_;  // by item
  std::uint64_t files_ended_ = 0;        // refused entries count as files
  std::uint64_t bytes_moving_ = 0;       // of items still under way
  bool stopped_ = false;
  error why_stopped_;
  transfer_report report_;
};

/// Nothing more will succeed once a call has ended so.
[[nodiscard]] inline bool ends_transfer(errc code) noexcept {
  return code == errc::cancelled || code == errc::closed;
}

}  // namespace kiln::transfer
