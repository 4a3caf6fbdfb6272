#include "cli/args.hpp"
#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/matrix_words.hpp"
#include "cli/quantity.hpp"
#include "cli/render.hpp"
#include "cli/render_runs.hpp"
#include "cli/state_dir.hpp"
#include "cli/usage_error.hpp"

#include <kiln/orchestrate.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// kiln jobs matrices: the journals of tables of runs.
namespace kiln::cli {
namespace {

/// The journal named, or the only one there is to go on with.
run_journal_record chosen_journal(std::string const& state, matrices_resume_args const& args) {
  auto const all = list_run_journals(state);
  if (all.has_error()) throw failure(all.error());
  std::vector<run_journal_record> found;
  for (auto const& j : *all) {
    bool const fits = args.rerun_failed ? j.failed + j.others > 0 : !j.finished;
    if (args.id.empty() ? fits && j.damage.empty() : j.id == args.id) found.push_back(j);
  }
  if (found.size() == 1) return found.front();
  if (!args.id.empty()) {
    throw usage_error(
        fmt::format("there is no journal '{}': see kiln jobs matrices list", args.id));
  }
  throw usage_error(found.empty() ? "there is nothing to go on with: see kiln jobs matrices list"
                                  : "there are several: name one of kiln jobs matrices list");
}

void take_over(global_args& kept, global_args const& now) {
  if (!now.host.empty()) kept.host = now.host;
  if (now.profile) kept.profile = now.profile;
  if (now.rate) kept.rate = now.rate;
  if (now.timeout) kept.timeout = now.timeout;
  if (!now.ca_file.empty()) kept.ca_file = now.ca_file;
  if (now.output_given) {
    kept.output = now.output;
    kept.output_given = true;
  }
  kept.proxy = now.proxy;
  kept.token_from_stdin = now.token_from_stdin;
  kept.allow_plain_http = kept.allow_plain_http || now.allow_plain_http;
  kept.verbose = now.verbose;
  kept.no_progress = now.no_progress;
}

// What the words ask for; what was typed now goes over it. Nullopt where they are no such command.
std::optional<invocation> matrix_again(std::vector<std::string> const& all,
                                       global_args const& now) {
  std::vector<char const*> pointers;
  pointers.reserve(all.size());
  for (auto const& word : all) pointers.push_back(word.c_str());
  auto parsed = parse_arguments(static_cast<int>(pointers.size()), pointers.data());
  auto* const asked = std::get_if<invocation>(&parsed);
  if (asked == nullptr || !std::holds_alternative<matrix_args>(asked->what)) return std::nullopt;
  take_over(asked->global, now);
  return std::move(*asked);
}

}  // namespace

invocation invocation_again(global_args const& global, matrices_resume_args const& args,
                            console& err) {
  auto const record = chosen_journal(state_or_usage(err), args);
  if (!record.damage.empty()) {
    throw usage_error(fmt::format("the journal {} cannot be used: {}", record.id, record.damage));
  }
  auto const words = words_in_note(record.note);
  auto again = words ? matrix_again(*words, global) : std::nullopt;
  if (!again) {
    throw usage_error(fmt::format(
        "the journal {} does not say with what command it was made: give kiln jobs matrix its FILE",
        record.id));
  }
  auto& table = std::get<matrix_args>(again->what);
  table.resume = true;
  table.rerun_failed = args.rerun_failed;
  table.journal = record.journal;
  table.journal_host = record.host;
  return std::move(*again);
}

exit_code run_matrices_look(matrices_look_args const& args, output_format form, console& err,
                            output& out) {
  auto const state = state_or_usage(err);
  auto const all = list_run_journals(state);
  if (all.has_error()) return complain(err, all.error());
  std::vector<std::string> texts;
  std::vector<std::string> jsons;
  for (auto const& each : *all) {
    if (!args.id.empty() && each.id != args.id) continue;
    texts.push_back(journal_text(each));
    if (args.id.empty()) jsons.push_back(journal_json(each));
  }
  if (!args.id.empty()) {
    auto const rows = list_run_journal_rows(state, args.id);
    if (rows.has_error()) return complain(err, rows.error());
    for (auto const& row : *rows) {
      texts.push_back(row_text(row));
      jsons.push_back(journal_row_json(row));
    }
  }
  if (form != output_format::text) {
    print_json(out, form, jsons);
  } else {
    for (auto const& text : texts) out.print(text);
  }
  return exit_code::ok;
}

exit_code run_matrices_clean(matrices_clean_args const& args, console& err) {
  auto const state = state_or_usage(err);
  std::vector<std::string> ids;
  if (!args.id.empty()) {
    ids.push_back(args.id);
  } else {
    auto const all = list_run_journals(state);
    if (all.has_error()) return complain(err, all.error());
    for (auto const& each : *all) {
      bool const over = each.finished || !each.damage.empty();
      if (!each.running && (args.all || over)) ids.push_back(each.id);
    }
  }
  auto code = exit_code::ok;
  for (auto const& id : ids) {
    auto const gone = remove_run_journal(state, id);
    if (gone.has_error()) code = complain(err, gone.error());
  }
  return code;
}

}  // namespace kiln::cli
