#pragma once

#include <kiln/error.hpp>
#include <kiln/transfer.hpp>

namespace kiln::cli {

/// What the program's exit status says; scripts rely on these numbers.
enum class exit_code : int {
  ok = 0,
  other = 1,
  usage = 2,         ///< The command line or the configuration cannot work.
  some_failed = 3,   ///< Of several items, some failed.
  denied = 4,        ///< Authentication or permission.
  not_found = 5,     ///< The file, directory or object is not there.
  temporary = 6,     ///< Running it again may help.
  run_failed = 7,    ///< A job's run failed on the server.
  own_limit = 8,     ///< A limit of kiln's own was reached: deadline, queue, size.
  interrupted = 130  ///< SIGINT or SIGTERM.
};

[[nodiscard]] exit_code exit_code_of(errc code) noexcept;
/// A transfer of one item ends as that item did.
[[nodiscard]] exit_code exit_code_of(transfer_report const& report) noexcept;

}  // namespace kiln::cli
