#include "cli/api_request.hpp"
#include "cli/commands.hpp"
#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <unistd.h>

namespace kiln::cli {
namespace {

/// The API takes requests up to 10 MB.
constexpr std::size_t input_bytes_max = 16U << 20;

std::string read_all(std::istream& in, std::string const& name) {
  std::string text;
  std::string piece(64U << 10, '\0');
  while (in && text.size() <= input_bytes_max) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) throw usage_error(fmt::format("--input: '{}' could not be read", name));
  if (text.size() > input_bytes_max) {
    throw usage_error(fmt::format("--input: '{}' is larger than 16 MiB", name));
  }
  return text;
}

std::string input_text(session const& s, std::string const& name) {
  if (name == "-") {
    if (s.global().token_from_stdin) {
      throw usage_error("--input - and --token-stdin both read stdin: give one of them a file");
    }
    return read_all(std::cin, "stdin");
  }
  std::ifstream file(name, std::ios::binary);
  if (!file) throw usage_error(fmt::format("--input: '{}' cannot be opened", name));
  return read_all(file, name);
}

bool has_query_only(verb method) {
  return method == verb::get || method == verb::delete_ || method == verb::head;
}

repeat repeats_of(verb method) {
  if (method == verb::get || method == verb::head) return repeat::safe;
  bool const same_again = method == verb::put || method == verb::delete_;
  return same_again ? repeat::idempotent : repeat::not_idempotent;
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, api_args const& args) {
  if (!args.path.starts_with('/')) {
    throw usage_error(
        fmt::format("PATH: '{}' does not start with a slash, as /api/2.0/... does", args.path));
  }
  auto path = args.path;
  std::string body;
  if (!args.input.empty()) body = input_text(s, args.input);
  if (has_query_only(args.method)) {
    path = path_with_query(path, args.fields);
  } else if (args.input.empty()) {
    body = body_of(args.fields);
  }
  call_options const options{.lane = lane::interactive};
  auto const answer =
      co_await s.ws().raw(args.method, path, body, options, repeats_of(args.method));
  if (answer.has_error()) co_return s.fail(answer.error());
  auto const written = co_await s.out().stream(answer->body);
  if (written.has_error()) co_return s.fail(written.error());
  // A prompt behind the last brace is of no use; a program that reads gets the exact bytes.
  if (::isatty(STDOUT_FILENO) == 1 && !answer->body.ends_with('\n')) s.out().print("\n");
  co_return exit_code::ok;
}

}  // namespace kiln::cli
