#include "transfer/journal.hpp"

#include "core/random.hpp"
#include "transfer/block_plan.hpp"
#include "transfer/folder.hpp"
#include "transfer/names.hpp"
#include "transfer/remote.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <fstream>
#include <unistd.h>
#include <utility>

namespace kiln::transfer {

namespace {

constexpr std::int64_t format = 2;
// A power failure may have taken the last records of what was sent, but not as many.
constexpr std::size_t suspects_lost_max = 256;

constexpr char const* schema = R"(
CREATE TABLE transfer(id TEXT, upload INTEGER, host TEXT, source TEXT, destination TEXT,
  overwrite INTEGER, selection TEXT, local_root TEXT, may_be_directory INTEGER, created INTEGER,
  covered INTEGER, ended INTEGER, boot TEXT);
CREATE TABLE item(n INTEGER PRIMARY KEY, source TEXT, destination TEXT, is_dir INTEGER,
  size INTEGER, modified INTEGER, refused INTEGER, state INTEGER, code INTEGER, message TEXT,
  operation TEXT, place TEXT, http_status INTEGER, error_code TEXT, ours INTEGER,
  sha256 TEXT, requests INTEGER, verified INTEGER);
CREATE TABLE part(n INTEGER PRIMARY KEY, stage INTEGER, name TEXT, size INTEGER, modified INTEGER,
  inode INTEGER, blocks BLOB, durable BLOB, boot TEXT);
PRAGMA user_version = 2;
)";

// What the first format lacks.
constexpr char const* since_format_1 = R"(
ALTER TABLE item ADD COLUMN sha256 TEXT;
ALTER TABLE item ADD COLUMN requests INTEGER;
ALTER TABLE item ADD COLUMN verified INTEGER;
PRAGMA user_version = 2;
)";

constexpr char const* select_head =
    "SELECT id, upload, host, source, destination, overwrite, selection, local_root, "
    "may_be_directory, created, covered, ended, boot FROM transfer";

std::optional<std::int64_t> count_of(std::optional<timestamp> const& t) {
  if (!t) return std::nullopt;
  return t->time_since_epoch().count();
}

std::optional<timestamp> time_of(std::optional<std::int64_t> const& count) {
  if (!count) return std::nullopt;
  return timestamp(std::chrono::milliseconds(*count));
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string out;
  std::getline(file, out);
  return out;
}

error unreadable(std::string const& path, std::string_view why) {
  return error(errc::file_failed, std::string(why) + ": remove it with kiln transfers clean")
      .with_operation("journal")
      .with_where(escaped(path));
}

}  // namespace

std::string journal_key::id() const {
  std::string all;
  auto const how = static_cast<int>(overwrite);
  for (std::string const& text : {std::string(upload ? "up" : "down"), host, source, destination,
                                  std::to_string(how), selection}) {
    (all += std::to_string(text.size())) += ':';
    all += text;
  }
  return random_source(fingerprint(all)).name();
}

journal::~journal() {
  auto const written = flush();
  static_cast<void>(written);
}

result<std::shared_ptr<journal>> journal::open_file(std::string const& state_dir, std::string id,
                                                    bool make) {
  std::string const dir = joined(state_dir, "transfers");
  std::string path = joined(dir, id + ".db");
  if (make) {
    auto made = folder::open(dir, true);
    if (made.has_error()) return made.error();
  } else if (::access(path.c_str(), F_OK) != 0) {
    return error(errc::file_not_found, "there is no transfer " + escaped(id))
        .with_operation("journal");
  }
  auto lock = journal_lock::take(joined(dir, id + ".lock"), "transfer " + id);
  if (lock.has_error()) return lock.error();
  std::shared_ptr<journal> out(new journal(std::move(id), std::move(path), std::move(*lock)));
  auto db = database::open(out->path_, make ? database::mode::make : database::mode::write);
  if (db.has_error() && db.error().code() == errc::disk_full) return db.error();
  if (db.has_error()) return unreadable(out->path_, db.error().message());
  out->db_ = std::move(*db);
  out->boot_ = boot_id();
  auto ready = out->prepare();
  if (ready.has_error()) return ready.error();
  return out;
}

