#pragma once

#include "cli/invocation.hpp"

namespace kiln::cli {

class command_words;

/// kiln batch.
void add_batch(command_words& root, command& chosen);

}  // namespace kiln::cli
