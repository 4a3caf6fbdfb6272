#pragma once

#include <kiln/fields.hpp>

#include <string>
#include <string_view>

// Fields of requests as options of the command line. Pure.
namespace kiln::cli {

/// How a field can be given on the command line.
enum class field_form : std::uint8_t {
  none,   ///< Only inside --json: structs, bytes, lists of structs.
  flag,   ///< A boolean.
  value,  ///< A number, text or enum.
  list,   ///< One value each time it is given.
  pairs   ///< "key=value" each time it is given.
};
[[nodiscard]] field_form form_of(type_info const& type);

/// "--page-size" of "page_size", "--display-name" of "displayName".
[[nodiscard]] std::string option_name(std::string_view field);
/// "PAGE_SIZE" of "page_size": how a positional is called.
[[nodiscard]] std::string positional_name(std::string_view field);

/// "text", "a number", "one of A, B, …"; of a list, of its elements.
[[nodiscard]] std::string expected_text(type_info const& type);
/// "string", "int64", "list<object>": for listings of the API.
[[nodiscard]] std::string type_text(type_info const& type);

/// What `text` is in JSON for a field of this type (of a list or map: for one element). Enums take
/// any word, since the server may know more of them. Text is never read as a number. Throws
/// usage_error that names `option`.
[[nodiscard]] std::string json_value(type_info const& type, std::string_view text,
                                     std::string_view option);

}  // namespace kiln::cli
