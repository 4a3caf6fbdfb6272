#include "orchestrate/matrix_rows.hpp"

#include "json/read.hpp"
#include "json/text.hpp"

#include <kiln/document.hpp>

#include <algorithm>
#include <utility>

namespace kiln::orchestrate {
namespace {

error fault_at(std::uint64_t line, std::string const& message) {
  auto const place = line == 0 ? std::string() : std::to_string(line) + ": ";
  return error(errc::invalid_argument, place + message);
}

/// The JSON objects of a text, one a line; their members are put under columns as they come.
class object_lines final : public row_source {
 public:
  explicit object_lines(std::string_view text) : text_(text) { may_grow_ = true; }

  step next(row_values& into) override {
    for (;;) {
      if (at_ == text_.size()) return step::end;
      auto const end = std::min(text_.find('\n', at_), text_.size());
      auto const line = text_.substr(at_, end - at_);
      at_ = std::min(end + 1, text_.size());
      ++line_;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      into.number = ++number_;
      into.line = line_;
      return read(line, into);
    }
  }
  [[nodiscard]] place here() const override { return {at_, line_, number_}; }
  void go_to(place const& where) override {
    at_ = where.at;
    line_ = where.line;
    number_ = where.rows_before;
  }

 private:
  step read(std::string_view line, row_values& into) {
    into.values.assign(columns_.size(), std::string());
    auto members = members_of(line, "row");
    if (!members) return fail({}, members.error().message());
    for (auto& m : *members) {
      auto const found = std::find(columns_.begin(), columns_.end(), m.name);
      auto const index = static_cast<std::size_t>(found - columns_.begin());
      if (found == columns_.end()) {
        auto objection = objection_to_variable(m.name);
        if (!objection.empty()) return fail(m.name, std::move(objection));
        if (index == matrix::columns_max) return fail(m.name, "more than 1024 different members");
        columns_.push_back(m.name);
        into.values.emplace_back();
      }
      into.values[index] = std::move(m.value);
    }
    return step::row;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t number_ = 0;
};

struct named_list {
  std::string name;
  std::vector<std::string> values;
};

/// Rows that are told by the members they have; what is compared is compact JSON.
using named_values = std::vector<json_members>;

class list_product final : public row_source {
 public:
  list_product(std::vector<named_list> lists, named_values excluded, named_values included)
      : lists_(std::move(lists)),
        excluded_(std::move(excluded)),
        included_(std::move(included)),
        product_(lists_.empty() ? 0 : 1) {
    for (auto const& list : lists_) {
      columns_.push_back(list.name);
      product_ *= list.values.size();
    }
    for (auto const& row : included_) {
      for (auto const& m : row) {
        if (index_of(m.name) == columns_.size()) columns_.push_back(m.name);
      }
    }
  }

  step next(row_values& into) override {
    while (at_ < product_ && is_excluded(at_)) ++at_;
    if (at_ == product_ + included_.size()) return step::end;
    into.number = ++number_;
    into.line = 0;
    into.values.assign(columns_.size(), std::string());
    if (at_ < product_) {
      for (std::size_t i = 0; i < lists_.size(); ++i) into.values[i] = value_at(at_, i);
    } else {
      for (auto const& m : included_[at_ - product_]) into.values[index_of(m.name)] = m.value;
    }
    ++at_;
    return step::row;
  }
  [[nodiscard]] place here() const override { return {at_, 0, number_}; }
  void go_to(place const& where) override {
    at_ = where.at;
    number_ = where.rows_before;
  }

 private:
  [[nodiscard]] std::size_t index_of(std::string_view name) const {
    auto const found = std::find(columns_.begin(), columns_.end(), name);
    return static_cast<std::size_t>(found - columns_.begin());
  }
  [[nodiscard]] std::string const& value_at(std::uint64_t combination, std::size_t list) const {
    for (auto i = lists_.size() - 1; i > list; --i) combination /= lists_[i].values.size();
    return lists_[list].values[combination % lists_[list].values.size()];
  }
  [[nodiscard]] bool is_excluded(std::uint64_t combination) const {
    return std::any_of(excluded_.begin(), excluded_.end(), [&](json_members const& row) {
      return std::all_of(row.begin(), row.end(), [&](json_member const& m) {
        return value_at(combination, index_of(m.name)) == m.value;
      });
    });
  }

