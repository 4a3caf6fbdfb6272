#pragma once

#include <chrono>
#include <string>

namespace kiln {

/// Milliseconds since 1970-01-01T00:00:00Z, as the API counts.
using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2020-09-13T12:26:40.123Z".
std::string to_string(timestamp t);

}  // namespace kiln
