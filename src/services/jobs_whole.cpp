#include "client/paging.hpp"
#include "services/jobs_tables.hpp"

#include <utility>

// Jobs and runs of API 2.2, which come in pages of 100 elements of each of their lists.
namespace kiln::jobs {

namespace {

template <class T>
std::size_t append(std::vector<T>& to, std::vector<T>& from) {
  to.reserve(to.size() + from.size());
  for (auto& each : from) to.push_back(std::move(each));
  return from.size();
}

std::size_t join_jobs(job& whole, job&& page) {
  auto& to = whole.settings;
  auto& from = page.settings;
  whole.has_more = page.has_more;
  whole.next_page_token = std::move(page.next_page_token);
  return append(to.tasks, from.tasks) + append(to.job_clusters, from.job_clusters) +
         append(to.parameters, from.parameters) + append(to.environments, from.environments);
}

std::size_t join_runs(run& whole, run&& page) {
  // Of a for_each_task each page has the next iterations, and that one task again.
  bool const iterates = !whole.iterations.empty();
  whole.has_more = page.has_more;
  whole.next_page_token = std::move(page.next_page_token);
  return (iterates ? 0 : append(whole.tasks, page.tasks)) +
         append(whole.iterations, page.iterations) + append(whole.job_clusters, page.job_clusters) +
         append(whole.job_parameters, page.job_parameters) +
         append(whole.repair_history, page.repair_history);
}

}  // namespace

kiln::task<job> service::get_whole(jobs::get const& r, call_options const& o) const {
  return gather<&join_jobs>(core_, r, o);
}
kiln::task<run> service::runs_get_whole(jobs::runs_get const& r, call_options const& o) const {
  return gather<&join_runs>(core_, r, o);
}

}  // namespace kiln::jobs
