#pragma once

#include "cli/session.hpp"

#include <kiln/transfer.hpp>

#include <functional>
#include <string_view>
#include <vector>

namespace kiln::cli {

using transfer_start = std::function<task<transfer_report>(transfer_options const&)>;

/// Runs a transfer with progress on stderr and says what came of it. With a journal the first
/// interrupt lets what is under way finish, and how to go on is said.
asio::awaitable<exit_code> copy(session& s, transfer_options options, transfer_start start);

/// A plan, and what of it cannot be done.
exit_code say_plan(session const& s, transfer_plan const& plan, std::string_view source,
                   std::string_view destination);

/// The first that failed, how many more there are, and what helps.
void say_failures(session const& s, std::vector<transfer_failure> const& all);

}  // namespace kiln::cli
