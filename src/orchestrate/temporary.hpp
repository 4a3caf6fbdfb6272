#pragma once

#include <kiln/error.hpp>

namespace kiln {

/// Failures that say nothing of the thing asked for, and may be gone when it is asked for again.
[[nodiscard]] constexpr bool is_temporary(errc code) noexcept {
  switch (code) {
    case errc::deadline_exceeded:
    case errc::queue_full:
    case errc::resolve_failed:
    case errc::connect_failed:
    case errc::proxy_failed:
    case errc::connection_lost:
    case errc::timed_out:
    case errc::malformed_response:
    case errc::throttled:
    case errc::unavailable:
    case errc::server_error:
      return true;
    default:
      return false;
  }
}

}  // namespace kiln
