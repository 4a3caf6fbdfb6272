#include "wire/manifest.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace kiln::wire_tests {

namespace bj = boost::json;

namespace {

std::string text_of(bj::object const& o, std::string_view key) {
  auto const* at = o.if_contains(key);
  return at == nullptr ? std::string() : std::string(at->as_string());
}

named_types types_of(bj::object const& o, std::string_view key) {
  named_types out;
  for (auto const& [name, type] : o.at(key).as_object()) out[name] = type.as_string();
  return out;
}

manifest_row row_of(bj::object const& o) {
  manifest_row r;
  r.service = text_of(o, "service");
  r.name = text_of(o, "operation");
  r.version = text_of(o, "version");
  r.method = text_of(o, "method");
  r.path = text_of(o, "path");
  r.required = types_of(o, "required");
  r.optional = types_of(o, "optional");
  r.answer = types_of(o, "answer");
  r.documented_repeat = text_of(o, "documented_repeat");
  r.repeat = text_of(o, "repeat");
  r.lane = text_of(o, "lane");
  r.bucket = text_of(o, "bucket");
  r.raw_answer = o.contains("raw_answer");
  return r;
}

void add_type(manifest& into, bj::object const& o) {
  if (!o.contains("enum")) {
    into.structs[text_of(o, "type")] = types_of(o, "fields");
    return;
  }
  auto& values = into.enums[text_of(o, "enum")];
  for (auto const& v : o.at("values").as_array()) values.emplace(v.as_string());
}

type_info const& without_optional(type_info const& type) {
  return type.kind == value_kind::optional ? without_optional(type.element()) : type;
}

/// "T" of "array<T>" for the prefix "array<"; empty when it does not begin so.
std::string inside(std::string const& said, std::string_view prefix) {
  if (!said.starts_with(prefix)) return {};
  return said.substr(prefix.size(), said.size() - prefix.size() - 1);
}

bool is_leaf(type_info const& type, std::string const& said) {
  switch (type.kind) {
    case value_kind::boolean:
      return said == "bool";
    case value_kind::integer:
      // A wider number than documented loses nothing.
      return said == "int64" ? type.size == 8 : said == "int32";
    case value_kind::milliseconds:
      return said == "int64";
    case value_kind::real:
      return said == "double";
    case value_kind::string:
    case value_kind::string_view:
      return said == "string" || said == "string:timestamp" || said == "string:base64";
    case value_kind::blob:
    case value_kind::blob_view:
      return said == "string:base64";
    case value_kind::json:
      return said == "json";
    default:
      return false;
  }
}

}  // namespace

manifest read_manifest() {
  manifest out;
  auto const folder = std::filesystem::path(KILN_SOURCE_DIR) / "tests" / "wire" / "manifest";
  for (auto const& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path());
    bool const is_types = file.path().stem().extension() == ".types";
    for (std::string line; std::getline(in, line);) {
      auto const o = bj::parse(line).as_object();
      if (is_types) {
        add_type(out, o);
      } else {
        out.rows.push_back(row_of(o));
      }
    }
  }
  if (out.rows.empty()) throw std::runtime_error("the manifest is empty");
  return out;
}

void shape_comparison::problem(std::string text) { problems_.push_back(std::move(text)); }

void shape_comparison::fields(type_info const& built, named_types const& said,
                              std::string const& where) {
  auto& names = matched_[&built];
  if (names.first_at.empty()) names.first_at = where;
  for (auto const& [name, type] : said) {
    names.names.insert(name);
    auto const* field = built.find(name);
    if (field == nullptr) {
      problem(where + '.' + name + " is missing (" + type + ')');
    } else {
      value(field->type(), type, where + '.' + name);
    }
  }
}

void shape_comparison::value(type_info const& type, std::string const& said,
                             std::string const& where) {
  auto const& built = without_optional(type);
  if (auto const element = inside(said, "array<"); !element.empty()) {
    if (built.kind != value_kind::list) return problem(where + " is no list");
    return value(built.element(), element, where + "[]");
  }
  if (auto const element = inside(said, "map<string,"); !element.empty()) {
    if (built.kind != value_kind::map) return problem(where + " is no map");
    return value(built.element(), element, where + "{}");
  }
  if (said_.structs.contains(said)) return composite(built, said, where);
  if (said_.enums.contains(said)) return enumeration(built, said, where);
  if (!is_leaf(built, said)) problem(where + " is not " + said);
}

void shape_comparison::composite(type_info const& built, std::string const& said,
                                 std::string const& where) {
  if (!compared_.emplace(&built, said).second) return;
  // A struct that holds itself has no value in C++; its text is kept whole.
  if (built.kind == value_kind::json) return;
  if (built.kind != value_kind::object) return problem(where + " is no " + said);
  fields(built, said_.structs.at(said), where);
}

void shape_comparison::enumeration(type_info const& built, std::string const& said,
                                   std::string const& where) {
  if (built.kind != value_kind::open_enum && built.kind != value_kind::closed_enum) {
    return problem(where + " is no enum (" + said + ')');
  }
  auto const* const table = built.spellings.data();
  auto& known = spellings_[table];
  if (known.first_at.empty()) known.first_at = where;
  tables_[table] = built.spellings;
  std::set<std::string> have;
  for (auto const text : built.spellings) have.emplace(text);
  for (auto const& text : said_.enums.at(said)) {
    known.names.insert(text);
    if (!have.contains(text)) problem(where + " does not know " + text);
  }
}

void shape_comparison::nothing_besides() {
  for (auto const& [type, known] : matched_) {
    for (auto const& f : type->fields) {
      if (known.names.contains(std::string(f.name))) continue;
      problem(known.first_at + " has " + std::string(f.name) + ", which is not documented");
    }
  }
  for (auto const& [table, known] : spellings_) {
    for (auto const text : tables_.at(table)) {
      if (known.names.contains(std::string(text))) continue;
      problem(known.first_at + " knows " + std::string(text) + ", which is not documented");
    }
  }
}

}  // namespace kiln::wire_tests
