#pragma once

#include "emulator/api.hpp"

#include <kiln/emulator.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a run does and when, told by its own parameters; kiln/emulator.hpp has the words.
namespace kiln::emulation {

/// How a run or a task comes to its end.
enum class run_end : std::uint8_t {
  success,
  failed,
  timedout,
  canceled,
  internal_error,         ///< The life cycle state; the result is FAILED.
  cluster_failed,         ///< The same; its cluster did not start,
  cluster_lost,           ///< or ended while it ran.
  skipped,                ///< The life cycle state; there is no result.
  excluded,               ///< Of a task: its run_if does not hold.
  upstream_failed,        ///< Of a task.
  upstream_canceled,      ///< Of a task.
  success_with_failures,  ///< Of a run.
};

[[nodiscard]] constexpr bool is_internal_error(run_end end) noexcept {
  return end == run_end::internal_error || end == run_end::cluster_failed ||
         end == run_end::cluster_lost;
}

/// The kiln_… parameters, as they were given.
using script_words = std::vector<std::pair<std::string, std::string>>;

/// Adds those of a map of parameters or of a list of "name=value". Values that are no strings are
/// no words.
void add_script_words(script_words& words, boost::json::value const& parameters);

struct run_script {
  std::chrono::milliseconds pending{0};
  std::chrono::milliseconds duration{0};
  std::chrono::milliseconds cleanup{0};
  std::vector<run_end> results;  ///< At least one.
  std::string output;

  /// Of the n-th attempt, from 0.
  [[nodiscard]] run_end result(std::size_t n) const noexcept {
    return results[n < results.size() ? n : results.size() - 1];
  }
};

/// "FAILED,SUCCESS"; INVALID_PARAMETER_VALUE for anything else.
outcome<std::vector<run_end>> parse_run_results(std::string_view text);

/// What the words say, `of_run` before `of_task`, and the options where they are silent.
outcome<run_script> make_script(emulator_jobs_options const& options, script_words const& of_task,
                                script_words const& of_run);

}  // namespace kiln::emulation
