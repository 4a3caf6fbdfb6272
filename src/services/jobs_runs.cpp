#include "client/paging.hpp"
#include "client/wire.hpp"
#include "services/jobs_fields.hpp"

// The operations of runs, of API 2.1. Those of jobs, and the list of all, are in jobs.cpp.
namespace kiln::jobs {

namespace {

/// What one page holds at most.
constexpr std::int64_t runs_page_max = 25;

}  // namespace

kiln::task<jobs::run_now::response> service::run_now(jobs::run_now const& r,
                                                     call_options const& o) const {
  return receive<jobs::run_now::response>(core_, encode(r, o));
}
kiln::task<jobs::runs_submit::response> service::runs_submit(jobs::runs_submit const& r,
                                                             call_options const& o) const {
  return receive<jobs::runs_submit::response>(core_, encode(r, o));
}
kiln::task<void> service::runs_cancel(jobs::runs_cancel const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
kiln::task<void> service::runs_cancel_all(jobs::runs_cancel_all const& r,
                                          call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
kiln::task<void> service::runs_delete(jobs::runs_delete const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
kiln::task<jobs::runs_export::response> service::runs_export(jobs::runs_export const& r,
                                                             call_options const& o) const {
  return receive<jobs::runs_export::response>(core_, encode(r, o));
}
kiln::task<run> service::runs_get(jobs::runs_get const& r, call_options const& o) const {
  return receive<run>(core_, encode(r, o));
}
kiln::task<jobs::runs_get_output::response> service::runs_get_output(jobs::runs_get_output const& r,
                                                                     call_options const& o) const {
  return receive<jobs::runs_get_output::response>(core_, encode(r, o));
}
kiln::task<jobs::runs_list::response> service::runs_list(jobs::runs_list const& r,
                                                         call_options const& o) const {
  return receive<jobs::runs_list::response>(core_, encode(r, o));
}
pages<run> service::runs_list_pages(jobs::runs_list const& r, std::int64_t limit,
                                    call_options const& o) const {
  return paginate<&jobs::runs_list::response::runs>(core_, r, by_token("limit", runs_page_max),
                                                    limit, o);
}
kiln::task<std::vector<run>> service::runs_list_all(jobs::runs_list const& r, std::int64_t limit,
                                                    call_options const& o) const {
  return runs_list_pages(r, limit, o).all();
}
kiln::task<jobs::runs_repair::response> service::runs_repair(jobs::runs_repair const& r,
                                                             call_options const& o) const {
  return receive<jobs::runs_repair::response>(core_, encode(r, o));
}

}  // namespace kiln::jobs
