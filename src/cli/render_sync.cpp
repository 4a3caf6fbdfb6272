#include "cli/render_sync.hpp"

#include "cli/json_text.hpp"
#include "cli/quantity.hpp"
#include "cli/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace kiln::cli {
namespace {

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// What a plan of copies tells of time.
transfer_plan cost_of(sync_plan const& plan) {
  transfer_plan out;
  out.bytes = plan.bytes;
  out.requests = plan.requests;
  out.rate = plan.rate;
  return out;
}

bool all_skipped(std::vector<transfer_failure> const& failures) {
  return std::all_of(failures.begin(), failures.end(),
                     [](auto const& f) { return f.state == transfer_state::skipped; });
}

}  // namespace

std::string step_text(sync_step const& step) {
  auto const what = step.from.empty() ? printable(step.path)
                                      : printable(step.from) + " -> " + printable(step.path);
  return fmt::format("{:<14} {}{}  ({})\n", to_string(step.action), what, step.is_dir ? "/" : "",
                     step.reason);
}

std::string step_json(sync_step const& step, std::string_view state, error const* why) {
  json_object out;
  out.text("action", to_string(step.action)).text("path", step.path);
  if (!step.from.empty()) out.text("from", step.from);
  out.flag("is_dir", step.is_dir).number("size", step.size).text("reason", step.reason);
  out.text("state", state);
  if (why != nullptr) out.member("error", error_json(*why));
  return out.finish();
}

std::string sync_plan_text(sync_plan const& plan, std::string_view source,
                           std::string_view destination) {
  std::string out = fmt::format("sync {} to {}\n", printable(source), printable(destination));
  for (auto const& step : plan.steps) out += step_text(step);
  out += fmt::format("{} to send, {}; {} unchanged\n", counted(plan.files, "file"),
                     human_size(plan.bytes), grouped(plan.unchanged));
  out += fmt::format("requests: {}, and {} spent on this plan\n", counts_text(plan.requests),
                     grouped(plan.requests_spent.total()));
  if (plan.rate > 0) {
    constexpr double half = 0.5;
    auto const cost = cost_of(plan);
    out += fmt::format("least time at {:g} requests/s: {}, {} with half of them\n", plan.rate,
                       human_duration(cost.least_time()), human_duration(cost.least_time(half)));
    auto const turn = static_cast<std::uint64_t>(cost.binding_bytes_per_second());
    if (turn > 0) out += fmt::format("binds: the budget, or a link below {}/s\n", human_size(turn));
  }
  return out;
}

std::string sync_plan_json(sync_plan const& plan, bool with_steps) {
  json_object out;
  if (with_steps) {
    json_array steps;
    for (auto const& step : plan.steps) steps.add(step_json(step, "planned"));
    out.member("steps", steps.finish());
  }
  out.number("files", plan.files).number("bytes", plan.bytes).number("unchanged", plan.unchanged);
  out.member("requests", counts_json(plan.requests));
  out.member("requests_spent", counts_json(plan.requests_spent));
  out.real("least_seconds", seconds(plan.least_time()));
  out.real("binding_bytes_per_second", cost_of(plan).binding_bytes_per_second());
  return out.member("refused", failures_json(plan.refused)).finish();
}

std::string sync_report_text(sync_report const& r) {
  auto out =
      fmt::format("copied {}, replaced {}, moved {}, removed {}, unchanged {}", grouped(r.copied),
                  grouped(r.replaced), grouped(r.moved), grouped(r.removed), grouped(r.unchanged));
  if (r.directories > 0) out += fmt::format(", made {}", counted(r.directories, "directory"));
  if (r.failed > 0) out += fmt::format(", failed {}", grouped(r.failed));
  out +=
      fmt::format("; {} in {}, {}, {} throttled\n", human_size(r.bytes), human_duration(r.elapsed),
                  counted(r.requests, "request"), grouped(r.throttled));
  return out;
}

std::string sync_report_json(sync_report const& r) {
  json_object out;
  out.number("copied", r.copied).number("replaced", r.replaced).number("moved", r.moved);
  out.number("removed", r.removed).number("directories", r.directories);
  out.number("unchanged", r.unchanged).number("failed", r.failed).number("bytes", r.bytes);
  out.number("requests", r.requests).number("throttled", r.throttled);
  out.real("seconds", seconds(r.elapsed));
  return out.member("failures", failures_json(r.failures)).finish();
}

std::string verify_plan_text(verify_plan const& plan) {
  auto out = fmt::format("{} to compare, {}", counted(plan.files, "file"), human_size(plan.bytes));
  if (plan.differences != 0) {
    out += fmt::format("; {} seen without reading", counted(plan.differences, "difference"));
  }
  return out + '\n' + cost_text(plan.requests, plan.requests_spent, plan.rate);
}

std::string verify_plan_json(verify_plan const& plan) {
  json_object out;
  out.number("files", plan.files).number("bytes", plan.bytes);
  out.number("differences", plan.differences);
  out.member("cost", cost_json(plan.requests, plan.requests_spent, plan.rate));
  return out.member("refused", failures_json(plan.refused)).finish();
}

std::string verify_text(verify_report const& r) {
  std::string out;
  for (auto const& d : r.differences) {
    out += fmt::format("{}: {}\n", d.path.empty() ? "." : printable(d.path), d.what);
  }
  auto outcome = std::string("identical");
  if (!all_skipped(r.failures)) outcome += " as far as they could be compared";
  if (!r.differences.empty()) outcome = counted(r.differences.size(), "difference");
  out += fmt::format("{} compared, {}, {}: {}\n", counted(r.files, "file"), human_size(r.bytes),
                     counted(r.requests, "request"), outcome);
  return out;
}

std::string verify_json(verify_report const& r) {
  json_array differences;
  for (auto const& d : r.differences) {
    differences.add(json_object().text("path", d.path).text("what", d.what).finish());
  }
  json_object out;
  out.flag("identical", r.differences.empty() && all_skipped(r.failures));
  out.number("files", r.files).number("bytes", r.bytes).number("requests", r.requests);
  out.member("differences", differences.finish());
  return out.member("failures", failures_json(r.failures)).finish();
}

}  // namespace kiln::cli
