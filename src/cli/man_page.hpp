#pragma once

#include "cli/command_tree.hpp"

#include <string>
#include <string_view>

namespace kiln::cli {

/// kiln(1), for man and groff. Pure.
[[nodiscard]] std::string man_page(command_tree const& program, std::string_view version);

}  // namespace kiln::cli
