#pragma once

#include "cli/invocation.hpp"

#include <string>
#include <vector>

namespace kiln::cli {

class command_words;

/// kiln fs cp.
void add_cp(command_words& fs, command& chosen);

/// --overwrite stands alone or has a mode behind it, as a word of its own or after '='. Only the
/// latter is told from a path by the parser: of fs cp, the words become one.
[[nodiscard]] std::vector<std::string> with_overwrite_joined(std::vector<std::string> const& given);

}  // namespace kiln::cli
