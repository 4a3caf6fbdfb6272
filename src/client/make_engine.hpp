#pragma once

#include "client/engine.hpp"

namespace kiln {

/// Which threads run an executor. One needs no strand, which is the cheaper engine.
enum class run_by : unsigned char { any_threads, one_thread };

/// An engine on real sockets and real time. Throws std::invalid_argument as
/// workspace_options::validate does.
[[nodiscard]] std::shared_ptr<engine> make_engine(asio::any_io_executor executor, run_by who,
                                                  workspace_options options);

}  // namespace kiln
