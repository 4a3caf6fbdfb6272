#pragma once

#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"

#include <string>
#include <variant>

namespace kiln::cli {

/// The command line asked for a text, or was wrong: nothing is to be run.
struct parse_stop {
  exit_code code = exit_code::ok;
  std::string out;  ///< For stdout: help, version.
  std::string err;  ///< For stderr: what is wrong.
};

[[nodiscard]] std::variant<invocation, parse_stop> parse_arguments(int argc,
                                                                   char const* const* argv);

}  // namespace kiln::cli
