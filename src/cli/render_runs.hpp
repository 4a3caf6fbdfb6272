#pragma once

#include <kiln/orchestrate.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

// What runs of a table come to, as text and JSON: pure.
namespace kiln::cli {

/// One row that ended; `variables` is its JSON object, or empty.
[[nodiscard]] std::string row_json(row_result const& row, std::string_view variables);
/// The same of a journal, which knows no numbers of rows.
[[nodiscard]] std::string journal_row_json(row_result const& row);
/// The same as one line: name, state, run id, page, message; parted by tabs.
[[nodiscard]] std::string row_text(row_result const& row);
/// A journal: id, state, time, how far it is, whose table.
[[nodiscard]] std::string journal_text(run_journal_record const& journal);
[[nodiscard]] std::string journal_json(run_journal_record const& journal);
[[nodiscard]] std::string runs_text(run_report const& report);
[[nodiscard]] std::string runs_json(run_report const& report);

/// A moment, with speeds of the last seconds.
struct runs_sample {
  run_progress progress;
  double submits_per_second = 0, polls_per_second = 0;
  std::uint64_t ended_before = 0;  ///< Rows that had ended when it began.
};
/// "queued 120  pending 3  running 200  ok 40  failed 1 | 29.7 submit/s 0.4 watch/s | 3 m 04 s
/// left", cut to `columns`; 0: not cut.
[[nodiscard]] std::string runs_line(runs_sample const& now, std::size_t columns);
/// The same for a terminal, lines parted by '\n' and each below `columns`: counts under their
/// names, speeds and time left, then the last of `failures`, of which failures_shown_max are shown.
[[nodiscard]] std::string runs_table(runs_sample const& now, std::deque<row_result> const& failures,
                                     std::size_t columns);
inline constexpr std::size_t failures_shown_max = 3;
/// Lines that runs_table() has at most.
inline constexpr std::size_t runs_table_lines_max = 3 + failures_shown_max;
/// Rows that need nothing more.
[[nodiscard]] std::uint64_t ended_rows(run_progress const& p) noexcept;

}  // namespace kiln::cli
