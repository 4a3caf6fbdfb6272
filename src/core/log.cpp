#include "core/log_line.hpp"

#include <kiln/log.hpp>

namespace kiln {

std::string_view to_string(log_level level) noexcept {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warning:
      return "warning";
    case log_level::error:
      return "error";
  }
  return "unknown";
}

void log_line(log_sink const& sink, log_level level, std::string_view line) noexcept {
  try {
    sink(level, line);
  } catch (...) {  // NOLINT: there is no one to tell
  }
}

}  // namespace kiln
