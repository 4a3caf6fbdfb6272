#include "client/paging.hpp"
#include "client/wire.hpp"
#include "services/jobs_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/jobs.hpp>
#include <kiln/workspace.hpp>

#include <array>

namespace kiln {

jobs::service workspace::jobs() const noexcept { return jobs::service(core_); }

std::span<operation const> jobs_operations() {
  constexpr std::string_view here = "jobs";
  static constexpr std::array rows{describe<jobs::create>(here, "create"),
                                   describe<jobs::delete_>(here, "delete"),
                                   describe<jobs::get>(here, "get"),
                                   describe<jobs::list>(here, "list"),
                                   describe<jobs::reset>(here, "reset"),
                                   describe<jobs::run_now>(here, "run_now"),
                                   describe<jobs::runs_cancel>(here, "runs_cancel"),
                                   describe<jobs::runs_cancel_all>(here, "runs_cancel_all"),
                                   describe<jobs::runs_delete>(here, "runs_delete"),
                                   describe<jobs::runs_export>(here, "runs_export"),
                                   describe<jobs::runs_get>(here, "runs_get"),
                                   describe<jobs::runs_get_output>(here, "runs_get_output"),
                                   describe<jobs::runs_list>(here, "runs_list"),
                                   describe<jobs::runs_repair>(here, "runs_repair"),
                                   describe<jobs::runs_submit>(here, "runs_submit"),
                                   describe<jobs::update>(here, "update")};
  return rows;
}

namespace jobs {

namespace {

/// What one page holds at most.
constexpr std::int64_t jobs_page_max = 100;

}  // namespace

kiln::task<jobs::create::response> service::create(jobs::create const& r,
                                                   call_options const& o) const {
  return receive<jobs::create::response>(core_, encode(r, o));
}
kiln::task<void> service::delete_(jobs::delete_ const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
kiln::task<job> service::get(jobs::get const& r, call_options const& o) const {
  return receive<job>(core_, encode(r, o));
}
kiln::task<jobs::list::response> service::list(jobs::list const& r, call_options const& o) const {
  return receive<jobs::list::response>(core_, encode(r, o));
}
pages<job> service::list_pages(jobs::list const& r, std::int64_t limit,
                               call_options const& o) const {
  return paginate<&jobs::list::response::jobs>(core_, r, by_token("limit", jobs_page_max), limit,
                                               o);
}
kiln::task<std::vector<job>> service::list_all(jobs::list const& r, std::int64_t limit,
                                               call_options const& o) const {
  return list_pages(r, limit, o).all();
}
kiln::task<void> service::reset(jobs::reset const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
kiln::task<void> service::update(jobs::update const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
}  // namespace jobs
}  // namespace kiln
