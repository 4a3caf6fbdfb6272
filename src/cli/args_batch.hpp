#pragma once

#include "cli/invocation.hpp"

namespace CLI {
class App;
}

namespace kiln::cli {

/// kiln batch.
void add_batch(CLI::App& root, command& chosen);

}  // namespace kiln::cli
