#pragma once

#include <kiln/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>

namespace kiln::transfer {

/// Runs `what`, which may wait for a disk, on `disk`, or here and now when that is null, and gives
/// its result. Not cancelled once begun; what it works on must be held by `what`.
asio::awaitable<result<void>> apart(asio::any_io_executor const* disk,
                                    std::function<result<void>()> what);

}  // namespace kiln::transfer
