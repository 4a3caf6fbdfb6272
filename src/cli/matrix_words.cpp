#include "cli/matrix_words.hpp"

#include "cli/json_text.hpp"
#include "json/read.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <utility>

namespace kiln::cli {
namespace {

using words = std::vector<std::string>;

void add(words& out, std::string_view option, std::string value) {
  out.emplace_back(option);
  out.push_back(std::move(value));
}

std::string whole_path(std::string const& file) {
  std::error_code ignored;
  return file == "-" ? file : std::filesystem::absolute(file, ignored).lexically_normal().string();
}

template <class Number>
void add_number(words& out, std::string_view option, std::optional<Number> value) {
  if (value) add(out, option, fmt::format("{}", *value));
}

void add_time(words& out, std::string_view option,
              std::optional<std::chrono::milliseconds> const& value) {
  if (value) add(out, option, fmt::format("{}ms", value->count()));
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

void add_global(words& out, global_args const& global) {
  constexpr std::array<std::string_view, 3> formats{"text", "json", "jsonl"};
  if (!global.host.empty()) add(out, "--host", global.host);
  if (global.profile) add(out, "--profile", *global.profile);
  add_number(out, "--rate", global.rate);
  add_time(out, "--timeout", global.timeout);
  if (!global.ca_file.empty()) add(out, "--ca-file", whole_path(global.ca_file));
  if (global.allow_plain_http) out.emplace_back("--allow-plain-http");
  if (!global.output_given) return;
  add(out, "-o", std::string(formats[static_cast<std::size_t>(global.output)]));
}

}  // namespace

std::vector<std::string> matrix_words(global_args const& global, matrix_args const& args) {
  constexpr std::array<std::string_view, 4> forms{"csv", "jsonl", "yaml", "json"};
  words out{"kiln", "jobs", "matrix", whole_path(args.file)};
  if (!args.template_file.empty()) add(out, "--template", whole_path(args.template_file));
  add_number(out, "--job", args.job);
  if (args.form) add(out, "--format", std::string(forms[static_cast<std::size_t>(*args.form)]));
  if (!args.api_version.empty()) add(out, "--api-version", args.api_version);
  add(out, "--active-max", fmt::format("{}", args.active_max));
  if (!args.attempt.empty()) out.push_back("--attempt=" + args.attempt);
  if (args.output) out.emplace_back("--output");
  add_number(out, "--stop-after", args.stop_after);
  add_number(out, "--retries", args.retries);
  add_time(out, "--backoff", args.backoff);
  for (auto const& state : args.retry_states) out.push_back("--retry-state=" + state);
  add_time(out, "--row-deadline", args.row_deadline);
  add_time(out, "--deadline", args.deadline);
  add_time(out, "--interval", args.interval);
  add_global(out, global);
  return out;
}

std::string note_of(std::vector<std::string> const& all) {
  json_array out;
  for (auto const& word : all) out.add(word_json(word));
  return out.finish();
}

std::optional<std::vector<std::string>> words_of(std::string_view note) {
  auto const read = json::read_as<std::vector<json_text>>(std::string(note), "note");
  if (read.has_error()) return std::nullopt;
  words out;
  for (auto const& each : *read) {
    auto word = word_of(each.text);
    if (!word) return std::nullopt;
    out.push_back(std::move(*word));
  }
  return out;
}

}  // namespace kiln::cli
