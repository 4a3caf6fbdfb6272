#include "client/error_body.hpp"

#include "core/limits.hpp"
#include "core/redact.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace kiln {

namespace {

namespace bj = boost::json;

constexpr std::size_t message_bytes_max = 1024;

struct parsed_body {
  std::string code;
  std::string message;
  bool taken = false;  ///< SCIM says so with a word of its own beside 409.
};

std::string text_of(bj::object const& object, std::string_view key) {
  auto const* member = object.if_contains(key);
  if (member == nullptr || member->is_null()) return {};
  if (auto const* text = member->if_string()) return std::string(text->begin(), text->end());
  return bj::serialize(*member);
}

std::optional<parsed_body> from_json(std::string_view body, int status) {
  bj::parse_options options;
  options.max_depth = limits::json_depth_max;
  boost::system::error_code ec;
  bj::value const value = bj::parse(body, ec, {}, options);
  if (ec || !value.is_object()) return std::nullopt;
  auto const& object = value.get_object();
  parsed_body out{text_of(object, "error_code"), text_of(object, "message"), false};
  if (out.message.empty()) out.message = text_of(object, "error");  // API 1.2
  if (object.contains("schemas") || object.contains("scimType")) {
    std::string const detail = text_of(object, "detail");
    std::string const kind = text_of(object, "scimType");
    out.message = detail.empty() || detail == "null" ? kind : detail;
    if (out.code.empty()) out.code = "SCIM_" + std::to_string(status);
    out.taken = kind == "uniqueness";
  }
  if (out.message.empty()) out.message = text_of(object, "detail");
  return out;
}

/// "CODE: message" in plain text.
std::optional<parsed_body> from_plain(std::string_view body) {
  auto const colon = body.find(':');
  if (colon == std::string_view::npos || colon < 3 || colon > 64) return std::nullopt;
  auto const code = body.substr(0, colon);
  bool const shouting = std::all_of(code.begin(), code.end(), [](unsigned char c) {
    return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '_';
  });
  if (!shouting) return std::nullopt;
  auto message = body.substr(colon + 1);
  while (!message.empty() && message.front() == ' ') message.remove_prefix(1);
  return parsed_body{std::string(code), std::string(message), false};
}

std::string between(std::string_view text, std::string_view from, std::string_view to) {
  auto const begin = text.find(from);
  if (begin == std::string_view::npos) return {};
  auto const start = begin + from.size();
  auto const end = text.find(to, start);
  if (end == std::string_view::npos) return {};
  return std::string(text.substr(start, end - start));
}

std::string from_html(std::string_view body) {
  auto text = between(body, "<pre>", "</pre>");
  if (text.empty()) text = between(body, "<title>", "</title>");
  return text;
}

/// "BAD_REQUEST" of "Bad Request": what a page of HTML says of its error in so many words.
std::string code_of_reason(std::string_view reason) {
  std::string out;
  for (char const letter : reason) {
    auto const c = static_cast<unsigned char>(letter);
    if (std::isalnum(c) == 0 && c != ' ') return {};
    out += letter == ' ' ? '_' : static_cast<char>(std::toupper(c));
  }
  return out;
}

/// The server's own code decides before the status does.
std::optional<errc> by_code(std::string_view code) {
  static constexpr std::array<std::pair<std::string_view, errc>, 59> table{{
      {"UNAUTHENTICATED", errc::unauthenticated},
      {"CUSTOMER_UNAUTHORIZED", errc::unauthenticated},
      {"INVALID_TOKEN", errc::unauthenticated},
      {"PERMISSION_DENIED", errc::permission_denied},
      {"PRIVATE_LINK_VALIDATION_ERROR", errc::permission_denied},
      {"UNAUTHORIZED", errc::permission_denied},
      {"DIRECTORY_PROTECTED", errc::permission_denied},
      {"PERMISSION_NOT_PROPAGATED", errc::permission_denied},
      {"GIT_URL_NOT_ON_ALLOW_LIST", errc::permission_denied},
      {"RESOURCE_DOES_NOT_EXIST", errc::not_found},
      {"NOT_FOUND", errc::not_found},
      {"MANAGED_RESOURCE_GROUP_DOES_NOT_EXIST", errc::not_found},
      {"GIT_UNKNOWN_REF", errc::not_found},
      {"RESOURCE_ALREADY_EXISTS", errc::already_exists},
      {"ALREADY_EXISTS", errc::already_exists},
      {"INVALID_PARAMETER_VALUE", errc::invalid_request},
      {"MALFORMED_REQUEST", errc::invalid_request},
      {"BAD_REQUEST", errc::invalid_request},
      {"MAX_BLOCK_SIZE_EXCEEDED", errc::invalid_request},
      {"MAX_READ_SIZE_EXCEEDED", errc::invalid_request},
      {"MAX_NOTEBOOK_SIZE_EXCEEDED", errc::invalid_request},
      {"MAX_LIST_SIZE_EXCEEDED", errc::invalid_request},
      {"MAX_CHILD_NODE_SIZE_EXCEEDED", errc::invalid_request},
      {"SEARCH_QUERY_TOO_LONG", errc::invalid_request},
      {"SEARCH_QUERY_TOO_SHORT", errc::invalid_request},
      {"GIT_SENSITIVE_TOKEN_DETECTED", errc::invalid_request},
      {"IPYNB_FILE_IN_REPO", errc::invalid_request},
      {"INVALID_STATE", errc::conflict},
      {"DIRECTORY_NOT_EMPTY", errc::conflict},
      {"IO_ERROR", errc::conflict},
      {"QUOTA_EXCEEDED", errc::conflict},
      {"RESOURCE_LIMIT_EXCEEDED", errc::conflict},
      {"RESOURCE_CONFLICT", errc::conflict},
      {"ABORTED", errc::conflict},
      {"PRECONDITION_FAILED", errc::conflict},
      {"INVALID_STATE_TRANSITION", errc::conflict},
      {"DRY_RUN_FAILED", errc::conflict},
      {"GIT_CONFLICT", errc::conflict},
      {"REQUEST_LIMIT_EXCEEDED", errc::throttled},
      {"RESOURCE_EXHAUSTED", errc::throttled},
      {"PARTIAL_DELETE", errc::unavailable},
      {"TEMPORARILY_UNAVAILABLE", errc::unavailable},
      {"SERVICE_UNDER_MAINTENANCE", errc::unavailable},
      {"WORKSPACE_TEMPORARILY_UNAVAILABLE", errc::unavailable},
      {"DEADLINE_EXCEEDED", errc::unavailable},
      {"UNAVAILABLE", errc::unavailable},
      {"COULD_NOT_ACQUIRE_LOCK", errc::unavailable},
      {"CANCELLED", errc::server_error},
      {"DATA_LOSS", errc::server_error},
      {"INTERNAL_ERROR", errc::server_error},
      {"INTERNAL_SERVER_ERROR", errc::server_error},
      {"DEPLOYMENT_TIMEOUT", errc::server_error},
      {"GIT_REMOTE_ERROR", errc::server_error},
      {"PROJECTS_OPERATION_TIMEOUT", errc::server_error},
      {"INSECURE_PARTNER_RESPONSE", errc::server_error},
      {"MALFORMED_PARTNER_RESPONSE", errc::server_error},
      {"FEATURE_DISABLED", errc::not_implemented},
      {"ENDPOINT_NOT_FOUND", errc::not_implemented},
      {"NOT_IMPLEMENTED", errc::not_implemented},
  }};
  for (auto const& [name, value] : table) {
    if (name == code) return value;
  }
  return std::nullopt;
}

errc by_status(int status) noexcept {
  switch (status) {
    case 401:
      return errc::unauthenticated;
    case 403:
      return errc::permission_denied;
    case 404:
      return errc::not_found;
    case 409:
    case 412:
      return errc::conflict;
    case 429:
      return errc::throttled;
    case 408:
    case 502:
    case 503:
    case 504:
      return errc::unavailable;
    case 501:
      return errc::not_implemented;
    default:
      break;
  }
  if (status >= 300 && status < 400) return errc::redirected;
  return status >= 500 ? errc::server_error : errc::invalid_request;
}

/// clusters/get, jobs/get and runs/get say "does not exist" as an invalid parameter.
bool names_something_missing(std::string_view code, std::string_view message) noexcept {
  return code == "INVALID_PARAMETER_VALUE" &&
         (message.find(" does not exist") != std::string_view::npos ||
          message.find(" doesn't exist") != std::string_view::npos);
}

constexpr std::string_view private_link_mark = "private-link-validation-error";

error private_link_error(http::response const& answer) {
  return error(errc::permission_denied,
               "this workspace is reached through Private Link only, and this machine is not on "
               "that network")
      .with_http_status(answer.status)
      .with_error_code("PRIVATE_LINK_VALIDATION_ERROR")
      .with_request_id(request_id(answer));
}

error redirect_error(http::response const& answer) {
  auto const location = answer.find("location");
  if (location.find(private_link_mark) != std::string_view::npos) return private_link_error(answer);
  auto const target = location.substr(0, location.find_first_of("?#"));
  return error(errc::redirected, "the server redirects to " + redact(target, 200) +
                                     "; kiln follows no redirect, check the host")
      .with_http_status(answer.status);
}

}  // namespace

