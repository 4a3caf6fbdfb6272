#include "cli/render_runs.hpp"

#include "cli/json_text.hpp"
#include "cli/quantity.hpp"
#include "cli/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace kiln::cli {
namespace {

void add_time(json_object& out, std::string_view name, timestamp at) {
  if (at != timestamp()) out.text(name, kiln::to_string(at));
}

void add_count(std::string& out, std::uint64_t count, std::string_view what) {
  if (count > 0) out += fmt::format(", {} {}", grouped(count), what);
}

std::string_view state_of(run_journal_record const& j) {
  if (!j.damage.empty()) return "damaged";
  if (j.running) return "running";
  if (!j.finished) return "unfinished";
  return j.failed + j.others > 0 ? "failed" : "finished";
}

/// The first line of its name; one of stdin has none.
std::string table_of(run_journal_record const& j) {
  bool const file = !j.journal.empty() && j.journal.front() == '/';
  return file ? j.journal.substr(0, j.journal.find('\n')) : "-";
}

/// What is left takes as long as what has ended did.
std::string time_left(runs_sample const& now) {
  auto const& p = now.progress;
  auto const ended = ended_rows(p) - std::min(ended_rows(p), now.ended_before);
  auto const open = p.rows() - ended_rows(p);
  if (ended == 0 || open == 0) return {};
  auto const share = static_cast<double>(open) / static_cast<double>(ended);
  auto const left = std::chrono::nanoseconds(
      static_cast<std::int64_t>(share * static_cast<double>(p.elapsed.count())));
  return human_duration(left) + " left";
}

constexpr std::string_view held_back = "held back by a limit of the workspace";

/// The first `columns` - 1 bytes, or a few less where a character would be cut.
std::string cut(std::string text, std::size_t columns) {
  if (columns == 0 || text.size() < columns) return text;
  auto end = columns - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

std::string failure_line(row_result const& row) {
  auto const& state = row.result_state.empty() ? row.life_cycle_state : row.result_state;
  auto out = fmt::format("  {}  {}", printable(row.name.empty() ? row.key : row.name),
                         state.empty() ? to_string(row.state) : std::string_view(state));
  if (row.run_id != 0) out += fmt::format("  run {}", row.run_id);
  if (!row.message.empty()) out += "  " + printable(row.message);
  return out;
}

void add_row(json_object& out, row_result const& row) {
  out.text("name", row.name).text("key", row.key);
  out.text("state", to_string(row.state));
  if (row.run_id != 0) out.number("run_id", row.run_id);
  if (!row.run_page_url.empty()) out.text("run_page_url", row.run_page_url);
  if (!row.life_cycle_state.empty()) out.text("life_cycle_state", row.life_cycle_state);
  if (!row.result_state.empty()) out.text("result_state", row.result_state);
  if (!row.message.empty()) out.text("message", row.message);
  out.number("attempts", std::uint64_t{row.attempts});
  add_time(out, "submitted", row.submitted);
  add_time(out, "started", row.started);
  add_time(out, "ended", row.ended);
  if (row.resumed) out.flag("resumed", true);
  if (!row.output.empty()) out.member("output", row.output);
}

}  // namespace

std::uint64_t ended_rows(run_progress const& p) noexcept {
  return p.succeeded + p.failed + p.skipped + p.others;
}

std::string row_json(row_result const& row, std::string_view variables) {
  json_object out;
  out.number("row", std::uint64_t{row.row} + 1);
  add_row(out, row);
  if (!variables.empty()) out.member("variables", variables);
  return out.finish();
}

std::string journal_row_json(row_result const& row) {
  json_object out;
  add_row(out, row);
  return out.finish();
}

std::string row_text(row_result const& row) {
  auto out = fmt::format("{}\t{}\t", printable(row.name.empty() ? row.key : row.name),
                         to_string(row.state));
  if (row.run_id != 0) out += fmt::format("{}", row.run_id);
  return out + fmt::format("\t{}\t{}\n", printable(row.run_page_url), printable(row.message));
}

std::string journal_text(run_journal_record const& j) {
  if (!j.damage.empty()) return fmt::format("{}  damaged: {}\n", j.id, printable(j.damage));
  auto const ended = j.succeeded + j.failed + j.others;
  // Other attempts, and rows that are no longer in the table, have their records too.
  auto const rows = std::max(j.rows, ended + j.started);
  auto out = fmt::format("{}  {:<10}  {}  {} of {} ended", j.id, state_of(j),
                         kiln::to_string(j.created), grouped(ended), counted(rows, "row"));
  add_count(out, j.failed, "failed");
  add_count(out, j.started, "under way");
  if (j.running && j.pid != 0) out += fmt::format(", process {}", j.pid);
  return out + fmt::format("  {}  {}\n", printable(table_of(j)), j.host);
}

std::string journal_json(run_journal_record const& j) {
  json_object out;
  out.text("id", j.id).text("state", state_of(j));
  if (!j.damage.empty()) return out.text("damage", j.damage).finish();
  out.text("host", j.host).text("table", table_of(j)).text("created", kiln::to_string(j.created));
  out.number("rows", j.rows).number("under_way", j.started).number("succeeded", j.succeeded);
  out.number("failed", j.failed).number("others", j.others);
  if (j.running) out.number("pid", j.pid);
  return out.finish();
}

std::string runs_text(run_report const& report) {
  auto out =
      fmt::format("{} of {} succeeded", grouped(report.succeeded), counted(report.rows, "row"));
  add_count(out, report.failed, "failed");
  add_count(out, report.skipped, "skipped");
  add_count(out, report.cancelled, "cancelled");
  add_count(out, report.left, "left running");
  add_count(out, report.not_started, "not started");
  add_count(out, report.resumed, "ended before");
  out += fmt::format(" in {}; {} ({} runs, {} to watch)", human_duration(report.elapsed),
                     counted(report.requests, "request"), grouped(report.submits),
                     grouped(report.polls));
  add_count(out, report.retries, "started again");
  add_count(out, report.throttled, "answers 429");
  add_count(out, report.limited, "times a limit of the workspace");
  return out + '\n';
}

std::string runs_json(run_report const& report) {
  auto const seconds = std::chrono::duration<double>(report.elapsed).count();
  json_object out;
  out.number("rows", report.rows).number("succeeded", report.succeeded);
  out.number("failed", report.failed).number("skipped", report.skipped);
  out.number("cancelled", report.cancelled).number("left", report.left);
  out.number("not_started", report.not_started).number("resumed", report.resumed);
  out.number("submits", report.submits).number("retries", report.retries);
  out.number("polls", report.polls).number("requests", report.requests);
  out.number("throttled", report.throttled).number("limited", report.limited);
  return out.real("seconds", seconds).text("journal", report.id).finish();
}

std::string runs_line(runs_sample const& now, std::size_t columns) {
  auto const& p = now.progress;
  auto out = fmt::format("queued {}  pending {}  running {}  ok {}  failed {}",
                         p.queued + p.blocked, p.pending, p.running, p.succeeded, p.failed);
  if (p.skipped > 0) out += fmt::format("  skipped {}", p.skipped);
  if (p.others > 0) out += fmt::format("  left {}", p.others);
  out += fmt::format(" | {:.1f} submit/s {:.1f} watch/s", now.submits_per_second,
                     now.polls_per_second);
  if (auto const left = time_left(now); !left.empty()) out += " | " + left;
  if (p.unsettled > 0) out += fmt::format(" | {} looked for", p.unsettled);
  if (p.limited) (out += " | ") += held_back;
  return cut(std::move(out), columns);
}

std::string runs_table(runs_sample const& now, std::deque<row_result> const& failures,
                       std::size_t columns) {
  auto const& p = now.progress;
  auto out = cut(fmt::format("{:>9}{:>10}{:>10}{:>10}{:>10}{:>10}", "queued", "pending", "running",
                             "ok", "failed", "skipped"),
                 columns);
  out += '\n' + cut(fmt::format("{:>9}{:>10}{:>10}{:>10}{:>10}{:>10}", p.queued + p.blocked,
                                p.pending, p.running, p.succeeded, p.failed, p.skipped),
                    columns);
  auto speeds = fmt::format("  {:.1f} submit/s  {:.1f} watch req/s", now.submits_per_second,
                            now.polls_per_second);
  if (auto const left = time_left(now); !left.empty()) speeds += "  " + left;
  if (p.unsettled > 0) speeds += fmt::format("  {} looked for", p.unsettled);
  if (p.limited) (speeds += "  ") += held_back;
  out += '\n' + cut(std::move(speeds), columns);
  auto const hidden = failures.size() - std::min(failures.size(), failures_shown_max);
  for (auto i = hidden; i < failures.size(); ++i) {
    out += '\n' + cut(failure_line(failures[i]), columns);
  }
  return out;
}

}  // namespace kiln::cli
