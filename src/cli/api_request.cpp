#include "cli/api_request.hpp"

#include "cli/json_text.hpp"
#include "cli/usage_error.hpp"
#include "core/ascii.hpp"
#include "json/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace kiln::cli {
namespace {

struct field {
  std::string_view key;
  std::string_view value;
  bool is_json = false;
};

field split(std::string const& text) {
  auto const equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || text.starts_with(":=")) {
    throw usage_error(fmt::format("-f '{}': expected key=text or key:=json", text));
  }
  std::string_view const all = text;
  bool const is_json = all[equals - 1] == ':';
  field const f{all.substr(0, is_json ? equals - 1 : equals), all.substr(equals + 1), is_json};
  if (is_json && f.value.empty()) {
    throw usage_error(fmt::format("-f '{}': the JSON after := is missing", text));
  }
  return f;
}

std::vector<field> split_all(std::vector<std::string> const& fields) {
  std::vector<field> out;
  std::set<std::string_view> seen;
  for (auto const& text : fields) {
    out.push_back(split(text));
    if (!seen.insert(out.back().key).second) {
      throw usage_error(fmt::format("-f: '{}' is given twice", out.back().key));
    }
  }
  return out;
}

/// What is no escape stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int const high = i + 2 < text.size() ? ascii::hex_value(text[i + 1]) : -1;
    int const low = high >= 0 ? ascii::hex_value(text[i + 2]) : -1;
    if (text[i] == '%' && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (char c : text) {
    if (unreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace

json_members field_members(std::vector<std::string> const& fields) {
  json_members out;
  for (auto const& f : split_all(fields)) {
    auto value = f.is_json ? std::string(f.value) : json_string(f.value);
    // A value that is not one JSON value would make another request of the whole.
    auto const checked = json::compact(value, f.key);
    if (checked.has_error()) throw usage_error("-f " + checked.error().message());
    out.push_back({std::string(f.key), std::move(value)});
  }
  return out;
}

std::string body_of(std::vector<std::string> const& fields) {
  return object_of(field_members(fields));
}

json_members query_members(std::string_view query) {
  json_members out;
  while (!query.empty()) {
    auto const part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.empty()) continue;
    auto const name = part.substr(0, part.find('='));
    auto const value = part.substr(std::min(part.size(), name.size() + 1));
    out.push_back({percent_decoded(name), json_string(percent_decoded(value))});
  }
  return out;
}

std::string path_with_query(std::string_view path, std::vector<std::string> const& fields) {
  std::string out(path);
  char separator = path.find('?') == std::string_view::npos ? '?' : '&';
  for (auto const& f : split_all(fields)) {
    out += separator;
    out += percent_encoded(f.key) + '=' + percent_encoded(f.value);
    separator = '&';
  }
  return out;
}

}  // namespace kiln::cli
