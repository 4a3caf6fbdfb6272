#pragma once

#include <string>
#include <string_view>

namespace kiln::cli {

/// `text` as one word that a shell reads back as it was: in single quotes. Pure.
[[nodiscard]] std::string shell_quoted(std::string_view text);

}  // namespace kiln::cli
