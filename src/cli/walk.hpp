#pragma once

#include "cli/render.hpp"

#include <kiln/services/dbfs.hpp>
#include <kiln/workspace.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kiln::cli {

/// Everything below `root` (or `root` itself, if it is a file) in order of path, several lists at a
/// time. What vanishes meanwhile is left out. Fails with not_found for a missing root.
task<std::vector<dbfs::file_info>> walk(workspace ws, std::string root);

/// What is below each directory right under `root`, then a line for `root` itself. Pure.
[[nodiscard]] std::vector<usage_line> add_up(std::vector<dbfs::file_info> const& files,
                                             std::string_view root);

}  // namespace kiln::cli
