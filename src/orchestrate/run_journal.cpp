#include "orchestrate/run_journal.hpp"

#include "transfer/folder.hpp"
#include "transfer/names.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <unistd.h>
#include <utility>

namespace kiln::runs {

namespace {

using namespace transfer;

constexpr std::int64_t format = 3;

constexpr char const* schema = R"(
CREATE TABLE call(host TEXT, journal TEXT, created INTEGER, boot TEXT);
CREATE TABLE row(key TEXT PRIMARY KEY, name TEXT, phase INTEGER, attempts INTEGER, run_id INTEGER,
  earlier TEXT, submitted INTEGER, state INTEGER, life TEXT, result TEXT, url TEXT, message TEXT,
  started INTEGER, ended INTEGER, output TEXT) WITHOUT ROWID;
PRAGMA user_version = 1;
)";

constexpr char const* schema_2 = R"(
ALTER TABLE row ADD COLUMN sent INTEGER;
ALTER TABLE call ADD COLUMN note TEXT;
ALTER TABLE call ADD COLUMN rows INTEGER;
ALTER TABLE call ADD COLUMN finished INTEGER;
PRAGMA user_version = 2;
)";

constexpr char const* schema_3 = R"(
ALTER TABLE row ADD COLUMN sent_ticks INTEGER;
ALTER TABLE row ADD COLUMN first INTEGER;
ALTER TABLE row ADD COLUMN first_ticks INTEGER;
PRAGMA user_version = 3;
)";

constexpr std::array<char const*, format> schemas{schema, schema_2, schema_3};

std::int64_t count_of(timestamp t) noexcept { return t.time_since_epoch().count(); }
timestamp time_of(std::int64_t ms) noexcept { return timestamp(std::chrono::milliseconds(ms)); }

std::optional<std::int64_t> ticks_of(clock_times const& t) noexcept {
  if (!t.ticks) return std::nullopt;
  return std::chrono::floor<std::chrono::milliseconds>(t.ticks->time_since_epoch()).count();
}
std::optional<instant> instant_of(std::optional<std::int64_t> ms) noexcept {
  if (!ms) return std::nullopt;
  return instant(std::chrono::milliseconds(*ms));
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string out;
  std::getline(file, out);
  return out;
}

std::string directory_of(std::string_view state_dir) { return joined(state_dir, "runs"); }
std::string file_of(std::string_view state_dir, std::string_view id, std::string_view kind) {
  return joined(directory_of(state_dir), std::string(id) + std::string(kind));
}

error unreadable(std::string_view id, std::string_view why) {
  return error(errc::file_failed,
               "the journal " + std::string(id) + " of runs cannot be used: " + std::string(why))
      .with_operation("journal");
}

error newer() { return error(errc::file_failed, "it was written by a newer kiln"); }

std::string listed(std::vector<std::int64_t> const& ids) {
  std::string out;
  for (auto const id : ids) (out += std::to_string(id)) += ',';
  return out;
}

