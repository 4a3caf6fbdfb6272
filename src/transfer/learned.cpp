#include "transfer/learned.hpp"

#include "transfer/folder.hpp"
#include "transfer/names.hpp"
#include "transfer/sqlite.hpp"

#include <chrono>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace kiln::transfer {

namespace {

// A proxy in between, or the workspace itself, may have been set up differently since.
constexpr auto belief_max = std::chrono::hours(24 * 30);

std::string file_in(std::string const& state_dir) { return joined(state_dir, "learned.db"); }

std::int64_t count_of(timestamp t) { return t.time_since_epoch().count(); }

}  // namespace

std::optional<std::uint64_t> learned_put_bytes_max(std::string const& state_dir,
                                                   std::string const& host, timestamp now) {
  std::string const file = file_in(state_dir);
  if (::access(file.c_str(), R_OK) != 0) return std::nullopt;
  auto const db = database::open(file, database::mode::read);
  if (db.has_error()) return std::nullopt;
  auto row = db->prepare("SELECT put_bytes_max FROM workspace WHERE host=?1 AND learned>?2");
  if (row.has_error()) return std::nullopt;
  row->bind(1, std::string_view(host)).bind(2, count_of(now - belief_max));
  auto const found = row->next();
  if (found.has_error() || !*found) return std::nullopt;
  return static_cast<std::uint64_t>(row->integer(0));
}

void learn_put_bytes_max(std::string const& state_dir, std::string const& host, std::uint64_t bytes,
                         timestamp now) {
  auto const dir = folder::open(state_dir, true);
  if (dir.has_error()) return;
  auto const db = database::open(file_in(state_dir), database::mode::make);
  if (db.has_error()) return;
  auto const made = db->run(
      "CREATE TABLE IF NOT EXISTS workspace(host TEXT PRIMARY KEY, put_bytes_max INTEGER, learned "
      "INTEGER)");
  if (made.has_error()) return;
  auto row = db->prepare("INSERT OR REPLACE INTO workspace VALUES(?1, ?2, ?3)");
  if (row.has_error()) return;
  row->bind(1, std::string_view(host)).bind(2, bytes).bind(3, count_of(now));
  auto const written = row->run();
  static_cast<void>(written);
}

}  // namespace kiln::transfer
