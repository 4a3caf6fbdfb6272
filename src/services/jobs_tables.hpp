#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>

// The tables of jobs and runs, which take seconds to compile: made once, in jobs_tables.cpp and
// jobs20_tables.cpp, for the services and who else reads them.
namespace kiln {

extern template type_info const& type_of<jobs::create>();
extern template type_info const& type_of<jobs::get>();
extern template type_info const& type_of<jobs::job>();
extern template type_info const& type_of<jobs::list::response>();
extern template type_info const& type_of<jobs::reset>();
extern template type_info const& type_of<jobs::run>();
extern template type_info const& type_of<jobs::run_now>();
extern template type_info const& type_of<jobs::runs_get>();
extern template type_info const& type_of<jobs::runs_get_output::response>();
extern template type_info const& type_of<jobs::runs_list>();
extern template type_info const& type_of<jobs::runs_list::response>();
extern template type_info const& type_of<jobs::runs_repair>();
extern template type_info const& type_of<jobs::runs_submit>();
extern template type_info const& type_of<jobs::update>();

extern template type_info const& type_of<jobs20::create>();
extern template type_info const& type_of<jobs20::job>();
extern template type_info const& type_of<jobs20::list::response>();
extern template type_info const& type_of<jobs20::reset>();
extern template type_info const& type_of<jobs20::run>();
extern template type_info const& type_of<jobs20::run_now>();
extern template type_info const& type_of<jobs20::runs_get>();
extern template type_info const& type_of<jobs20::runs_get_output::response>();
extern template type_info const& type_of<jobs20::runs_list>();
extern template type_info const& type_of<jobs20::runs_list::response>();
extern template type_info const& type_of<jobs20::runs_submit>();
extern template type_info const& type_of<jobs20::update>();

}  // namespace kiln
