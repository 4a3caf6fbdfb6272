#pragma once

#include "services/compute_fields.hpp"

#include <kiln/fields.hpp>
#include <kiln/services/libraries.hpp>

// The JSON form of every struct of libraries.
namespace kiln::libraries {

void fields(auto& io, library_status& v) {
  io("library", v.library);
  io("status", v.status);
  io("messages", v.messages);
  io("is_library_for_all_clusters", v.is_library_for_all_clusters);
}
void fields(auto& io, cluster_libraries& v) {
  io("cluster_id", v.cluster_id);
  io("library_statuses", v.library_statuses);
}
void fields(auto& io, all_cluster_statuses::response& v) { io("statuses", v.statuses); }
void fields(auto&, all_cluster_statuses&) {}
void fields(auto& io, cluster_status& v) { io("cluster_id", v.cluster_id); }
void fields(auto& io, install& v) {
  io("cluster_id", v.cluster_id);
  io("libraries", v.libraries);
}
void fields(auto& io, uninstall& v) {
  io("cluster_id", v.cluster_id);
  io("libraries", v.libraries);
}

}  // namespace kiln::libraries
