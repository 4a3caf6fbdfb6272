#pragma once

#include <kiln/bytes.hpp>
#include <kiln/endpoint.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::http {

struct header {
  std::string name;
  std::string value;
};

/// The first value of a header, matched without regard to case; empty if there is none.
[[nodiscard]] std::string_view find(std::vector<header> const& headers,
                                    std::string_view name) noexcept;

/// One request as it goes on the wire. Content-Length and Host are added by the writer: the target
/// is origin-form ("/api/2.0/dbfs/list?path=%2Ftmp"), already percent-encoded.
struct request {
  verb method = verb::get;
  std::string target;
  std::string host;  ///< The Host header: "name" or "name:port".
  std::vector<header> headers;
  std::string body;
  std::shared_ptr<byte_source> source;  ///< Streams the body instead of `body`.
};

struct response {
  int status = 0;
  std::string reason;
  std::vector<header> headers;
  std::string body;              ///< Empty when a sink took it; inflated when it came compressed.
  std::uint64_t body_bytes = 0;  ///< Of the body, inflated, wherever it went.
  int attempts = 0;              ///< Of the call it ends; known to the engine.

  [[nodiscard]] std::string_view find(std::string_view name) const noexcept {
    return http::find(headers, name);
  }
};

/// How much of a request was handed to the connection when its exchange ended.
enum class sent : unsigned char { nothing, part, all };

}  // namespace kiln::http
