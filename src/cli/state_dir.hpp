#pragma once

#include "cli/console.hpp"

#include <string>

namespace kiln::cli {

/// $XDG_STATE_HOME/kiln, else $HOME/.local/state/kiln, made where missing; empty, with a word when
/// it cannot be made or written, when there is none.
[[nodiscard]] std::string state_directory(console& err);
/// Throws usage_error where there is none.
[[nodiscard]] std::string state_or_usage(console& err);

}  // namespace kiln::cli
