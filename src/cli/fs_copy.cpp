#include "cli/commands.hpp"
#include "cli/copy.hpp"
#include "cli/input_text.hpp"
#include "cli/path.hpp"
#include "cli/progress_display.hpp"
#include "cli/render.hpp"
#include "cli/state_dir.hpp"
#include "cli/usage_error.hpp"

#include <kiln/transfer.hpp>

#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace kiln::cli {
namespace {

constexpr std::size_t failure_lines_max = 20;

/// Throws usage_error unless one side is DBFS and the other local. True: an upload.
bool is_upload(cp_args const& args) {
  bool const from_remote = is_remote(args.source);
  bool const to_remote = is_remote(args.destination);
  if (from_remote && to_remote) {
    throw usage_error(
        "cp copies between this machine and DBFS, not within DBFS: the API has no copy. Use kiln "
        "fs mv to move, or download and upload");
  }
  if (!from_remote && !to_remote) {
    throw usage_error(fmt::format("one of '{}' and '{}' must be on DBFS: write it as dbfs:/...",
                                  args.source, args.destination));
  }
  return to_remote;
}

transfer_options options_for(cp_args const& args) {
  transfer_options options;
  options.overwrite = args.existing;
  if (args.skip_existing) options.overwrite = overwrite::never;
  options.include = args.include;
  options.exclude = args.exclude;
  options.links = args.links;
  options.verify = args.verify;
  options.manifest = args.manifest;
  options.recursive = args.recursive;
  options.stream_always = args.stream;
  options.strategy = args.strategy;
  if (args.concurrency) options.files_in_flight_max = *args.concurrency;
  return options;
}

/// `flags`: what who goes on with it has to say again.
exit_code say_report(session const& s, result<transfer_report> const& report, std::string const& id,
                     std::string_view flags) {
  if (report.has_error()) {
    auto const code = s.fail(report.error());
    if (!id.empty()) {
      s.err().line(fmt::format("kiln: to go on with it: kiln transfers resume {}{}", id, flags));
    }
    return code;
  }
  if (s.format() == output_format::jsonl) {
    auto const text = report_text(*report);
    s.err().line(std::string_view(text).substr(0, text.size() - 1));
    s.out().print("{\"summary\":" + report_json(*report) + "}\n");
  } else {
    s.print(report_text(*report), report_json(*report));
  }
  say_failures(s, report->failures);
  if (!report->id.empty()) {
    s.err().line(fmt::format("kiln: to try the failed ones again: kiln transfers retry-failed {}{}",
                             report->id, flags));
  }
  return exit_code_of(*report);
}

}  // namespace

exit_code say_plan(session const& s, transfer_plan const& plan, std::string_view source,
                   std::string_view destination) {
  if (s.format() == output_format::jsonl) {
    for (auto const& item : plan.items) {
      s.out().print(item_json(item, "planned", nullptr) + '\n');
    }
    s.out().print("{\"summary\":" + plan_summary_json(plan) + "}\n");
  } else {
    auto const json = s.format() == output_format::json ? plan_json(plan) : std::string();
    s.print(plan_text(plan, source, destination), json);
  }
  say_left_out(s.err(), plan.refused);
  say_failures(s, plan.refused);
  return skipped_of(plan) == plan.refused.size() ? exit_code::ok : exit_code::some_failed;
}

void say_failures(session const& s, std::vector<transfer_failure> const& all) {
  std::vector<transfer_failure> failures;
  // Who interrupts knows that the rest was not copied; what was skipped has been said.
  for (auto const& f : all) {
    bool const failed = f.state == transfer_state::failed;
    if (failed && f.reason.code() != errc::cancelled) failures.push_back(f);
  }
  auto const shown = std::min(failures.size(), failure_lines_max);
  for (std::size_t i = 0; i < shown; ++i) s.err().line(failure_text(failures[i]));
  if (shown < failures.size()) {
    s.err().line(
        fmt::format("kiln: and {} more failures; -o json has all", failures.size() - shown));
  }
  if (failures.empty()) return;
  auto const hint = hint_for(failures.front().reason);
  if (!hint.empty()) s.err().line("hint: " + hint);
}

asio::awaitable<exit_code> copy(session& s, transfer_options options, transfer_start start) {
  output* const items_to = s.format() == output_format::jsonl ? &s.out() : nullptr;
  progress_display progress(s, !s.global().no_progress, items_to);
  asio::thread_pool disk(1);  // waits for it, so that the loop does not
  asio::any_io_executor const disk_executor = disk.get_executor();
  options.observer = &progress;
  options.drain = &s.loop().interrupt_flag();
  options.disk = &disk_executor;
  auto const report = co_await start(options);
  progress.stop();
  std::string_view const flags = options.verify ? " --verify" : "";
  co_return say_report(s, report, progress.transfer_id(), flags);
}

asio::awaitable<exit_code> run_command(session& s, cp_args const& args) {
  bool const upload_wanted = is_upload(args);
  auto options = options_for(args);
  std::error_code ignored;
  if (upload_wanted && !args.recursive && std::filesystem::is_directory(args.source, ignored)) {
    throw usage_error(fmt::format("'{}' is a directory: copy it with -r", args.source));
  }
  std::vector<std::string> listed;
  if (!args.files_from.empty()) {
    auto const text = input_text(s, args.files_from, "--files-from", list_bytes_max);
    listed = split_list(text, args.null_separated);
    options.only.emplace(listed);
  }
  // A slash at the end of a destination has a meaning: into that directory.
  auto const& remote = upload_wanted ? args.destination : args.source;
  static_cast<void>(remote_path(remote));

  if (args.dry_run) {
    result<transfer_plan> plan = error();
    if (upload_wanted) {
      plan = co_await plan_upload(s.ws(), args.source, remote, options);
    } else {
      plan = co_await plan_download(s.ws(), remote, args.destination, options);
    }
    if (plan.has_error()) co_return s.fail(plan.error());
    co_return say_plan(s, *plan, args.source, args.destination);
  }

  std::string const state = args.no_journal ? std::string() : state_directory(s.err());
  options.state_dir = state;
  transfer_start const start = [&](transfer_options const& o) {
    return upload_wanted ? upload(s.ws(), args.source, remote, o)
                         : download(s.ws(), remote, args.destination, o);
  };
  auto const code = co_await copy(s, options, start);
  co_return code;
}

}  // namespace kiln::cli
