#include "json/read.hpp"
#include "json/scan.hpp"
#include "json/text.hpp"
#include "orchestrate/matrix_rows.hpp"
#include "orchestrate/matrix_template.hpp"
#include "orchestrate/row_key.hpp"
#include "orchestrate/row_order.hpp"
#include "orchestrate/run_document.hpp"
#include "transfer/names.hpp"

#include <kiln/document.hpp>

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <utility>

namespace kiln {
namespace {

using orchestrate::matrix_template;
using orchestrate::row_source;
using orchestrate::row_values;

constexpr auto no_column = static_cast<std::size_t>(-1);

bool is_note(std::string_view column) { return column.starts_with('#'); }
bool is_about_row(std::string_view column) { return column.starts_with('_'); }

error refused(std::string const& source, std::string const& why) {
  return error(errc::invalid_argument, source + why);
}

/// The text of a JSON string or, as it stands, of a number; nullopt of anything else.
std::optional<std::string> text_of(std::string const& value) {
  if (value.front() == '"')
    return json::unescape(std::string_view(value).substr(1, value.size() - 2));
  bool const number = value.front() == '-' || (value.front() >= '0' && value.front() <= '9');
  return number ? std::optional(value) : std::nullopt;
}

/// "a; b" to its names.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto const part = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    auto const first = part.find_first_not_of(' ');
    if (first == std::string_view::npos) continue;
    out.emplace_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
  }
  return out;
}

