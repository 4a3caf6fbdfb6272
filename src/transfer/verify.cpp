#include "transfer/block_plan.hpp"
#include "transfer/compare.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/folder.hpp"
#include "transfer/names.hpp"
#include "transfer/plan.hpp"
#include "transfer/two_trees.hpp"

#include <kiln/sync.hpp>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <utility>

namespace kiln {

namespace {

using namespace transfer;

using index = std::map<std::string_view, sync_entry const*>;

index chosen_of(sync_job const& j, std::vector<sync_entry> const& entries) {
  index out;
  for (auto const& e : entries) {
    bool const mine = e.is_dir ? j.chosen.makes(e.path) : j.chosen.takes(e.path);
    if (mine) out.emplace(e.path, &e);
  }
  return out;
}

std::string_view kind_of(sync_entry const& e) { return e.is_dir ? "a directory" : "a file"; }

/// What can be told from the listings; files of equal size are left to be compared.
std::vector<compared_file> compare_listings(sync_job const& j, two_trees const& trees,
                                            verify_report& report) {
  auto const here = chosen_of(j, trees.source);
  auto const there = chosen_of(j, trees.target);
  std::vector<compared_file> out;
  for (auto const& [path, e] : here) {
    auto const other = there.find(path);
    std::string const name(path);
    if (other == there.end()) {
      report.differences.push_back({name, "missing on DBFS"});
    } else if (e->is_dir != other->second->is_dir) {
      report.differences.push_back({name, std::string(kind_of(*e)) + " here, " +
                                              std::string(kind_of(*other->second)) + " on DBFS"});
    } else if (e->size != other->second->size) {
      report.differences.push_back({name, "size " + std::to_string(e->size) + " here, " +
                                              std::to_string(other->second->size) + " on DBFS"});
    } else if (!e->is_dir) {
      out.push_back({name, joined(j.remote_root, path), e->size, {}, {}});
    }
  }
  for (auto const& [path, e] : there) {
    if (!here.contains(path)) report.differences.push_back({std::string(path), "missing here"});
  }
  return out;
}

task<void> compare_contents(sync_job const& j, folder const& root, std::vector<compared_file> files,
                            std::string_view shown_below, verify_report& report,
                            verify_plan* plan) {
  if (plan != nullptr) {
    for (auto const& f : files) {
      ++plan->files;
      plan->bytes += f.size;
      plan->requests.read += blocks_of(f.size, range_bytes_of(f.remote));
    }
    co_return result<void>();
  }
  comparer work(*j.service, root, files, j.options.bytes_in_flight_max, j.options.links);
  auto const done = co_await work.run();
  if (done.has_error()) co_return done.error();
  for (auto& f : files) {
    std::string const name = shown_below.empty() ? f.path : std::string();
    if (f.failed) {
      transfer_item item{joined(root.path(), f.path), f.remote, false, f.size, {}};
      report.failures.push_back({std::move(item), *f.failed});
      continue;
    }
    ++report.files;
    report.bytes += f.size;
    if (f.differs_at) {
      report.differences.push_back({name, "byte " + std::to_string(*f.differs_at) + " differs"});
    }
  }
  co_return result<void>();
}

/// What looking at a path took: of a volume, what is no file is asked for as a directory too.
std::uint64_t statuses_of(std::string_view path, result<dbfs::file_info> const& outcome) {
  bool const a_file = !outcome.has_error() && !outcome->is_dir;
  return is_volume_path(path) && !a_file ? 2 : 1;
}

/// One local file with the file, or the one of its name in the directory, on the server.
task<void> verify_file(sync_job const& j, std::uint64_t size, verify_report& report,
                       verify_plan* plan) {
  std::string const name(last_component(j.local));
  auto remote = j.remote_root;
  auto there = co_await j.service->get_status(remote);
  if (plan != nullptr) plan->requests_spent.get_status += statuses_of(remote, there);
  if (!there.has_error() && there->is_dir) {
    remote = joined(remote, name);
    there = co_await j.service->get_status(remote);
    if (plan != nullptr) plan->requests_spent.get_status += statuses_of(remote, there);
  }
  if (there.has_error() && there.error().code() != errc::not_found) co_return there.error();
  if (there.has_error()) {
    report.differences.push_back({"", "missing on DBFS"});
    co_return result<void>();
  }
  if (there->is_dir) {
    report.differences.push_back({"", "a file here, a directory on DBFS"});
    co_return result<void>();
  }
  if (static_cast<std::uint64_t>(there->file_size) != size) {
    report.differences.push_back({"", "size " + std::to_string(size) + " here, " +
                                          std::to_string(there->file_size) + " on DBFS"});
    co_return result<void>();
  }
  auto parent = std::string(parent_of(j.local));
  if (parent.empty()) parent = j.local.starts_with('/') ? "/" : ".";
  auto const root = folder::open(parent, false);
  if (root.has_error()) co_return root.error();
  std::vector<compared_file> files;
  files.push_back({name, remote, size, {}, {}});
  auto const done = co_await compare_contents(j, *root, std::move(files), name, report, plan);
  co_return done;
}

task<void> verify_trees(sync_job const& j, verify_report& report, verify_plan* plan) {
  auto both = co_await look_at_both(j);
  if (both.has_error()) co_return both.error();
  report.failures = std::move(both->refused);
  if (plan != nullptr) plan->requests_spent.list = both->lists;
  if (plan != nullptr) plan->requests_spent.get_status = both->statuses;
  auto files = compare_listings(j, both->trees, report);
  auto const root = folder::open(j.local, false);
  if (root.has_error()) co_return root.error();
  auto const done = co_await compare_contents(j, *root, std::move(files), {}, report, plan);
  co_return done;
}

/// With a plan, nothing is read, and what it would take is put there.
task<void> look_or_compare(sync_job const& j, verify_report& report, verify_plan* plan) {
  struct stat facts {};
  result<void> done;
  if (::stat(j.local.c_str(), &facts) != 0) {
    done = file_error(errno, "verify", j.local);
  } else if (S_ISREG(facts.st_mode)) {
    done = co_await verify_file(j, static_cast<std::uint64_t>(facts.st_size), report, plan);
  } else {
    done = co_await verify_trees(j, report, plan);
  }
  co_return done;
}

asio::awaitable<void> verify_all(sync_job const& j, std::optional<result<verify_report>>& to) {
  co_await keep_after_cancel();
  auto const before = j.ws.stats().requests;
  verify_report report;
  auto const done = co_await look_or_compare(j, report, nullptr);
  if (done.has_error()) {
    to.emplace(done.error());
    co_return;
  }
  report.requests = j.ws.stats().requests - before;
  auto& all = report.differences;
  std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.path < b.path; });
  to.emplace(std::move(report));
}

