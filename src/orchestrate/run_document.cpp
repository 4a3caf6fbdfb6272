#include "orchestrate/run_document.hpp"

#include "json/read.hpp"
#include "json/text.hpp"
#include "services/jobs20_fields.hpp"
#include "services/jobs_fields.hpp"

#include <kiln/document.hpp>
#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <utility>

namespace kiln::orchestrate {
namespace {

result<void> wrong(std::string message) { return error(errc::decode_failed, std::move(message)); }

/// What a run of a job is given; the server refuses more of each.
constexpr std::size_t parameters_bytes_max = 10'000;
constexpr std::array<std::string_view, 9> parameters{
    "jar_params",          "notebook_params",     "python_params",
    "spark_submit_params", "python_named_params", "sql_params",
    "dbt_commands",        "pipeline_params",     "job_parameters"};

result<void> check_sizes(std::string_view document) {
  auto const members = members_of(document, "document");
  if (members.has_error()) return members.error();
  for (auto const name : parameters) {
    auto const* const value = find_member(*members, name);
    if (value == nullptr || value->size() <= parameters_bytes_max) continue;
    return wrong("document." + std::string(name) + ": " + std::to_string(value->size()) +
                 " bytes as JSON, where the server takes " + std::to_string(parameters_bytes_max));
  }
  return {};
}

template <class Request>
result<void> check_as(std::string_view document) {
  auto const read = json::read_as<Request>(document, "document");
  if (!read) return read.error();
  if (!read->idempotency_token.empty()) {
    return wrong("document.idempotency_token: the key of the row is put there");
  }
  if constexpr (requires { read->job_id; }) {
    if (read->job_id == 0) return wrong("document.job_id: missing");
    return check_sizes(document);
  } else {
    return {};
  }
}

}  // namespace

result<void> check_document(std::string_view document, matrix_document kind) {
  switch (kind) {
    case matrix_document::runs_submit:
      return check_as<jobs::runs_submit>(document);
    case matrix_document::run_now:
      return check_as<jobs::run_now>(document);
    case matrix_document::runs_submit20:
      return check_as<jobs20::runs_submit>(document);
    case matrix_document::run_now20:
      return check_as<jobs20::run_now>(document);
    case matrix_document::any:
      break;
  }
  auto const valid = json::compact(document);
  if (!valid) return valid.error();
  return {};
}

}  // namespace kiln::orchestrate
