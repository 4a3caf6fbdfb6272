#pragma once

#include <kiln/result.hpp>

#include <string>
#include <string_view>

namespace kiln::http {

/// Where a workspace is: "https://name:port/path", taken apart.
struct base_url {
  bool tls = true;
  std::string host;           ///< In lower case; an IPv6 address without its brackets.
  unsigned short port = 443;  ///< Never 0.
  std::string path;           ///< "" or "/prefix", still percent-encoded, no slash at the end.

  /// What the Host header says: brackets round IPv6, the port unless it is the scheme's own.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] bool operator==(base_url const&) const = default;
};

/// Strict: http or https, a host of letters, digits, '-', '_' and '.', or an IP address; no user
/// information, query, fragment or blank. errc::invalid_argument names the column and the rule but
/// never shows the text, which may hold a secret.
[[nodiscard]] result<base_url> parse_base_url(std::string_view text);

/// Appends one path segment, percent-encoded: '/' becomes %2F, a blank %20.
void append_segment(std::string& target, std::string_view segment);
/// Appends "?name=value", or "&name=value" to a target that has a query, both percent-encoded.
void append_query(std::string& target, std::string_view name, std::string_view value);

/// localhost, 127.0.0.0/8 or ::1, with or without brackets. Does not resolve names.
[[nodiscard]] bool is_loopback(std::string_view host) noexcept;

}  // namespace kiln::http
