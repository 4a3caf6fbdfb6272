#include "cli/table.hpp"

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

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Characters, as UTF-8 has them.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string cut(std::string const& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::size_t end = 0;
  for (std::size_t shown = 0; end < text.size(); ++end) {
    if (is_continuation(text[end])) continue;
    if (shown + 1 == width) break;
    ++shown;
  }
  return text.substr(0, end) + "\xE2\x80\xA6";
}

/// What the server sent must not steer the terminal, nor break a line or a column.
std::string printable(std::string text) {
  for (char& c : text) {
    bool const control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (control) c = c == '\n' || c == '\t' ? ' ' : '?';
  }
  return text;
}

std::string scalar_text(std::string_view value) {
  if (value == "null") return {};
  if (!value.starts_with('"')) return printable(std::string(value));
  return printable(json::unescape(value.substr(1, value.size() - 2)).value_or(""));
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

/// Cuts the widest columns until the line fits.
void fit(std::vector<std::size_t>& widths, std::size_t width) {
  auto const line = [&] {
    return std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
  };
  while (width != 0 && line() > width) {
    auto const widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= column_width_min) return;
    --*widest;
  }
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
  fit(widths, width);
  std::string out;
  auto const add = [&](table_row const& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      auto const cell = cut(row[i], widths[i]);
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
