#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace kiln {

/// The whole of a file of settings or keys. Blocks. nullopt: there is none. Fails with file_failed,
/// naming the file, when it cannot be read, is no file or is larger than `bytes_max`.
[[nodiscard]] result<std::optional<std::string>> read_small_file(std::string const& path,
                                                                 std::size_t bytes_max);

}  // namespace kiln
