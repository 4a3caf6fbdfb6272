#pragma once

#include "http/message.hpp"

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace kiln::http {

constexpr std::size_t request_head_bytes_max = 128 * 1024;  ///< Room for a very long token.

/// The length of the body that `what` sends.
[[nodiscard]] std::uint64_t body_size(request const& what) noexcept;

/// At least what write_head() appends.
[[nodiscard]] std::size_t head_bytes_bound(request const& what) noexcept;

/// Appends the head of `what` to `out`, up to and with the empty line. Adds Host, Content-Length
/// where a body is or could be expected, and Accept-Encoding: gzip unless the request names its
/// own. Refuses with errc::invalid_argument whatever could change the framing: control characters
/// anywhere, blanks and raw non-ASCII in the target, and headers that belong to this writer. The
/// error never shows a value. `out` is unchanged on failure.
[[nodiscard]] result<void> write_head(request const& what, std::string& out);

}  // namespace kiln::http
