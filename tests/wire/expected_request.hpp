#pragma once

#include "wire/capture.hpp"

#include <cstdint>
#include <string>
#include <string_view>

// A request as capture::sent gives it: {host} and {version} stand for what differs.
namespace kiln::wire_tests {

/// 2^53 + 1: an id that a double cannot hold.
inline constexpr std::int64_t above_doubles = 9'007'199'254'740'993;

struct expected_request {
  std::string_view media_type = "application/json";

  /// Without the empty line behind it; `content_type` is empty where there is no body.
  [[nodiscard]] std::string head(std::string_view request_line,
                                 std::string_view content_type) const {
    bool const said = media_type != "application/json";
    std::string out(request_line);
    out += " HTTP/1.1\r\nHost: {host}\r\n";
    if (!content_type.empty()) ((out += "Content-Type: ") += content_type) += "\r\n";
    if (said) ((out += "Accept: ") += media_type) += "\r\n";
    out += "User-Agent: kiln/{version} cpp/20 os/linux\r\nAuthorization: Bearer ";
    (out += token) += "\r\nAccept-Encoding: gzip\r\n";
    return out;
  }
  /// `request_line` without the protocol: "GET /api/2.0/token/list".
  [[nodiscard]] std::string bare(std::string_view request_line) const {
    return head(request_line, {}) + "\r\n";
  }
  [[nodiscard]] std::string with(std::string_view request_line, std::string_view body) const {
    std::string out = head(request_line, media_type);
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    return out += body;
  }
};

}  // namespace kiln::wire_tests