bool is_quota(error const& why) noexcept {
  if (why.error_code() == "QUOTA_EXCEEDED" || why.error_code() == "RESOURCE_LIMIT_EXCEEDED") {
    return true;
  }
  return why.http_status() == 429 && why.message().find("quota") != std::string::npos;
}

bool looks_like_html(http::response const& answer) noexcept {
  auto const type = answer.find("content-type");
  if (type.starts_with("text/html")) return true;
  auto const first = answer.body.find_first_not_of(" \t\r\n");
  return first != std::string::npos && answer.body[first] == '<';
}

std::string request_id(http::response const& answer) {
  for (std::string_view name : {"x-databricks-request-id", "x-request-id", "x-ms-request-id"}) {
    if (auto const id = answer.find(name); !id.empty()) return redact(id);
  }
  return {};
}

error not_databricks_error(http::response const& answer) {
  // Where something between here and the workspace has followed the redirect to the login page.
  if (answer.body.find(private_link_mark) != std::string::npos) return private_link_error(answer);
  auto what = from_html(answer.body);
  if (what.empty()) what = answer.body;
  return error(errc::not_databricks,
               "this is not an answer of the Databricks REST API; is the host right? It begins: " +
                   redact(what))
      .with_http_status(answer.status)
      .with_request_id(request_id(answer));
}

