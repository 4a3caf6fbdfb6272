#include "cli/session.hpp"

#include "cli/json_text.hpp"
#include "cli/render.hpp"
#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <chrono>
#include <termios.h>
#include <unistd.h>

namespace kiln::cli {
namespace {

constexpr std::size_t token_bytes_max = 64 * 1024;
constexpr auto close_grace = std::chrono::milliseconds(1'000);

/// A terminal shows nothing of what is typed while this lives.
class silent_terminal {
 public:
  silent_terminal() {
    if (::isatty(STDIN_FILENO) != 1 || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~silent_terminal() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  silent_terminal(silent_terminal const&) = delete;
  silent_terminal& operator=(silent_terminal const&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

/// To the end of the run: asks the resource manager where the workspace is.
void complete_host(loop& on, config& settings, workspace_options const& network) {
  auto ask = [](asio::any_io_executor executor, config& known,
                workspace_options const& over) -> asio::awaitable<exit_code> {
    auto const found = co_await find_workspace_host(executor, known, over);
    if (found.has_error()) throw failure(found.error());
    known.set_host(*found);
    co_return exit_code::ok;
  };
  on.run(ask(on.executor(), settings, network));
}

asio::awaitable<void> close_workspace(workspace ws, std::chrono::milliseconds grace) {
  // How it ended is of no interest any more.
  auto const ended = co_await ws.close(grace);
  static_cast<void>(ended);
}

}  // namespace

/// Byte by byte, so that nothing behind the line is taken from who reads stdin next.
secret read_token() {
  silent_terminal const quiet;
  std::string line;
  char c = 0;
  while (line.size() <= token_bytes_max && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') line += c;
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (line.empty()) throw usage_error("stdin: its first line holds no token");
  if (line.size() > token_bytes_max) throw usage_error("stdin: its first line is no token");
  secret out(line);
  wipe(line);
  return out;
}

config resolve_settings(global_args const& global) {
  auto request = config_request::of_process();
  request.profile = global.profile;
  if (!global.host.empty()) request.flags.emplace("host", secret(global.host));
  if (global.token_from_stdin) request.flags.emplace("token", read_token());
  auto settings = config::resolve(request);
  if (settings.has_error()) throw usage_error(settings.error().message());
  return *settings;
}

workspace_options make_workspace_options(loop& on, global_args const& global, console& err) {
  auto settings = resolve_settings(global);
  for (auto const& warning : settings.warnings()) err.line("kiln: " + warning);
  auto const complete = [&] {
    auto options = settings.options();
    if (!global.proxy.empty()) options.proxy.url = global.proxy;
    if (!global.ca_file.empty()) options.tls.ca_file = global.ca_file;
    return options;
  };
  if (settings.lacks_host()) complete_host(on, settings, complete());
  auto options = complete();
  if (options.host.empty()) {
    throw usage_error(
        "no workspace: set DATABRICKS_HOST to its URL, give --host "
        "https://adb-1234567890123456.7.azuredatabricks.net, or name a --profile");
  }
  if (!options.credentials) {
    throw usage_error(
        "no credentials: set DATABRICKS_TOKEN to a personal access token of the workspace, pass "
        "it on stdin with --token-stdin, or name a --profile; kiln auth describe shows what is "
        "set");
  }
  if (global.rate) {
    budget_options spend;
    spend.rate = *global.rate;
    options.budget = budget(spend);
  }
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
  return complain(err_, e);
}

exit_code complain(console& err, error const& why) {
  err.line(error_text(why));
  return exit_code_of(why.code());
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