/// The first line that is not UTF-8.
std::uint64_t line_of_damage(std::string_view text) {
  for (std::uint64_t line = 1;; ++line) {
    auto const end = text.find('\n');
    if (end == std::string_view::npos || !transfer::is_utf8(text.substr(0, end))) return line;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string matrix_fault::text() const {
  auto out = source;
  if (line != 0) (out += ':') += std::to_string(line);
  out += ": ";
  if (row != 0) (out += "row ") += std::to_string(row);
  if (!column.empty()) ((out += row != 0 ? ", column '" : "column '") += column) += '\'';
  if (row != 0 || !column.empty()) out += ": ";
  return out += message;
}

struct matrix::state {
  std::string table;
  matrix_format format = matrix_format::csv;
  std::string table_name;
  std::string template_name;
  matrix_document kind = matrix_document::any;
  matrix_template plan;
  std::unique_ptr<row_source> rows;

  row_source::place first;
  /// Of all rows, once validate() has seen them.
  std::vector<row_source::place> places;
  row_values row;
  bool ended = false;
  /// Of each variable of the template its column; as many as were looked up when there were
  /// `columns_mapped` columns.
  std::vector<std::size_t> column_of_variable;
  std::size_t columns_mapped = no_column;
  std::size_t name_column = no_column, after_column = no_column, priority_column = no_column;

  void map_columns();
  result<bool> read(matrix_row& into, matrix_fault& fault);
  bool take_specials(matrix_row& into, matrix_fault& fault) const;
  bool take_after(matrix_row& into, matrix_fault& fault) const;
  bool take_document(matrix_row& into, matrix_fault& fault) const;
  [[nodiscard]] std::string variables_text() const;
  [[nodiscard]] std::string const* value_at(std::size_t column) const;
  [[nodiscard]] matrix_fault fault_at(std::string column, std::string message) const;
  [[nodiscard]] matrix_fault unused(std::string const& column) const;
};

std::string const* matrix::state::value_at(std::size_t column) const {
  if (column >= row.values.size() || row.values[column].empty()) return nullptr;
  return &row.values[column];
}

matrix_fault matrix::state::fault_at(std::string column, std::string message) const {
  return {table_name, row.line, row.number, std::move(column), std::move(message)};
}

void matrix::state::map_columns() {
  auto const& columns = rows->columns();
  if (columns_mapped == columns.size()) return;
  columns_mapped = columns.size();
  auto const index_of = [&columns](std::string_view name) {
    auto const found = std::find(columns.begin(), columns.end(), name);
    return found == columns.end() ? no_column : static_cast<std::size_t>(found - columns.begin());
  };
  column_of_variable.clear();
  for (auto const& name : plan.variables()) column_of_variable.push_back(index_of(name));
  name_column = index_of("_name");
  after_column = index_of("_after");
  priority_column = index_of("_priority");
}

bool matrix::state::take_after(matrix_row& into, matrix_fault& fault) const {
  auto const* const value = value_at(after_column);
  if (value == nullptr || *value == "null") return true;
  if (value->front() == '[') {
    auto read = json::read_as<std::vector<std::string>>(*value, "_after");
    if (!read) {
      fault = fault_at("_after", read.error().message());
      return false;
    }
    into.after = std::move(*read);
  } else if (auto const text = text_of(*value)) {
    into.after = names_in(*text);
  } else {
    fault = fault_at("_after", "expected names of rows, as \"a; b\" or [\"a\",\"b\"]");
    return false;
  }
  if (into.after.size() <= after_max) return true;
  fault = fault_at("_after", "more than 1000 names");
  return false;
}

bool matrix::state::take_specials(matrix_row& into, matrix_fault& fault) const {
  constexpr std::size_t name_bytes_max = 1'000;
  into.name = std::to_string(row.number);
  if (auto const* const value = value_at(name_column); value != nullptr && *value != "null") {
    auto text = text_of(*value);
    if (!text || text->size() > name_bytes_max) {
      fault = fault_at("_name", "expected a text of at most 1000 bytes");
      return false;
    }
    if (!text->empty()) into.name = std::move(*text);
  }
  if (auto const* const value = value_at(priority_column); value != nullptr && *value != "null") {
    auto const text = text_of(*value).value_or("");
    auto const* const end = text.data() + text.size();
    auto const [stop, wrong] = std::from_chars(text.data(), end, into.priority);
    bool const blank = text.empty() && value->front() == '"';
    if (!blank && (wrong != std::errc() || stop != end)) {
      fault = fault_at("_priority", "expected a whole number of at most 32 bits");
      return false;
    }
  }
  return take_after(into, fault);
}

bool matrix::state::take_document(matrix_row& into, matrix_fault& fault) const {
  std::vector<std::string const*> values;
  for (auto const column : column_of_variable) values.push_back(value_at(column));
  if (auto const refusal = plan.render(into.document, values)) {
    auto const& name = plan.variables()[refusal->variable];
    fault = fault_at(name, "{{" + name + "}}: " + std::string(refusal->why));
    return false;
  }
  auto const checked = orchestrate::check_document(into.document, kind);
  if (!checked) fault = fault_at({}, checked.error().message());
  return checked.has_value();
}

std::string matrix::state::variables_text() const {
  json_members members;
  auto const& columns = rows->columns();
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    if (!row.values[i].empty() && !is_note(columns[i]))
      members.push_back({columns[i], row.values[i]});
  }
  return object_of(members);
}

/// False at the end; an error with `fault` filled for a bad row.
result<bool> matrix::state::read(matrix_row& into, matrix_fault& fault) {
  if (ended) return false;
  auto const step = rows->next(row);
  if (step == row_source::step::end) {
    ended = true;
    return false;
  }
  if (row.number > rows_max) {
    ended = true;
    fault = fault_at({}, "more rows than 1000000");
    return error(errc::invalid_argument, fault.text());
  }
  map_columns();
  into.number = row.number;
  into.line = row.line;
  bool good = step == row_source::step::row;
  if (!good) fault = fault_at(rows->fault().column, rows->fault().message);
  good = good && take_specials(into, fault) && take_document(into, fault);
  if (!good) return error(errc::invalid_argument, fault.text());
  bool const named = into.name != std::to_string(row.number);
  into.key = orchestrate::row_key(into.document, named ? into.name : std::string());
  into.variables = variables_text();
  return true;
}

matrix_fault matrix::state::unused(std::string const& column) const {
  std::uint64_t const line = format == matrix_format::csv ? 1 : 0;
  return {table_name, line, 0, column,
          "nothing in " + template_name + " uses it; a column called '#" + column +
              "' is taken as a note"};
}

matrix::matrix(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
matrix::matrix(matrix&&) noexcept = default;
matrix& matrix::operator=(matrix&&) noexcept = default;
matrix::~matrix() = default;

namespace {

result<std::unique_ptr<row_source>> rows_of(std::string_view table, matrix_format format) {
  switch (format) {
    case matrix_format::csv:
      return orchestrate::csv_rows(table);
    case matrix_format::jsonl:
      return orchestrate::jsonl_rows(table);
    case matrix_format::product:
      break;
  }
  return orchestrate::product_rows(table);
}

std::string list_of(std::vector<std::string> const& columns) {
  std::string out;
  for (auto const& name : columns) (out += out.empty() ? "" : ", ") += name;
  return out;
}

}  // namespace

result<matrix> matrix::open(std::string table, matrix_format format, std::string_view template_text,
                            matrix_options const& options) {
  auto s = std::make_unique<state>();
  s->table_name = options.table_name;
  s->template_name = options.template_name;
  s->kind = options.document;
  s->format = format;
  s->table = std::move(table);
  if (s->table.size() > table_bytes_max) return refused(s->table_name, " is larger than 256 MiB");
  if (!transfer::is_utf8(s->table)) {
    return refused(s->table_name,
                   ':' + std::to_string(line_of_damage(s->table)) + ": a byte that is not UTF-8");
  }
  auto plan = matrix_template::parse(template_text);
  if (!plan) return refused(s->template_name, " " + plan.error().message());
  s->plan = std::move(*plan);
  auto rows = rows_of(s->table, format);
  if (!rows) {
    auto const why = rows.error().message();
    bool const placed = !why.empty() && why[0] >= '0' && why[0] <= '9';
    return refused(s->table_name, (placed ? ":" : ": ") + why);
  }
  s->rows = std::move(*rows);
  s->first = s->rows->here();
  s->map_columns();
  for (std::size_t i = 0; i < s->column_of_variable.size(); ++i) {
    bool const found = s->column_of_variable[i] != no_column || s->plan.is_optional(i);
    if (found || s->rows->columns_may_grow()) continue;
    return refused(s->template_name, ": {{" + s->plan.variables()[i] + "}} is no column of " +
                                         s->table_name + ", which has " +
                                         list_of(s->rows->columns()));
  }
  return matrix(std::move(s));
}

result<std::optional<matrix_row>> matrix::next() {
  matrix_row row;
  matrix_fault fault;
  auto const read = state_->read(row, fault);
  if (!read) return read.error();
  if (!*read) return std::optional<matrix_row>();
  return std::optional<matrix_row>(std::move(row));
}

void matrix::rewind() {
  state_->rows->go_to(state_->first);
  state_->ended = false;
}

result<matrix_row> matrix::row(std::uint64_t index) {
  auto& s = *state_;
  if (index >= s.places.size()) {
    return refused(s.table_name, ": no row " + std::to_string(index + 1));
  }
  s.rows->go_to(s.places[index]);
  s.ended = false;
  matrix_row out;
  matrix_fault fault;
  auto const read = s.read(out, fault);
  if (!read) return read.error();
  return out;
}

namespace {

/// What validate() remembers of the rows it has seen.
class seen_rows {
 public:
  /// What is wrong with this row beside the others, with the column; both empty: nothing.
  std::pair<std::string, std::string> add(matrix_row const& row) {
    auto const index = static_cast<std::uint32_t>(names_.size());
    auto const [name, fresh_name] = by_name_.emplace(row.name, index);
    names_.push_back(&name->first);
    numbers_.push_back(row.number);
    lines_.push_back(row.line);
    for (auto const& other : row.after) waits_.emplace_back(index, other);
    if (!fresh_name) return {"_name", "row " + number_of(name->second) + " has the same name"};
    auto const [key, fresh_key] = by_key_.emplace(row.key, index);
    if (fresh_key) return {};
    return {{},
            "the same as row " + number_of(key->second) +
                ", and would be the same run; a different _name makes two of them"};
  }

  std::vector<matrix_fault> faults_of_order(std::string const& source) const {
    std::vector<matrix_fault> out;
    std::vector<orchestrate::row_wait> known;
    for (auto const& [row, other] : waits_) {
      auto const found = by_name_.find(other);
      if (found != by_name_.end()) {
        known.emplace_back(row, found->second);
      } else {
        out.push_back(fault_of(source, row, "no row is called '" + other + "'"));
      }
    }
    auto const rows = static_cast<std::uint32_t>(names_.size());
    auto const ring = orchestrate::find_ring(rows, std::move(known));
    if (ring.empty()) return out;
    constexpr std::size_t ring_shown = 20;
    std::string text = "waits for itself: ";
    for (std::size_t i = 0; i < std::min(ring.size(), ring_shown); ++i) {
      (text += *names_[ring[i]]) += " -> ";
    }
    if (ring.size() > ring_shown) text += "... -> ";
    out.push_back(fault_of(source, ring.front(), text + *names_[ring.front()]));
    return out;
  }
  [[nodiscard]] std::uint64_t dependencies() const noexcept { return waits_.size(); }

 private:
  [[nodiscard]] std::string number_of(std::uint32_t row) const {
    return std::to_string(numbers_[row]);
  }
  [[nodiscard]] matrix_fault fault_of(std::string const& source, std::uint32_t row,
                                      std::string message) const {
    return {source, lines_[row], numbers_[row], "_after", std::move(message)};
  }

  std::unordered_map<std::string, std::uint32_t> by_name_;
  std::unordered_map<std::string, std::uint32_t> by_key_;
  std::vector<std::string const*> names_;
  std::vector<std::uint64_t> numbers_, lines_;
  std::vector<std::pair<std::uint32_t, std::string>> waits_;
};

void keep(matrix_check& check, matrix_fault fault) {
  if (check.faults.size() < matrix::faults_max) {
    check.faults.push_back(std::move(fault));
  } else {
    ++check.faults_left_out;
  }
}

}  // namespace

matrix_check matrix::validate() {
  auto& s = *state_;
  rewind();
  s.places.clear();
  matrix_check out;
  seen_rows seen;
  bool any_bad = false;
  for (;;) {
    matrix_row row;
    matrix_fault fault;
    auto const place = s.rows->here();
    auto const read = s.read(row, fault);
    if (read && !*read) break;
    s.places.push_back(place);
    ++out.rows;
    if (!read) {
      keep(out, std::move(fault));
      any_bad = true;
      continue;
    }
    auto [column, objection] = seen.add(row);
    if (!objection.empty()) keep(out, s.fault_at(std::move(column), std::move(objection)));
  }
  out.dependencies = seen.dependencies();
  // A bad row has no name: those that wait for it would be blamed for what it is blamed for.
  if (!any_bad) {
    for (auto& fault : seen.faults_of_order(s.table_name)) keep(out, std::move(fault));
  }
  for (auto const& column : s.rows->columns()) {
    auto const& used = s.plan.variables();
    bool const is_used = std::find(used.begin(), used.end(), column) != used.end();
    if (!is_used && !is_note(column) && !is_about_row(column)) keep(out, s.unused(column));
  }
  if (out.rows == 0) keep(out, {s.table_name, 0, 0, {}, "holds no row"});
  rewind();
  return out;
}

}  // namespace kiln
