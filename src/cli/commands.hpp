#pragma once

#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/session.hpp"

// One function per command. Those that are coroutines talk to a workspace; their arguments must
// outlive them. usage_error means that nothing was done.
namespace kiln::cli {

asio::awaitable<exit_code> run_command(session& s, cp_args const& args);
asio::awaitable<exit_code> run_command(session& s, ls_args const& args);
asio::awaitable<exit_code> run_command(session& s, cat_args const& args);
asio::awaitable<exit_code> run_command(session& s, rm_args const& args);
asio::awaitable<exit_code> run_command(session& s, mkdir_args const& args);
asio::awaitable<exit_code> run_command(session& s, mv_args const& args);
asio::awaitable<exit_code> run_command(session& s, stat_args const& args);
asio::awaitable<exit_code> run_command(session& s, du_args const& args);
asio::awaitable<exit_code> run_command(session& s, api_args const& args);

exit_code run_emulate(loop& on, console& err, emulate_args const& args);
exit_code run_demo(loop& on, global_args const& global, console& err, output& out,
                   demo_args const& args);

}  // namespace kiln::cli
