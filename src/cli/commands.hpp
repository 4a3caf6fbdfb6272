#pragma once

#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/session.hpp"

#include <kiln/document.hpp>

#include <optional>
#include <string>
#include <vector>

// One function per command. Those that are coroutines talk to a workspace; their arguments must
// outlive them. usage_error means that nothing was done.
namespace kiln::cli {

asio::awaitable<exit_code> run_command(session& s, cp_args const& args);
asio::awaitable<exit_code> run_command(session& s, sync_args const& args);
asio::awaitable<exit_code> run_command(session& s, verify_args const& args);
asio::awaitable<exit_code> run_command(session& s, transfers_resume_args const& args);
asio::awaitable<exit_code> run_command(session& s, transfers_clean_args const& args);
asio::awaitable<exit_code> run_command(session& s, ls_args const& args);
asio::awaitable<exit_code> run_command(session& s, cat_args const& args);
asio::awaitable<exit_code> run_command(session& s, rm_args const& args);
asio::awaitable<exit_code> run_command(session& s, mkdir_args const& args);
asio::awaitable<exit_code> run_command(session& s, mv_args const& args);
asio::awaitable<exit_code> run_command(session& s, stat_args const& args);
asio::awaitable<exit_code> run_command(session& s, du_args const& args);
asio::awaitable<exit_code> run_command(session& s, api_args const& args);
asio::awaitable<exit_code> run_command(session& s, batch_args const& args);
asio::awaitable<exit_code> run_command(session& s, auth_token_args const& args);
asio::awaitable<exit_code> run_command(session& s, service_args const& args);
asio::awaitable<exit_code> run_command(session& s, matrix_args const& args);
asio::awaitable<exit_code> run_command(session& s, export_args const& args);
asio::awaitable<exit_code> run_command(session& s, import_args const& args);
asio::awaitable<exit_code> run_command(session& s, runtime_args const& args);

/// Waits for what the command began, as its row says, and shows it as it then is. `request` and
/// `answer` are those of the command.
asio::awaitable<exit_code> wait_and_show(session& s, service_args const& args,
                                         json_members const& request, std::string const& answer);

/// Calls an endpoint and joins the pages of its answer, if it comes in several.
task<std::string> call_whole(session const& s, endpoint const& at, json_members const& request,
                             call_options const& options);

/// Commands that ask no workspace; nullopt for all others.
std::optional<exit_code> run_offline(invocation const& asked, console& err, output& out);
exit_code run_transfers_look(transfers_look_args const& args, output_format form, console& err,
                             output& out);
exit_code run_matrix_offline(global_args const& global, matrix_args const& args, console& err,
                             output& out);
exit_code run_matrices_look(matrices_look_args const& args, output_format form, console& err,
                            output& out);
exit_code run_matrices_clean(matrices_clean_args const& args, console& err);
/// The command that a journal was made by, to go on with it. Throws usage_error, failure.
[[nodiscard]] invocation invocation_again(global_args const& global,
                                          matrices_resume_args const& args, console& err);
/// nullopt when some of it is left on a server: then it takes a workspace.
std::optional<exit_code> run_transfers_clean(global_args const& global,
                                             transfers_clean_args const& args, console& err,
                                             output& out);
exit_code run_runtime_parse(runtime_args const& args, output_format form, console& err,
                            output& out);

/// How a service's results are shown: a table on a terminal, JSON elsewhere, or as -o says.
[[nodiscard]] output_format result_format(session const& s);
/// The answer of a call to `path` in that form; {} prints nothing, and no JSON is a failure.
[[nodiscard]] exit_code print_answer(session const& s, std::string_view path,
                                     std::string const& body);
/// s.fail() for an answer of a call to `path` that is not what it should be.
[[nodiscard]] exit_code fail_answer(session const& s, std::string_view path, error why);
/// Finished JSON values: an indented list, or with jsonl a line each.
void print_json(output& out, output_format form, std::vector<std::string> const& items);

exit_code run_auth(global_args const& global, console& err, output& out,
                   auth_describe_args const& args);
exit_code run_auth(global_args const& global, console& err, output& out, auth_env_args const& args);
exit_code run_configure(global_args const& global, console& err, configure_args const& args);
exit_code run_emulate(loop& on, console& err, emulate_args const& args);
exit_code run_demo(loop& on, global_args const& global, console& err, output& out,
                   demo_args const& args);

}  // namespace kiln::cli
