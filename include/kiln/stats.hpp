#pragma once

#include <chrono>
#include <cstdint>

namespace kiln {

/// Counters of one workspace handle since it was made, and its present state.
struct workspace_stats {
  std::uint64_t requests = 0;        ///< Attempts that were granted and used.
  std::uint64_t retries = 0;         ///< Of these, not the first of their call.
  std::uint64_t throttled = 0;       ///< Answers with status 429.
  std::uint64_t failed = 0;          ///< Calls that ended in an error.
  std::uint64_t bytes_sent = 0;      ///< Bodies.
  std::uint64_t bytes_received = 0;  ///< Bodies.
  std::uint32_t waiting = 0;         ///< Calls at the gate now.
  std::uint32_t in_flight = 0;       ///< Requests on the wire now.
  double rate = 0;                   ///< Requests per second the budget allows at present.
};

}  // namespace kiln
