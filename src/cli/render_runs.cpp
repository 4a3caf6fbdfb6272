#include "cli/render_runs.hpp"

#include "cli/json_text.hpp"
#include "cli/quantity.hpp"
#include "cli/render.hpp"

#include <fmt/format.h>

#include <chrono>

namespace kiln::cli {
namespace {

void add_time(json_object& out, std::string_view name, timestamp at) {
  if (at != timestamp()) out.text(name, kiln::to_string(at));
}

void add_count(std::string& out, std::uint64_t count, std::string_view what) {
  if (count > 0) out += fmt::format(", {} {}", grouped(count), what);
}

/// What is left takes as long as what has ended did.
std::string time_left(run_progress const& p) {
  auto const ended = ended_rows(p);
  auto const all = p.rows();
  if (ended == 0 || ended == all) return {};
  auto const share = static_cast<double>(all - ended) / static_cast<double>(ended);
  auto const left = std::chrono::nanoseconds(
      static_cast<std::int64_t>(share * static_cast<double>(p.elapsed.count())));
  return fmt::format(" | {} left", human_duration(left));
}

}  // namespace

std::uint64_t ended_rows(run_progress const& p) noexcept {
  return p.succeeded + p.failed + p.skipped + p.others;
}

std::string row_json(row_result const& row, std::string_view variables) {
  json_object out;
  out.number("row", std::uint64_t{row.row} + 1).text("name", row.name).text("key", row.key);
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
  if (!variables.empty()) out.member("variables", variables);
  return out.finish();
}

std::string row_text(row_result const& row) {
  auto out = fmt::format("{}\t{}\t", printable(row.name.empty() ? row.key : row.name),
                         to_string(row.state));
  if (row.run_id != 0) out += fmt::format("{}", row.run_id);
  return out + fmt::format("\t{}\t{}\n", printable(row.run_page_url), printable(row.message));
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
  out += fmt::format(" | {:.1f} submit/s {:.1f} watch/s", now.submits_per_second,
                     now.polls_per_second);
  out += time_left(p);
  if (p.limited) out += " | held back by a limit of the workspace";
  if (columns > 0 && out.size() >= columns) out.resize(columns - 1);
  return out;
}

}  // namespace kiln::cli