std::vector<std::int64_t> ids_in(std::string_view list) {
  std::vector<std::int64_t> out;
  while (!list.empty()) {
    std::int64_t id = 0;
    auto const comma = std::min(list.find(','), list.size());
    std::from_chars(list.data(), list.data() + comma, id);
    if (id != 0) out.push_back(id);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

bool is_id(std::string_view id) {
  return !id.empty() && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

result<void> count_rows(database const& db, run_journal_record& out) {
  auto rows = db.prepare("SELECT phase, state, count(*) FROM row GROUP BY 1, 2");
  if (rows.has_error()) return rows.error();
  for (;;) {
    auto const row = rows->next();
    if (row.has_error()) return row.error();
    if (!*row) return {};
    auto const count = static_cast<std::uint64_t>(rows->integer(2));
    if (rows->integer(0) != static_cast<int>(journal_row::phase::ended)) {
      out.started += count;
      continue;
    }
    auto const state = static_cast<row_state>(rows->integer(1));
    auto& sum = state == row_state::succeeded ? out.succeeded
                : state == row_state::failed  ? out.failed
                                              : out.others;
    sum += count;
  }
}

result<void> read_rows(database const& db, std::int64_t version,
                       std::function<void(journal_row&&)> const& take) {
  std::string text =
      "SELECT key, name, phase, attempts, run_id, earlier, submitted, state, life, result, url, "
      "message, started, ended, output, ";
  text += version > 1 ? "sent, " : "0, ";
  text += version > 2 ? "sent_ticks, first, first_ticks" : "NULL, 0, NULL";
  auto rows = db.prepare(text + " FROM row");
  if (rows.has_error()) return rows.error();
  for (;;) {
    auto const row = rows->next();
    if (row.has_error()) return row.error();
    if (!*row) return {};
    journal_row out;
    auto& r = out.last;
    r.key = rows->text(0);
    r.name = rows->text(1);
    out.at = static_cast<journal_row::phase>(rows->integer(2));
    r.attempts = static_cast<std::uint32_t>(rows->integer(3));
    r.run_id = rows->integer(4);
    out.earlier = ids_in(rows->text(5));
    r.submitted = time_of(rows->integer(6));
    r.state = static_cast<row_state>(rows->integer(7));
    r.life_cycle_state = rows->text(8);
    r.result_state = rows->text(9);
    r.run_page_url = rows->text(10);
    r.message = rows->text(11);
    r.started = time_of(rows->integer(12));
    r.ended = time_of(rows->integer(13));
    r.output = rows->text(14);
    out.sent_until = {time_of(rows->integer(15)), instant_of(rows->optional_integer(16))};
    out.first_sent = {time_of(rows->integer(17)), instant_of(rows->optional_integer(18))};
    r.resumed = true;
    take(std::move(out));
  }
}

/// Opened to be read, whoever is at work on it.
struct journal_reader {
  database db;
  std::int64_t version = 0;
};

result<journal_reader> open_to_read(std::string const& file) {
  auto db = database::open(file, database::mode::read);
  if (db.has_error()) return db.error();
  std::int64_t version = 0;
  {
    auto asked = db->prepare("PRAGMA user_version");
    if (asked.has_error()) return asked.error();
    auto const row = asked->next();
    if (row.has_error()) return row.error();
    version = asked->integer(0);
  }
  if (version > format) return newer();
  return journal_reader{std::move(*db), version};
}

result<void> read_record(std::string const& file, run_journal_record& out) {
  auto const opened = open_to_read(file);
  if (opened.has_error()) return opened.error();
  auto const& db = opened->db;
  auto head = db.prepare(opened->version > 1
                             ? "SELECT host, journal, created, note, rows, finished FROM call"
                             : "SELECT host, journal, created, '', 0, 0 FROM call");
  if (head.has_error()) return head.error();
  auto const row = head->next();
  if (row.has_error()) return row.error();
  if (!*row) return {};
  out.host = head->text(0);
  out.journal = head->text(1);
  out.created = time_of(head->integer(2));
  out.note = head->text(3);
  out.rows = static_cast<std::uint64_t>(head->integer(4));
  out.finished = head->integer(5) != 0;
  return count_rows(db, out);
}

}  // namespace

std::string journal_id(std::string_view host, std::string_view journal) {
  std::array<std::string_view, 2> const parts{host, journal};
  return run_key(parts).substr(0, 16);
}

run_journal::~run_journal() {
  auto const written = flush();
  static_cast<void>(written);
}

result<std::unique_ptr<run_journal>> run_journal::open(std::string const& state_dir,
                                                       std::string_view host,
                                                       std::string_view journal, timestamp now) {
  auto made = folder::open(directory_of(state_dir), true);
  if (made.has_error()) return made.error();
  auto id = journal_id(host, journal);
  auto lock = journal_lock::take(file_of(state_dir, id, ".lock"), "the runs of journal " + id);
  if (lock.has_error()) return lock.error();
  auto db = database::open(file_of(state_dir, id, ".db"), database::mode::make);
  if (db.has_error() && db.error().code() == errc::disk_full) return db.error();
  if (db.has_error()) return unreadable(id, db.error().message());
  std::unique_ptr<run_journal> out(
      new run_journal(std::move(id), std::move(*lock), std::move(*db)));
  auto ready = out->prepare(host, journal, now);
  if (ready.has_error()) return unreadable(out->id_, ready.error().message());
  return out;
}

result<void> run_journal::prepare_tables() {
  auto version = db_.prepare("PRAGMA user_version");
  if (version.has_error()) return version.error();
  auto const row = version->next();
  if (row.has_error()) return row.error();
  std::int64_t const found = version->integer(0);
  version = statement();
  if (found > format) return newer();
  if (found < 0) return error(errc::file_failed, "it is of no format there ever was");
  if (found < format) {
    transaction all(db_);
    if (all.begun().has_error()) return all.begun();
    for (auto before = found; before < format; ++before) {
      auto tables = db_.run(schemas[static_cast<std::size_t>(before)]);
      if (tables.has_error()) return tables.error();
    }
    auto done = all.commit();
    if (done.has_error()) return done.error();
  }
  return {};
}

result<void> run_journal::prepare(std::string_view host, std::string_view journal, timestamp now) {
  auto tables = prepare_tables();
  if (tables.has_error()) return tables;
  auto head = read_head(host, journal, now);
  if (head.has_error()) return head;
  std::array<std::pair<statement*, char const*>, 3> const texts{
      {{&sending_,
        "INSERT OR REPLACE INTO row(key, name, phase, attempts, run_id, earlier, submitted, sent, "
        "sent_ticks, first, first_ticks) VALUES(?1, ?2, 1, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9)"},
       {&started_,
        "INSERT INTO row(key, name, phase, attempts, run_id, submitted) VALUES(?1, ?2, 2, ?3, ?4, "
        "?5) "
        "ON CONFLICT(key) DO UPDATE SET phase=2, attempts=?3, run_id=?4"},
       {&ended_,
        "INSERT INTO row(key, name, phase, attempts, run_id, submitted, state, life, result, url, "
        "message, started, ended, output) VALUES(?1, ?2, 3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
        "?12, ?13) ON CONFLICT(key) DO UPDATE SET phase=3, attempts=?3, run_id=?4, state=?6, "
        "life=?7, result=?8, url=?9, message=?10, started=?11, ended=?12, output=?13"}}};
  for (auto const& [to, text] : texts) {
    auto made = db_.prepare(text);
    if (made.has_error()) return made.error();
    *to = std::move(*made);
  }
  return {};
}

result<void> run_journal::read_head(std::string_view host, std::string_view journal,
                                    timestamp now) {
  auto const boot = boot_id();
  auto head = db_.prepare("SELECT created, boot FROM call");
  if (head.has_error()) return head.error();
  auto const row = head->next();
  if (row.has_error()) return row.error();
  bool const known = *row;
  created_ = known ? time_of(head->integer(0)) : now;
  other_boot_ = known && (boot.empty() || head->text(1) != boot);
  head = statement();
  if (known) return {};
  auto put = db_.prepare("INSERT INTO call(host, journal, created, boot) VALUES(?1, ?2, ?3, ?4)");
  if (put.has_error()) return put.error();
  put->bind(1, host).bind(2, journal).bind(3, count_of(now));
  return put->bind(4, std::string_view(boot)).run();
}

result<void> run_journal::misses_none() {
  auto put = db_.prepare("UPDATE call SET boot=?1");
  if (put.has_error()) return put.error();
  auto const boot = boot_id();
  auto done = put->bind(1, std::string_view(boot)).run();
  if (!done.has_error()) other_boot_ = false;
  return done;
}

result<void> run_journal::begin_call(std::string_view note, std::size_t rows) {
  auto put =
      db_.prepare("UPDATE call SET rows=?1, finished=0, note=coalesce(nullif(?2, ''), note)");
  if (put.has_error()) return put.error();
  return put->bind(1, static_cast<std::int64_t>(rows)).bind(2, note).run();
}

result<void> run_journal::finish_call() { return db_.run("UPDATE call SET finished=1"); }

result<void> run_journal::each(std::function<void(journal_row&&)> const& take) const {
  auto read = read_rows(db_, format, [this, &take](journal_row&& row) {
    if (other_boot_) row.sent_until.ticks = row.first_sent.ticks = std::nullopt;
    take(std::move(row));
  });
  return read.has_error() ? unreadable(id_, read.error().message()) : read;
}

void run_journal::sending(row_result const& row, std::vector<std::int64_t> const& earlier,
                          clock_times const& first, clock_times const& until) {
  waiting_.push_back({journal_row::phase::sending, row, earlier, first, until});
}
void run_journal::started(row_result const& row) {
  waiting_.push_back({journal_row::phase::started, row, {}, {}, {}});
}
void run_journal::ended(row_result const& row) {
  waiting_.push_back({journal_row::phase::ended, row, {}, {}, {}});
}

result<void> run_journal::write_one(change const& c) {
  auto const& r = c.row;
  std::string_view const key = r.key;
  switch (c.what) {
    case journal_row::phase::sending: {
      auto const earlier = listed(c.earlier);
      sending_.bind(1, key).bind(2, std::string_view(r.name)).bind(3, r.attempts);
      return sending_.bind(4, std::string_view(earlier))
          .bind(5, count_of(r.submitted))
          .bind(6, count_of(c.until.wall))
          .bind(7, ticks_of(c.until))
          .bind(8, count_of(c.first.wall))
          .bind(9, ticks_of(c.first))
          .run();
    }
    case journal_row::phase::started:
      started_.bind(1, key).bind(2, std::string_view(r.name)).bind(3, r.attempts);
      return started_.bind(4, r.run_id).bind(5, count_of(r.submitted)).run();
    case journal_row::phase::ended: {
      auto& s = ended_;
      s.bind(1, key).bind(2, std::string_view(r.name)).bind(3, r.attempts).bind(4, r.run_id);
      s.bind(5, count_of(r.submitted)).bind(6, static_cast<int>(r.state));
      s.bind(7, std::string_view(r.life_cycle_state)).bind(8, std::string_view(r.result_state));
      s.bind(9, std::string_view(r.run_page_url)).bind(10, std::string_view(r.message));
      s.bind(11, count_of(r.started)).bind(12, count_of(r.ended));
      return s.bind(13, std::string_view(r.output)).run();
    }
  }
  return {};
}

result<void> run_journal::flush() {
  if (waiting_.empty()) return {};
  auto const changes = std::exchange(waiting_, {});
  {
    transaction all(db_);
    if (all.begun().has_error()) return all.begun();
    for (auto const& c : changes) {
      auto done = write_one(c);
      if (done.has_error()) return done;
    }
    auto done = all.commit();
    if (done.has_error()) return done;
  }
  since_sync_ += changes.size();
  if (since_sync_ < rows_per_sync) return {};
  since_sync_ = 0;
  return db_.sync();
}

}  // namespace kiln::runs

namespace kiln {

using namespace transfer;

result<std::vector<run_journal_record>> list_run_journals(std::string_view state_dir) {
  std::vector<run_journal_record> out;
  auto const all = journals_in(runs::directory_of(state_dir));
  if (all.has_error()) return all.error();
  for (auto const& kept : *all) {
    run_journal_record record;
    record.id = kept.id;
    record.running = kept.holder.has_value();
    record.pid = kept.holder.value_or(0);
    auto const read = runs::read_record(kept.path, record);
    if (read.has_error()) record.damage = read.error().message();
    out.push_back(std::move(record));
  }
  std::sort(out.begin(), out.end(), [](run_journal_record const& a, run_journal_record const& b) {
    return a.created < b.created;
  });
  return out;
}

namespace {

/// Of a journal that is there.
result<std::string> journal_file(std::string_view state_dir, std::string_view id) {
  auto out = runs::is_id(id) ? runs::file_of(state_dir, id, ".db") : std::string();
  if (!out.empty() && ::access(out.c_str(), F_OK) == 0) return out;
  return error(errc::file_not_found, "there is no journal " + escaped(id) + " of runs")
      .with_operation("journal");
}

}  // namespace

result<std::vector<row_result>> list_run_journal_rows(std::string_view state_dir,
                                                      std::string_view id) {
  auto const file = journal_file(state_dir, id);
  if (file.has_error()) return file.error();
  auto const opened = runs::open_to_read(*file);
  if (opened.has_error()) return runs::unreadable(id, opened.error().message());
  std::vector<row_result> out;
  auto const read = runs::read_rows(opened->db, opened->version, [&out](auto&& row) {
    if (row.at != runs::journal_row::phase::ended) row.last.state = row_state::left;
    row.last.resumed = false;
    out.push_back(std::move(row.last));
  });
  if (read.has_error()) return runs::unreadable(id, read.error().message());
  return out;
}

result<void> remove_run_journal(std::string_view state_dir, std::string_view id) {
  auto const found = journal_file(state_dir, id);
  if (found.has_error()) return found.error();
  auto const& file = *found;
  std::string const name(id);
  auto lock =
      journal_lock::take(runs::file_of(state_dir, id, ".lock"), "the runs of journal " + name);
  if (lock.has_error()) return lock.error();
  for (char const* const more : {"", "-wal", "-shm"}) ::unlink((file + more).c_str());
  lock->remove_file();
  return {};
}

}  // namespace kiln
