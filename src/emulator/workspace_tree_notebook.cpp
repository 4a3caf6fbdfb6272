#include "emulator/workspace_tree_notebook.hpp"

#include "core/ascii.hpp"
#include "core/limits.hpp"
#include "emulator/service.hpp"
#include "json/base64.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

struct language_row {
  std::string_view word;
  std::string_view suffix;
  std::string_view comment;
};
constexpr language_row languages[] = {
    {"PYTHON", "py", "#"}, {"R", "r", "#"}, {"SCALA", "scala", "//"}, {"SQL", "sql", "--"}};
language_row const& row(notebook_language l) noexcept { return languages[static_cast<int>(l)]; }

constexpr std::string_view formats[] = {"AUTO", "DBC",        "HTML",  "JUPYTER",
                                        "RAW",  "R_MARKDOWN", "SOURCE"};
constexpr std::string_view first_line = " Databricks notebook source";
constexpr std::string_view between_cells = " COMMAND ----------";
constexpr std::string_view magic_line = " MAGIC";
constexpr std::string_view model_begins = "__DATABRICKS_NOTEBOOK_MODEL = '";

api_error not_of(std::string_view format) {
  return invalid_parameter("The content is not a notebook of the format " + std::string(format));
}

std::string upper(std::string text) {
  for (auto& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return text;
}

/// Lines without their ends; CR LF ends one too. No line after the last end.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// The line behind `comment` and `mark`, if it is such a line.
std::optional<std::string_view> behind(std::string_view line, std::string_view comment,
                                       std::string_view mark) {
  if (!line.starts_with(comment) || !line.substr(comment.size()).starts_with(mark)) {
    return std::nullopt;
  }
  return line.substr(comment.size() + mark.size());
}

std::string without_blank_edges(std::vector<std::string> lines) {
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  auto const begin = std::find_if(lines.begin(), lines.end(), [](auto& l) { return !l.empty(); });
  std::string out;
  for (auto at = begin; at != lines.end(); ++at) (out += at == begin ? "" : "\n") += *at;
  return out;
}

notebook from_source(std::string_view text, notebook_language language) {
  notebook out;
  out.language = language;
  auto const comment = row(language).comment;
  std::vector<std::string> cell;
  auto const lines = lines_of(text);
  for (std::size_t i = is_notebook_source(text, language) ? 1 : 0; i < lines.size(); ++i) {
    if (behind(lines[i], comment, between_cells) && out.cells.size() + 1 < notebook_cells_max) {
      out.cells.push_back(without_blank_edges(std::exchange(cell, {})));
    } else if (auto magic = behind(lines[i], comment, magic_line)) {
      if (magic->starts_with(' ')) magic->remove_prefix(1);
      cell.emplace_back(*magic);
    } else {
      cell.emplace_back(lines[i]);
    }
  }
  out.cells.push_back(without_blank_edges(std::move(cell)));
  return out;
}

std::string to_source(notebook const& from) {
  std::string const comment(row(from.language).comment);
  std::string out = comment + std::string(first_line) + '\n';
  for (auto const& cell : from.cells) {
    if (&cell != &from.cells.front()) {
      (((out += '\n') += comment) += between_cells) += "\n\n";
    }
    bool const is_magic = cell.starts_with('%');
    for (auto const line : lines_of(cell)) {
      if (is_magic) ((out += comment) += magic_line) += line.empty() ? "" : " ";
      (out += line) += '\n';
    }
  }
  // The service leaves out the last line's end.
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

/// Of Jupyter: one text, or one text a line.
std::string joined(bj::value const* v) {
  std::string out;
  if (v == nullptr) return out;
  if (auto const* text = v->if_string()) return std::string(*text);
  if (auto const* list = v->if_array()) {
    for (auto const& each : *list) {
      if (auto const* line = each.if_string()) out += std::string_view(*line);
    }
  }
  return out;
}

outcome<notebook> from_jupyter(std::string_view text, std::optional<notebook_language> language) {
  bj::error_code code;
  bj::parse_options how;
  how.max_depth = limits::json_depth_max;
  auto const whole = bj::parse({text.data(), text.size()}, code, {}, how);
  auto const* cells =
      !code && whole.is_object() ? whole.get_object().if_contains("cells") : nullptr;
  if (cells == nullptr || !cells->is_array()) return not_of("JUPYTER");
  if (cells->get_array().size() > notebook_cells_max) {
    return invalid_parameter("The notebook has too many cells");
  }
  notebook out;
  out.language = language.value_or(notebook_language::python);
  if (auto const* name = whole.get_object().if_contains("metadata")) {
    boost::system::error_code none;
    auto const* told = name->find_pointer("/language_info/name", none);
    if (auto const known = language_of(upper(joined(told)))) out.language = *known;
  }
  for (auto const& each : cells->get_array()) {
    if (!each.is_object()) return not_of("JUPYTER");
    auto const& cell = each.get_object();
    bool const is_text = joined(cell.if_contains("cell_type")) == "markdown";
    out.cells.push_back((is_text ? "%md\n" : "") + joined(cell.if_contains("source")));
  }
  return out;
}

bj::object to_jupyter(notebook const& from, std::string_view name) {
  auto const language = ascii::to_lower(row(from.language).word);
  bj::array cells;
  for (auto const& cell : from.cells) {
    bool const is_text = cell.starts_with("%md");
    auto text = std::string_view(cell).substr(is_text ? 3 : 0);
    if (is_text && !text.empty()) text.remove_prefix(1);
    bj::array source;
    auto const lines = lines_of(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      source.push_back(bj::string(std::string(lines[i]) + (i + 1 < lines.size() ? "\n" : "")));
    }
    bj::object one{{"cell_type", is_text ? "markdown" : "code"},
                   {"metadata", bj::object()},
                   {"source", std::move(source)}};
    if (!is_text) {
      one["execution_count"] = nullptr;
      one["outputs"] = bj::array();
    }
    cells.push_back(std::move(one));
  }
  return {{"cells", std::move(cells)},
          {"metadata", bj::object{{"application/vnd.databricks.v1+notebook",
                                   bj::object{{"language", language}, {"notebookName", name}}},
                                  {"language_info", bj::object{{"name", language}}}}},
          {"nbformat", 4},
          {"nbformat_minor", 0}};
}

outcome<notebook> from_html(std::string_view text) {
  auto const at = text.find(model_begins);
  if (at == std::string_view::npos) return not_of("HTML");
  text.remove_prefix(at + model_begins.size());
  auto const model = text.substr(0, text.find('\''));
  std::string inner(json::base64_decoded_size(model), '\0');
  auto const n = json::base64_decode(model, std::as_writable_bytes(std::span(inner)));
  if (!n) return not_of("HTML");
  inner.resize(*n);
  return from_jupyter(inner, std::nullopt);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    c == '<' ? out += "&lt;" : c == '&' ? out += "&amp;" : out += c;
  }
  return out;
}

std::string to_html(notebook const& from, std::string_view name) {
  std::string model;
  auto const inner = bj::serialize(to_jupyter(from, name));
  json::append_base64(model, std::as_bytes(std::span(inner)));
  return "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>" + escaped(name) +
         " - Databricks</title>\n</head>\n<body>\n<script>var " + std::string(model_begins) +
         model + "';</script>\n</body>\n</html>\n";
}

/// A member of a DBC archive.
outcome<notebook> from_dbc(std::string_view text) {
  bj::error_code code;
  bj::parse_options how;
  how.max_depth = limits::json_depth_max;
  auto const whole = bj::parse({text.data(), text.size()}, code, {}, how);
  auto const* object = !code ? whole.if_object() : nullptr;
  auto const* commands = object == nullptr ? nullptr : object->if_contains("commands");
  if (commands == nullptr || !commands->is_array()) return not_of("DBC");
  if (commands->get_array().size() > notebook_cells_max) return not_of("DBC");
  notebook out;
  out.language = language_of(upper(joined(object->if_contains("language"))))
                     .value_or(notebook_language::python);
  for (auto const& each : commands->get_array()) {
    if (!each.is_object()) return not_of("DBC");
    out.cells.push_back(joined(each.get_object().if_contains("command")));
  }
  return out;
}

bj::object to_dbc(notebook const& from, std::string_view name) {
  bj::array commands;
  for (auto const& cell : from.cells) {
    commands.push_back(bj::object{{"version", "CommandV1"}, {"command", cell}});
  }
  return {{"version", "NotebookV1"},
          {"name", name},
          {"language", ascii::to_lower(row(from.language).word)},
          {"commands", std::move(commands)}};
}

/// Text is Markdown; ```{r} and ``` enclose code.
notebook from_r_markdown(std::string_view text) {
  notebook out;
  out.language = notebook_language::r;
  std::vector<std::string> cell;
  bool in_code = false;
  auto const end_cell = [&] {
    auto const body = without_blank_edges(std::exchange(cell, {}));
    if (!body.empty()) out.cells.push_back((in_code ? "" : "%md\n") + body);
  };
  for (auto const line : lines_of(text)) {
    bool const fence = in_code ? line == "```" : line.starts_with("```{r");
    if (!fence || out.cells.size() >= notebook_cells_max) {
      cell.emplace_back(line);
      continue;
    }
    end_cell();
    in_code = !in_code;
  }
  end_cell();
  return out;
}

std::string to_r_markdown(notebook const& from) {
  std::string out;
  for (auto const& cell : from.cells) {
    if (!out.empty()) out += '\n';
    out += cell.starts_with("%md\n") ? cell.substr(4) + '\n' : "```{r}\n" + cell + "\n```\n";
  }
  return out;
}

}  // namespace