result<std::shared_ptr<journal>> journal::open(std::string const& state_dir,
                                               journal_key const& key) {
  auto opened = open_file(state_dir, key.id(), true);
  if (opened.has_error()) return opened;
  auto& j = **opened;
  auto const unfinished = j.read_head();
  if (unfinished.has_error()) return unfinished.error();
  j.resumed_ = *unfinished;
  j.key_ = key;
  return opened;
}

result<std::shared_ptr<journal>> journal::open(std::string const& state_dir, std::string_view id) {
  bool const plausible = id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  std::string const name(plausible ? id : std::string_view("none"));
  auto opened = open_file(state_dir, name, false);
  if (opened.has_error()) return opened;
  auto& j = **opened;
  auto const unfinished = j.read_head();
  if (unfinished.has_error()) return unfinished.error();
  j.resumed_ = true;
  return opened;
}

result<void> journal::remove_damaged(std::string const& state_dir, std::string_view id) {
  std::string const dir = joined(state_dir, "transfers");
  std::string const name(id);
  auto lock = journal_lock::take(joined(dir, name + ".lock"), "transfer " + name);
  if (lock.has_error()) return lock.error();
  journal damaged(name, joined(dir, name + ".db"), std::move(*lock));
  damaged.remove_files();
  return {};
}

