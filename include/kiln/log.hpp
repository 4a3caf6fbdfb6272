#pragma once

#include <functional>
#include <string_view>

namespace kiln {

enum class log_level { debug, info, warning, error };

std::string_view to_string(log_level level) noexcept;

/// Receives one finished line without its newline, on the engine's executor: must not block, and
/// what it throws is lost. Lines never hold a token, an Authorization header or file content.
using log_sink = std::function<void(log_level, std::string_view line)>;

}  // namespace kiln
