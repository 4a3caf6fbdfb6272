#pragma once

#include "core/clock.hpp"
#include "http/message.hpp"

#include <kiln/credentials.hpp>

#include <array>
#include <string_view>

// What the answers of token endpoints mean. Pure.
namespace kiln {

/// The longest Retry-After of a token endpoint that is obeyed.
inline constexpr duration login_retry_after_max = std::chrono::minutes(5);

/// Who was asked, for what, and what must not be shown if the answer repeats it.
struct token_question {
  std::string_view kind;   ///< "azure-client-secret"
  std::string_view where;  ///< "login.microsoftonline.com"
  std::array<std::string_view, 2> secrets{};
  std::string_view authorization{};  ///< The header's value, where one was sent.
};

/// The token in an answer, with numbers as numbers or as strings. Anything else is an error that
/// shows the server's own words: unauthenticated where the login is wrong, unavailable where it may
/// work later, not_databricks for a page. Errors have no http_status(): that is the workspace's.
[[nodiscard]] result<access_token> read_token(http::response const& answer, wall_time now,
                                              token_question const& asked);
/// The same of the text that `az account get-access-token` prints.
[[nodiscard]] result<access_token> read_az_token(std::string_view text, wall_time now);
/// The error for an answer that is not what was asked for; where it is worth another try, with the
/// wait that the server asks for.
[[nodiscard]] error refused_login(http::response const& answer, wall_time now,
                                  token_question const& asked);
/// "login (kind) at where: why", of an error that no answer came with.
[[nodiscard]] error unreached_login(error const& why, token_question const& asked);

}  // namespace kiln