result<void> journal::prepare() {
  auto version = db_.prepare("PRAGMA user_version");
  if (version.has_error()) return version.error();
  auto const row = version->next();
  if (row.has_error()) return unreadable(path_, row.error().message());
  std::int64_t const found = version->integer(0);
  version = statement();
  if (found > format) return unreadable(path_, "written by a newer kiln");
  if (found == 1) {
    transaction all(db_);
    if (all.begun().has_error()) return all.begun();
    auto altered = db_.run(since_format_1);
    if (altered.has_error()) return unreadable(path_, altered.error().message());
    auto done = all.commit();
    if (done.has_error()) return done.error();
  }
  if (found == 0) {
    // Until the plan is complete there is nothing to lose.
    auto const made = db_.run("PRAGMA synchronous=OFF");
    if (made.has_error()) return made.error();
    transaction all(db_);
    if (all.begun().has_error()) return all.begun();
    auto tables = db_.run(schema);
    if (tables.has_error()) return tables.error();
    auto done = all.commit();
    if (done.has_error()) return done.error();
  }
  std::array<std::pair<statement*, char const*>, 5> const texts{
      {{&run_.ended,
        "UPDATE item SET state=?2, code=?3, message=?4, operation=?5, place=?6, http_status=?7, "
        "error_code=?8, sha256=?9, requests=?10, verified=?11 WHERE n=?1"},
       {&run_.part, "INSERT OR REPLACE INTO part VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
       {&run_.blocks, "UPDATE part SET blocks=?2, durable=?3, boot=?4 WHERE n=?1"},
       {&run_.forget, "DELETE FROM part WHERE n=?1"},
       {&run_.cover, "UPDATE transfer SET covered=?1"}}};
  for (auto const& [to, text] : texts) {
    auto made = db_.prepare(text);
    if (made.has_error()) return unreadable(path_, made.error().message());
    *to = std::move(*made);
  }
  return {};
}

result<bool> journal::read_head() {
  auto head = db_.prepare(select_head);
  if (head.has_error()) return unreadable(path_, head.error().message());
  auto const row = head->next();
  if (row.has_error()) return unreadable(path_, row.error().message());
  if (!*row) return false;
  key_.upload = head->integer(1) != 0;
  key_.host = head->text(2);
  key_.source = head->text(3);
  key_.destination = head->text(4);
  key_.overwrite = static_cast<kiln::overwrite>(head->integer(5));
  key_.selection = head->text(6);
  covered_ = static_cast<std::size_t>(head->integer(10));
  return head->integer(11) == 0;
}

result<void> journal::begin(journal_plan const& plan, timestamp now) {
  auto quick = db_.run("PRAGMA synchronous=OFF");
  if (quick.has_error()) return quick;
  {
    transaction all(db_);
    if (all.begun().has_error()) return all.begun();
    auto emptied = db_.run("DELETE FROM transfer; DELETE FROM item; DELETE FROM part");
    if (emptied.has_error()) return emptied;
    auto written = write_plan(plan, now);
    if (written.has_error()) return written;
    auto done = all.commit();
    if (done.has_error()) return done;
  }
  covered_ = suspects_ = 0;
  items_.assign(plan.plan.items.size(), {});
  parts_.clear();
  auto careful = db_.run("PRAGMA synchronous=NORMAL");
  if (careful.has_error()) return careful;
  if (plan.plan.items.size() < items_per_sync) return {};
  return db_.sync();
}

result<void> journal::write_plan(journal_plan const& plan, timestamp now) {
  auto head = db_.prepare(
      "INSERT INTO transfer VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, ?11)");
  if (head.has_error()) return head.error();
  head->bind(1, std::string_view(id_)).bind(2, key_.upload ? 1 : 0);
  head->bind(3, std::string_view(key_.host)).bind(4, std::string_view(key_.source));
  head->bind(5, std::string_view(key_.destination)).bind(6, static_cast<int>(key_.overwrite));
  head->bind(7, std::string_view(key_.selection)).bind(8, std::string_view(plan.local_root));
  head->bind(9, plan.target_may_be_directory ? 1 : 0).bind(10, now.time_since_epoch().count());
  head->bind(11, std::string_view(boot_));
  auto done = head->run();
  if (done.has_error()) return done;
  auto item = db_.prepare(
      "INSERT INTO item(n, source, destination, is_dir, size, modified, refused)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  if (item.has_error()) return item.error();
  std::size_t n = 0;
  auto const add_row = [&item, &n](transfer_item const& what, bool refused) {
    item->bind(1, n++).bind(2, std::string_view(what.source));
    item->bind(3, std::string_view(what.destination)).bind(4, what.is_dir ? 1 : 0);
    item->bind(5, what.size).bind(6, count_of(what.modified)).bind(7, refused ? 1 : 0);
    return item->run();
  };
  for (auto const& what : plan.plan.items) {
    done = add_row(what, false);
    if (done.has_error()) return done;
  }
  std::vector<change> refused;
  for (auto const& what : plan.plan.refused) {
    change c;
    c.item = n;
    c.how.state = what.state;
    c.how.why = what.reason;
    refused.push_back(std::move(c));
    done = add_row(what.item, true);
    if (done.has_error()) return done;
  }
  for (auto const& c : refused) {
    done = write_one(c);
    if (done.has_error()) return done;
  }
  return {};
}

result<journal_plan> journal::load() {
  journal_plan out;
  out.plan.upload = key_.upload;
  bool same_boot = false;
  {
    auto head = db_.prepare(select_head);
    if (head.has_error()) return unreadable(path_, head.error().message());
    auto const row = head->next();
    if (row.has_error() || !*row) return unreadable(path_, "it holds no transfer");
    out.local_root = head->text(7);
    out.target_may_be_directory = head->integer(8) != 0;
    same_boot = !boot_.empty() && head->text(12) == boot_;
  }
  auto got = load_items(out);
  if (!got.has_error()) got = load_parts();
  if (got.has_error()) return unreadable(path_, got.error().message());
  suspects_ = covered_ + (same_boot ? 0 : suspects_lost_max);
  return out;
}

// What a power failure may have lost is under suspicion for all processes to come.
result<void> journal::go_on() {
  covered_ = suspects_;
  auto here = db_.prepare("UPDATE transfer SET boot=?1, covered=?2");
  if (here.has_error()) return here.error();
  return here->bind(1, std::string_view(boot_)).bind(2, covered_).run();
}

result<void> journal::load_items(journal_plan& to) {
  auto rows = db_.prepare(
      "SELECT source, destination, is_dir, size, modified, refused, state, code, message, "
      "operation, place, http_status, error_code, ours, sha256, requests, verified FROM item ORDER "
      "BY n");
  if (rows.has_error()) return rows.error();
  auto& plan = to.plan;
  items_.clear();
  for (;;) {
    auto const row = rows->next();
    if (row.has_error()) return row.error();
    if (!*row) return {};
    transfer_item item{std::string(rows->text(0)), std::string(rows->text(1)),
                       rows->integer(2) != 0, static_cast<std::uint64_t>(rows->integer(3)),
                       time_of(rows->optional_integer(4))};
    item_record record;
    if (auto const state = rows->optional_integer(6)) {
      record.ended = static_cast<transfer_state>(*state);
    }
    if (auto const code = static_cast<errc>(rows->integer(7)); code != errc::none) {
      record.why = error(code, std::string(rows->text(8)))
                       .with_operation(rows->text(9))
                       .with_where(rows->text(10))
                       .with_http_status(static_cast<int>(rows->integer(11)))
                       .with_error_code(rows->text(12));
    }
    record.ours = rows->integer(13) != 0;
    record.sha256 = rows->text(14);
    record.requests = static_cast<std::uint64_t>(rows->integer(15));
    record.verified = rows->integer(16) != 0;
    if (rows->integer(5) != 0) {
      plan.refused.push_back(
          {std::move(item), std::move(record.why), record.ended.value_or(transfer_state::failed)});
      continue;
    }
    (item.is_dir ? plan.directories : plan.files) += 1;
    plan.bytes += item.size;
    plan.items.push_back(std::move(item));
    items_.push_back(std::move(record));
  }
}

result<void> journal::load_parts() {
  auto rows = db_.prepare(
      "SELECT n, stage, name, size, modified, inode, blocks, durable, boot FROM part ORDER BY n");
  if (rows.has_error()) return rows.error();
  parts_.clear();
  for (;;) {
    auto const row = rows->next();
    if (row.has_error()) return row.error();
    if (!*row) return {};
    part p;
    p.stage = static_cast<part_stage>(rows->integer(1));
    p.name = rows->text(2);
    p.size = static_cast<std::uint64_t>(rows->integer(3));
    p.modified = time_of(rows->optional_integer(4));
    p.inode = static_cast<std::uint64_t>(rows->integer(5));
    // What was written before a power failure may not be there; what was flushed is.
    p.same_boot = !boot_.empty() && rows->text(8) == boot_;
    p.blocks = block_set::of(blocks_of(p.size, range_bytes_of(key_.source)),
                             rows->blob(p.same_boot ? 6 : 7));
    parts_.emplace(static_cast<std::size_t>(rows->integer(0)), std::move(p));
  }
}

result<void> journal::reopen_failed() {
  auto reopened = db_.run(
      "UPDATE item SET state=NULL, code=NULL WHERE state=2 AND refused=0; UPDATE transfer SET "
      "ended=0");
  return reopened;
}

result<void> journal::reopen(std::size_t item, transfer_item const& as) {
  auto row = db_.prepare("UPDATE item SET state=NULL, ours=?2, size=?3, modified=?4 WHERE n=?1");
  if (row.has_error()) return row.error();
  items_[item].ended.reset();
  items_[item].ours = key_.upload;
  row->bind(1, item).bind(2, key_.upload ? 1 : 0).bind(3, as.size);
  return row->bind(4, count_of(as.modified)).run();
}

void journal::run_on(asio::any_io_executor executor, failure_handler failed) {
  executor_ = std::move(executor);
  failed_ = std::move(failed);
}

void journal::ended(std::size_t item, item_end const& how, std::uint64_t requests) {
  change c;
  c.item = item;
  c.how = how;
  c.requests = requests;
  add(std::move(c));
}

void journal::keep_part(std::size_t item, part const& p) {
  change c;
  c.what = change::kind::part;
  c.item = item;
  c.kept = p;
  add(std::move(c));
}

void journal::keep_blocks(std::size_t item, block_set const& blocks, block_set const& durable) {
  // Only the last state of a turn counts.
  for (auto& c : waiting_) {
    if (c.what == change::kind::blocks && c.item == item) {
      c.kept.blocks = blocks;
      c.durable = durable;
      return;
    }
  }
  change c;
  c.what = change::kind::blocks;
  c.item = item;
  c.kept.blocks = blocks;
  c.durable = durable;
  add(std::move(c));
}

void journal::forget_part(std::size_t item) {
  change c;
  c.what = change::kind::forget;
  c.item = item;
  add(std::move(c));
}

void journal::add(change c) {
  waiting_.push_back(std::move(c));
  if (posted_ || !executor_) return;
  posted_ = true;
  asio::post(executor_, [held = weak_from_this()] {
    auto const j = held.lock();
    if (!j) return;
    j->posted_ = false;
    auto written = j->flush();
    if (written.has_error() && j->failed_) std::exchange(j->failed_, nullptr)(written.error());
  });
}

result<void> journal::flush() {
  if (waiting_.empty()) return {};
  auto const changes = std::exchange(waiting_, {});
  auto done = write(changes);
  if (done.has_error()) return done;
  since_sync_ += changes.size();
  if (since_sync_ < items_per_sync) return {};
  since_sync_ = 0;
  return db_.sync();
}

result<void> journal::write(std::vector<change> const& changes) {
  transaction all(db_);
  if (all.begun().has_error()) return all.begun();
  for (auto const& c : changes) {
    auto done = write_one(c);
    if (done.has_error()) return done;
  }
  return all.commit();
}

result<void> journal::write_one(change const& c) {
  switch (c.what) {
    case change::kind::ended: {
      auto& s = run_.ended;
      auto const& why = c.how.why;
      s.bind(1, c.item)
          .bind(2, static_cast<int>(c.how.state))
          .bind(3, static_cast<int>(why.code()));
      s.bind(4, std::string_view(why.message())).bind(5, std::string_view(why.operation()));
      s.bind(6, std::string_view(why.where())).bind(7, why.http_status());
      s.bind(8, std::string_view(why.error_code())).bind(9, std::string_view(c.how.sha256));
      auto noted = s.bind(10, c.requests).bind(11, c.how.verified ? 1 : 0).run();
      if (noted.has_error() || c.how.state == transfer_state::failed) return noted;
      return run_.forget.bind(1, c.item).run();
    }
    case change::kind::part: {
      auto& s = run_.part;
      s.bind(1, c.item).bind(2, static_cast<int>(c.kept.stage));
      s.bind(3, std::string_view(c.kept.name)).bind(4, c.kept.size);
      s.bind(5, count_of(c.kept.modified)).bind(6, c.kept.inode);
      s.bind(7, c.kept.blocks.bits()).bind(8, block_set(c.kept.blocks.size()).bits());
      return s.bind(9, std::string_view(boot_)).run();
    }
    case change::kind::blocks: {
      auto& s = run_.blocks;
      s.bind(1, c.item).bind(2, c.kept.blocks.bits()).bind(3, c.durable.bits());
      return s.bind(4, std::string_view(boot_)).run();
    }
    case change::kind::forget:
      return run_.forget.bind(1, c.item).run();
  }
  return {};
}

result<void> journal::cover(std::size_t item) {
  if (item < covered_) return {};
  covered_ = item + cover_step;
  return run_.cover.bind(1, covered_).run();
}

bool journal::suspect(std::size_t item) const noexcept { return resumed_ && item < suspects_; }

std::string journal::unique_of(std::size_t item) const {
  return random_source(fingerprint(std::to_string(item), fingerprint(id_))).name();
}

result<void> journal::finish(bool any_failed) {
  if (!any_failed) {
    remove();
    return {};
  }
  auto done = flush();
  if (done.has_error()) return done;
  return db_.run("UPDATE transfer SET ended=1");
}

void journal::remove() {
  waiting_.clear();
  // Should the process end between the files, what is left of them must not look unfinished.
  auto const careless = db_.run("PRAGMA synchronous=OFF; UPDATE transfer SET ended=1");
  static_cast<void>(careless);
  remove_files();
}

void journal::remove_files() const {
  for (auto const* ending : {"", "-wal", "-shm"}) ::unlink((path_ + ending).c_str());
  lock_.remove_file();
}

}  // namespace kiln::transfer
