#pragma once

#include "cli/invocation.hpp"

namespace kiln::cli {

class command_words;

/// kiln transfers ...
void add_transfers(command_words& root, command& chosen);

}  // namespace kiln::cli
