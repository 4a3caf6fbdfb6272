#include "json/text.hpp"
#include "orchestrate/csv.hpp"
#include "orchestrate/matrix_rows.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

// Rows of a CSV: what the header says of columns, and fields as JSON values.
namespace kiln::orchestrate {
namespace {

enum class column_type : std::uint8_t { text, integer, number, boolean, json };

struct named_type {
  std::string_view name;
  column_type type;
};
constexpr std::array<named_type, 5> types{{{"text", column_type::text},
                                           {"int", column_type::integer},
                                           {"number", column_type::number},
                                           {"bool", column_type::boolean},
                                           {"json", column_type::json}}};

std::string_view name_of(column_type type) { return types[static_cast<std::size_t>(type)].name; }

bool is_json_number(std::string_view text, bool whole) {
  if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) return false;
  if (whole && text.find_first_of(".eE") != std::string_view::npos) return false;
  auto const compact = json::compact(text);
  return compact && *compact == text;
}

std::optional<std::string_view> boolean_of(std::string_view text) {
  for (std::string_view const yes : {"true", "True", "TRUE"}) {
    if (text == yes) return "true";
  }
  for (std::string_view const no : {"false", "False", "FALSE"}) {
    if (text == no) return "false";
  }
  return std::nullopt;
}

/// The field as a JSON value; nullopt when it is none of its type.
std::optional<std::string> value_of(std::string const& field, column_type type) {
  if (type == column_type::text) return json::quoted(field);
  if (field.empty()) return "null";
  switch (type) {
    case column_type::integer:
    case column_type::number:
      if (!is_json_number(field, type == column_type::integer)) return std::nullopt;
      return field;
    case column_type::boolean: {
      auto const value = boolean_of(field);
      if (!value) return std::nullopt;
      return std::string(*value);
    }
    default: {
      auto value = json::compact(field);
      if (!value) return std::nullopt;
      return std::move(*value);
    }
  }
}

struct typed_column {
  std::string name;
  column_type type = column_type::text;
};

/// "workers:int"; what is wrong with it instead, for the person who wrote it.
std::variant<typed_column, std::string> column_of(std::string const& header) {
  auto const colon = header.find(':');
  typed_column out;
  out.name = header.substr(0, colon);
  if (auto objection = objection_to_variable(out.name); !objection.empty()) return objection;
  if (colon == std::string::npos) return out;
  auto const wanted = std::string_view(header).substr(colon + 1);
  auto const* const found = std::find_if(types.begin(), types.end(),
                                         [wanted](auto const& t) { return t.name == wanted; });
  if (found == types.end()) {
    return "'" + std::string(wanted) + "' is no type: text, int, number, bool, json";
  }
  out.type = found->type;
  return out;
}

class csv_table final : public row_source {
 public:
  csv_table(std::string_view text, std::vector<typed_column> const& header) : reader_(text) {
    for (auto const& column : header) {
      columns_.push_back(column.name);
      types_.push_back(column.type);
    }
    static_cast<void>(reader_.next());
  }

  step next(row_values& into) override {
    auto const step_of_csv = reader_.next();
    if (step_of_csv == csv_reader::step::end) return step::end;
    into.number = ++number_;
    into.line = reader_.line();
    if (step_of_csv == csv_reader::step::malformed) return fail({}, reader_.fault());
    return read(into);
  }
  [[nodiscard]] place here() const override {
    auto const at = reader_.here();
    return {at.byte, at.line, number_};
  }
  void go_to(place const& where) override {
    reader_.go_to({where.at, where.line});
    number_ = where.rows_before;
  }

 private:
  step read(row_values& into) {
    auto const& fields = reader_.fields();
    into.values.assign(columns_.size(), std::string());
    if (fields.size() != columns_.size()) {
      return fail({}, std::to_string(fields.size()) + " fields, but the header has " +
                          std::to_string(columns_.size()));
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      auto value = value_of(fields[i], types_[i]);
      if (!value) {
        constexpr std::size_t shown_bytes = 60;
        return fail(columns_[i], "'" + fields[i].substr(0, shown_bytes) + "' is no " +
                                     std::string(name_of(types_[i])));
      }
      into.values[i] = std::move(*value);
    }
    return step::row;
  }

  csv_reader reader_;
  std::vector<column_type> types_;
  std::uint64_t number_ = 0;
};

}  // namespace

result<std::unique_ptr<row_source>> csv_rows(std::string_view text) {
  csv_reader reader(text);
  auto const first = reader.next();
  auto const refuse = [&reader](std::string const& why) {
    return error(errc::invalid_argument, std::to_string(reader.line()) + ": " + why);
  };
  if (first == csv_reader::step::malformed) return refuse(reader.fault());
  if (first == csv_reader::step::end) return refuse("the header is missing: names of variables");
  std::vector<typed_column> header;
  for (auto const& field : reader.fields()) {
    auto const place = "header, field " + std::to_string(header.size() + 1) + ": ";
    auto column = column_of(field);
    if (auto const* const objection = std::get_if<std::string>(&column)) {
      return refuse(place + "'" + field + "': " + *objection);
    }
    auto& made = std::get<typed_column>(column);
    bool const twice = std::any_of(header.begin(), header.end(),
                                   [&made](auto const& c) { return c.name == made.name; });
    if (twice) return refuse(place + "'" + made.name + "' stands twice");
    header.push_back(std::move(made));
  }
  return std::unique_ptr<row_source>(std::make_unique<csv_table>(text, header));
}

}  // namespace kiln::orchestrate
