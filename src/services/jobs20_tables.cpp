#include "services/jobs20_fields.hpp"

namespace kiln {

template type_info const& type_of<jobs20::create>();
template type_info const& type_of<jobs20::job>();
template type_info const& type_of<jobs20::list::response>();
template type_info const& type_of<jobs20::reset>();
template type_info const& type_of<jobs20::run>();
template type_info const& type_of<jobs20::run_now>();
template type_info const& type_of<jobs20::runs_get>();
template type_info const& type_of<jobs20::runs_get_output::response>();
template type_info const& type_of<jobs20::runs_list>();
template type_info const& type_of<jobs20::runs_list::response>();
template type_info const& type_of<jobs20::runs_submit>();
template type_info const& type_of<jobs20::update>();

}  // namespace kiln
