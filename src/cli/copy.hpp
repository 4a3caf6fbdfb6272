#pragma once

#include "cli/session.hpp"

#include <kiln/transfer.hpp>

#include <functional>

namespace kiln::cli {

using transfer_start = std::function<task<transfer_report>(transfer_options const&)>;

/// Runs a transfer with progress on stderr and says what came of it. With a journal the first
/// interrupt lets what is under way finish, and how to go on is said.
asio::awaitable<exit_code> copy(session& s, transfer_options options, transfer_start start);

}  // namespace kiln::cli
