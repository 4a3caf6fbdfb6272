#include "cli/matrix_words.hpp"

#include "cli/json_text.hpp"
#include "json/read.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <utility>

namespace kiln::cli {
namespace {

using word_list = std::vector<std::string>;

void add_option(word_list& out, std::string_view option, std::string value) {
  out.emplace_back(option);
  out.push_back(std::move(value));
}

std::string whole_path(std::string const& file) {
  std::error_code ignored;
  return file == "-" ? file : std::filesystem::absolute(file, ignored).lexically_normal().string();
}

template <class Number>
void add_number(word_list& out, std::string_view option, std::optional<Number> value) {
  if (value) add_option(out, option, fmt::format("{}", *value));
}

void add_duration(word_list& out, std::string_view option,
                  std::optional<std::chrono::milliseconds> const& value) {
  if (value) add_option(out, option, fmt::format("{}ms", value->count()));
}

/// Names of files may be any bytes; those that are no text are a list of their bytes.
std::string word_json(std::string const& word) {
  auto text = json_string(word);
  auto const same = json::read_as<std::string>(text, "word");
  if (same && *same == word) return text;
  json_array out;
  for (auto const byte : word) out.add(std::to_string(static_cast<unsigned char>(byte)));
  return out.finish();
}

std::optional<std::string> word_of(std::string const& json) {
  if (!json.starts_with('[')) {
    auto text = json::read_as<std::string>(json, "word");
    return text ? std::optional(std::move(*text)) : std::nullopt;
  }
  auto const bytes = json::read_as<std::vector<std::int64_t>>(json, "word");
  if (bytes.has_error()) return std::nullopt;
  std::string out;
  for (auto const byte : *bytes) out += static_cast<char>(static_cast<unsigned char>(byte));
  return out;
}

void add_global(word_list& out, global_args const& global) {
  constexpr std::array<std::string_view, 3> formats{"text", "json", "jsonl"};
  if (!global.host.empty()) add_option(out, "--host", global.host);
  if (global.profile) add_option(out, "--profile", *global.profile);
  add_number(out, "--rate", global.rate);
  add_duration(out, "--timeout", global.timeout);
  if (!global.ca_file.empty()) add_option(out, "--ca-file", whole_path(global.ca_file));
  if (global.allow_plain_http) out.emplace_back("--allow-plain-http");
  if (!global.output_given) return;
  add_option(out, "-o", std::string(formats[static_cast<std::size_t>(global.output)]));
}

}  // namespace

std::vector<std::string> matrix_words(global_args const& global, matrix_args const& args) {
  constexpr std::array<std::string_view, 4> forms{"csv", "jsonl", "yaml", "json"};
  word_list out{"kiln", "jobs", "matrix", whole_path(args.file)};
  if (!args.template_file.empty()) add_option(out, "--template", whole_path(args.template_file));
  add_number(out, "--job", args.job);
  if (args.form)
    add_option(out, "--format", std::string(forms[static_cast<std::size_t>(*args.form)]));
  if (!args.api_version.empty()) add_option(out, "--api-version", args.api_version);
  add_option(out, "--active-max", fmt::format("{}", args.active_max));
  if (!args.attempt.empty()) out.push_back("--attempt=" + args.attempt);
  if (args.output) out.emplace_back("--output");
  add_number(out, "--stop-after", args.stop_after);
  add_number(out, "--retries", args.retries);
  add_duration(out, "--backoff", args.backoff);
  for (auto const& state : args.retry_states) out.push_back("--retry-state=" + state);
  add_duration(out, "--row-deadline", args.row_deadline);
  add_duration(out, "--deadline", args.deadline);
  add_duration(out, "--interval", args.interval);
  add_global(out, global);
  return out;
}

std::string note_of(std::vector<std::string> const& all) {
  json_array out;
  for (auto const& word : all) out.add(word_json(word));
  return out.finish();
}

std::optional<std::vector<std::string>> words_in_note(std::string_view note) {
  auto const read = json::read_as<std::vector<json_text>>(std::string(note), "note");
  if (read.has_error()) return std::nullopt;
  word_list out;
  for (auto const& each : *read) {
    auto word = word_of(each.text);
    if (!word) return std::nullopt;
    out.push_back(std::move(*word));
  }
  return out;
}

}  // namespace kiln::cli
