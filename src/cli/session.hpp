#pragma once

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/invocation.hpp"
#include "cli/loop.hpp"
#include "cli/output.hpp"

#include <kiln/config.hpp>
#include <kiln/workspace.hpp>

#include <string>
#include <vector>

namespace kiln::cli {

/// Says on stderr why a command that has no session failed.
exit_code complain(console& err, error const& why);

/// The first line of stdin, without echo when a person types it. Throws usage_error for none.
[[nodiscard]] secret read_token();
/// The settings of the command line, the environment and the profile, in that order. Reads the
/// token from stdin if it is to. Throws usage_error.
[[nodiscard]] config resolve_settings(global_args const& global);
/// The options that they ask for; runs the loop where the host must be asked for first. Throws
/// usage_error that says what to set, std::invalid_argument that names a bad value, failure.
[[nodiscard]] workspace_options make_workspace_options(loop& on, global_args const& global,
                                                       console& err);

/// What a command works with. Threads: the main one.
class session {
 public:
  session(kiln::cli::loop& on, global_args const& global, console& err, output& out,
          workspace_options options)
      : loop_(on), global_(global), err_(err), out_(out), ws_(on.executor(), std::move(options)) {}

  [[nodiscard]] workspace const& ws() const noexcept { return ws_; }
  [[nodiscard]] kiln::cli::loop& loop() const noexcept { return loop_; }
  [[nodiscard]] global_args const& global() const noexcept { return global_; }
  [[nodiscard]] console& err() const noexcept { return err_; }
  [[nodiscard]] output& out() const noexcept { return out_; }
  [[nodiscard]] output_format format() const noexcept { return global_.output; }

  /// Says it on stderr.
  exit_code fail(error const& e) const;
  /// One JSON document for -o json, for jsonl a line each.
  void print_items(std::vector<std::string> const& json_values) const;
  /// One value in the form asked for.
  void print(std::string const& text, std::string const& json) const;
  /// Ends the connections.
  void close();

 private:
  kiln::cli::loop& loop_;
  global_args const& global_;
  console& err_;
  output& out_;
  workspace ws_;
};

}  // namespace kiln::cli
