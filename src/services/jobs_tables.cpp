#include "services/jobs_fields.hpp"

namespace kiln {

template type_info const& type_of<jobs::create>();
template type_info const& type_of<jobs::get>();
template type_info const& type_of<jobs::job>();
template type_info const& type_of<jobs::list::response>();
template type_info const& type_of<jobs::reset>();
template type_info const& type_of<jobs::run>();
template type_info const& type_of<jobs::run_now>();
template type_info const& type_of<jobs::runs_get>();
template type_info const& type_of<jobs::runs_get_output::response>();
template type_info const& type_of<jobs::runs_list>();
template type_info const& type_of<jobs::runs_list::response>();
template type_info const& type_of<jobs::runs_repair>();
template type_info const& type_of<jobs::runs_submit>();
template type_info const& type_of<jobs::update>();

}  // namespace kiln
