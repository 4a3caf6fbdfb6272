#pragma once

#include "emulator/api.hpp"
#include "emulator/faults.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace kiln::emulation {

inline constexpr std::string_view control_prefix = "/_emulator/";

/// The last requests of the workspace.
class request_log {
 public:
  struct entry {
    std::string method;
    std::string path;
    int status = 0;  ///< 0: the connection was ended or left without an answer.
    std::int64_t when_ms = 0;
  };
  void add(entry e);
  void clear() noexcept { entries_.clear(); }
  [[nodiscard]] std::deque<entry> const& entries() const noexcept { return entries_; }

  static constexpr std::size_t entries_max = 1'000;

 private:
  std::deque<entry> entries_;
};

/// What the control endpoints can reach of a workspace.
class controlled {
 public:
  virtual ~controlled() = default;
  virtual void forget_everything() = 0;
  virtual void set_rate(double rate) = 0;
  virtual void advance_clock(std::chrono::milliseconds by) = 0;
  [[nodiscard]] virtual emulator_stats counters() const = 0;
  [[nodiscard]] virtual double rate() const = 0;
  [[nodiscard]] virtual request_log const& log() const = 0;
  [[nodiscard]] virtual fault_script& faults() = 0;
};

/// Answers GET health, GET requests?last=n, GET, POST, DELETE faults, GET, POST rate, GET, POST
/// clock and POST reset, below control_prefix.
api_reply handle_control(api_request const& request, controlled& workspace, moment now);

}  // namespace kiln::emulation
