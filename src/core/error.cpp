#include <kiln/error.hpp>
#include <kiln/result.hpp>

#include <array>
#include <ostream>
#include <utility>

namespace kiln {

namespace {

// In the order of errc.
constexpr std::array<std::string_view, 34> code_names{"none",
                                                      "invalid_argument",
                                                      "cancelled",
                                                      "deadline_exceeded",
                                                      "closed",
                                                      "queue_full",
                                                      "resolve_failed",
                                                      "connect_failed",
                                                      "out_of_resources",
                                                      "tls_failed",
                                                      "proxy_failed",
                                                      "connection_lost",
                                                      "timed_out",
                                                      "malformed_response",
                                                      "response_too_large",
                                                      "redirected",
                                                      "not_databricks",
                                                      "decode_failed",
                                                      "unauthenticated",
                                                      "permission_denied",
                                                      "not_found",
                                                      "already_exists",
                                                      "invalid_request",
                                                      "conflict",
                                                      "throttled",
                                                      "unavailable",
                                                      "server_error",
                                                      "not_implemented",
                                                      "file_not_found",
                                                      "file_exists",
                                                      "file_changed",
                                                      "file_failed",
                                                      "disk_full",
                                                      "unsafe_name"};
static_assert(code_names[static_cast<std::size_t>(errc::unsafe_name)] == "unsafe_name");

}  // namespace

std::string_view to_string(errc code) noexcept {
  auto const at = static_cast<std::size_t>(code);
  return at < code_names.size() ? code_names[at] : "unknown";
}

std::ostream& operator<<(std::ostream& out, errc code) { return out << to_string(code); }

error::error(errc code, std::string message) : code_(code), message_(std::move(message)) {}

error error::with_operation(std::string_view operation) && {
  operation_ = operation;
  return std::move(*this);
}
error error::with_where(std::string_view where) && {
  where_ = where;
  return std::move(*this);
}
error error::with_http_status(int status) && {
  http_status_ = status;
  return std::move(*this);
}
error error::with_error_code(std::string_view code) && {
  error_code_ = code;
  return std::move(*this);
}
error error::with_request_id(std::string_view id) && {
  request_id_ = id;
  return std::move(*this);
}
error error::with_attempts(int attempts) && {
  attempts_ = attempts;
  return std::move(*this);
}
error error::with_may_have_been_applied(bool value) && {
  may_have_been_applied_ = value;
  return std::move(*this);
}
error error::with_retry_after(std::optional<std::chrono::milliseconds> wait) && {
  retry_after_ = wait;
  return std::move(*this);
}

std::string error::describe() const {
  std::string out;
  if (!operation_.empty()) out += operation_;
  if (!where_.empty()) (out += out.empty() ? "" : " at ") += where_;
  if (!out.empty()) out += ": ";
  out += message_.empty() ? std::string(to_string(code_)) : message_;
  std::string facts;
  auto fact = [&facts](std::string const& text) { (facts += facts.empty() ? "" : ", ") += text; };
  if (http_status_ != 0) {
    fact("HTTP " + std::to_string(http_status_) + (error_code_.empty() ? "" : " " + error_code_));
  } else if (!error_code_.empty()) {
    fact(error_code_);
  }
  if (!request_id_.empty()) fact("request id " + request_id_);
  if (attempts_ > 1) fact(std::to_string(attempts_) + " attempts");
  if (may_have_been_applied_) fact("it may have been applied");
  return facts.empty() ? out : out + " (" + facts + ")";
}

std::ostream& operator<<(std::ostream& out, error const& e) { return out << e.describe(); }

failure::failure(kiln::error e) : std::runtime_error(e.describe()), error_(std::move(e)) {}

void throw_exception_from_error(error const& e, boost::source_location const&) { throw failure(e); }

}  // namespace kiln
