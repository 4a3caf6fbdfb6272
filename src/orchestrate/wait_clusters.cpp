#include "orchestrate/waiter.hpp"
#include "services/clusters_fields.hpp"

#include <kiln/services/clusters.hpp>

#include <string>

// Waiting for clusters: clusters/list tells of all that are not long gone.
namespace kiln {

namespace {

using clusters::cluster;
using clusters::state;

watch_kind const& kind_of_clusters() {
  static constexpr watch_kind kind{
      "cluster",
      wait_core::one_page,
      [] { return encode_pages(clusters::list(), by_token(), {}); },
      &read_watched<&clusters::list::response::clusters,
                    [](cluster const& c) { return c.cluster_id; }>,
      [](std::string const& key) {
        clusters::get request;
        request.cluster_id = key;
        return encode(request, {});
      },
      &read_watched_one<cluster>,
  };
  return kind;
}

/// "INACTIVITY (SUCCESS), inactivity_duration_min: 30; Terminated after 30 minutes"
std::string reason_of(cluster const& c) {
  std::string out;
  if (auto const& why = c.termination_reason) {
    out = why->code.raw();
    if (!why->type.empty()) out += " (" + std::string(why->type.raw()) + ")";
    for (auto const& [name, value] : why->parameters) out += ", " + name + ": " + value;
  }
  if (out.empty()) return c.state_message;
  return c.state_message.empty() ? out : out + "; " + c.state_message;
}

judgement look(void const* value, state wanted, bool termination_fails) {
  auto const& c = *static_cast<cluster const*>(value);
  judgement out;
  out.state = c.state.raw();
  out.message = reason_of(c);
  if (c.state == wanted) {
    out.what = judgement::kind::reached;
  } else if (c.state == state::error || (termination_fails && c.state == state::terminated)) {
    out.what = judgement::kind::failed;
  }
  return out;
}

judgement is_running(void const* value) { return look(value, state::running, true); }
judgement is_terminated(void const* value) { return look(value, state::terminated, false); }

task<cluster> wait_for(workspace const& ws, std::string_view id, wait_options const& options,
                       judgement (*judge)(void const*)) {
  validate(options);
  watch_request request;
  request.kind = &kind_of_clusters();
  request.key = id;
  request.label = "cluster " + request.key;
  request.judge = judge;
  request.options = options;
  return watch_for<cluster>(ws.core(), std::move(request));
}

}  // namespace

task<cluster> wait_until(workspace const& ws, until::cluster_running const& what,
                         wait_options const& options) {
  return wait_for(ws, what.cluster_id, options, &is_running);
}
task<cluster> wait_until(workspace const& ws, until::cluster_terminated const& what,
                         wait_options const& options) {
  return wait_for(ws, what.cluster_id, options, &is_terminated);
}

}  // namespace kiln
