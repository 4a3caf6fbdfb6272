#pragma once

#include "emulator/clusters_state.hpp"
#include "emulator/service.hpp"

#include <kiln/services/clusters.hpp>

namespace kiln::emulation {

/// A cluster as clusters/get tells it.
clusters::cluster view_of(emulated_cluster const& c);

/// The page of events a request asks for.
outcome<clusters::events::response> events_of(emulated_cluster const& c, parameters const& in,
                                              moment now);

}  // namespace kiln::emulation
