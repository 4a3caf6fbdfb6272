#pragma once

#include "http/message.hpp"

#include <kiln/error.hpp>

#include <string>

namespace kiln {

/// The error an answer outside 2xx stands for, whatever shape its body has (JSON of API 2.0, 1.2 or
/// SCIM, "CODE: text", HTML, nothing). Text is redacted. Operation and host are the caller's to
/// add.
[[nodiscard]] error error_from_response(http::response const& answer);

/// A limit on how many things there may be (active runs, runs an hour), not on how fast the server
/// may be asked. Some workspaces answer it with 400, some with 429.
[[nodiscard]] bool is_quota(error const& why) noexcept;

/// By which the people who run the server find a request; empty if it sent none. Redacted.
[[nodiscard]] std::string request_id(http::response const& answer);

/// A 2xx answer that is no answer of the API (a login or proxy page): what to say of it.
[[nodiscard]] bool looks_like_html(http::response const& answer) noexcept;
/// The page that tells of a Private Link is permission_denied, any other not_databricks.
[[nodiscard]] error not_databricks_error(http::response const& answer);

}  // namespace kiln
