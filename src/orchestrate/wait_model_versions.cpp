#include "orchestrate/waiter.hpp"
#include "services/model_registry_fields.hpp"

#include <kiln/services/model_registry.hpp>

#include <string>

// Waiting for versions of registered models. No list tells of many at a small price: each version
// is asked for singly.
namespace kiln {

namespace {

using model_registry::model_version;
using model_registry::model_version_status;

outgoing_call ask_for(std::string const& key) {
  auto const blank = key.find(' ');
  model_registry::get_model_version request;
  request.version = std::string_view(key).substr(0, blank);
  request.name = std::string_view(key).substr(blank + 1);
  return encode(request, {});
}

result<std::shared_ptr<void const>> read_version(http::response const& answer,
                                                 std::string const& operation,
                                                 std::string const& where) {
  using reply = model_registry::get_model_version::response;
  auto const whole = std::make_shared<reply>();
  auto read = decode(answer, type_of<reply>(), whole.get(), operation, where);
  if (read.has_error()) return std::move(read).error();
  return std::shared_ptr<void const>(whole, &whole->model_version);
}

judgement is_ready(void const* value) {
  auto const& version = *static_cast<model_version const*>(value);
  judgement out;
  out.state = version.status.raw();
  out.message = version.status_message;
  if (version.status == model_version_status::ready) out.what = judgement::kind::reached;
  if (version.status == model_version_status::failed_registration) {
    out.what = judgement::kind::failed;
  }
  return out;
}

}  // namespace

task<model_version> wait_until(workspace const& ws, until::model_version_ready const& what,
                               wait_options const& options) {
  static constexpr watch_kind kind{"model version", 0, nullptr, nullptr, &ask_for, &read_version};
  validate(options);
  watch_request request;
  request.kind = &kind;
  request.key = std::string(what.version) + " " + std::string(what.name);
  request.label = "version " + std::string(what.version) + " of model " + std::string(what.name);
  request.judge = &is_ready;
  request.options = options;
  return watch_for<model_version>(ws.core(), std::move(request));
}

}  // namespace kiln
