#include <kiln/error.hpp>
#include <kiln/result.hpp>

#include <ostream>
#include <utility>

namespace kiln {

std::string_view to_string(errc code) noexcept {
  switch (code) {
    case errc::none:
      return "none";
    case errc::invalid_argument:
      return "invalid_argument";
    case errc::cancelled:
      return "cancelled";
    case errc::deadline_exceeded:
      return "deadline_exceeded";
    case errc::closed:
      return "closed";
    case errc::queue_full:
      return "queue_full";
    case errc::resolve_failed:
      return "resolve_failed";
    case errc::connect_failed:
      return "connect_failed";
    case errc::tls_failed:
      return "tls_failed";
    case errc::proxy_failed:
      return "proxy_failed";
    case errc::connection_lost:
      return "connection_lost";
    case errc::timed_out:
      return "timed_out";
    case errc::malformed_response:
      return "malformed_response";
    case errc::response_too_large:
      return "response_too_large";
    case errc::redirected:
      return "redirected";
    case errc::not_databricks:
      return "not_databricks";
    case errc::decode_failed:
      return "decode_failed";
    case errc::unauthenticated:
      return "unauthenticated";
    case errc::permission_denied:
      return "permission_denied";
    case errc::not_found:
      return "not_found";
    case errc::already_exists:
      return "already_exists";
    case errc::invalid_request:
      return "invalid_request";
    case errc::conflict:
      return "conflict";
    case errc::throttled:
      return "throttled";
    case errc::unavailable:
      return "unavailable";
    case errc::server_error:
      return "server_error";
    case errc::not_implemented:
      return "not_implemented";
    case errc::file_not_found:
      return "file_not_found";
    case errc::file_exists:
      return "file_exists";
    case errc::file_changed:
      return "file_changed";
    case errc::file_failed:
      return "file_failed";
    case errc::disk_full:
      return "disk_full";
    case errc::unsafe_name:
      return "unsafe_name";
  }
  return "unknown";
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
