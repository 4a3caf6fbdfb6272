#include "cli/api_request.hpp"

#include "cli/json_text.hpp"
#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <set>

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

std::string body_of(std::vector<std::string> const& fields) {
  json_object body;
  for (auto const& f : split_all(fields)) {
    if (f.is_json) {
      body.member(f.key, f.value);
    } else {
      body.text(f.key, f.value);
    }
  }
  return body.finish();
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
