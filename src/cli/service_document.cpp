#include "cli/service_document.hpp"

#include "cli/field_value.hpp"
#include "cli/json_text.hpp"
#include "cli/service_table.hpp"
#include "cli/suggest.hpp"
#include "cli/usage_error.hpp"
#include "json/read.hpp"

#include <kiln/operations.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace kiln::cli {
namespace {

bool is_one_of(std::string_view word, std::span<std::string_view const> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// What the messages call a field: the option or positional it is given by.
std::string shown_name(service_command const& row, std::string_view field) {
  bool const positional = is_one_of(field, words_of(row.positionals));
  return positional ? positional_name(field) : shown_option(row, field);
}

/// All values given for a list or a map, as one JSON value.
class gathered {
 public:
  void add(field_info const& field, std::string const& text, std::string const& option) {
    auto const& type = field.type();
    if (form_of(type) == field_form::list) {
      elements_.add(json_value(type, text, option));
      return;
    }
    is_map_ = true;
    auto const equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw usage_error(fmt::format("{}: '{}' is not key=value", option, text));
    }
    members_.member(text.substr(0, equals), json_value(type, text.substr(equals + 1), option));
  }
  [[nodiscard]] std::string finish() const {
    return is_map_ ? members_.finish() : elements_.finish();
  }

 private:
  bool is_map_ = false;
  json_array elements_;
  json_object members_;
};

void look_into(std::vector<std::string>& out, std::string const& path, std::string const& value,
               type_info const& type);

void look_through(std::vector<std::string>& out, std::string const& path,
                  json_members const& members, type_info const& type) {
  for (auto const& m : members) {
    auto const at = path.empty() ? m.name : path + '.' + m.name;
    if (auto const* const known = type.find(m.name)) {
      look_into(out, at, m.value, known->type());
      continue;
    }
    std::vector<std::string> names;
    for (auto const& field : type.fields) names.emplace_back(field.name);
    auto const meant = nearest(m.name, names);
    out.push_back(meant.empty() ? at : at + "; did you mean " + meant + '?');
  }
}

/// Of values that are not of their type there is nothing to say here: the server does.
void look_into(std::vector<std::string>& out, std::string const& path, std::string const& value,
               type_info const& type) {
  if (type.kind == value_kind::optional) return look_into(out, path, value, type.element());
  if (type.kind == value_kind::object) {
    if (auto const members = members_of(value, path)) look_through(out, path, *members, type);
  } else if (type.kind == value_kind::list && value.starts_with('[')) {
    auto const elements = json::read_as<std::vector<json_text>>(value, path);
    for (std::size_t i = 0; elements && i < elements->size(); ++i) {
      look_into(out, fmt::format("{}[{}]", path, i), (*elements)[i].text, type.element());
    }
  } else if (type.kind == value_kind::map) {
    auto const members = members_of(value, path);
    for (std::size_t i = 0; members && i < members->size(); ++i) {
      auto const& m = (*members)[i];
      look_into(out, path + '.' + m.name, m.value, type.element());
    }
  }
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    auto const word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!word.empty()) out.push_back(word);
  }
  return out;
}

bool steers_paging(std::string_view field) {
  constexpr std::array<std::string_view, 3> names{"page_token", "offset", "startIndex"};
  return is_one_of(field, names);
}

bool comes_in_pages(operation const& what) { return what.request().find("page_token") != nullptr; }

bool sizes_page(std::string_view field) {
  constexpr std::array<std::string_view, 4> names{"limit", "page_size", "max_results", "count"};
  return is_one_of(field, names);
}

std::string shown_option(service_command const& row, std::string_view field) {
  bool const size = !row.columns.empty() && sizes_page(field);
  return size ? "--page-size" : option_name(field);
}

json_members request_of(service_args const& args, std::string const& document) {
  json_members request;
  if (!document.empty()) {
    auto const& word = args.document;
    bool const named = !word.empty() && word != "-" && !is_document(word);
    auto read = members_of(document, named ? "--json " + word : "--json");
    if (read.has_error()) throw usage_error(read.error().message());
    request = std::move(*read);
  }
  std::map<field_info const*, gathered> several;
  for (auto const& [field, text] : args.fields) {
    auto const option = shown_name(*args.row, field->name);
    auto const form = form_of(field->type());
    if (form == field_form::list || form == field_form::pairs) {
      several[field].add(*field, text, option);
    } else {
      set_member(request, field->name, json_value(field->type(), text, option));
    }
  }
  for (auto const& [field, values] : several) set_member(request, field->name, values.finish());
  for (auto const name : words_of(args.row->positionals)) {
    if (find_member(request, name) != nullptr) continue;
    throw usage_error(
        fmt::format("{} is missing: give it, or '{}' inside --json", positional_name(name), name));
  }
  return request;
}

bool is_document(std::string_view word) {
  auto const first = word.find_first_not_of(" \t\r\n");
  return first != word.npos && (word[first] == '{' || word[first] == '[');
}

std::vector<std::string> unknown_members(json_members const& request, type_info const& type) {
  std::vector<std::string> out;
  look_through(out, {}, request, type);
  return out;
}

}  // namespace kiln::cli
