#pragma once

#include <chrono>

namespace kiln {

/// A moment of the monotonic clock. Policy code takes it as an argument and never asks for it.
using instant = std::chrono::steady_clock::time_point;
using duration = std::chrono::nanoseconds;
using wall_time = std::chrono::system_clock::time_point;

constexpr instant never = instant::max();

}  // namespace kiln
