#pragma once

#include "cli/command_tree.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::cli {

/// The script that teaches a shell (bash, zsh or fish) the program's commands and options; nullopt
/// for another shell. Pure.
[[nodiscard]] std::optional<std::string> completion_script(std::string_view shell,
                                                           command_tree const& program);

}  // namespace kiln::cli
