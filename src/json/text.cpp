#include "json/text.hpp"

#include "json/read.hpp"
#include "json/scan.hpp"

#include <utility>

namespace kiln::json {

namespace {

void append_escape(std::string& out, char c) {
  constexpr char digits[] = "0123456789abcdef";
  switch (c) {
    case '"':
    case '\\':
      (out += '\\') += c;
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += digits[static_cast<unsigned char>(c) >> 4U];
      out += digits[static_cast<unsigned char>(c) & 15U];
  }
}

// Where the string ends that begins at `from`, in valid JSON.
std::size_t string_end(std::string_view json, std::size_t from) {
  std::size_t at = from + 1;
  while (json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  return at + 1;
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // what is not copied yet begins here
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(plain, i - plain);
    append_escape(out, c);
    plain = i + 1;
  }
  out += text.substr(plain);
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

result<std::string> compact(std::string_view json, std::string_view what) {
  json_text value;
  if (auto done = read_value(json, type_of<json_text>(), &value, what); !done) {
    return done.error();
  }
  if (value.text.empty()) value.text = "null";  // which reads as no value
  return std::move(value.text);
}

result<std::string> pretty(std::string_view json, int indent) {
  auto text = compact(json);
  if (!text) return text;
  std::string_view const from = *text;
  std::string out;
  std::size_t depth = 0;
  auto const line = [&] { (out += '\n').append(depth * static_cast<std::size_t>(indent), ' '); };
  for (std::size_t i = 0; i < from.size();) {
    char const c = from[i];
    if (c == '"') {
      auto const end = string_end(from, i);
      out += from.substr(i, end - i);
      i = end;
      continue;
    }
    ++i;
    if ((c == '{' || c == '[') && (from[i] == '}' || from[i] == ']')) {
      (out += c) += from[i++];
    } else if (c == '{' || c == '[') {
      out += c;
      ++depth;
      line();
    } else if (c == '}' || c == ']') {
      --depth;
      line();
      out += c;
    } else {
      out += c;
      if (c == ':') out += ' ';
      if (c == ',') line();
    }
  }
  return out;
}

std::optional<std::string> string_member(std::string_view json, std::string_view key) {
  object_scanner members(json);
  std::optional<std::string> found;
  while (members.next() == object_scanner::step::member) {
    if (!members.key_is(key)) continue;
    auto value = members.value();
    if (!value.starts_with('"')) {
      found.reset();
      continue;
    }
    value = value.substr(1, value.size() - 2);
    found = unescape(value);
  }
  return found;
}

}  // namespace kiln::json
