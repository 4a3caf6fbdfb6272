#include "emulator/jobs_requests.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

constexpr std::size_t parameters_bytes_max = 10'000;
constexpr std::size_t tasks_2_1_max = 100;
constexpr std::int64_t offset_max = 1'000'000;
constexpr std::array<std::string_view, 8> overriding{
    "jar_params",          "notebook_params", "python_params", "spark_submit_params",
    "python_named_params", "sql_params",      "dbt_commands",  "pipeline_params"};

bool has(bj::object const& o, std::string_view name) noexcept {
  auto const* const at = o.if_contains(name);
  return at != nullptr && !at->is_null();
}

outcome<void> check_size(std::string_view name, bj::value const& value) {
  if (bj::serialize(value).size() > parameters_bytes_max) {
    return invalid_parameter(std::string(name) + " has more than 10000 bytes as JSON");
  }
  return {};
}

}  // namespace

outcome<bj::object> settings_of(bj::object const& given, jobs_version version) {
  if (version != jobs_version::v2_0 && has(given, "tasks")) {
    auto const* const tasks = given.at("tasks").if_array();
    if (version == jobs_version::v2_1 && tasks != nullptr && tasks->size() > tasks_2_1_max) {
      return invalid_parameter("There are more than 100 tasks; API 2.2 takes more");
    }
    auto out = given;
    out["format"] = "MULTI_TASK";
    return out;
  }
  if (version == jobs_version::v2_0 && has(given, "tasks")) {
    return invalid_parameter("API 2.0 has no tasks; use 2.1");
  }
  if (has(given, "new_cluster") == has(given, "existing_cluster_id")) {
    return invalid_parameter("One of existing_cluster_id and new_cluster must be set");
  }
  if (has(given, "spark_submit_task") && has(given, "existing_cluster_id")) {
    return invalid_parameter("A spark_submit_task runs on a new cluster only");
  }
  return with_tasks(given);
}

outcome<given_parameters> run_parameters_of(bj::object const& body) {
  given_parameters out;
  bj::object replaced;
  for (auto const name : overriding) {
    auto const* const at = body.if_contains(name);
    if (at == nullptr || at->is_null()) continue;
    if (auto const done = check_size(name, *at); !done) return done.error();
    add_script_words(out.words, *at);
    replaced[name] = *at;
  }
  if (!replaced.empty()) add_fragment(out.fragment, "overriding_parameters", replaced);
  auto const* const of_job = body.if_contains("job_parameters");
  if (of_job != nullptr && of_job->is_object()) {
    if (auto const done = check_size("job_parameters", *of_job); !done) return done.error();
    add_script_words(out.words, *of_job);
    bj::array list;
    for (auto const& [name, value] : of_job->get_object()) {
      list.push_back(bj::object{{"name", name}, {"value", value}});
    }
    add_fragment(out.fragment, "job_parameters", list);
  }
  return out;
}

outcome<run_window> window_of(parameters const& in, window_bounds const& bounds) {
  run_window out;
  auto const limit = in.integer_or("limit", static_cast<std::int64_t>(bounds.otherwise));
  if (!limit) return limit.error();
  std::int64_t const least = bounds.zero_is_most ? 0 : 1;
  if (*limit < least || *limit > static_cast<std::int64_t>(bounds.most)) {
    return invalid_parameter("limit is not from " + std::to_string(least) + " to " +
                             std::to_string(bounds.most));
  }
  out.limit = *limit == 0 ? bounds.most : static_cast<std::size_t>(*limit);
  auto const offset = in.integer_or("offset", 0);
  if (!offset) return offset.error();
  if (*offset < 0 || *offset > offset_max) {
    return invalid_parameter("offset is not from 0 to " + std::to_string(offset_max));
  }
  out.skip = static_cast<std::size_t>(*offset);
  auto const token = in.text_or("page_token", "");
  if (!token) return token.error();
  if (token->empty()) return out;
  std::int64_t id = 0;
  auto const* const end = token->data() + token->size();
  auto const [last, code] = std::from_chars(token->data() + 1, end, id);
  bool const known = token->front() == 'n' || token->front() == 'p';
  if (!known || code != std::errc() || last != end) {
    return invalid_parameter("page_token is none of this listing");
  }
  out.skip = 0;
  (token->front() == 'n' ? out.first : out.after) = id;
  return out;
}

std::string next_page_token(std::int64_t first) { return 'n' + std::to_string(first); }
std::string prev_page_token(std::int64_t after) { return 'p' + std::to_string(after); }

outcome<element_window> elements_of(parameters const& in, jobs_version version) {
  element_window out;
  if (version != jobs_version::v2_2) return out;
  out.most = elements_page_max;
  auto const token = in.text_or("page_token", "");
  if (!token) return token.error();
  if (token->empty()) return out;
  auto const* const end = token->data() + token->size();
  auto const [last, code] = std::from_chars(token->data() + 1, end, out.first);
  if (token->front() != 'e' || code != std::errc() || last != end) {
    return invalid_parameter("page_token is none of this endpoint");
  }
  return out;
}

std::string elements_page_token(std::size_t first) { return 'e' + std::to_string(first); }

outcome<run_filter> filter_of(parameters const& in) {
  run_filter out;
  auto const active = in.flag_or("active_only", false);
  if (!active) return active.error();
  auto const completed = in.flag_or("completed_only", false);
  if (!completed) return completed.error();
  if (*active && *completed) {
    return invalid_parameter("Only one of active_only and completed_only may be true");
  }
  out.active_only = *active;
  out.completed_only = *completed;
  if (in.find("job_id") != nullptr) {
    auto const job = in.integer("job_id");
    if (!job) return job.error();
    out.job_id = *job;
  }
  auto const type = in.text_or("run_type", "");
  if (!type) return type.error();
  if (*type == "SUBMIT_RUN") {
    out.one_time = true;
  } else if (*type == "JOB_RUN") {
    out.one_time = false;
  } else if (*type == "WORKFLOW_RUN") {
    out.to_ms = -1;  // dbutils.notebook.run makes those: there are none
  } else if (!type->empty()) {
    return invalid_parameter("run_type has no value " + *type);
  }
  auto const from = in.integer_or("start_time_from", 0);
  if (!from) return from.error();
  out.from_ms = *from;
  auto const to = in.integer_or("start_time_to", out.to_ms);
  if (!to) return to.error();
  out.to_ms = std::min(out.to_ms, *to);
  return out;
}

}  // namespace kiln::emulation
