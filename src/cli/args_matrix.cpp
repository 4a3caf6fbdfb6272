#include "cli/args_matrix.hpp"

#include "cli/args_parts.hpp"

#include <charconv>

namespace kiln::cli {
namespace {

template <class Number>
std::optional<Number> parse_positive(std::string_view text) {
  Number out = 0;
  auto const [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  bool const good = wrong == std::errc() && end == text.data() + text.size() && out > 0;
  return good ? std::optional(out) : std::nullopt;
}

constexpr std::array<spelling<matrix_form>, 4> matrix_forms{{{"csv", matrix_form::csv},
                                                             {"jsonl", matrix_form::jsonl},
                                                             {"yaml", matrix_form::yaml},
                                                             {"json", matrix_form::json}}};

constexpr std::string_view matrix_notes =
    "  kiln jobs matrix rows.csv --template run.json --validate\n"
    "  kiln jobs matrix rows.csv --template run.json --active-max 500 -o jsonl > results.jsonl\n"
    "  kiln jobs matrix dates.yaml --template params.json --job 42 --retries 2\n\n"
    "FILE holds values: CSV (first line the names; every value a text, unless the name says\n"
    "otherwise: workers:int, number, bool, json), JSONL (an object a row), or YAML or JSON lists,\n"
    "of which all combinations are rows, with \"exclude\" and \"include\". In the template (the "
    "body\n"
    "of runs/submit, or with --job of run-now) \"{{name}}\" becomes the value with its type, and\n"
    "within a longer text its text; \"{{!\" stands for \"{{\". Columns _name, _after (names of "
    "rows,\n"
    "\"a; b\", that must succeed before) and _priority say something of the row itself; those "
    "whose\n"
    "name begins with # are notes.\n\n"
    "A row is started once, whatever happens: the same command goes on where it was after a crash\n"
    "or Ctrl-C, and prints every row's line again. Exit code 7 when a row failed.";

}  // namespace

void add_matrix(command_words& jobs, command& chosen) {
  auto args = std::make_shared<matrix_args>();
  auto& app = add_command(jobs, "matrix", "Start a run for each row of a table, each exactly once",
                          std::string(matrix_notes));
  app.add_option("FILE", args->file, "The table; - for stdin")->required();
  auto* text = app.add_option("--template", args->template_file,
                              "File with the JSON that each row fills in");
  auto read_form = [](std::string_view name) {
    for (auto const& form : matrix_forms) {
      if (form.name == name) return std::optional(form.value);
    }
    return std::optional<matrix_form>();
  };
  parsed_option(app, "--format", args->form, read_form, "one of csv, jsonl, yaml, json",
                "csv, jsonl, yaml or json; default: by the ending of FILE");
  auto* job = parsed_option(app, "--job", args->job, parse_positive<std::int64_t>, "a job's id",
                            "Runs of this job; default: one-time runs");
  app.add_option("--api-version", args->api_version, "2.1 (default) or 2.0")
      ->one_of({"2.0", "2.1"});
  parsed_option(app, "--active-max", args->active_max, parse_positive<std::uint32_t>,
                "a number above 0", "Runs at once; default: 200");
  auto* wait = app.add_flag("--wait", args->wait, "Wait until all have ended; the default");
  auto* detach = app.add_flag("--detach", args->detach, "Start everything and leave it running");
  detach->excludes(wait);
  app.add_flag("--resume", args->resume, "Go on with what was begun; fail when nothing was");
  app.add_flag("--rerun-failed", args->rerun_failed, "Start rows that had failed anew");
  app.add_option("--attempt", args->attempt, "A text of yours: another one makes other runs");
  app.add_flag("--output", args->output, "Ask for the output of each run");
  parsed_option(app, "--stop-after", args->stop_after, parse_positive<std::uint64_t>,
                "a number above 0", "Start nothing more after so many failed rows");
  parsed_option(app, "--retries", args->retries, parse_positive<std::uint32_t>, "a number above 0",
                "Further runs of a row whose run failed");
  parsed_option(app, "--backoff", args->backoff, parse_duration, "a duration such as 30s",
                "Before the first of these, doubled each time; default: 10s");
  app.add_option("--retry-state", args->retry_states,
                 "Result worth it, repeatable; default: FAILED, TIMEDOUT, INTERNAL_ERROR")
      ->one_each();
  parsed_option(app, "--row-deadline", args->row_deadline, parse_duration, "a duration such as 2h",
                "For one row, retries included");
  parsed_option(app, "--deadline", args->deadline, parse_duration, "a duration such as 12h",
                "For all; what runs then is cancelled");
  parsed_option(app, "--interval", args->interval, parse_duration, "a duration such as 10s",
                "Between two looks at the runs; default: 5s");
  app.add_flag("--no-journal", args->no_journal, "Keep nothing to go on from");
  auto* validate = app.add_flag("--validate", args->validate,
                                "Look for faults; ask no workspace, start nothing");
  app.add_flag("--dry-run", args->dry_run,
               "Print the plan: rows, requests, least time; start nothing")
      ->excludes(validate);
  app.when_parsed([args, text, job, &chosen] {
    if (text->count() == 0 && job->count() == 0) require_word("--template or --job");
    chosen = *args;
  });
}

void add_matrices(command_words& jobs, command& chosen) {
  auto& group = add_command(
      jobs, "matrices",
      "Tables of runs that have a journal: list, show, resume, rerun-failed, clean",
      "  kiln jobs matrices list\n"
      "  kiln jobs matrices resume                      go on with the unfinished one\n"
      "  kiln jobs matrices rerun-failed 0123456789abcdef\n\n"
      "Journals are kept in $XDG_STATE_HOME/kiln, with the command they were made by: its files, "
      "options, --host and --profile, never a token. The same kiln jobs matrix goes on with them "
      "too.");
  group.require_command();

  auto list = std::make_shared<matrices_look_args>();
  select(add_command(group, "list", "All that have a journal"), list, chosen);

  auto show = std::make_shared<matrices_look_args>();
  auto& show_app =
      add_command(group, "show", "Every row of one that was started, and how it stands");
  show_app.add_option("ID", show->id, "As kiln jobs matrices list has it")->required();
  select(show_app, show, chosen);

  auto resume = std::make_shared<matrices_resume_args>();
  auto& resume_app = add_command(group, "resume", "Go on with an unfinished one",
                                 "  kiln jobs matrices resume 0123456789abcdef -o jsonl\n\n"
                                 "Global options that are given go over those it was begun with.");
  resume_app.add_option("ID", resume->id, "Needed when there are several");
  select(resume_app, resume, chosen);

  auto rerun = std::make_shared<matrices_resume_args>();
  rerun->rerun_failed = true;
  auto& rerun_app =
      add_command(group, "rerun-failed", "The same, and start rows that had failed anew");
  rerun_app.add_option("ID", rerun->id, "Needed when there are several with failed rows");
  select(rerun_app, rerun, chosen);

  auto clean = std::make_shared<matrices_clean_args>();
  auto& clean_app = add_command(
      group, "clean", "Forget those whose rows have all ended, or give up the one named",
      "  kiln jobs matrices clean\n\n"
      "Runs are not touched. The same table again would start its rows anew.");
  auto* id = clean_app.add_option("ID", clean->id, "Give up this one, whatever its state");
  clean_app.add_flag("--all", clean->all, "Give up all but those at work")->excludes(id);
  select(clean_app, clean, chosen);
}

}  // namespace kiln::cli
