#include "cli/json_text.hpp"

#include <fmt/format.h>

namespace kiln::cli {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool in(unsigned char c, unsigned low, unsigned high) { return c >= low && c <= high; }

/// Length of the well-formed UTF-8 sequence that `text` starts with; 0 if it is none.
std::size_t sequence_length(std::string_view text) {
  auto at = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  auto const first = at(0);
  if (first < 0x80) return 1;
  bool const tail1 = in(at(1), 0x80, 0xBF);
  if (in(first, 0xC2, 0xDF)) return tail1 ? 2 : 0;
  bool const tail2 = tail1 && in(at(2), 0x80, 0xBF);
  if (in(first, 0xE0, 0xEF)) {
    // Overlong forms and surrogates are no characters.
    if ((first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F)) return 0;
    return tail2 ? 3 : 0;
  }
  if (in(first, 0xF0, 0xF4)) {
    if ((first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) > 0x8F)) return 0;
    return tail2 && in(at(3), 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  } else {
    out += c;
  }
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    auto const length = sequence_length(text);
    if (length == 1) {
      append_ascii(out, text.front());
    } else if (length == 0) {
      out += replacement;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + '"';
}

json_object& json_object::text(std::string_view name, std::string_view value) {
  return member(name, json_string(value));
}
json_object& json_object::number(std::string_view name, std::int64_t value) {
  return member(name, std::to_string(value));
}
json_object& json_object::number(std::string_view name, std::uint64_t value) {
  return member(name, std::to_string(value));
}
json_object& json_object::real(std::string_view name, double value) {
  return member(name, fmt::format("{}", value));
}
json_object& json_object::flag(std::string_view name, bool value) {
  return member(name, value ? "true" : "false");
}
json_object& json_object::member(std::string_view name, std::string_view json) {
  if (out_.size() > 1) out_ += ',';
  out_ += json_string(name);
  out_ += ':';
  out_ += json;
  return *this;
}

void json_array::add(std::string_view json) {
  if (out_.size() > 1) out_ += ',';
  out_ += json;
}

}  // namespace kiln::cli