  std::vector<named_list> lists_;
  named_values excluded_;
  named_values included_;
  std::uint64_t product_;
  std::uint64_t at_ = 0;
  std::uint64_t number_ = 0;
};

result<std::vector<std::string>> elements_of(json_member const& member) {
  std::vector<std::string> out;
  if (!member.value.starts_with('[')) {
    out.push_back(member.value);
    return out;
  }
  // A null element reads as an empty text.
  auto read = json::read_as<std::vector<json_text>>(member.value, member.name);
  if (!read) return fault_at(0, read.error().message());
  for (auto& element : *read) {
    out.push_back(element.text.empty() ? "null" : std::move(element.text));
  }
  return out;
}

result<named_values> objects_of(json_member const& member) {
  if (!member.value.starts_with('[')) {
    return fault_at(0, "'" + member.name + "' is not a list of objects");
  }
  auto const elements = elements_of(member);
  if (!elements) return elements.error();
  named_values out;
  for (auto const& element : *elements) {
    auto const what = member.name + '[' + std::to_string(out.size()) + ']';
    auto members = members_of(element, what);
    if (!members) return fault_at(0, members.error().message());
    for (auto const& m : *members) {
      auto const objection = objection_to_variable(m.name);
      if (!objection.empty()) return fault_at(0, what + ", '" + m.name + "': " + objection);
    }
    if (members->empty()) return fault_at(0, what + " names nothing");
    out.push_back(std::move(*members));
  }
  return out;
}

/// Every excluded name is a list, or it could never agree.
std::string unknown_in(named_values const& excluded, std::vector<named_list> const& lists) {
  for (auto const& row : excluded) {
    for (auto const& m : row) {
      bool const known = std::any_of(lists.begin(), lists.end(),
                                     [&m](auto const& list) { return list.name == m.name; });
      if (!known) return m.name;
    }
  }
  return {};
}

}  // namespace

std::string objection_to_variable(std::string_view name) {
  if (name.empty()) return "a variable needs a name";
  if (name.find_first_of("{}\\\" ,:;") != std::string_view::npos || name.front() == '!') {
    return "a variable's name holds no blanks, quotes, braces, backslashes, commas, colons or "
           "semicolons, and begins with no '!'";
  }
  if (name.front() == '_' && name != "_name" && name != "_after" && name != "_priority") {
    return "names that begin with _ are kept for kiln, which knows _name, _after and _priority";
  }
  return {};
}

result<std::unique_ptr<row_source>> jsonl_rows(std::string_view text) {
  return std::unique_ptr<row_source>(std::make_unique<object_lines>(text));
}

result<std::unique_ptr<row_source>> product_rows(std::string_view text) {
  auto members = members_of(text, "lists");
  if (!members) return fault_at(0, members.error().message());
  std::vector<named_list> lists;
  named_values excluded;
  named_values included;
  std::uint64_t rows = 1;
  for (auto const& m : *members) {
    if (m.name == "exclude" || m.name == "include") {
      auto objects = objects_of(m);
      if (!objects) return objects.error();
      (m.name == "exclude" ? excluded : included) = std::move(*objects);
      continue;
    }
    auto const objection = objection_to_variable(m.name);
    if (!objection.empty()) return fault_at(0, "'" + m.name + "': " + objection);
    auto values = elements_of(m);
    if (!values) return values.error();
    if (values->empty()) return fault_at(0, "'" + m.name + "' is an empty list: there is no row");
    rows *= values->size();
    if (rows > matrix::rows_max) return fault_at(0, "the product has more than 1000000 rows");
    lists.push_back({m.name, std::move(*values)});
  }
  if (auto const name = unknown_in(excluded, lists); !name.empty()) {
    return fault_at(0, "'exclude' names '" + name + "', which is no list");
  }
  return std::unique_ptr<row_source>(
      std::make_unique<list_product>(std::move(lists), std::move(excluded), std::move(included)));
}

}  // namespace kiln::orchestrate
