#include "orchestrate/run_document.hpp"

#include "json/read.hpp"
#include "json/text.hpp"
#include "services/jobs20_fields.hpp"
#include "services/jobs_fields.hpp"

#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>

#include <utility>

namespace kiln::orchestrate {
namespace {

result<void> wrong(std::string message) { return error(errc::decode_failed, std::move(message)); }

template <class Request>
result<void> check_as(std::string_view document) {
  auto const read = json::read_as<Request>(document, "document");
  if (!read) return read.error();
  if (!read->idempotency_token.empty()) {
    return wrong("document.idempotency_token: the key of the row is put there");
  }
  if constexpr (requires { read->job_id; }) {
    if (read->job_id == 0) return wrong("document.job_id: missing");
  }
  return {};
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
