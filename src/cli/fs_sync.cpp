#include "cli/commands.hpp"
#include "cli/copy.hpp"
#include "cli/input_text.hpp"
#include "cli/path.hpp"
#include "cli/progress_display.hpp"
#include "cli/render.hpp"
#include "cli/render_sync.hpp"
#include "cli/state_dir.hpp"
#include "cli/usage_error.hpp"

#include <kiln/sync.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace kiln::cli {
namespace {

bool any_failed(std::vector<transfer_failure> const& failures) {
  return std::any_of(failures.begin(), failures.end(),
                     [](auto const& f) { return f.state == transfer_state::failed; });
}

/// Shows a sync as a transfer is shown, and its steps as JSON lines.
class sync_display final : public sync_observer {
 public:
  explicit sync_display(session& s) : s_(s), progress_(s, !s.global().no_progress, nullptr) {}
  void planned(sync_plan const& plan) override {
    transfer_plan same;
    same.upload = plan.upload;
    same.files = plan.files;
    same.bytes = plan.bytes;
    same.requests = plan.requests;
    same.rate = plan.rate;
    same.refused = plan.refused;
    progress_.planned(same);
  }
  void progressed(transfer_progress const& progress) override { progress_.progressed(progress); }
  void finished(sync_step const& step, error const* why) override {
    if (s_.format() != output_format::jsonl || s_.out().closed()) return;
    s_.out().print(step_json(step, why == nullptr ? "done" : "failed", why) + '\n');
  }
  void stop() { progress_.stop(); }

 private:
  session& s_;
  progress_display progress_;
};

template <class Args>
std::vector<std::string> listed_in(session const& s, Args const& args) {
  if (args.files_from.empty()) return {};
  auto const text = input_text(s, args.files_from, "--files-from", list_bytes_max);
  return split_list(text, args.null_separated);
}

/// `listed` must outlive it.
template <class Args>
sync_options options_for(Args const& args, std::vector<std::string> const& listed) {
  sync_options out;
  out.include = args.include;
  out.exclude = args.exclude;
  out.links = args.links;
  if (!args.files_from.empty()) out.only.emplace(listed);
  return out;
}

exit_code say_plan(session const& s, sync_args const& args, sync_plan const& plan) {
  if (s.format() == output_format::jsonl) {
    for (auto const& step : plan.steps) s.out().print(step_json(step, "planned") + '\n');
    s.out().print("{\"summary\":" + sync_plan_json(plan, false) + "}\n");
  } else {
    s.print(sync_plan_text(plan, args.source, args.destination), sync_plan_json(plan));
  }
  say_left_out(s.err(), plan.refused);
  say_failures(s, plan.refused);
  return any_failed(plan.refused) ? exit_code::some_failed : exit_code::ok;
}

exit_code say_report(session const& s, sync_report const& report) {
  if (s.format() == output_format::jsonl) {
    auto const text = sync_report_text(report);
    s.err().line(std::string_view(text).substr(0, text.size() - 1));
    s.out().print("{\"summary\":" + sync_report_json(report) + "}\n");
  } else {
    s.print(sync_report_text(report), sync_report_json(report));
  }
  say_failures(s, report.failures);
  return report.failed > 0 ? exit_code::some_failed : exit_code::ok;
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, sync_args const& args) {
  if (is_remote(args.source) == is_remote(args.destination)) {
    throw usage_error(
        fmt::format("one of '{}' and '{}' must be on DBFS (dbfs:/...), the other "
                    "local",
                    args.source, args.destination));
  }
  auto const state = state_directory(s.err());
  auto const listed = listed_in(s, args);
  auto options = options_for(args, listed);
  options.remove = args.remove;
  options.checksum = args.checksum;
  options.state_dir = state;
  options.manifest = args.manifest;
  if (args.concurrency) options.files_in_flight_max = *args.concurrency;
  if (args.dry_run) {
    auto const plan = co_await plan_sync(s.ws(), args.source, args.destination, options);
    if (plan.has_error()) co_return s.fail(plan.error());
    co_return say_plan(s, args, *plan);
  }
  sync_display display(s);
  options.observer = &display;
  auto const report = co_await sync(s.ws(), args.source, args.destination, options);
  display.stop();
  if (report.has_error() && report.error().code() == errc::cancelled) {
    s.err().line("kiln: the same command goes on with what is missing or differs");
  }
  if (report.has_error()) co_return s.fail(report.error());
  co_return say_report(s, *report);
}

asio::awaitable<exit_code> run_command(session& s, verify_args const& args) {
  if (is_remote(args.local) || !is_remote(args.remote)) {
    throw usage_error(
        "verify compares a local path with one on DBFS: kiln fs verify LOCAL "
        "dbfs:/...");
  }
  auto const listed = listed_in(s, args);
  auto const options = options_for(args, listed);
  if (args.dry_run) {
    auto const plan = co_await plan_verify(s.ws(), args.local, args.remote, options);
    if (plan.has_error()) co_return s.fail(plan.error());
    s.print(verify_plan_text(*plan), verify_plan_json(*plan));
    say_failures(s, plan->refused);
    co_return any_failed(plan->refused) ? exit_code::some_failed : exit_code::ok;
  }
  auto const report = co_await verify(s.ws(), args.local, args.remote, options);
  if (report.has_error()) co_return s.fail(report.error());
  s.print(verify_text(*report), verify_json(*report));
  say_failures(s, report->failures);
  bool const alike = report->differences.empty() && !any_failed(report->failures);
  co_return alike ? exit_code::ok : exit_code::some_failed;
}

}  // namespace kiln::cli
