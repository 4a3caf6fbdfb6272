#pragma once

#include <kiln/matrix.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::orchestrate {

/// One row of a table: by column, JSON text; empty where the row has none.
struct row_values {
  std::uint64_t number = 0;
  std::uint64_t line = 0;
  std::vector<std::string> values;
};

/// What is wrong with one row; where it is, the row_values say.
struct row_fault {
  std::string column;
  std::string message;
};

/// The rows of a table, one after the other.
class row_source {
 public:
  enum class step : std::uint8_t { row, end, malformed };

  row_source() = default;
  row_source(row_source const&) = delete;
  row_source& operator=(row_source const&) = delete;
  virtual ~row_source() = default;

  /// A bad row has number and line all the same, and fault().
  virtual step next(row_values& into) = 0;

  /// Where next() goes on: a byte of the text, or a combination.
  struct place {
    std::uint64_t at = 0;
    std::uint64_t line = 0;
    std::uint64_t rows_before = 0;
  };
  [[nodiscard]] virtual place here() const = 0;
  virtual void go_to(place const& where) = 0;

  /// In a table of objects they become more while it is read.
  [[nodiscard]] std::vector<std::string> const& columns() const noexcept { return columns_; }
  [[nodiscard]] bool columns_may_grow() const noexcept { return may_grow_; }
  [[nodiscard]] row_fault const& fault() const noexcept { return fault_; }

 protected:
  step fail(std::string column, std::string message) {
    fault_ = {std::move(column), std::move(message)};
    return step::malformed;
  }
  std::vector<std::string> columns_;
  bool may_grow_ = false;
  row_fault fault_;
};

/// `text` must outlive the source. Fails with invalid_argument, in whose message the place stands
/// first, as in "1: the header ...", when there is one.
[[nodiscard]] result<std::unique_ptr<row_source>> csv_rows(std::string_view text);
[[nodiscard]] result<std::unique_ptr<row_source>> jsonl_rows(std::string_view text);
[[nodiscard]] result<std::unique_ptr<row_source>> product_rows(std::string_view text);

/// Empty, or why no variable can be called so.
[[nodiscard]] std::string objection_to_variable(std::string_view name);

}  // namespace kiln::orchestrate