std::optional<notebook_language> language_of(std::string_view word) noexcept {
  for (std::size_t i = 0; i < std::size(languages); ++i) {
    if (languages[i].word == word) return static_cast<notebook_language>(i);
  }
  return std::nullopt;
}
std::string_view word_of(notebook_language language) noexcept { return row(language).word; }
std::string_view suffix_of(notebook_language language) noexcept { return row(language).suffix; }

std::optional<document_format> format_of(std::string_view word) noexcept {
  for (std::size_t i = 0; i < std::size(formats); ++i) {
    if (formats[i] == word) return static_cast<document_format>(i);
  }
  return std::nullopt;
}

bool is_notebook_source(std::string_view text, notebook_language language) noexcept {
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return behind(line, row(language).comment, first_line) == "";
}

outcome<notebook> read_notebook(std::string_view document, document_format format,
                                std::optional<notebook_language> language) {
  switch (format) {
    case document_format::jupyter:
      return from_jupyter(document, language);
    case document_format::html:
      return from_html(document);
    case document_format::r_markdown:
      return from_r_markdown(document);
    case document_format::dbc:
      return from_dbc(document);
    default:
      return from_source(document, language.value_or(notebook_language::python));
  }
}

std::string write_notebook(notebook const& from, document_format format, std::string_view name) {
  switch (format) {
    case document_format::jupyter:
      return bj::serialize(to_jupyter(from, name));
    case document_format::html:
      return to_html(from, name);
    case document_format::r_markdown:
      return to_r_markdown(from);
    case document_format::dbc:
      return bj::serialize(to_dbc(from, name));
    default:
      return to_source(from);
  }
}

}  // namespace kiln::emulation
