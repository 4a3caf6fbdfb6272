#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Many documents from one: a template with variables, and a table of their values. What comes out
/// is ready for run_many(); nothing here sends a request.
namespace kiln {

enum class matrix_format : std::uint8_t {
  /// RFC 4180, first line the names of the variables. Every value is a text, unless the header says
  /// otherwise behind a colon: "workers:int", and "number", "bool", "json", "text". An empty field
  /// of another type than text is null. Blank lines are passed over.
  csv,
  /// One JSON object a line, members are variables. Numbers keep their spelling.
  jsonl,
  /// One JSON object of lists, which stands for their product, the last list changing fastest:
  /// {"date":["d1","d2"],"region":["eu","us"],"exclude":[{"date":"d1","region":"us"}],
  /// "include":[{"date":"d3","region":"eu"}]}. A combination goes when one of "exclude" agrees with
  /// it in all that it names; the rows of "include" follow at the end as they are.
  product,
};

/// What documents are; they are checked against the types of that request, as far as those know
/// their members.
enum class matrix_document : std::uint8_t {
  any,            ///< Any JSON object.
  runs_submit,    ///< jobs::runs_submit
  run_now,        ///< jobs::run_now
  runs_submit20,  ///< jobs20::runs_submit
  run_now20,      ///< jobs20::run_now
};

/// One row with its document. Variables that begin with an underscore say something of the row
/// itself; there are _name, _after and _priority. Those that begin with # are notes, and ignored.
struct matrix_row {
  std::uint64_t number = 0;  ///< From 1 on.
  std::uint64_t line = 0;    ///< Of the table's text, from 1 on; 0 in a product.
  std::string name;          ///< "_name", otherwise the number. No two rows have the same.
  /// 32 hexadecimal digits, out of SHA-256 of document and "_name". The same row of the same
  /// template has the same key always, wherever it stands in the table.
  std::string key;
  std::string document;            ///< JSON object, compact.
  std::string variables;           ///< JSON object: the row's values, without notes.
  std::vector<std::string> after;  ///< Names of rows; "_after": a JSON list, or a text "a; b".
  std::int32_t priority = 0;       ///< "_priority": more is earlier.
};

/// Something wrong with a table or its template.
struct matrix_fault {
  std::string source;      ///< The name of the table or the template.
  std::uint64_t line = 0;  ///< 0: none.
  std::uint64_t row = 0;   ///< 0: none.
  std::string column;      ///< Empty: none.
  std::string message;
  /// "rows.csv:12: row 11, column 'date': message"
  [[nodiscard]] std::string text() const;
};

/// What validate() found.
struct matrix_check {
  std::uint64_t rows = 0;            ///< Good and bad ones.
  std::uint64_t dependencies = 0;    ///< Names in "_after".
  std::vector<matrix_fault> faults;  ///< In the order of rows; at most matrix::faults_max.
  std::uint64_t faults_left_out = 0;
};

struct matrix_options {
  std::string_view table_name = "table";        ///< How faults call the table.
  std::string_view template_name = "template";  ///< How faults call the template.
  matrix_document document = matrix_document::any;
};

/// A table and a template, read row by row: memory is the text of the table and little more.
///
/// In the template, a string that is exactly "{{name}}" is replaced by the value with its type;
/// inside a longer string "{{name}}" is replaced by its text (of null there is none: a fault). What
/// the server itself replaces stays: names with a dot or a slash, such as {{secrets/scope/key}},
/// and run_id, job_id, start_date, start_time, parent_run_id, task_key, task_retry_count, unless a
/// column is called so. "{{!" stands for "{{".
///
/// Pure: no I/O, no clock. Thread safety: as a container.
class matrix {
 public:
  static constexpr std::uint64_t rows_max = 1'000'000;
  static constexpr std::size_t columns_max = 1'024;
  static constexpr std::size_t table_bytes_max = 256U << 20;
  static constexpr std::size_t template_bytes_max = 1U << 20;
  static constexpr std::size_t document_bytes_max = 10'000'000;  ///< As large as requests can be.
  static constexpr std::size_t after_max = 1'000;                ///< Names in one "_after".
  static constexpr std::size_t faults_max = 100;

  /// Fails with invalid_argument when nothing can be read at all: no header, a template that is no
  /// JSON object, a variable that no column of a csv or product has, anything above its limit. The
  /// message has place and reason.
  [[nodiscard]] static result<matrix> open(std::string table, matrix_format format,
                                           std::string_view template_text,
                                           matrix_options const& options = {});
  matrix(matrix&&) noexcept;
  matrix& operator=(matrix&&) noexcept;
  ~matrix();

  /// The next row, nothing behind the last. A bad row is an invalid_argument with the text of its
  /// fault; the next call goes on behind it.
  [[nodiscard]] result<std::optional<matrix_row>> next();
  /// next() begins again with the first row.
  void rewind();

  /// Reads all rows, finds every fault there is, and rewinds: besides those of single rows, names
  /// or keys that two rows share, "_after" that names no row or comes back to its own, and columns
  /// that nothing uses.
  [[nodiscard]] matrix_check validate();
  /// Any row, once validate() has seen them all; `index` is its number less one. invalid_argument
  /// for a bad row or no row. next() goes on behind it.
  [[nodiscard]] result<matrix_row> row(std::uint64_t index);

 private:
  struct state;
  explicit matrix(std::unique_ptr<state> s) noexcept;
  std::unique_ptr<state> state_;
};

}  // namespace kiln
