#include "cli/matrix_files.hpp"

#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/quantity.hpp"
#include "cli/usage_error.hpp"
#include "cli/yaml_json.hpp"

#include <kiln/budget.hpp>
#include <kiln/document.hpp>

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

namespace kiln::cli {
namespace {

std::string read_to_end(std::istream& in, std::string const& name, std::size_t bytes_max) {
  std::string text;
  std::string piece(256U << 10, '\0');
  while (in && text.size() <= bytes_max) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) throw usage_error(fmt::format("'{}' could not be read", name));
  if (text.size() > bytes_max) {
    throw usage_error(fmt::format("'{}' is larger than {}", name, human_size(bytes_max)));
  }
  return text;
}

std::string file_text(std::string const& name, std::size_t bytes_max) {
  std::ifstream file(name, std::ios::binary);
  if (!file) throw usage_error(fmt::format("'{}' cannot be opened", name));
  return read_to_end(file, name, bytes_max);
}

matrix_form chosen_form(matrix_args const& args) {
  if (args.form) return *args.form;
  if (auto const form = form_of_name(args.file)) return *form;
  throw usage_error(
      fmt::format("FILE: '{}' does not end in .csv, .jsonl, .yaml or .json; --format "
                  "says what it is",
                  args.file));
}

matrix_document document_of(matrix_args const& args) {
  bool const old = args.api_version == "2.0";
  if (args.job) return old ? matrix_document::run_now20 : matrix_document::run_now;
  return old ? matrix_document::runs_submit20 : matrix_document::runs_submit;
}

/// The template, with the job of --job.
std::string template_text(matrix_args const& args) {
  std::string text = "{}";
  if (!args.template_file.empty()) text = file_text(args.template_file, matrix::template_bytes_max);
  if (!args.job) return text;
  auto members = members_of(text, args.template_file.empty() ? "template" : args.template_file);
  if (members.has_error()) throw usage_error(members.error().message());
  set_member(*members, "job_id", std::to_string(*args.job));
  return object_of(*members);
}

std::chrono::nanoseconds least_time(std::uint64_t requests, double rate) {
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(requests) / rate * 1e9));
}

}  // namespace

std::optional<matrix_form> form_of_name(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, matrix_form>, 6> endings{
      {{".csv", matrix_form::csv},
       {".jsonl", matrix_form::jsonl},
       {".ndjson", matrix_form::jsonl},
       {".yaml", matrix_form::yaml},
       {".yml", matrix_form::yaml},
       {".json", matrix_form::json}}};
  for (auto const& [ending, form] : endings) {
    if (name.ends_with(ending)) return form;
  }
  return std::nullopt;
}

checked_matrix open_matrix(global_args const& global, matrix_args const& args) {
  bool const from_stdin = args.file == "-";
  if (from_stdin && global.token_from_stdin) {
    throw usage_error("FILE - and --token-stdin both read stdin: give one of them a file");
  }
  auto const form = chosen_form(args);
  auto const name = from_stdin ? std::string("stdin") : args.file;
  auto table = from_stdin ? read_to_end(std::cin, name, matrix::table_bytes_max)
                          : file_text(args.file, matrix::table_bytes_max);
  if (form == matrix_form::yaml) table = json_of_yaml(table, name);
  auto format = matrix_format::product;
  if (form == matrix_form::csv) format = matrix_format::csv;
  if (form == matrix_form::jsonl) format = matrix_format::jsonl;
  matrix_options options;
  options.table_name = name;
  std::string_view const template_name = args.template_file;
  options.template_name = template_name.empty() ? std::string_view("--job") : template_name;
  options.document = document_of(args);
  auto opened = matrix::open(std::move(table), format, template_text(args), options);
  if (opened.has_error()) throw usage_error(opened.error().message());
  auto check = opened->validate();
  return {std::move(*opened), std::move(check)};
}

bool say_faults(console& err, matrix_check const& check) {
  for (auto const& fault : check.faults) err.line(fault.text());
  if (check.faults_left_out > 0) {
    err.line(fmt::format("kiln: and {} more", grouped(check.faults_left_out)));
  }
  return check.faults.empty();
}

std::string matrix_plan_text(matrix_args const& args, matrix_check const& check, double rate) {
  auto out = fmt::format("{} -> {}\n", args.file,
                         args.job ? fmt::format("runs of job {}", *args.job) : "one-time runs");
  out += fmt::format("  rows         {}\n", grouped(check.rows));
  if (check.dependencies > 0) {
    out += fmt::format("  waits        {} between rows\n", grouped(check.dependencies));
  }
  out += fmt::format("  at once      {}\n", grouped(args.active_max));
  out +=
      fmt::format("  requests     {} to start runs, some hundredths of a request a run to watch\n",
                  grouped(check.rows));
  if (args.output) out += fmt::format("               {} for outputs\n", grouped(check.rows));
  auto const requests = args.output ? 2 * check.rows : check.rows;
  return out + fmt::format("  least time   {} at {:g} requests/s, plus the last run's\n",
                           human_duration(least_time(requests, rate)), rate);
}

std::string matrix_plan_json(matrix_args const& args, matrix_check const& check, double rate) {
  auto const requests = args.output ? 2 * check.rows : check.rows;
  auto const least = std::chrono::duration<double>(least_time(requests, rate));
  json_object out;
  out.text("file", args.file).number("rows", check.rows).number("waits", check.dependencies);
  out.number("active_max", std::uint64_t{args.active_max}).number("requests", requests);
  return out.real("rate", rate).real("least_seconds", least.count()).finish();
}

exit_code run_matrix_offline(global_args const& global, matrix_args const& args, console& err,
                             output& out) {
  auto const opened = open_matrix(global, args);
  if (!say_faults(err, opened.check)) return exit_code::usage;
  budget_options budget;
  if (global.rate) budget.rate = *global.rate;
  auto const rate = budget.rate * (1 - budget.headroom);
  if (global.output != output_format::text) {
    out.print(matrix_plan_json(args, opened.check, rate) + '\n');
  } else if (args.validate) {
    out.print(fmt::format("{}: {}, no fault\n", args.file, counted(opened.check.rows, "row")));
  } else {
    out.print(matrix_plan_text(args, opened.check, rate));
  }
  return exit_code::ok;
}

}  // namespace kiln::cli
