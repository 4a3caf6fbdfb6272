#pragma once

#include <kiln/log.hpp>

#include <string_view>

namespace kiln {

/// Hands a line to a sink that is not empty. What the sink throws is dropped: a line that is lost
/// must not take the call with it that it tells of, nor the loop.
void log_line(log_sink const& sink, log_level level, std::string_view line) noexcept;

}  // namespace kiln
