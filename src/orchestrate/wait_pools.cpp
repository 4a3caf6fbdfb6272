#include "orchestrate/waiter.hpp"
#include "services/instance_pools_fields.hpp"

#include <kiln/services/instance_pools.hpp>

#include <string>

// Waiting for instance pools: one answer has all that are not deleted.
namespace kiln {

namespace {

using instance_pools::instance_pool;

// The state alone does not say it; the machines that could not be had say why it takes so long.
judgement is_filled(void const* value) {
  auto const& pool = *static_cast<instance_pool const*>(value);
  judgement out;
  out.state = pool.state.raw();
  if (pool.status && !pool.status->pending_instance_errors.empty()) {
    out.message = pool.status->pending_instance_errors.front().message;
  }
  if (pool.state == instance_pools::state::deleted) {
    out.what = judgement::kind::failed;
  } else if (pool.stats && pool.stats->idle_count >= pool.min_idle_instances.value_or(0)) {
    out.what = judgement::kind::reached;
  }
  return out;
}

}  // namespace

task<instance_pool> wait_until(workspace const& ws, until::pool_filled const& what,
                               wait_options const& options) {
  static constexpr watch_kind kind{
      "instance pool",
      wait_core::one_page,
      [] { return encode_pages(instance_pools::list(), by_token(), {}); },
      &read_watched<&instance_pools::list::response::instance_pools,
                    [](instance_pool const& p) { return p.instance_pool_id; }>,
      [](std::string const& key) {
        instance_pools::get request;
        request.instance_pool_id = key;
        return encode(request, {});
      },
      &read_watched_one<instance_pool>,
  };
  validate(options);
  watch_request request;
  request.kind = &kind;
  request.key = what.instance_pool_id;
  request.label = "instance pool " + request.key;
  request.judge = &is_filled;
  request.options = options;
  return watch_for<instance_pool>(ws.core(), std::move(request));
}

}  // namespace kiln
