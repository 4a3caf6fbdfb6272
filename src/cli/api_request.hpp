#pragma once

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

}  // namespace kiln::cli
