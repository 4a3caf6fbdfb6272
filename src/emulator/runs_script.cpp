#include "emulator/runs_script.hpp"

#include "emulator/service.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

constexpr std::string_view script_prefix = "kiln_";
constexpr double seconds_max = 1e7;
constexpr std::size_t results_max = 1'000;

struct word {
  std::string_view text;
  run_end end;
};
constexpr std::array<word, 6> end_names{{{"SUCCESS", run_end::success},
                                         {"FAILED", run_end::failed},
                                         {"TIMEDOUT", run_end::timedout},
                                         {"CANCELED", run_end::canceled},
                                         {"INTERNAL_ERROR", run_end::internal_error},
                                         {"SKIPPED", run_end::skipped}}};

outcome<std::chrono::milliseconds> parse_seconds(std::string const& name, std::string_view text) {
  double value = 0;
  auto const* const end = text.data() + text.size();
  auto const [last, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || last != end || !(value >= 0) || value > seconds_max) {
    return invalid_parameter(name + " is not a number of seconds from 0 to 10000000: '" +
                             std::string(text) + '\'');
  }
  return std::chrono::milliseconds(std::llround(value * 1'000));
}

outcome<void> apply(run_script& to, std::string const& name, std::string const& value) {
  auto const into = [&](std::chrono::milliseconds& time) -> outcome<void> {
    auto const seconds = parse_seconds(name, value);
    if (!seconds) return seconds.error();
    time = *seconds;
    return {};
  };
  if (name == "kiln_seconds") return into(to.duration);
  if (name == "kiln_pending_seconds") return into(to.pending);
  if (name == "kiln_cleanup_seconds") return into(to.cleanup);
  if (name == "kiln_output") {
    to.output = value;
    return {};
  }
  if (name == "kiln_result") {
    auto results = parse_run_results(value);
    if (!results) return results.error();
    to.results = std::move(*results);
    return {};
  }
  return invalid_parameter("The emulator has no parameter " + name +
                           "; kiln/emulator.hpp lists those it has");
}

}  // namespace

void add_script_words(script_words& words, bj::value const& parameters) {
  if (auto const* const map = parameters.if_object()) {
    for (auto const& [name, value] : *map) {
      if (!name.starts_with(script_prefix) || !value.is_string()) continue;
      words.emplace_back(std::string(name), std::string(value.get_string()));
    }
  } else if (auto const* const list = parameters.if_array()) {
    for (auto const& each : *list) {
      auto const* const text = each.if_string();
      if (text == nullptr || !text->starts_with(script_prefix)) continue;
      std::string_view const all(*text);
      auto const equals = all.find('=');
      if (equals == std::string_view::npos) continue;
      words.emplace_back(all.substr(0, equals), all.substr(equals + 1));
    }
  }
}

outcome<std::vector<run_end>> parse_run_results(std::string_view text) {
  std::vector<run_end> out;
  for (;;) {
    auto const comma = text.find(',');
    auto const one = text.substr(0, comma);
    bool known = false;
    for (auto const& each : end_names) {
      if (each.text != one) continue;
      out.push_back(each.end);
      known = true;
    }
    if (!known || out.size() > results_max) {
      return invalid_parameter("kiln_result has '" + std::string(one) +
                               "', which is none of SUCCESS, FAILED, TIMEDOUT, CANCELED, "
                               "INTERNAL_ERROR and SKIPPED");
    }
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

outcome<run_script> make_script(emulator_jobs_options const& options, script_words const& of_task,
                                script_words const& of_run) {
  run_script out;
  out.pending = options.run_pending;
  out.duration = options.run_duration;
  out.cleanup = options.run_cleanup;
  auto results = parse_run_results(options.run_result);
  if (!results) return results.error();
  out.results = std::move(*results);
  for (auto const* const words : {&of_task, &of_run}) {
    for (auto const& [name, value] : *words) {
      if (auto const done = apply(out, name, value); !done) return done.error();
    }
  }
  return out;
}

}  // namespace kiln::emulation
