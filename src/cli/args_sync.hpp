#pragma once

#include "cli/invocation.hpp"

namespace CLI {
class App;
}

namespace kiln::cli {

/// kiln fs sync and kiln fs verify.
void add_sync(CLI::App& fs, command& chosen);
void add_verify(CLI::App& fs, command& chosen);

}  // namespace kiln::cli
