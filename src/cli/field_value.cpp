#include "cli/field_value.hpp"

#include "cli/json_text.hpp"
#include "cli/usage_error.hpp"
#include "core/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace kiln::cli {
namespace {

/// Of the words of an enum this many are shown in a help text.
constexpr std::size_t words_shown_max = 12;

type_info const& without_optional(type_info const& type) {
  auto const* at = &type;
  while (at->kind == value_kind::optional) at = &at->element();
  return *at;
}

bool is_scalar(type_info const& type) {
  switch (without_optional(type).kind) {
    case value_kind::boolean:
    case value_kind::integer:
    case value_kind::real:
    case value_kind::string:
    case value_kind::string_view:
    case value_kind::milliseconds:
    case value_kind::open_enum:
    case value_kind::closed_enum:
      return true;
    default:
      return false;
  }
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// snake_case of camelCase.
std::string words_between(std::string_view field, char between) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    bool const word_begins = i > 0 && is_upper(field[i]) && !is_upper(field[i - 1]);
    if (word_begins) out += between;
    out += field[i] == '_' ? between : ascii::to_lower(field[i]);
  }
  return out;
}

template <class T>
bool is_whole(std::string_view text) {
  T value{};
  auto const read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool is_integer(type_info const& type, std::string_view text) {
  if (type.kind == value_kind::milliseconds) return is_whole<std::int64_t>(text);
  if (type.is_signed) {
    return type.size == 8 ? is_whole<std::int64_t>(text) : is_whole<std::int32_t>(text);
  }
  return type.size == 8 ? is_whole<std::uint64_t>(text) : is_whole<std::uint32_t>(text);
}

/// Whole, but perhaps of more digits than the type holds.
bool is_whole_of_any_size(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

template <class T>
std::string limits_of() {
  return fmt::format("{} and {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}

std::string limits_text(type_info const& type) {
  if (type.kind == value_kind::milliseconds) return limits_of<std::int64_t>();
  if (type.is_signed) {
    return type.size == 8 ? limits_of<std::int64_t>() : limits_of<std::int32_t>();
  }
  return type.size == 8 ? limits_of<std::uint64_t>() : limits_of<std::uint32_t>();
}

bool is_finite(std::string_view text) {
  double value = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && std::isfinite(value);
}

}  // namespace

field_form form_of(type_info const& type) {
  auto const& inner = without_optional(type);
  if (inner.kind == value_kind::boolean) return field_form::flag;
  if (is_scalar(inner)) return field_form::value;
  if (inner.kind == value_kind::list && is_scalar(inner.element())) return field_form::list;
  if (inner.kind == value_kind::map && is_scalar(inner.element())) return field_form::pairs;
  return field_form::none;
}

std::string option_name(std::string_view field) { return "--" + words_between(field, '-'); }

std::string positional_name(std::string_view field) {
  auto out = words_between(field, '_');
  std::transform(out.begin(), out.end(), out.begin(), upper);
  return out;
}

std::string expected_text(type_info const& type) {
  auto const& inner = without_optional(type);
  switch (inner.kind) {
    case value_kind::boolean:
      return "true or false";
    case value_kind::integer:
      return "a whole number";
    case value_kind::milliseconds:
      return "milliseconds since 1970";
    case value_kind::real:
      return "a number";
    case value_kind::list:
      return expected_text(inner.element());
    case value_kind::open_enum:
    case value_kind::closed_enum:
      break;
    default:
      return "text";
  }
  std::string out;
  for (std::size_t i = 0; i < std::min(inner.spellings.size(), words_shown_max); ++i) {
    (out += out.empty() ? "" : ", ") += inner.spellings[i];
  }
  return inner.spellings.size() > words_shown_max ? out + ", ..." : out;
}

std::string type_text(type_info const& type) {
  auto const& inner = without_optional(type);
  switch (inner.kind) {
    case value_kind::boolean:
      return "bool";
    case value_kind::integer:
      return fmt::format("{}int{}", inner.is_signed ? "" : "u", inner.size * 8);
    case value_kind::milliseconds:
      return "int64";
    case value_kind::real:
      return "double";
    case value_kind::string:
    case value_kind::string_view:
      return "string";
    case value_kind::blob:
    case value_kind::blob_view:
      return "base64";
    case value_kind::open_enum:
    case value_kind::closed_enum:
      return "enum";
    case value_kind::list:
      return "list<" + type_text(inner.element()) + ">";
    case value_kind::map:
      return "map<string," + type_text(inner.element()) + ">";
    case value_kind::json:
      return "json";
    default:
      return "object";
  }
}

std::string json_value(type_info const& type, std::string_view text, std::string_view option) {
  auto const& inner = without_optional(type);
  auto const refused = [&] {
    return usage_error(fmt::format("{}: '{}' is not {}", option, text, expected_text(inner)));
  };
  switch (inner.kind) {
    case value_kind::boolean:
      if (text != "true" && text != "false") throw refused();
      return std::string(text);
    case value_kind::integer:
    case value_kind::milliseconds:
      if (is_integer(inner, text)) return std::string(text);
      if (!is_whole_of_any_size(text)) throw refused();
      throw usage_error(fmt::format("{}: {} is not between {}", option, text, limits_text(inner)));
    case value_kind::real:
      // Spellings such as ".5" and "5." are no JSON.
      if (!is_finite(text) || text.front() == '.' || text.back() == '.') throw refused();
      return std::string(text);
    case value_kind::list:
    case value_kind::map:
      return json_value(inner.element(), text, option);
    default:
      return json_string(text);
  }
}

}  // namespace kiln::cli
