#include "cli/commands.hpp"
#include "cli/input_lines.hpp"
#include "cli/matrix_display.hpp"
#include "cli/matrix_files.hpp"
#include "cli/matrix_words.hpp"
#include "cli/state_dir.hpp"
#include "cli/task_group.hpp"
#include "cli/usage_error.hpp"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace kiln::cli {
namespace {

/// Which journal is that of this table: another place of the same files is another one.
std::string journal_name(matrix_args const& args) {
  if (args.journal) return *args.journal;
  if (args.file == "-") return {};
  std::error_code ignored;
  auto out = std::filesystem::weakly_canonical(args.file, ignored).string();
  if (!args.template_file.empty()) {
    out += '\n' + std::filesystem::weakly_canonical(args.template_file, ignored).string();
  }
  return args.job ? out + fmt::format("\njob {}", *args.job) : out;
}

/// What an interrupt does: nothing more is started, and on a terminal a person is asked what is to
/// become of the runs under way; elsewhere they are left. Threads: the main one.
class matrix_stop {
 public:
  explicit matrix_stop(session& s) : s_(s), group_(s.loop().executor()) {
    s_.loop().on_interrupt([this] { interrupted(); });
  }
  ~matrix_stop() { s_.loop().on_interrupt(nullptr); }
  matrix_stop(matrix_stop const&) = delete;
  matrix_stop& operator=(matrix_stop const&) = delete;

  [[nodiscard]] std::atomic<run_stop> const* flag() const noexcept { return &wish_; }
  /// To be awaited before this goes.
  asio::awaitable<void> settle() { co_await group_.settle(); }

 private:
  void interrupted() {
    bool const person = ::isatty(STDERR_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1;
    if (!person) {
      s_.err().line("kiln: interrupted; what runs goes on, nothing more is started");
      wish_ = run_stop::leave;
      return;
    }
    wish_ = run_stop::drain;
    s_.err().line(
        "kiln: interrupted; nothing more is started. Runs under way: c and Enter cancels them all, "
        "Enter leaves them running, Ctrl-C ends at once and leaves them too");
    group_.start(ask());
  }

  asio::awaitable<void> ask() {
    input_lines answers(s_.loop().executor(), "-", "stdin");
    auto const line = co_await answers.next();
    bool const cancel = line.has_value() && *line && (**line == "c" || **line == "C");
    wish_ = cancel ? run_stop::cancel : run_stop::leave;
  }

  session& s_;
  std::atomic<run_stop> wish_{run_stop::none};
  task_group group_;  ///< Last, so that it goes first.
};

void require_journal(session const& s, std::string const& state, std::string const& journal) {
  if (state.empty()) throw usage_error("--resume needs a journal, and there is none");
  auto const all = list_run_journals(state);
  if (all.has_error()) throw usage_error("--resume: " + all.error().message());
  bool const found = std::any_of(all->begin(), all->end(), [&](run_journal_record const& r) {
    return r.journal == journal && r.host == s.ws().host();
  });
  if (!found) {
    throw usage_error(
        "--resume: nothing was begun with this FILE and template on this host; "
        "without --resume it is begun");
  }
}

void require_host(session const& s, matrix_args const& args) {
  if (!args.journal_host || *args.journal_host == s.ws().host()) return;
  throw usage_error(
      fmt::format("its runs are at {}, and this is {}: --host or --profile says where",
                  *args.journal_host, s.ws().host()));
}

run_many_options options_of(matrix_args const& args) {
  run_many_options options;
  options.active_max = args.active_max;
  options.deadline = args.deadline.value_or(options.deadline);
  options.failures_max = args.stop_after.value_or(0);
  options.attempt = args.attempt;
  options.rerun_failed = args.rerun_failed;
  options.interval = args.interval.value_or(options.interval);
  options.detach = args.detach;
  options.output = args.output;
  return options;
}

void print_report(session const& s, matrix_display const& shown, run_report const& report) {
  auto const text = runs_text(report);
  switch (s.format()) {
    case output_format::text:
      s.out().print(text);
      return;
    case output_format::jsonl:
      s.err().line(std::string_view(text).substr(0, text.size() - 1));
      return;
    case output_format::json: {
      std::string rows;
      for (auto const& row : shown.documents()) (rows += rows.empty() ? "" : ",\n") += row;
      s.out().print("{\"report\":" + runs_json(report) + ",\"rows\":[\n" + rows + "\n]}\n");
    }
  }
}

void say_how(session const& s, matrix_args const& args, std::string const& id,
             std::string_view what, std::string_view command) {
  if (id.empty()) {
    s.err().line(fmt::format("kiln: {} takes a journal, and --no-journal kept none", what));
    return;
  }
  auto const* const table = args.file == "-" ? " < TABLE" : "";
  s.err().line(fmt::format("kiln: {}: kiln jobs matrices {} {}{}", what, command, id, table));
}

exit_code conclude(session const& s, matrix_args const& args, run_report const& report) {
  if (s.loop().interrupted()) {
    // A cancelled row has ended: going on alone would leave it so.
    say_how(s, args, report.id, "to go on with it",
            report.cancelled > 0 ? "rerun-failed" : "resume");
    return exit_code::interrupted;
  }
  auto const failed = report.failed + report.skipped + report.cancelled;
  auto const open = report.left + report.not_started;
  if (failed > 0) {
    say_how(s, args, report.id, "to run only the failed ones again", "rerun-failed");
  } else if (open > 0) {
    auto const* const what =
        args.detach ? "to see how they end, and start what waits for them" : "to go on with it";
    say_how(s, args, report.id, what, "resume");
  }
  return failed == 0 && (open == 0 || args.detach) ? exit_code::ok : exit_code::run_failed;
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, matrix_args const& args) {
  auto table = open_matrix(s.global(), args);
  if (!say_faults(s.err(), table.check)) {
    throw usage_error(fmt::format("{} has faults: nothing was started", args.file));
  }
  auto const state = args.no_journal ? std::string() : state_directory(s.err());
  auto const journal = journal_name(args);
  require_host(s, args);
  if (args.resume && !args.journal) require_journal(s, state, journal);
  auto const note = note_of(matrix_words(s.global(), args));
  matrix_rows rows(table.rows, table.check, args);
  matrix_display display(s, rows);
  auto const stop = std::make_unique<matrix_stop>(s);
  auto options = options_of(args);
  options.state_dir = state;
  options.journal = journal;
  options.note = note;
  options.observer = &display;
  options.stop = stop->flag();
  auto const report = co_await run_many(s.ws(), rows, options);
  display.stop();
  co_await stop->settle();
  if (report.has_error()) {
    auto const code = s.fail(report.error());
    if (!display.journal().empty()) {
      say_how(s, args, display.journal(), "to go on with it", "resume");
    }
    co_return code;
  }
  print_report(s, display, *report);
  co_return conclude(s, args, *report);
}

}  // namespace kiln::cli
