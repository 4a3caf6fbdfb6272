#include "orchestrate/waiter.hpp"
#include "services/libraries_fields.hpp"

#include <kiln/services/libraries.hpp>

#include <string>

// Waiting for the libraries of clusters: one answer has those of every cluster.
namespace kiln {

namespace {

using libraries::cluster_libraries;
using libraries::install_status;

bool has_come_to_rest(open_enum<install_status> const& status) noexcept {
  return status == install_status::installed || status == install_status::restored ||
         status == install_status::skipped || status == install_status::failed ||
         status == install_status::uninstall_on_restart;
}

std::string all_messages(libraries::library_status const& of) {
  std::string out;
  for (auto const& text : of.messages) out += (out.empty() ? "" : "; ") + text;
  return out;
}

// Its state is that of the library that decides: one on its way before one that failed.
judgement are_installed(void const* value) {
  judgement out;
  out.what = judgement::kind::reached;
  out.state = "INSTALLED";
  for (auto const& one : static_cast<cluster_libraries const*>(value)->library_statuses) {
    bool const failed = one.status == install_status::failed;
    bool const moving = !has_come_to_rest(one.status);
    if (!failed && !moving) continue;
    out.what = moving ? judgement::kind::pending : judgement::kind::failed;
    out.state = one.status.raw();
    out.message = all_messages(one);
    if (moving) break;
  }
  return out;
}

}  // namespace

task<cluster_libraries> wait_until(workspace const& ws, until::libraries_installed const& what,
                                   wait_options const& options) {
  static constexpr watch_kind kind{
      "libraries",
      wait_core::one_page,
      [] { return encode_pages(libraries::all_cluster_statuses(), by_token(), {}); },
      &read_watched<&libraries::all_cluster_statuses::response::statuses,
                    [](cluster_libraries const& c) { return c.cluster_id; }>,
      [](std::string const& key) {
        libraries::cluster_status request;
        request.cluster_id = key;
        return encode(request, {});
      },
      &read_watched_one<cluster_libraries>,
  };
  validate(options);
  watch_request request;
  request.kind = &kind;
  request.key = what.cluster_id;
  request.label = "the state of the libraries of cluster " + request.key;
  request.judge = &are_installed;
  request.options = options;
  return watch_for<cluster_libraries>(ws.core(), std::move(request));
}

}  // namespace kiln
