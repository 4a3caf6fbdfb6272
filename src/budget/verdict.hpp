#pragma once

namespace kiln {

/// What a granted request came to.
enum class verdict : unsigned char {
  done,                   ///< An answer that says nothing about load.
  failed,                 ///< No answer, or a 5xx.
  throttled_rate,         ///< 429.
  throttled_concurrency,  ///< 429 that names a concurrency limit.
  unused,                 ///< Nothing was sent: the grant is returned.
};

}  // namespace kiln
