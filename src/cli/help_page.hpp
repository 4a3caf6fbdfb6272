#pragma once

#include "cli/command_tree.hpp"

#include <cstddef>
#include <string>

namespace kiln::cli {

/// What --help prints of a command, in lines of at most `width` columns but for examples. `path` is
/// all of it as it is typed, "kiln fs cp"; `program` is what has the global options.
[[nodiscard]] std::string help_page(std::string const& path, command_tree const& command,
                                    command_tree const& program, std::size_t width);
/// The commands of a group, a line each or more.
[[nodiscard]] std::string command_list(command_tree const& group, std::size_t width);

}  // namespace kiln::cli
