#include "services/clusters_fields.hpp"

namespace kiln {

template type_info const& type_of<clusters::cluster>();
template type_info const& type_of<clusters::cluster_event>();
template type_info const& type_of<clusters::create>();
template type_info const& type_of<clusters::edit>();
template type_info const& type_of<clusters::events>();
template type_info const& type_of<clusters::events::response>();
template type_info const& type_of<clusters::list::response>();
template type_info const& type_of<clusters::list_node_types::response>();

}  // namespace kiln
