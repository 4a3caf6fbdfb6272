#include "client/paging.hpp"
#include "client/wire.hpp"
#include "services/jobs20_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/jobs20.hpp>
#include <kiln/workspace.hpp>

#include <array>

namespace kiln {

jobs20::service workspace::jobs20() const noexcept { return jobs20::service(core_); }

std::span<operation const> jobs20_operations() {
  constexpr std::string_view here = "jobs";
  static constexpr std::array rows{describe<jobs20::create>(here, "create"),
                                   describe<jobs20::delete_>(here, "delete"),
                                   describe<jobs20::get>(here, "get"),
                                   describe<jobs20::list>(here, "list"),
                                   describe<jobs20::reset>(here, "reset"),
                                   describe<jobs20::run_now>(here, "run_now"),
                                   describe<jobs20::runs_cancel>(here, "runs_cancel"),
                                   describe<jobs20::runs_cancel_all>(here, "runs_cancel_all"),
                                   describe<jobs20::runs_delete>(here, "runs_delete"),
                                   describe<jobs20::runs_export>(here, "runs_export"),
                                   describe<jobs20::runs_get>(here, "runs_get"),
                                   describe<jobs20::runs_get_output>(here, "runs_get_output"),
                                   describe<jobs20::runs_list>(here, "runs_list"),
                                   describe<jobs20::runs_submit>(here, "runs_submit"),
                                   describe<jobs20::update>(here, "update")};
  return rows;
}

namespace jobs20 {

namespace {

/// What one page holds at most.
constexpr std::int64_t runs_page_max = 999;

}  // namespace

task<jobs20::create::response> service::create(jobs20::create const& r,
                                               call_options const& o) const {
  return receive<jobs20::create::response>(core_, encode(r, o));
}
task<void> service::delete_(jobs20::delete_ const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<job> service::get(jobs20::get const& r, call_options const& o) const {
  return receive<job>(core_, encode(r, o));
}
task<jobs20::list::response> service::list(jobs20::list const& r, call_options const& o) const {
  return receive<jobs20::list::response>(core_, encode(r, o));
}
task<void> service::reset(jobs20::reset const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::update(jobs20::update const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<jobs20::run_now::response> service::run_now(jobs20::run_now const& r,
                                                 call_options const& o) const {
  return receive<jobs20::run_now::response>(core_, encode(r, o));
}
task<jobs20::runs_submit::response> service::runs_submit(jobs20::runs_submit const& r,
                                                         call_options const& o) const {
  return receive<jobs20::runs_submit::response>(core_, encode(r, o));
}
task<void> service::runs_cancel(jobs20::runs_cancel const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::runs_cancel_all(jobs20::runs_cancel_all const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::runs_delete(jobs20::runs_delete const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<jobs20::runs_export::response> service::runs_export(jobs20::runs_export const& r,
                                                         call_options const& o) const {
  return receive<jobs20::runs_export::response>(core_, encode(r, o));
}
task<run> service::runs_get(jobs20::runs_get const& r, call_options const& o) const {
  return receive<run>(core_, encode(r, o));
}
task<jobs20::runs_get_output::response> service::runs_get_output(jobs20::runs_get_output const& r,
                                                                 call_options const& o) const {
  return receive<jobs20::runs_get_output::response>(core_, encode(r, o));
}
task<jobs20::runs_list::response> service::runs_list(jobs20::runs_list const& r,
                                                     call_options const& o) const {
  return receive<jobs20::runs_list::response>(core_, encode(r, o));
}
pages<run> service::runs_list_pages(jobs20::runs_list const& r, std::int64_t limit,
                                    call_options const& o) const {
  return paginate<&jobs20::runs_list::response::runs>(core_, r, by_offset(runs_page_max), limit, o);
}
task<std::vector<run>> service::runs_list_all(jobs20::runs_list const& r, std::int64_t limit,
                                              call_options const& o) const {
  return runs_list_pages(r, limit, o).all();
}

}  // namespace jobs20
}  // namespace kiln
