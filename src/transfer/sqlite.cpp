#include "transfer/sqlite.hpp"

#include "transfer/names.hpp"

#include <sqlite3.h>

#include <utility>

namespace kiln::transfer {

namespace {

// Another process that reads or writes the same file does so for moments only.
constexpr int busy_ms_max = 5'000;

errc code_of(int code) noexcept {
  return (code & 0xFF) == SQLITE_FULL ? errc::disk_full : errc::file_failed;
}

error error_of(sqlite3* db, int code) {
  char const* const where = db == nullptr ? nullptr : ::sqlite3_db_filename(db, "main");
  char const* const what = db == nullptr ? ::sqlite3_errstr(code) : ::sqlite3_errmsg(db);
  return error(code_of(code), std::string(what))
      .with_operation("journal")
      .with_where(escaped(where == nullptr ? "" : where));
}

}  // namespace

void statement::finalizer::operator()(sqlite3_stmt* s) const noexcept { ::sqlite3_finalize(s); }
void database::closer::operator()(sqlite3* db) const noexcept { ::sqlite3_close_v2(db); }

statement& statement::bind(int at, std::int64_t value) {
  ::sqlite3_bind_int64(handle_.get(), at, value);
  return *this;
}

statement& statement::bind(int at, std::optional<std::int64_t> value) {
  if (value) return bind(at, *value);
  ::sqlite3_bind_null(handle_.get(), at);
  return *this;
}

statement& statement::bind(int at, std::string_view text) {
  ::sqlite3_bind_text(handle_.get(), at, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
  return *this;
}

statement& statement::bind(int at, std::span<std::byte const> blob) {
  ::sqlite3_bind_blob(handle_.get(), at, blob.data(), static_cast<int>(blob.size()),
                      SQLITE_TRANSIENT);
  return *this;
}

result<bool> statement::next() {
  int const code = ::sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  error why;
  if (code != SQLITE_DONE) why = error_of(::sqlite3_db_handle(handle_.get()), code);
  ::sqlite3_reset(handle_.get());
  if (code != SQLITE_DONE) return why;
  return false;
}

result<void> statement::run() {
  for (;;) {
    auto const row = next();
    if (row.has_error()) return row.error();
    if (!*row) return {};
  }
}

std::int64_t statement::integer(int column) const {
  return ::sqlite3_column_int64(handle_.get(), column);
}

std::optional<std::int64_t> statement::optional_integer(int column) const {
  if (::sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::string_view statement::text(int column) const {
  auto const* const at = ::sqlite3_column_text(handle_.get(), column);
  auto const size = static_cast<std::size_t>(::sqlite3_column_bytes(handle_.get(), column));
  return at == nullptr ? std::string_view()
                       : std::string_view(reinterpret_cast<char const*>(at), size);
}

std::span<std::byte const> statement::blob(int column) const {
  auto const* const at = ::sqlite3_column_blob(handle_.get(), column);
  auto const size = static_cast<std::size_t>(::sqlite3_column_bytes(handle_.get(), column));
  return {static_cast<std::byte const*>(at), at == nullptr ? 0 : size};
}

result<database> database::open(std::string const& path, mode how) {
  int flags = SQLITE_OPEN_NOMUTEX;
  if (how == mode::make) flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (how == mode::write) flags |= SQLITE_OPEN_READWRITE;
  if (how == mode::read) flags |= SQLITE_OPEN_READONLY;
  sqlite3* raw = nullptr;
  int const code = ::sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  database out;
  out.handle_.reset(raw);
  if (code != SQLITE_OK) return error_of(raw, code).with_where(escaped(path));
  ::sqlite3_extended_result_codes(raw, 1);
  ::sqlite3_busy_timeout(raw, busy_ms_max);
  if (how == mode::read) return out;
  auto set = out.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
  if (set.has_error()) return set.error();
  return out;
}

result<statement> database::prepare(std::string_view sql) const {
  sqlite3_stmt* raw = nullptr;
  int const code = ::sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return error_of(handle_.get(), code);
  statement out;
  out.handle_.reset(raw);
  return out;
}

result<void> database::run(char const* sql) const {
  int const code = ::sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(handle_.get(), code);
  return {};
}

result<void> database::sync() const {
  int const code = ::sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                               nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) return error_of(handle_.get(), code);
  return {};
}

transaction::~transaction() {
  if (ended_ || begun_.has_error()) return;
  auto const undone = on_.run("ROLLBACK");
  static_cast<void>(undone);
}

result<void> transaction::commit() {
  auto done = on_.run("COMMIT");
  ended_ = !done.has_error();
  return done;
}

}  // namespace kiln::transfer
