#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace kiln {

/// What went wrong, as a caller wants to tell cases apart. The server's own spelling, where there
/// is one, is error::error_code().
enum class errc {
  none = 0,  ///< Only of a default error, which boost::system::result needs.
  // The caller, or kiln itself
  invalid_argument = 1,  ///< A value that can never work; message() names it.
  cancelled,             ///< The caller cancelled the call.
  deadline_exceeded,     ///< The call's total deadline passed, attempts included.
  closed,                ///< The workspace handle was closed.
  queue_full,            ///< The budget's queue_max calls are waiting already.
  // The way to the server
  resolve_failed,    ///< The host name has no address.
  connect_failed,    ///< No address accepted a connection.
  out_of_resources,  ///< This machine has no descriptor or memory left for a connection.
  tls_failed,        ///< The handshake failed or the certificate is not for this host.
  proxy_failed,      ///< The HTTP proxy refused the tunnel.
  connection_lost,   ///< The connection ended in the middle of an exchange.
  timed_out,         ///< One of the timeouts of options.hpp passed.
  // The answer
  malformed_response,  ///< Not HTTP, or HTTP that breaks its own framing.
  response_too_large,  ///< A header, body or inflated body over its limit.
  redirected,          ///< A redirect; kiln follows none, a token never leaves its host.
  not_databricks,      ///< The answer is no answer of this API: HTML, a login page, an empty body.
  decode_failed,       ///< JSON that does not have the documented shape; message() has the path.
  // The server's verdict, by error code first and HTTP status second
  unauthenticated,
  permission_denied,
  not_found,
  already_exists,
  invalid_request,
  conflict,
  throttled,        ///< 429 until the deadline ran out, or to a call that is sent once only.
  unavailable,      ///< 502, 503, 504 and their kin.
  server_error,     ///< Any other 5xx.
  not_implemented,  ///< 501, or an endpoint this server does not have.
  // The local side of a transfer
  file_not_found,
  file_exists,
  file_changed,  ///< The file grew or shrank while it was read.
  file_failed,   ///< Any other error of the local file system.
  disk_full,
  unsafe_name,  ///< A name that would leave the target folder, or cannot be stored.
};

/// "not_found" for errc::not_found.
std::string_view to_string(errc code) noexcept;
std::ostream& operator<<(std::ostream& out, errc code);

/// A failed call: a value, cheap enough to keep, that never holds a secret.
///
/// Thread safety: as std::string. Every engine error names the operation and the host.
class error {
 public:
  error() noexcept = default;
  error(errc code, std::string message);

  [[nodiscard]] errc code() const noexcept { return code_; }
  /// What happened, in words; the server's message where it sent one.
  [[nodiscard]] std::string const& message() const noexcept { return message_; }
  /// "dbfs/put", "connect", "read file": what was being done.
  [[nodiscard]] std::string const& operation() const noexcept { return operation_; }
  /// Host and port, or the local path, that it was done to; empty if neither applies.
  [[nodiscard]] std::string const& where() const noexcept { return where_; }
  /// 0 when no response came.
  [[nodiscard]] int http_status() const noexcept { return http_status_; }
  /// The server's spelling, such as "RESOURCE_DOES_NOT_EXIST"; empty if it sent none.
  [[nodiscard]] std::string const& error_code() const noexcept { return error_code_; }
  [[nodiscard]] std::string const& request_id() const noexcept { return request_id_; }
  /// How often the request was sent; 0 when it never left.
  [[nodiscard]] int attempts() const noexcept { return attempts_; }
  /// True when the request reached the wire and no answer says what became of it.
  [[nodiscard]] bool may_have_been_applied() const noexcept { return may_have_been_applied_; }
  /// The last answer's Retry-After, bounded; nullopt where the server asked for no wait.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const noexcept {
    return retry_after_;
  }

  error with_operation(std::string_view operation) &&;
  error with_where(std::string_view where) &&;
  error with_http_status(int status) &&;
  error with_error_code(std::string_view code) &&;
  error with_request_id(std::string_view id) &&;
  error with_attempts(int attempts) &&;
  error with_may_have_been_applied(bool value) &&;
  error with_retry_after(std::optional<std::chrono::milliseconds> wait) &&;

  /// All of it in one line, made for people:
  /// "dbfs/put at host: message (HTTP 404 RESOURCE_DOES_NOT_EXIST, request id x, 3 attempts)".
  [[nodiscard]] std::string describe() const;

 private:
  errc code_ = errc::none;
  std::string message_;
  std::string operation_;
  std::string where_;
  std::string error_code_;
  std::string request_id_;
  int http_status_ = 0;
  int attempts_ = 0;
  bool may_have_been_applied_ = false;
  std::optional<std::chrono::milliseconds> retry_after_;
};

std::ostream& operator<<(std::ostream& out, error const& e);

/// What result<T>::value() and a future's get() throw; carries the same error.
class failure : public std::runtime_error {
 public:
  explicit failure(kiln::error e);
  [[nodiscard]] kiln::error const& error() const noexcept { return error_; }

 private:
  kiln::error error_;
};

}  // namespace kiln
