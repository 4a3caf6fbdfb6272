#include "orchestrate/matrix_template.hpp"

#include "json/text.hpp"

#include <kiln/document.hpp>
#include <kiln/matrix.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace kiln::orchestrate {
namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";
constexpr std::size_t excerpt_bytes = 60;

// What the server puts into parameters of a task itself.
constexpr std::array<std::string_view, 7> names_of_server{
    "job_id",     "parent_run_id", "run_id",          "start_date",
    "start_time", "task_key",      "task_retry_count"};

bool is_of_server(std::string_view name) {
  return name.find_first_of("./") != std::string_view::npos ||
         std::find(names_of_server.begin(), names_of_server.end(), name) != names_of_server.end();
}

error fault(std::string message) { return error(errc::invalid_argument, std::move(message)); }

std::string_view excerpt(std::string_view raw) { return raw.substr(0, excerpt_bytes); }

std::string_view trimmed(std::string_view text) {
  auto const first = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

/// Behind the string that begins at `from`, in valid JSON.
std::size_t string_end(std::string_view json, std::size_t from) {
  auto at = from + 1;
  while (json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  return at + 1;
}

/// The inside of a JSON text as it may stand within a string; nothing of null.
std::optional<std::string> inside_text(std::string const& value) {
  if (value == "null") return std::nullopt;
  if (value.front() == '"') return value.substr(1, value.size() - 2);
  auto const inner = json::quoted(value);
  return inner.substr(1, inner.size() - 2);
}

}  // namespace

result<matrix_template> matrix_template::parse(std::string_view json) {
  if (json.size() > matrix::template_bytes_max) return fault("is larger than 1 MiB");
  auto const members = members_of(json, "template");
  if (!members) return fault("is no JSON object: " + members.error().message());
  matrix_template out;
  auto const from = object_of(*members);
  for (std::size_t at = 0; at < from.size();) {
    auto const quote = std::min(from.find('"', at), from.size());
    out.add_literal(std::string_view(from).substr(at, quote - at));
    if (quote == from.size()) break;
    at = string_end(from, quote);
    auto const string = std::string_view(from).substr(quote, at - quote);
    if (from[at] == ':' && string.find(opening) != std::string_view::npos) {
      return fault("has a variable in the name of a member: " + std::string(excerpt(string)));
    }
    if (auto added = out.add_string(string); !added) return added.error();
  }
  return out;
}

result<void> matrix_template::add_string(std::string_view quoted) {
  auto const raw = quoted.substr(1, quoted.size() - 2);
  bool const is_value = raw.starts_with(opening) && !raw.starts_with("{{!") &&
                        raw.find(closing) == raw.size() - closing.size();
  if (is_value) {
    auto const index = variable_of(raw.substr(2, raw.size() - 4), raw);
    if (!index) return index.error();
    pieces_.push_back({kind::value, std::string(quoted), *index});
    return {};
  }
  add_literal("\"");
  if (auto added = add_inside(raw); !added) return added;
  add_literal("\"");
  return {};
}

result<void> matrix_template::add_inside(std::string_view raw) {
  for (auto rest = raw;;) {
    auto const open = rest.find(opening);
    add_literal(rest.substr(0, open));
    if (open == std::string_view::npos) return {};
    rest.remove_prefix(open + opening.size());
    if (rest.starts_with('!')) {
      add_literal(opening);
      rest.remove_prefix(1);
      continue;
    }
    auto const close = rest.find(closing);
    if (close == std::string_view::npos) {
      return fault("has '{{' without '}}' in \"" + std::string(excerpt(raw)) +
                   "\"; '{{!' stands for '{{' itself");
    }
    auto const inner = rest.substr(0, close);
    auto const index = variable_of(inner, raw);
    if (!index) return index.error();
    std::string as_it_stands(opening);
    (as_it_stands += inner) += closing;
    pieces_.push_back({kind::text, std::move(as_it_stands), *index});
    rest.remove_prefix(close + closing.size());
  }
}

result<std::size_t> matrix_template::variable_of(std::string_view inner, std::string_view whole) {
  auto const name = trimmed(inner);
  if (name.empty() || name.find_first_of("\\{} ,:;") != std::string_view::npos) {
    return fault("has '{{" + std::string(excerpt(inner)) + "}}' in \"" +
                 std::string(excerpt(whole)) +
                 "\", which is no variable; '{{!' stands for '{{' itself");
  }
  auto const known = std::find(variables_.begin(), variables_.end(), name);
  auto const index = static_cast<std::size_t>(known - variables_.begin());
  if (known != variables_.end()) return index;
  if (variables_.size() == matrix::columns_max) return fault("has more than 1024 variables");
  variables_.emplace_back(name);
  optional_.push_back(is_of_server(name));
  return index;
}

void matrix_template::add_literal(std::string_view text) {
  if (pieces_.empty() || pieces_.back().what != kind::literal) pieces_.emplace_back();
  pieces_.back().text += text;
}

std::optional<matrix_template::refusal> matrix_template::render(
    std::string& out, std::span<std::string const* const> values) const {
  for (auto const& p : pieces_) {
    auto const* const value = p.what == kind::literal ? nullptr : values[p.variable];
    if (value == nullptr) {
      if (p.what != kind::literal && !optional_[p.variable]) {
        return refusal{p.variable, "the row has no value for it"};
      }
      out += p.text;
    } else if (p.what == kind::value) {
      out += *value;
    } else if (auto const text = inside_text(*value)) {
      out += *text;
    } else {
      return refusal{p.variable, "null cannot stand inside a longer text"};
    }
    if (out.size() > matrix::document_bytes_max) {
      return refusal{p.variable, "the document grows larger than a request can be, 10 MB"};
    }
  }
  return std::nullopt;
}

}  // namespace kiln::orchestrate