asio::awaitable<void> plan_all(sync_job const& j, std::optional<result<verify_plan>>& to) {
  co_await keep_after_cancel();
  verify_plan plan;
  verify_report known;
  auto const done = co_await look_or_compare(j, known, &plan);
  if (done.has_error()) {
    to.emplace(done.error());
    co_return;
  }
  add(plan.requests, plan.requests_spent);  // it looks again
  plan.differences = known.differences.size();
  plan.refused = std::move(known.failures);
  plan.rate = j.ws.stats().rate;
  to.emplace(std::move(plan));
}

task<verify_plan> run_verify_plan(std::unique_ptr<sync_job> j, result<void> ready) {
  if (ready.has_error()) co_return ready.error();
  std::optional<result<verify_plan>> out;
  co_await on_own_strand(plan_all(*j, out));
  co_return std::move(*out);
}

task<verify_report> run_verify(std::unique_ptr<sync_job> j, result<void> ready) {
  if (ready.has_error()) co_return ready.error();
  std::optional<result<verify_report>> out;
  co_await on_own_strand(verify_all(*j, out));
  co_return std::move(*out);
}

}  // namespace

task<verify_plan> plan_verify(workspace ws, std::string_view local, std::string_view remote,
                              sync_options const& options) {
  auto j = std::make_unique<sync_job>(std::move(ws), options);
  auto ready = j->beside(local, remote);
  return run_verify_plan(std::move(j), std::move(ready));
}

task<verify_report> verify(workspace ws, std::string_view local, std::string_view remote,
                           sync_options const& options) {
  auto j = std::make_unique<sync_job>(std::move(ws), options);
  auto ready = j->beside(local, remote);
  return run_verify(std::move(j), std::move(ready));
}

}  // namespace kiln
