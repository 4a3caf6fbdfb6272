#pragma once

#include "core/limits.hpp"
#include "core/timers.hpp"
#include "emulator/emulator_core.hpp"
#include "net/byte_stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace kiln::emulation {

/// How whoever owns the stream should end it.
enum class connection_end : std::uint8_t { orderly, reset };

/// Serves one connection until the peer or the core has had enough. The stream is not closed,
/// unless it was idle for emulator_options::idle_close. Everything must live until the end, which
/// cancelling the coroutine brings on. A frame that is destroyed instead touches none of it.
asio::awaitable<connection_end> serve(net::byte_stream& stream, emulator_core& core, timers& clock);

/// A body beyond this is not even read to be thrown away: the connection ends.
constexpr std::uint64_t body_bytes_max = limits::files_upload_bytes_max + (16U << 20);

}  // namespace kiln::emulation
