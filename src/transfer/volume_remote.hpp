#pragma once

#include "transfer/remote.hpp"

#include <kiln/options.hpp>
#include <kiln/workspace.hpp>

#include <cstdint>
#include <memory>

namespace kiln::transfer {

/// The same for paths below "/Volumes", by the Files API. Of times of
/// change, status and answers to reads have the seconds only. create() and move() fail: there is no
/// such thing.
std::unique_ptr<remote> make_volume_remote(workspace const& ws, lane in_lane);

/// A put of 2 GiB does not fit the deadline of a call that is made for small ones, so a put gets
/// the time that a slow line needs. A line that stands still is noticed much earlier, by the
/// timeouts.
[[nodiscard]] call_options with_time_to_send(call_options options, std::uint64_t size) noexcept;
/// One that cleans up behind a cancelled transfer.
[[nodiscard]] call_options brief_call(call_options options) noexcept;

}  // namespace kiln::transfer
