#include "core/limits.hpp"
#include "transfer/folder.hpp"
#include "transfer/journal.hpp"
#include "transfer/names.hpp"
#include "transfer/prepare.hpp"
#include "transfer/resume.hpp"
#include "transfer/sqlite.hpp"

#include <kiln/transfer.hpp>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

// What is kept of transfers, looked at from outside, beside the processes that are at work on them.
namespace kiln {

namespace {

using namespace transfer;

constexpr std::string_view ending = ".db";

std::string directory_of(std::string_view state_dir) { return joined(state_dir, "transfers"); }
std::string file_of(std::string_view state_dir, std::string_view id, std::string_view kind) {
  return joined(directory_of(state_dir), std::string(id) + std::string(kind));
}

timestamp time_of(std::int64_t ms) { return timestamp(std::chrono::milliseconds(ms)); }

// Counts items and bytes by state into `out`.
result<void> count_items(database const& db, transfer_record& out) {
  auto rows = db.prepare("SELECT state, count(*), sum(size) FROM item WHERE refused=0 GROUP BY 1");
  if (rows.has_error()) return rows.error();
  for (;;) {
    auto const row = rows->next();
    if (row.has_error()) return row.error();
    if (!*row) return {};
    auto const items = static_cast<std::uint64_t>(rows->integer(1));
    auto const bytes = static_cast<std::uint64_t>(rows->integer(2));
    out.items += items;
    out.bytes += bytes;
    auto const state = rows->optional_integer(0);
    if (!state) continue;
    auto const how = static_cast<transfer_state>(*state);
    if (how == transfer_state::done) out.done += items;
    if (how == transfer_state::done) out.bytes_done += bytes;
    if (how == transfer_state::skipped) out.skipped += items;
    if (how == transfer_state::failed) out.failed += items;
  }
}

// False when a process has only begun to write it.
result<bool> read_record(std::string const& file, transfer_record& out) {
  auto const db = database::open(file, database::mode::read);
  if (db.has_error()) return db.error();
  auto head = db->prepare(
      "SELECT upload, host, source, destination, created, ended, overwrite, selection FROM "
      "transfer");
  if (head.has_error()) return head.error();
  auto const row = head->next();
  if (row.has_error()) return row.error();
  if (!*row) return false;
  out.upload = head->integer(0) != 0;
  out.host = head->text(1);
  out.source = head->text(2);
  out.destination = head->text(3);
  out.created = time_of(head->integer(4));
  out.ended = head->integer(5) != 0;
  out.overwrite = static_cast<kiln::overwrite>(head->integer(6));
  out.selection = head->text(7);
  auto const counted = count_items(*db, out);
  if (counted.has_error()) return counted.error();
  if (!out.upload) return true;
  auto parts = db->prepare("SELECT count(*) FROM part");
  if (parts.has_error()) return parts.error();
  auto const told = parts->next();
  if (told.has_error()) return told.error();
  out.left_on_server = static_cast<std::uint64_t>(parts->integer(0));
  return true;
}

}  // namespace

result<std::vector<transfer_record>> list_transfers(std::string_view state_dir) {
  std::vector<transfer_record> out;
  auto const all = journals_in(directory_of(state_dir));
  if (all.has_error()) return all.error();
  for (auto const& kept : *all) {
    transfer_record record;
    record.id = kept.id;
    record.running = kept.holder.has_value();
    record.pid = kept.holder.value_or(0);
    auto const read = read_record(kept.path, record);
    if (read.has_error()) record.damage = read.error().message();
    // Nothing in it and nobody at work on it: a process was killed before it had a plan.
    if (read.has_error() || *read) out.push_back(std::move(record));
  }
  std::sort(out.begin(), out.end(), [](transfer_record const& a, transfer_record const& b) {
    return a.created < b.created;
  });
  return out;
}

result<std::vector<transfer_entry>> list_transfer_items(std::string_view state_dir,
                                                        std::string_view id) {
  std::string const file = file_of(state_dir, id, ending);
  auto const db = database::open(file, database::mode::read);
  if (db.has_error()) {
    return error(errc::file_not_found, "there is no transfer " + escaped(id))
        .with_operation("journal");
  }
  auto rows = db->prepare(
      "SELECT source, destination, is_dir, size, modified, state, code, message, operation, "
      "place FROM item ORDER BY n");
  if (rows.has_error()) return rows.error();
  std::vector<transfer_entry> out;
  for (;;) {
    auto const row = rows->next();
    if (row.has_error()) return row.error();
    if (!*row) return out;
    transfer_entry entry;
    entry.item.source = rows->text(0);
    entry.item.destination = rows->text(1);
    entry.item.is_dir = rows->integer(2) != 0;
    entry.item.size = static_cast<std::uint64_t>(rows->integer(3));
    if (auto const modified = rows->optional_integer(4)) entry.item.modified = time_of(*modified);
    if (auto const s = rows->optional_integer(5)) entry.state = static_cast<transfer_state>(*s);
    if (auto const code = static_cast<errc>(rows->integer(6)); code != errc::none) {
      entry.why = error(code, std::string(rows->text(7)))
                      .with_operation(rows->text(8))
                      .with_where(rows->text(9));
    }
    out.push_back(std::move(entry));
  }
}

namespace {

result<void> remove_local_leftovers(journal const& kept, journal_plan const& plan) {
  auto const root = folder::open(plan.local_root, false);
  if (root.has_error()) {
    if (root.error().code() == errc::file_not_found) return {};
    return root.error();
  }
  for (std::size_t n = 0; n < plan.plan.items.size(); ++n) {
    if (kept.items()[n].ended == transfer_state::done) continue;
    std::string_view relative = plan.plan.items[n].destination;
    relative.remove_prefix(std::min(root->path().size(), relative.size()));
    relative.remove_prefix(std::min(relative.find_first_not_of('/'), relative.size()));
    incoming_file::remove_leftover(*root, std::string(relative), kept.unique_of(n));
  }
  return {};
}

task<void> forget(std::unique_ptr<job> j) {
  auto const opened = journal::open(j->state_dir, j->id);
  if (opened.has_error() && opened.error().code() == errc::file_failed) {
    co_return journal::remove_damaged(j->state_dir, j->id);
  }
  if (opened.has_error()) co_return opened.error();
  auto& kept = **opened;
  auto const plan = kept.load();
  if (plan.has_error()) co_return plan.error();
  if (kept.key().upload && !kept.parts().empty() && kept.key().host != j->ws.host()) {
    co_return error(errc::invalid_argument, "what it left is on " + kept.key().host)
        .with_operation("journal");
  }
  if (kept.key().upload) {
    for (auto const& [n, left] : kept.parts()) {
      auto const removed = co_await j->service->remove(left.name, false);
      if (removed.has_error()) co_return removed.error();
    }
  } else {
    auto const removed = remove_local_leftovers(kept, *plan);
    if (removed.has_error()) co_return removed.error();
  }
  kept.remove();
  co_return result<void>();
}

}  // namespace

result<bool> forget_local_transfer(std::string_view id, std::string_view state_dir) {
  std::string const state(state_dir);
  auto const opened = journal::open(state, id);
  if (opened.has_error() && opened.error().code() == errc::file_failed) {
    auto const removed = journal::remove_damaged(state, id);
    if (removed.has_error()) return removed.error();
    return true;
  }
  if (opened.has_error()) return opened.error();
  auto& kept = **opened;
  auto const plan = kept.load();
  if (plan.has_error()) return plan.error();
  if (kept.key().upload && !kept.parts().empty()) return false;
  if (!kept.key().upload) {
    auto const removed = remove_local_leftovers(kept, *plan);
    if (removed.has_error()) return removed.error();
  }
  kept.remove();
  return true;
}

task<void> forget_transfer(workspace ws, std::string_view id, std::string_view state_dir) {
  transfer_options options;
  options.state_dir = state_dir;
  return forget(std::make_unique<job>(std::move(ws), id, false, options));
}

}  // namespace kiln
