#include "cli/args.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/loop.hpp"
#include "cli/output.hpp"
#include "cli/render.hpp"
#include "cli/session.hpp"
#include "cli/usage_error.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <variant>

namespace kiln::cli {
namespace {

exit_code run_remote(loop& on, invocation const& asked, console& err, output& out) {
  session s(on, asked.global, err, out, make_workspace_options(on, asked.global, err));
  auto start = [&s](auto const& args) -> asio::awaitable<exit_code> {
    if constexpr (requires { run_command(s, args); }) {
      return run_command(s, args);
    } else {
      throw std::logic_error("not a command of a workspace");
    }
  };
  auto const code = on.run(std::visit(start, asked.what));
  s.close();
  return code;
}

exit_code run(invocation const& asked, console& err) {
  loop on;
  output out(on.executor());
  exit_code code = exit_code::ok;
  if (auto const* emulated = std::get_if<emulate_args>(&asked.what)) {
    return run_emulate(on, err, *emulated);
  }
  if (auto const* settings = std::get_if<configure_args>(&asked.what)) {
    return run_configure(asked.global, err, *settings);
  }
  if (auto const* describe = std::get_if<auth_describe_args>(&asked.what)) {
    code = run_auth(asked.global, err, out, *describe);
  } else if (auto const* env = std::get_if<auth_env_args>(&asked.what)) {
    code = run_auth(asked.global, err, out, *env);
  } else if (auto const* demo = std::get_if<demo_args>(&asked.what)) {
    code = run_demo(on, asked.global, err, out, *demo);
  } else if (auto const offline = run_offline(asked, err, out)) {
    code = *offline;
  } else {
    code = run_remote(on, asked, err, out);
  }
  if (on.interrupted()) {
    err.line("kiln: interrupted");
    return exit_code::interrupted;
  }
  if (out.failed() && code == exit_code::ok) {
    err.line("kiln: stdout could not be written to");
    return exit_code::other;
  }
  return code;
}

exit_code run_again(global_args const& global, matrices_resume_args const& args, console& err) {
  auto const again = invocation_again(global, args, err);
  return run(again, err);
}

/// No exception leaves the program; those with a meaning get its exit code.
exit_code run_guarded(invocation const& asked, console& err) {
  try {
    auto const* const resume = std::get_if<matrices_resume_args>(&asked.what);
    return resume != nullptr ? run_again(asked.global, *resume, err) : run(asked, err);
  } catch (usage_error const& e) {
    err.line(std::string("kiln: ") + e.what());
    return exit_code::usage;
  } catch (std::invalid_argument const& e) {
    err.line(std::string("kiln: ") + e.what());
    return exit_code::usage;
  } catch (failure const& e) {
    err.line(error_text(e.error()));
    return exit_code_of(e.error().code());
  } catch (std::exception const& e) {
    err.line(std::string("kiln: ") + e.what());
    return exit_code::other;
  }
}

exit_code say(parse_stop const& what, console& err) {
  if (!what.err.empty()) err.line(std::string_view(what.err).substr(0, what.err.size() - 1));
  bool const whole = std::fwrite(what.out.data(), 1, what.out.size(), stdout) == what.out.size();
  if ((whole && std::fflush(stdout) == 0) || errno == EPIPE) return what.code;
  err.line("kiln: stdout could not be written to");
  return exit_code::other;
}

int main_of(int argc, char const* const* argv) {
  // A reader of stdout that went away is seen by write(); sockets must not end the program either.
  ::signal(SIGPIPE, SIG_IGN);
  console err;
  auto const parsed = parse_arguments(argc, argv);
  auto const* const stop = std::get_if<parse_stop>(&parsed);
  auto const code =
      stop != nullptr ? say(*stop, err) : run_guarded(std::get<invocation>(parsed), err);
  return static_cast<int>(code);
}

}  // namespace
}  // namespace kiln::cli

int main(int argc, char** argv) { return kiln::cli::main_of(argc, argv); }
