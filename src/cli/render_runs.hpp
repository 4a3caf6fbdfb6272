#pragma once

#include <kiln/orchestrate.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// What runs of a table come to, as text and JSON: pure.
namespace kiln::cli {

/// One row that ended; `variables` is its JSON object, or empty.
[[nodiscard]] std::string row_json(row_result const& row, std::string_view variables);
/// The same as one line: name, state, run id, page, message; parted by tabs.
[[nodiscard]] std::string row_text(row_result const& row);
[[nodiscard]] std::string runs_text(run_report const& report);
[[nodiscard]] std::string runs_json(run_report const& report);

/// A moment, with speeds of the last seconds.
struct runs_sample {
  run_progress progress;
  double submits_per_second = 0, polls_per_second = 0;
};
/// "queued 120  pending 3  running 200  ok 40  failed 1 | 29.7 submit/s 0.4 watch/s | 3 m 04 s
/// left", cut to `columns`; 0: not cut.
[[nodiscard]] std::string runs_line(runs_sample const& now, std::size_t columns);
/// Rows that need nothing more.
[[nodiscard]] std::uint64_t ended_rows(run_progress const& p) noexcept;

}  // namespace kiln::cli
