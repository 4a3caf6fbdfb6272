#pragma once

#include "cli/invocation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A `kiln jobs matrix` as words that its journal keeps, so that the journal's id is enough to go on
// with it. Pure.
namespace kiln::cli {

/// "kiln", "jobs", "matrix", ...: files by their whole path; nothing that is secret, and none of
/// what concerns one process only (--detach, --resume, --verbose, ...).
[[nodiscard]] std::vector<std::string> matrix_words(global_args const& global,
                                                    matrix_args const& args);

/// As a JSON array, which the journal keeps.
[[nodiscard]] std::string note_of(std::vector<std::string> const& words);
/// Nullopt for anything else.
[[nodiscard]] std::optional<std::vector<std::string>> words_in_note(std::string_view note);

}  // namespace kiln::cli
