#pragma once

#include "cli/invocation.hpp"

#include <functional>
#include <string_view>

namespace kiln::cli {

class command_words;

/// The commands of the services. Each group gets its name; its commands and their hundreds of
/// options only if `is_wanted`, since the program is started often and runs one of them.
void add_services(command_words& root, command& chosen,
                  std::function<bool(std::string_view group)> const& is_wanted);

/// kiln runtime and kiln limits.
void add_runtime(command_words& root, command& chosen);
void add_limits(command_words& root, command& chosen);

}  // namespace kiln::cli
