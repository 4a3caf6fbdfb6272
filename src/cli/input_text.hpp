#pragma once

#include "cli/session.hpp"

#include <string>

namespace kiln::cli {

/// The file that an option names, "-" being stdin. Throws usage_error that names the option when it
/// cannot be read, is larger than requests can be, or stdin is read for the token already.
[[nodiscard]] std::string input_text(session const& s, std::string const& name,
                                     std::string const& option);

}  // namespace kiln::cli
