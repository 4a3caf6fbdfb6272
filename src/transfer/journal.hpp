#pragma once

#include "transfer/block_set.hpp"
#include "transfer/journal_lock.hpp"
#include "transfer/sqlite.hpp"
#include "transfer/tally.hpp"

#include <kiln/timestamp.hpp>
#include <kiln/transfer.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a transfer needs to go on where a killed process left it: its plan, how far each item is,
// and what lies about under temporary names. One SQLite file a transfer, one process at a time.
namespace kiln::transfer {

/// What makes a command the same command.
struct journal_key {
  bool upload = true;
  std::string host;
  std::string source, destination;  ///< A local path is absolute, a remote one normal.
  kiln::overwrite overwrite = overwrite::fail;
  std::string selection;  ///< What else decides which items there are, in any stable form.

  /// 16 characters of [0-9a-f].
  [[nodiscard]] std::string id() const;
};

/// The plan, and what its execution needs beside it.
struct journal_plan {
  transfer_plan plan;
  std::string local_root;  ///< Of a download: what its destinations are below.
  bool target_may_be_directory = false;
};

enum class part_stage : std::uint8_t {
  begun,     ///< Some of it may be there.
  complete,  ///< All of it is; only its name may still be the temporary one.
};

/// What is left of an item that was under way under a temporary name.
struct part {
  part_stage stage = part_stage::begun;
  /// Of an upload: the path on the server. Of a complete download: its SHA-256, if it is known.
  std::string name;
  // Of a download: what the server had when the blocks came, the blocks, and the local file.
  std::uint64_t size = 0;
  std::optional<timestamp> modified{};
  block_set blocks{};
  std::uint64_t inode = 0;
  bool same_boot = true;  ///< The machine has not been started anew since.
};

/// How an item stands when a transfer goes on.
struct item_record {
  std::optional<transfer_state> ended;  ///< nullopt: still to be done.
  error why;                            ///< Of failed and skipped ones.
  bool ours = false;           ///< Of an upload: the target is an older state of this very item.
  std::string sha256{};        ///< Of done ones, if it was wanted.
  std::uint64_t requests = 0;  ///< Made for it.
  bool verified = false;
};

/// Threads: the transfer's strand. What is recorded is on its way into the file at the next turn of
/// the executor and survives the process from then on; in batches, it survives the machine.
class journal : public std::enable_shared_from_this<journal> {
 public:
  using failure_handler = std::function<void(error)>;

  /// The unfinished transfer of this key, or a new one. Fails with errc::conflict when another
  /// process has it.
  static result<std::shared_ptr<journal>> open(std::string const& state_dir,
                                               journal_key const& key);
  /// A transfer that must exist; not_found otherwise.
  static result<std::shared_ptr<journal>> open(std::string const& state_dir, std::string_view id);
  /// A file that is no journal, or of a newer kiln.
  static result<void> remove_damaged(std::string const& state_dir, std::string_view id);
  ~journal();

  [[nodiscard]] std::string const& id() const noexcept { return id_; }
  [[nodiscard]] journal_key const& key() const noexcept { return key_; }
  /// There is an unfinished plan in it.
  [[nodiscard]] bool resumed() const noexcept { return resumed_; }

  /// A new transfer starts with this plan.
  [[nodiscard]] result<void> begin(journal_plan const& plan, timestamp now);
  /// The plan of a resumed one; fills items() and parts(). Changes nothing.
  [[nodiscard]] result<journal_plan> load();
  /// To be called when it is loaded, before anything is done.
  [[nodiscard]] result<void> go_on();
  [[nodiscard]] std::vector<item_record> const& items() const noexcept { return items_; }
  /// By item. What is taken up or removed is recorded as below.
  [[nodiscard]] std::map<std::size_t, part> const& parts() const noexcept { return parts_; }
  /// From here on failed items are still to be done.
  [[nodiscard]] result<void> reopen_failed();

  /// An item that had ended is to be done again; of an upload, it replaces what it was.
  [[nodiscard]] result<void> reopen(std::size_t item, transfer_item const& as);
  /// Where to post batches to, and whom to tell that one could not be written; once.
  void run_on(asio::any_io_executor executor, failure_handler failed);
  void ended(std::size_t item, item_end const& how, std::uint64_t requests = 0);
  void keep_part(std::size_t item, part const& p);
  void forget_part(std::size_t item);
  /// The blocks of a part that is kept, of which those in `durable` are on the disk.
  void keep_blocks(std::size_t item, block_set const& blocks, block_set const& durable);
  /// Writes at once what waits for the next turn.
  [[nodiscard]] result<void> flush();
  /// To be called before a request for the item leaves: items from here on may have been sent.
  [[nodiscard]] result<void> cover(std::size_t item);
  /// Whether a process before this one may have sent the item.
  [[nodiscard]] bool suspect(std::size_t item) const noexcept;
  /// The temporary name of an item's local file: the same in every process.
  [[nodiscard]] std::string unique_of(std::size_t item) const;

  /// All items have ended. Nothing stays when none failed.
  [[nodiscard]] result<void> finish(bool any_failed);
  /// Ends the transfer and its records, whatever its state.
  void remove();

  static constexpr std::size_t items_per_sync = 256;
  static constexpr std::size_t cover_step = 64;

 private:
  struct change {
    enum class kind : std::uint8_t { ended, part, blocks, forget } what = kind::ended;
    std::size_t item = 0;
    item_end how;
    std::uint64_t requests = 0;
    part kept;
    block_set durable;
  };
  struct statements {
    statement ended, part, blocks, forget, cover;
  };

  journal(std::string id, std::string path, journal_lock lock)
      : id_(std::move(id)), path_(std::move(path)), lock_(std::move(lock)) {}
  static result<std::shared_ptr<journal>> open_file(std::string const& state_dir, std::string id,
                                                    bool make);
  result<void> prepare();
  result<bool> read_head();
  result<void> write_plan(journal_plan const& plan, timestamp now);
  result<void> load_items(journal_plan& to);
  result<void> load_parts();
  result<void> write(std::vector<change> const& changes);
  result<void> write_one(change const& c);
  void add(change c);
  void remove_files() const;

  std::string id_;
  std::string path_;
  journal_lock lock_;
  database db_;
  statements run_;
  journal_key key_;
  bool resumed_ = false;
  std::string boot_;
  std::size_t covered_ = 0;
  std::size_t suspects_ = 0;
  std::vector<item_record> items_;
  std::map<std::size_t, part> parts_;
  asio::any_io_executor executor_;
  failure_handler failed_;
  std::vector<change> waiting_;
  bool posted_ = false;
  std::size_t since_sync_ = 0;
};

}  // namespace kiln::transfer
