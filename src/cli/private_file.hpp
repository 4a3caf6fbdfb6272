#pragma once

#include <string>
#include <string_view>

namespace kiln::cli {

/// Puts `text` into the file `path` in one step, so that a reader sees all of it or none; only its
/// owner may read it. Throws std::system_error that names the file.
void write_private_file(std::string const& path, std::string_view text);

}  // namespace kiln::cli
