#pragma once

#include "cli/invocation.hpp"

namespace CLI {
class App;
}

namespace kiln::cli {

/// kiln jobs matrix.
void add_matrix(CLI::App& jobs, command& chosen);

}  // namespace kiln::cli