error error_from_response(http::response const& answer) {
  if (answer.status >= 300 && answer.status < 400) return redirect_error(answer);
  std::string_view const body =
      std::string_view(answer.body).substr(0, limits::error_body_bytes_max);
  auto parsed = from_json(body, answer.status);
  if (!parsed && (answer.status == 404 || answer.status == 405) && looks_like_html(answer)) {
    return not_databricks_error(answer);  // somebody else's web server
  }
  bool const page = !parsed && looks_like_html(answer);
  if (page) parsed = parsed_body{code_of_reason(answer.reason), from_html(body), false};
  if (!parsed) parsed = from_plain(body);
  if (!parsed) parsed = parsed_body{{}, std::string(body), false};
  bool const worded = !parsed->message.empty();
  if (!worded) {
    parsed->message = answer.reason.empty() ? "the answer has no text" : answer.reason;
  }
  errc code = by_status(answer.status);
  if (!page) code = by_code(parsed->code).value_or(code);
  if (answer.status == 429) code = errc::throttled;
  if (parsed->taken) code = errc::already_exists;
  if (names_something_missing(parsed->code, parsed->message)) code = errc::not_found;
  // Of a token that is not, or no longer, good some workspaces say 403.
  if (parsed->message.starts_with("Invalid access token")) code = errc::unauthenticated;
  std::string text = redact(parsed->message, message_bytes_max);
  if (code == errc::unauthenticated) {
    while (text.ends_with('.')) text.pop_back();
    text += "; check the token: it may have expired, or belong to another workspace";
  } else if (code == errc::permission_denied && !worded) {
    text += "; does the token's user have the permission?";
  }
  return error(code, std::move(text))
      .with_http_status(answer.status)
      .with_error_code(redact(parsed->code))
      .with_request_id(request_id(answer));
}

}  // namespace kiln
