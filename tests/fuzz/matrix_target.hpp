#pragma once

#include <string_view>

namespace kiln::fuzz {

/// Any text as a table of each format, under a template that uses its variables: rows come out the
/// same one after the other and one by one, documents and variables are JSON objects, keys tell
/// rows apart, faults can be printed and name rows that there are. Gives the invariant that did not
/// hold, empty when all did.
std::string_view fuzz_matrix(std::string_view text);
/// Any text as a template.
std::string_view fuzz_matrix_template(std::string_view text);

}  // namespace kiln::fuzz
