#pragma once

#include "cli/invocation.hpp"

namespace CLI {
class App;
}

namespace kiln::cli {

/// kiln transfers ...
void add_transfers(CLI::App& root, command& chosen);

}  // namespace kiln::cli
