#pragma once

#include <kiln/result.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

// SQLite as journals need it: results instead of codes, and nothing that is left open.
namespace kiln::transfer {

/// One statement, compiled once and run often. Must not outlive its database.
class statement {
 public:
  statement() = default;

  /// Parameters count from 1. Text and blobs are copied.
  statement& bind(int at, std::int64_t value);
  statement& bind(int at, std::optional<std::int64_t> value);
  statement& bind(int at, std::string_view text);
  statement& bind(int at, std::span<std::byte const> blob);
  /// Any other whole number.
  template <std::integral T>
  statement& bind(int at, T value) {
    return bind(at, static_cast<std::int64_t>(value));
  }

  /// True when there is a row to look at. After the last row, or an error, it is ready to be bound
  /// and run again.
  result<bool> next();
  /// Runs it to its end.
  result<void> run();

  /// Columns of the present row, from 0. Views are good until the next next().
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<std::byte const> blob(int column) const;

 private:
  friend class database;
  struct finalizer {
    void operator()(sqlite3_stmt* s) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

/// One database file. Threads: one at a time.
class database {
 public:
  enum class mode : std::uint8_t {
    make,   ///< Read and write; made where missing.
    write,  ///< Read and write.
    read,
  };
  /// In WAL mode what was committed survives the process at once, and the machine after sync().
  static result<database> open(std::string const& path, mode how);

  [[nodiscard]] result<statement> prepare(std::string_view sql) const;
  /// One or more statements without parameters and rows.
  [[nodiscard]] result<void> run(char const* sql) const;
  /// What was committed is on the disk.
  [[nodiscard]] result<void> sync() const;

 private:
  struct closer {
    void operator()(sqlite3* db) const noexcept;
  };
  std::unique_ptr<sqlite3, closer> handle_;
};

/// Commits or, unless commit() was called, rolls back.
class transaction {
 public:
  explicit transaction(database const& on) : on_(on), begun_(on.run("BEGIN IMMEDIATE")) {}
  ~transaction();
  transaction(transaction const&) = delete;
  transaction& operator=(transaction const&) = delete;
  [[nodiscard]] result<void> const& begun() const noexcept { return begun_; }
  [[nodiscard]] result<void> commit();

 private:
  database const& on_;
  result<void> begun_;
  bool ended_ = false;
};

}  // namespace kiln::transfer
