#pragma once

#include <string>

namespace kiln::cli {

/// A YAML document as JSON text. Plain scalars are typed as YAML 1.2 has it: null, true and false,
/// numbers in the spelling of JSON, which is kept; everything else and what is quoted is text.
/// Throws usage_error with `name` and the line for what is no YAML, has more than one document,
/// numbers that JSON has no spelling for, keys that are no text or stand twice, and above the
/// bounds of depth and values, which aliases count towards.
[[nodiscard]] std::string json_of_yaml(std::string const& text, std::string const& name);

}  // namespace kiln::cli
