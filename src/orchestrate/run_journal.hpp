#pragma once

#include "core/clock.hpp"
#include "transfer/journal_lock.hpp"
#include "transfer/sqlite.hpp"

#include <kiln/orchestrate.hpp>
#include <kiln/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a run_many() needs to go on where an earlier one ended, in whatever way: by row key, how far
// each row is. One SQLite file a journal, one process at a time.
namespace kiln::runs {

/// 16 characters of [0-9a-f].
[[nodiscard]] std::string journal_id(std::string_view host, std::string_view journal);

/// A moment by both clocks: the one of the wall may be set meanwhile, the other begins anew with
/// the machine.
struct clock_times {
  timestamp wall{};                ///< Epoch: not known.
  std::optional<instant> ticks{};  ///< Nullopt: not known, or of another boot.
};

struct journal_row {
  enum class phase : std::uint8_t {
    sending = 1,  ///< Its run may have been started.
    started,      ///< It has a run.
    ended,
  };
  phase at = phase::sending;
  /// As row_result::attempts: while it is sending, without that one.
  row_result last;
  std::vector<std::int64_t> earlier;  ///< Runs before the last one.
  // While it is sending.
  clock_times first_sent{};
  clock_times sent_until{};  ///< It was not sent later.
};

/// Threads: one at a time. What is recorded waits for flush(); from then on it survives the
/// process, and in batches the machine.
class run_journal {
 public:
  /// Made where missing. Fails with errc::conflict when another process has it, or another call of
  /// this one.
  static result<std::unique_ptr<run_journal>> open(std::string const& state_dir,
                                                   std::string_view host, std::string_view journal,
                                                   timestamp now);
  ~run_journal();
  run_journal(run_journal const&) = delete;
  run_journal& operator=(run_journal const&) = delete;

  [[nodiscard]] std::string const& id() const noexcept { return id_; }
  [[nodiscard]] timestamp created() const noexcept { return created_; }
  /// The machine has been started anew since: the latest records may be missing. So for every
  /// process until one has flushed a record of each row in doubt, and says so.
  [[nodiscard]] bool may_miss_some() const noexcept { return other_boot_; }
  [[nodiscard]] result<void> misses_none();
  [[nodiscard]] result<void> each(std::function<void(journal_row&&)> const& take) const;

  /// `until`: its call ends by then.
  void sending(row_result const& row, std::vector<std::int64_t> const& earlier,
               clock_times const& first, clock_times const& until);
  void started(row_result const& row);
  void ended(row_result const& row);
  [[nodiscard]] result<void> flush();
  /// A call of so many rows begins. `note`: as run_many_options has it; empty: what is there stays.
  [[nodiscard]] result<void> begin_call(std::string_view note, std::size_t rows);
  /// Nothing is left of it.
  [[nodiscard]] result<void> finish_call();

  static constexpr std::size_t rows_per_sync = 256;

 private:
  struct change {
    journal_row::phase what = journal_row::phase::sending;
    row_result row;
    std::vector<std::int64_t> earlier;
    clock_times first{}, until{};
  };
  run_journal(std::string id, transfer::journal_lock lock, transfer::database db)
      : id_(std::move(id)), lock_(std::move(lock)), db_(std::move(db)) {}
  result<void> prepare(std::string_view host, std::string_view journal, timestamp now);
  result<void> prepare_tables();
  result<void> read_head(std::string_view host, std::string_view journal, timestamp now);
  result<void> write_one(change const& c);

  std::string id_;
  transfer::journal_lock lock_;
  transfer::database db_;
  transfer::statement sending_, started_, ended_;
  timestamp created_{};
  bool other_boot_ = false;
  std::vector<change> waiting_;
  std::size_t since_sync_ = 0;
};

}  // namespace kiln::runs
