#pragma once

#include <kiln/fields.hpp>

#include <string>

namespace kiln::wire_tests {

/// JSON in which every member of the type stands, all the way down, in the order it is written in:
/// what is read from it and written again must be the same.
inline std::string whole_document(type_info const& type) {
  switch (type.kind) {
    case value_kind::boolean:
      return "true";
    case value_kind::integer:
      return type.size == 8 ? "9007199254740993" : "2147483647";
    case value_kind::real:
      return "-0.5";
    case value_kind::blob:
    case value_kind::blob_view:
      return R"("AAE=")";
    case value_kind::milliseconds:
      return "1600000000123";
    case value_kind::open_enum:
    case value_kind::closed_enum:
      return '"' + std::string(type.spellings.back()) + '"';
    case value_kind::json:
      return R"({"any":[1,9007199254740993]})";
    case value_kind::optional:
      return whole_document(type.element());
    case value_kind::list:
      return '[' + whole_document(type.element()) + ']';
    case value_kind::map:
      return R"({"key":)" + whole_document(type.element()) + '}';
    case value_kind::object: {
      std::string out = "{";
      for (auto const& field : type.fields) {
        if (out.size() > 1) out += ',';
        ((out += '"') += field.name) += "\":" + whole_document(field.type());
      }
      return out + '}';
    }
    case value_kind::string:
    case value_kind::string_view:
      break;
  }
  return R"("a \"text\"")";
}

}  // namespace kiln::wire_tests
