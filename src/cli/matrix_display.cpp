#include "cli/matrix_display.hpp"

#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kiln::cli {

matrix_rows::matrix_rows(matrix& table, matrix_check const& check, matrix_args const& args)
    : table_(table), size_(check.rows), named_(check.dependencies > 0) {
  bool const old = args.api_version == "2.0";
  if (args.job) {
    call_ = old ? run_call::now_20 : run_call::now;
  } else {
    call_ = old ? run_call::submit_20 : run_call::submit;
  }
  retry_.count = args.retries.value_or(0);
  retry_.backoff = args.backoff.value_or(retry_.backoff);
  retry_.backoff_max = std::max(retry_.backoff, retry_.backoff_max);
  retry_.states = args.retry_states;
  deadline_ = args.row_deadline.value_or(deadline_);
}

result<run_row> matrix_rows::row(std::size_t i) {
  auto read = table_.row(i);
  if (read.has_error()) return read.error();
  run_row out;
  bool const named = named_ || read->name != std::to_string(read->number);
  if (named) out.name = std::move(read->name);
  out.key = std::move(read->key);
  out.document = std::move(read->document);
  out.after = std::move(read->after);
  out.priority = read->priority;
  out.call = call_;
  out.retry = retry_;
  out.deadline = deadline_;
  return out;
}

std::string matrix_rows::variables(std::size_t i) {
  auto read = table_.row(i);
  return read.has_value() ? std::move(read->variables) : std::string();
}

void matrix_display::journaled(std::string_view id, std::uint64_t ended) {
  journal_ = id;
  ended_before_ = ended;
  if (ended > 0) {
    s_.err().line(
        fmt::format("kiln: going on with {}: {} had ended before", id, counted(ended, "row")));
  }
}

void matrix_display::finished(row_result const& row) {
  s_.err().clear_bar();
  bool const bad = row.state == row_state::failed || row.state == row_state::skipped;
  if (bad && !row.resumed && !s_.out().is_terminal()) {
    failures_.push_back(row);
    if (failures_.size() > failures_shown_max) failures_.pop_front();
  }
  switch (s_.format()) {
    case output_format::jsonl:
      s_.out().print(row_json(row, rows_.variables(row.row)) + '\n');
      return;
    case output_format::json:
      documents_.push_back(row_json(row, rows_.variables(row.row)));
      return;
    case output_format::text:
      // Thousands of good ones on a terminal would hide the others.
      if (s_.out().is_terminal() && row.state == row_state::succeeded) return;
      s_.out().print(row_text(row));
  }
}

bool matrix_display::due(run_progress const& now) {
  constexpr auto silence_max = std::chrono::seconds(30);
  auto const rows = std::max<std::uint64_t>(1, now.rows());
  auto const tenths = 10 * ended_rows(now) / rows;
  if (!last_) last_ = now.elapsed;
  bool const is_due = tenths > tenths_ || now.elapsed - *last_ >= silence_max;
  tenths_ = tenths;
  if (is_due) last_ = now.elapsed;
  return is_due;
}

void matrix_display::progressed(run_progress const& now) {
  if (now.unsettled > 0 && !told_unsettled_) {
    told_unsettled_ = true;
    s_.err().line(
        fmt::format("kiln: {} may have been started without an answer that says so: looked for "
                    "until it is sure",
                    counted(now.unsettled, "row")));
  }
  if (s_.global().no_progress) return;
  instant const at(now.elapsed);
  runs_sample const sample{now, submits_.add(at, now.submits), polls_.add(at, now.polls),
                           ended_before_};
  if (s_.err().is_terminal()) {
    auto const columns = s_.err().columns();
    bool const fits = s_.err().rows() > runs_table_lines_max;
    s_.err().bar(fits ? runs_table(sample, failures_, columns) : runs_line(sample, columns));
  } else if (due(now)) {
    s_.err().line("kiln: " + runs_line(sample, 0));
  }
}

}  // namespace kiln::cli
