#pragma once

#include "cli/invocation.hpp"

namespace kiln::cli {

class command_words;

/// kiln jobs matrix.
void add_matrix(command_words& jobs, command& chosen);
/// kiln jobs matrices ...
void add_matrices(command_words& jobs, command& chosen);

}  // namespace kiln::cli
