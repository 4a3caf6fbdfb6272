#pragma once

#include <kiln/fields.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::json {

/// Appends the value as compact JSON. Of an object's members, nullopt and whatever plain member is
/// empty (string, view, bytes, list, map, open_enum, json_text) are left out; numbers, bools,
/// timestamps and structs always stand. An empty string or list is sent by an optional that holds
/// one. A double that is not finite becomes "NaN", "Infinity" or "-Infinity", as MLflow reads it.
///
/// Members of the outermost object named in `skip` are left out: those the path has taken.
void write_value(std::string& out, type_info const& type, void const* value,
                 std::span<std::string_view const> skip = {});

template <class T>
std::string to_json(T const& value) {
  std::string out;
  write_value(out, type_of<T>(), &value);
  return out;
}

struct scalar_field {
  std::string name;
  std::string text;  ///< Not percent-encoded.
};

/// The members of an object as a query has them, left out as above: a list repeats its name, a
/// struct or map gives "outer.inner".
std::vector<scalar_field> scalar_fields(type_info const& type, void const* value);

}  // namespace kiln::json
