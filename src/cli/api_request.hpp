#pragma once

#include <kiln/document.hpp>

#include <string>
#include <string_view>
#include <vector>

// What -f makes of "key=text" and "key:=json". Pure. Throws usage_error for anything else and for
// a key given twice.
namespace kiln::cli {

/// A JSON object of the fields in their order. JSON values go in as they stand.
[[nodiscard]] std::string body_of(std::vector<std::string> const& fields);

/// `path` with the fields added to its query, percent-encoded.
[[nodiscard]] std::string path_with_query(std::string_view path,
                                          std::vector<std::string> const& fields);

/// The same fields as members of a request: "key=text" is a string, whatever it looks like.
[[nodiscard]] json_members field_members(std::vector<std::string> const& fields);
/// The members of "a=b&c=d", percent-decoded, each a string.
[[nodiscard]] json_members query_members(std::string_view query);

}  // namespace kiln::cli
