#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>

// The tables of runs, for who reads them beside the services: made in jobs.cpp and jobs20.cpp once,
// since they take seconds to compile.
namespace kiln {

extern template type_info const& type_of<jobs::run>();
extern template type_info const& type_of<jobs::runs_get>();
extern template type_info const& type_of<jobs::runs_list>();
extern template type_info const& type_of<jobs::runs_list::response>();

extern template type_info const& type_of<jobs20::run>();
extern template type_info const& type_of<jobs20::runs_get>();
extern template type_info const& type_of<jobs20::runs_list>();
extern template type_info const& type_of<jobs20::runs_list::response>();

}  // namespace kiln
