#include "cli/session.hpp"

#include "cli/json_text.hpp"
#include "cli/render.hpp"
#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <chrono>
#include <unistd.h>

namespace kiln::cli {
namespace {

constexpr std::size_t token_bytes_max = 64 * 1024;
constexpr auto close_grace = std::chrono::milliseconds(1'000);

/// Byte by byte, so that nothing behind the line is taken from who reads stdin next.
std::string read_token() {
  std::string line;
  char c = 0;
  while (line.size() <= token_bytes_max && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') line += c;
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (line.empty()) throw usage_error("--token-stdin: the first line of stdin holds no token");
  if (line.size() > token_bytes_max) throw usage_error("--token-stdin: the line is no token");
  return line;
}

asio::awaitable<void> close_workspace(workspace ws, std::chrono::milliseconds grace) {
  // How it ended is of no interest any more.
  auto const ended = co_await ws.close(grace);
  static_cast<void>(ended);
}

}  // namespace

workspace_options make_workspace_options(global_args const& global, console& err) {
  auto options = workspace_options::from_environment();
  if (!global.host.empty()) options.host = global.host;
  if (options.host.empty()) {
    throw usage_error(
        "no workspace: set DATABRICKS_HOST to its URL, or give --host "
        "https://adb-1234567890123456.7.azuredatabricks.net");
  }
  if (global.token_from_stdin)
    options.credentials = credentials::personal_access_token(read_token());
  if (!options.credentials) {
    throw usage_error(
        "no token: set DATABRICKS_TOKEN to a personal access token of the workspace, or pass it "
        "on stdin with --token-stdin");
  }
  if (global.rate) {
    budget_options spend;
    spend.rate = *global.rate;
    options.budget = budget(spend);
  }
  if (!global.proxy.empty()) options.proxy.url = global.proxy;
  if (!global.ca_file.empty()) options.tls.ca_file = global.ca_file;
  if (global.timeout) options.deadline = *global.timeout;
  options.allow_plain_http = global.allow_plain_http;
  if (global.verbose) {
    options.log = [&err](log_level level, std::string_view line) {
      err.line(fmt::format("{}: {}", kiln::to_string(level), line));
    };
  }
  return options;
}

exit_code session::fail(error const& e) const {
  if (e.code() == errc::cancelled && loop_.interrupted()) return exit_code::interrupted;
  err_.line(error_text(e));
  return exit_code_of(e.code());
}

void session::print_items(std::vector<std::string> const& json_values) const {
  if (format() == output_format::jsonl) {
    for (auto const& value : json_values) {
      if (out_.closed()) return;
      out_.print(value + '\n');
    }
    return;
  }
  json_array document;
  for (auto const& value : json_values) document.add(value);
  out_.print(document.finish() + '\n');
}

void session::print(std::string const& text, std::string const& json) const {
  out_.print(format() == output_format::text ? text : json + '\n');
}

void session::close() {
  auto const grace = loop_.interrupted() ? std::chrono::milliseconds(0) : close_grace;
  loop_.settle(close_workspace(ws_, grace));
}

}  // namespace kiln::cli
