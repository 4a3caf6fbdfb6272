#pragma once

#include <string>
#include <string_view>

namespace kiln::emulation {

/// RFC 1952, at zlib's fastest level. Empty when zlib has no memory.
std::string gzipped(std::string_view text);

}  // namespace kiln::emulation
