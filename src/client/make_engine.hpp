#pragma once

#include "client/engine.hpp"

namespace kiln {

/// An engine on real sockets and real time. Throws std::invalid_argument as
/// workspace_options::validate does.
[[nodiscard]] std::shared_ptr<engine> make_engine(asio::any_io_executor executor,
                                                  workspace_options options);

}  // namespace kiln
