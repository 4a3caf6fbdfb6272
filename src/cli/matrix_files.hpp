#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/output.hpp"

#include <kiln/matrix.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace kiln::cli {

/// What a file's name says of its form; nullopt for an ending that says nothing.
[[nodiscard]] std::optional<matrix_form> form_of_name(std::string_view name);

/// A table that was read and checked, row by row.
struct checked_matrix {
  matrix rows;
  matrix_check check;
};

/// Reads both files. Throws usage_error for what cannot be opened or read at all.
[[nodiscard]] checked_matrix open_matrix(global_args const& global, matrix_args const& args);
/// What is wrong, a line each on stderr; false when something is.
[[nodiscard]] bool say_faults(console& err, matrix_check const& check);

/// What `args` would come to: rows, requests, the least time that `rate` allows.
[[nodiscard]] std::string matrix_plan_text(matrix_args const& args, matrix_check const& check,
                                           double rate);
[[nodiscard]] std::string matrix_plan_json(matrix_args const& args, matrix_check const& check,
                                           double rate);

}  // namespace kiln::cli
