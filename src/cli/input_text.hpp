#pragma once

#include "cli/session.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::cli {

/// The API takes requests up to 10 MB.
constexpr std::size_t input_bytes_max = 16U << 20;
/// Of a list of paths: some millions of them.
constexpr std::size_t list_bytes_max = 256U << 20;

/// The file that an option names, "-" being stdin. Throws usage_error that names the option when it
/// cannot be read, is larger than `bytes_max`, or stdin is read for the token already.
[[nodiscard]] std::string input_text(session const& s, std::string const& name,
                                     std::string const& option,
                                     std::size_t bytes_max = input_bytes_max);

/// What stands between the ends: of lines, or with `null` NULs. The last may lack its end.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text, bool null);

}  // namespace kiln::cli
