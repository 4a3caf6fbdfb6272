#pragma once

#include "cli/invocation.hpp"

namespace kiln::cli {

class command_words;

/// kiln fs sync and kiln fs verify.
void add_sync(command_words& fs, command& chosen);
void add_verify(command_words& fs, command& chosen);

}  // namespace kiln::cli
