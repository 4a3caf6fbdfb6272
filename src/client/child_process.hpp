#pragma once

#include "core/timers.hpp"

#include <kiln/result.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace kiln {

/// What a program said and how it ended.
struct program_output {
  int exit_code = -1;  ///< -1: a signal ended it.
  std::string out, err;
};

inline constexpr std::size_t program_output_bytes_max = 128U * 1024;

/// Runs a program found in PATH, with this process's environment, without a shell and with nothing
/// to read. Never blocks the loop: its pipes are looked at every 20 ms. The program is killed when
/// `limit` passes (errc::timed_out), when it says more than program_output_bytes_max, or when the
/// waiting coroutine ends. errc::file_not_found: there is no such program.
task<program_output> run_program(timers& clock, std::vector<std::string> words, duration limit);

}  // namespace kiln
