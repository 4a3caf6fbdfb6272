#include "cli/table.hpp"

#include "cli/terminal_text.hpp"
#include "json/read.hpp"
#include "json/scan.hpp"

#include <kiln/document.hpp>
#include <kiln/fields.hpp>
#include <kiln/timestamp.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <numeric>
#include <optional>
#include <utility>

namespace kiln::cli {
namespace {

constexpr std::size_t gap = 2;
/// No column is cut to less than this.
constexpr std::size_t column_width_min = 6;
constexpr std::size_t key_width_max = 40;

/// What the server sent must not steer the terminal, nor break a line or a column.
std::string cell_text(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return printable(text);
}

std::string scalar_text(std::string_view value) {
  if (value == "null") return {};
  if (!value.starts_with('"')) return cell_text(std::string(value));
  return cell_text(json::unescape(value.substr(1, value.size() - 2)).value_or(""));
}

std::string time_text(std::string_view value) {
  std::int64_t ms = 0;
  auto const read = std::from_chars(value.data(), value.data() + value.size(), ms);
  bool const whole = read.ec == std::errc() && read.ptr == value.data() + value.size();
  // Beyond the year 9999 it is no time that could be spelled.
  constexpr std::int64_t time_max = 253'402'300'799'999;
  if (!whole || ms <= 0 || ms > time_max) return ms == 0 && whole ? "" : scalar_text(value);
  auto const text = kiln::to_string(timestamp(std::chrono::milliseconds(ms)));
  return text.substr(0, text.find('.')) + 'Z';
}

/// The value at a path of names; empty when there is none.
std::string value_at(std::string_view item, std::string_view path) {
  if (path == ".") return std::string(item);
  std::string value(item);
  while (!path.empty() && !value.empty()) {
    auto const name = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    auto const members = members_of(value, "item");
    if (!members) return {};
    auto const* const found = find_member(*members, name);
    value = found != nullptr ? *found : std::string();
  }
  return value;
}

using flat_line = std::pair<std::string, std::string>;

void flatten(std::vector<flat_line>& out, std::string const& path, std::string const& value) {
  if (value.starts_with('{')) {
    auto const members = members_of(value, path);
    if (members && !members->empty()) {
      for (auto const& m : *members) {
        flatten(out, path.empty() ? m.name : path + '.' + m.name, m.value);
      }
      return;
    }
  } else if (value.starts_with('[')) {
    auto const elements = json::read_as<std::vector<json_text>>(value, path);
    if (elements && !elements->empty()) {
      for (std::size_t i = 0; i < elements->size(); ++i) {
        flatten(out, path + '[' + std::to_string(i) + ']', (*elements)[i].text);
      }
      return;
    }
  }
  out.emplace_back(path, scalar_text(value));
}

/// Cuts columns until the line fits, the widest first: those that describe, then times. The first
/// names what the line is about and is what people copy: it goes last, and by no more than half.
void fit(std::vector<std::size_t>& widths, std::vector<column> const& columns, std::size_t width) {
  auto too_wide = [&] {
    return std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1)) > width;
  };
  auto cut_widest = [&](auto may_be_cut, std::size_t least) {
    while (width != 0 && too_wide()) {
      std::size_t widest = widths.size();
      for (std::size_t i = 0; i < widths.size(); ++i) {
        bool const wider = widest == widths.size() || widths[i] > widths[widest];
        if (may_be_cut(i) && wider) widest = i;
      }
      if (widest == widths.size() || widths[widest] <= least) return;
      --widths[widest];
    }
  };
  cut_widest([&](std::size_t i) { return i > 0 && !columns[i].is_time; }, column_width_min);
  cut_widest([](std::size_t i) { return i > 0; }, column_width_min);
  cut_widest([](std::size_t i) { return i == 0; }, std::max(column_width_min, width / 2));
}

}  // namespace

std::vector<column> columns_of(std::string_view spec) {
  constexpr std::string_view time_mark = "@time";
  std::vector<column> out;
  while (!spec.empty()) {
    auto const word = spec.substr(0, spec.find(' '));
    spec.remove_prefix(std::min(spec.size(), word.size() + 1));
    auto const equals = word.find('=');
    column c{word.substr(0, equals), word.substr(equals + 1), false};
    if (c.path.ends_with(time_mark)) {
      c.path.remove_suffix(time_mark.size());
      c.is_time = true;
    }
    out.push_back(c);
  }
  return out;
}

table_row cells_of(std::string_view item, std::vector<column> const& columns) {
  table_row row;
  for (auto const& c : columns) {
    auto const value = value_at(item, c.path);
    row.push_back(c.is_time ? time_text(value) : scalar_text(value));
  }
  return row;
}

std::string aligned_table(std::vector<column> const& columns, std::vector<table_row> const& rows,
                          std::size_t width) {
  std::vector<std::size_t> widths;
  table_row headings;
  for (auto const& c : columns) {
    headings.emplace_back(c.heading);
    widths.push_back(width_of(c.heading));
  }
  for (auto const& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  fit(widths, columns, width);
  std::string out;
  auto const add = [&](table_row const& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      auto const cell = cut_to(row[i], widths[i]);
      out += cell;
      if (i + 1 < row.size()) out.append(widths[i] - width_of(cell) + gap, ' ');
    }
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  };
  add(headings);
  for (auto const& row : rows) add(row);
  return out;
}

std::string tab_line(table_row const& row) {
  std::string out;
  for (auto const& cell : row) (out += &cell == &row.front() ? "" : "\t") += cell;
  return out + '\n';
}

std::string flat_text(std::string_view object) {
  std::string shown(object);
  auto const members = members_of(shown, "answer");
  if (members && members->size() == 1 && members->front().value.starts_with('{')) {
    shown = members->front().value;
  }
  std::vector<flat_line> lines;
  flatten(lines, {}, shown);
  std::size_t width = 0;
  for (auto const& [path, value] : lines) width = std::max(width, width_of(path));
  width = std::min(width, key_width_max);
  std::string out;
  for (auto const& [path, value] : lines) {
    auto const padding = width > width_of(path) ? width - width_of(path) : 0;
    if (path.empty()) continue;
    out += printable(path) + std::string(padding + gap, ' ') + value;
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  }
  return out;
}

}  // namespace kiln::cli
