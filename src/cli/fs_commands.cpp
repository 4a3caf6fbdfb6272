#include "cli/commands.hpp"
#include "cli/path.hpp"
#include "cli/render.hpp"
#include "cli/walk.hpp"

#include <kiln/remote_files.hpp>
#include <kiln/services/dbfs.hpp>

#include <utility>

namespace kiln::cli {
namespace {

void print_files(session const& s, std::vector<dbfs::file_info> const& files, std::string_view root,
                 bool long_form) {
  if (s.format() == output_format::text) {
    s.out().print(list_text(files, root, long_form));
    return;
  }
  std::vector<std::string> items;
  for (auto const& file : files) items.push_back(file_json(file));
  s.print_items(items);
}

/// Of a command that is one request.
exit_code say_cost(session const& s, request_counts const& requests) {
  auto const rate = s.ws().stats().rate;
  s.print(cost_text(requests, {}, rate), cost_json(requests, {}, rate));
  return exit_code::ok;
}

exit_code ended(session const& s, result<void> const& outcome) {
  return outcome.has_error() ? s.fail(outcome.error()) : exit_code::ok;
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, ls_args const& args) {
  auto const path = remote_path(args.path);
  std::vector<dbfs::file_info> files;
  if (args.recursive) {
    auto walked = co_await walk(s.ws(), path);
    if (walked.has_error()) co_return s.fail(walked.error());
    files = std::move(*walked);
  } else {
    remote_files const there(s.ws());
    auto answer = co_await there.list(path);
    if (answer.has_error()) co_return s.fail(answer.error());
    files = std::move(*answer);
  }
  print_files(s, files, path, args.long_form);
  co_return exit_code::ok;
}

asio::awaitable<exit_code> run_command(session& s, mkdir_args const& args) {
  auto const path = remote_path(args.path);
  if (args.dry_run) {
    request_counts one;
    one.mkdirs = 1;
    co_return say_cost(s, one);
  }
  remote_files const there(s.ws());
  auto const outcome = co_await there.mkdirs(path);
  co_return ended(s, outcome);
}

asio::awaitable<exit_code> run_command(session& s, mv_args const& args) {
  auto const source = remote_path(args.source);
  auto const destination = remote_path(args.destination);
  if (args.dry_run) {
    request_counts one;
    one.move = 1;
    co_return say_cost(s, one);
  }
  remote_files const there(s.ws());
  auto const outcome = co_await there.move(source, destination);
  co_return ended(s, outcome);
}

asio::awaitable<exit_code> run_command(session& s, stat_args const& args) {
  auto const path = remote_path(args.path);
  remote_files const there(s.ws());
  auto const status = co_await there.get_status(path);
  if (status.has_error()) co_return s.fail(status.error());
  s.print(stat_text(*status), file_json(*status));
  co_return exit_code::ok;
}

asio::awaitable<exit_code> run_command(session& s, du_args const& args) {
  auto const path = remote_path(args.path);
  auto const walked = co_await walk(s.ws(), path);
  if (walked.has_error()) co_return s.fail(walked.error());
  auto const lines = add_up(*walked, path);
  if (s.format() == output_format::text) {
    s.out().print(usage_text(lines));
    co_return exit_code::ok;
  }
  std::vector<std::string> items;
  for (auto const& line : lines) items.push_back(usage_json(line));
  s.print_items(items);
  co_return exit_code::ok;
}

}  // namespace kiln::cli
