#pragma once

#include "emulator/runs_state.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

// Runs as the JSON of the API.
namespace kiln::emulation {

enum class jobs_version : std::uint8_t { v2_0, v2_1, v2_2 };

/// A part of each list of a job or a run, however long the list is.
struct element_window {
  std::size_t first = 0;
  std::size_t most = static_cast<std::size_t>(-1);

  /// Where the part of a list of that size begins and ends.
  [[nodiscard]] std::size_t begin(std::size_t size) const noexcept { return std::min(first, size); }
  [[nodiscard]] std::size_t end(std::size_t size) const noexcept {
    return begin(size) + std::min(most, size - begin(size));
  }
};

struct run_details {
  jobs_version version = jobs_version::v2_1;
  bool tasks = false;  ///< Not in API 2.0.
  bool history = false;
  element_window elements;
  std::string next_page_token;  ///< Told where a list goes on behind `elements`; empty: it is not.
  std::int64_t now_ms = 0;
};

/// Appends a run as an object.
void append_run(std::string& out, run const& r, run_details const& details);
/// Appends one task of a run as if it were a run of its own, as runs/get gives it by its run_id.
void append_task_as_run(std::string& out, run const& r, std::size_t task,
                        run_details const& details);

/// Why it failed, for people; empty when it did not.
[[nodiscard]] std::string failure_of(run_end end);

}  // namespace kiln::emulation
