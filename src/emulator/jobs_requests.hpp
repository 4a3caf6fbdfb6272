#pragma once

#include "emulator/runs_view.hpp"
#include "emulator/service.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

// What requests to the Jobs API say, read out of their JSON and checked.
namespace kiln::emulation {

/// Settings of a job or of a one-time run in the form of API 2.1, whatever form they came in.
outcome<boost::json::object> settings_of(boost::json::object const& given, jobs_version version);

/// What run-now and repair give instead of what the job says.
struct given_parameters {
  std::string fragment;  ///< overriding_parameters and job_parameters of a run.
  script_words words;
};
outcome<given_parameters> run_parameters_of(boost::json::object const& body);

struct window_bounds {
  std::size_t otherwise;  ///< Items a page when none is asked for.
  std::size_t most;
  bool zero_is_most;
};
/// limit, offset and page_token.
outcome<run_window> window_of(parameters const& in, window_bounds const& bounds);
/// For a page that begins with this run or job; for the one that ends before it.
[[nodiscard]] std::string next_page_token(std::int64_t first);
[[nodiscard]] std::string prev_page_token(std::int64_t after);

/// How many elements of each list of a job or a run an answer of API 2.2 has.
inline constexpr std::size_t elements_page_max = 100;
/// Which elements of the lists of a job or a run an answer has: all of them before API 2.2.
outcome<element_window> elements_of(parameters const& in, jobs_version version);
/// For the page that begins with that element.
[[nodiscard]] std::string elements_page_token(std::size_t first);

outcome<run_filter> filter_of(parameters const& in);

}  // namespace kiln::emulation
