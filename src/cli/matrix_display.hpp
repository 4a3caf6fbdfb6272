#pragma once

#include "cli/progress.hpp"
#include "cli/render_runs.hpp"
#include "cli/session.hpp"

#include <kiln/matrix.hpp>

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace kiln::cli {

/// Rows of a table as run_many() takes them; made anew each time one is asked for.
class matrix_rows final : public run_source {
 public:
  matrix_rows(matrix& table, matrix_check const& check, matrix_args const& args);
  [[nodiscard]] std::size_t size() const override { return size_; }
  [[nodiscard]] result<run_row> row(std::size_t i) override;
  /// The values of a row as JSON; empty for none.
  [[nodiscard]] std::string variables(std::size_t i);

 private:
  matrix& table_;
  std::size_t const size_;
  bool const named_;  ///< Rows without a name are called by their number, for others to wait for.
  run_call call_;
  run_retry retry_;
  std::chrono::milliseconds deadline_{0};
};

/// Prints each row as it ends, and how it goes. Threads: the main one.
class matrix_display final : public run_observer {
 public:
  matrix_display(session& s, matrix_rows& rows) : s_(s), rows_(rows) {}
  void journaled(std::string_view id, std::uint64_t ended) override;
  void finished(row_result const& row) override;
  void progressed(run_progress const& now) override;
  /// What -o json is to print with the report, in a list.
  [[nodiscard]] std::vector<std::string> const& documents() const noexcept { return documents_; }
  /// Its id; empty until there is one.
  [[nodiscard]] std::string const& journal() const noexcept { return journal_; }
  void stop() { s_.err().clear_bar(); }

 private:
  [[nodiscard]] bool due(run_progress const& now);
  session& s_;
  matrix_rows& rows_;
  recent_rate submits_, polls_;
  std::vector<std::string> documents_;
  std::string journal_;
  std::uint64_t ended_before_ = 0;
  bool told_unsettled_ = false;
  std::deque<row_result> failures_;  ///< The last ones, where they are not printed anyway.
  std::uint64_t tenths_ = 0;
  std::optional<std::chrono::nanoseconds> last_;
};

}  // namespace kiln::cli
