#include "core/random.hpp"
#include "transfer/compare.hpp"
#include "transfer/download.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/folder.hpp"
#include "transfer/local_changes.hpp"
#include "transfer/manifest.hpp"
#include "transfer/names.hpp"
#include "transfer/remove_tree.hpp"
#include "transfer/sync_memory.hpp"
#include "transfer/sync_plan.hpp"
#include "transfer/tally.hpp"
#include "transfer/two_trees.hpp"
#include "transfer/upload.hpp"

#include <kiln/sync.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace kiln {

namespace {

using namespace transfer;

constexpr std::uint64_t sync_bytes_min = 2U << 20;  // one range of either side
constexpr std::size_t changes_in_flight_max = 24;   // removals and moves

void validate(sync_options const& options) {
  if (options.files_in_flight_max == 0) {
    throw std::invalid_argument("sync_options.files_in_flight_max must be > 0");
  }
  if (options.bytes_in_flight_max < sync_bytes_min) {
    throw std::invalid_argument("sync_options.bytes_in_flight_max must be at least 2 MiB");
  }
}

sync_rules rules_of(sync_job const& j) {
  sync_rules out;
  out.upload = j.upload;
  out.remove = j.options.remove;
  out.ignores_case = !j.upload && ignores_case(j.local);
  out.chosen = &j.chosen;
  out.uploads.overwrite = overwrite::always;
  out.uploads.volume = is_volume_path(j.remote_root);
  return out;
}

std::string memory_of(sync_job const& j) {
  if (j.state_dir.empty() || !j.upload) return {};
  return memory_path(j.state_dir, j.ws.host(), j.local, j.remote_root);
}

struct planned {
  two_trees trees;
  sync_plan plan;
  timestamp looked_at{};
};

/// The paths among `alike` whose content differs; requests are counted in `spent`.
task<std::vector<std::string>> find_different(sync_job const& j, std::vector<std::string> alike,
                                              two_trees const& trees, sync_plan& into,
                                              request_counts& spent) {
  std::unordered_map<std::string_view, std::uint64_t> sizes;
  for (auto const& e : trees.source) sizes.emplace(e.path, e.size);
  std::vector<compared_file> files;
  for (auto& path : alike) {
    files.push_back({path, joined(j.remote_root, path), sizes.at(path), {}, {}});
  }
  auto const here = folder::open(j.local, false);
  if (here.has_error()) co_return here.error();
  auto const links = j.upload ? j.options.links : link_mode::skip;
  comparer work(*j.service, *here, files, j.options.bytes_in_flight_max, links);
  auto const done = co_await work.run();
  spent.read += work.reads();
  if (done.has_error()) co_return done.error();
  std::vector<std::string> out;
  for (auto& f : files) {
    if (f.differs_at) out.push_back(f.path);
    if (!f.failed) continue;
    transfer_item item{joined(j.local, f.path), f.remote, false, f.size, {}};
    into.refused.push_back({std::move(item), *f.failed});
  }
  co_return out;
}

task<planned> plan_trees(sync_job const& j) {
  auto const executor = co_await asio::this_coro::executor;
  planned out;
  out.looked_at = wall_now(executor);
  auto found = co_await look_at_both(j);
  if (found.has_error()) co_return found.error();
  out.trees = std::move(found->trees);
  auto const memory = memory_of(j);
  if (!memory.empty()) out.trees.remembered = load_memory(memory);
  auto const rules = rules_of(j);
  request_counts spent;
  spent.list = found->lists;
  spent.get_status = found->statuses;
  std::vector<std::string> different;
  sync_plan beside;
  if (j.options.checksum) {
    auto compared =
        co_await find_different(j, seemingly_alike(out.trees, rules), out.trees, beside, spent);
    if (compared.has_error()) co_return compared.error();
    different = std::move(*compared);
  }
  out.plan = make_sync_plan(out.trees, rules, different);
  auto& refused = out.plan.refused;
  for (auto& f : refused) f.item.source = joined(j.remote_root, f.item.source);
  std::move(found->refused.begin(), found->refused.end(), std::back_inserter(refused));
  std::move(beside.refused.begin(), beside.refused.end(), std::back_inserter(refused));
  out.plan.requests_spent = spent;
  out.plan.rate = j.ws.stats().rate;
  co_return out;
}

/// Carries out a plan, kind after kind. Threads: the transfer's strand.
class synchroniser {
 public:
  /// `books` may be null.
  synchroniser(sync_job const& j, planned& what, sync_report& report, manifest* books)
      : j_(j), what_(what), report_(report), books_(books) {}

  task<void> run();

 private:
  class relay;
  task<void> change_all(std::size_t first, std::size_t last);
  [[nodiscard]] std::size_t changes_at_once(std::size_t first, std::size_t last) const;
  task<void> change(std::size_t first, std::size_t last);
  asio::awaitable<void> change_one(sync_step const& step);
  asio::awaitable<result<std::uint64_t>> apply(sync_step const& step);
  task<void> copy(std::vector<sync_step const*> const& steps);
  asio::awaitable<void> copy_items(transfer_plan const& plan, folder const& root, tally& ends);
  [[nodiscard]] transfer_item item_of(sync_step const& step) const;
  void end(sync_step const& step, transfer_outcome const& how);
  void count(sync_step const& step);
  void fail(sync_step const& step, error const& why);
  void remember();

  sync_job const& j_;
  planned& what_;
  sync_report& report_;
  manifest* books_;
  std::optional<folder> local_;
  std::vector<std::unique_ptr<sync_step>> fallbacks_;  // copies in place of moves that failed
  std::vector<sync_step> leftovers_;                   // removals of what those moves left
  std::vector<std::string> not_alike_;
  std::optional<error> stopped_;
  std::size_t next_ = 0;
};

/// Tells the observer of a copy in its own words.
class synchroniser::relay final : public transfer_observer {
 public:
  relay(synchroniser& of, std::vector<sync_step const*> const& steps) : of_(of) {
    for (auto const* step : steps) by_path_.emplace(step->path, step);
  }
  void progressed(transfer_progress const& p) override {
    if (of_.j_.options.observer != nullptr) of_.j_.options.observer->progressed(p);
  }
  void ended(transfer_outcome const& o) override {
    auto const& item = o.item;
    auto const& root = of_.j_.upload ? of_.j_.remote_root : of_.j_.local;
    auto const skip = root.ends_with('/') ? root.size() : root.size() + 1;
    auto const step = by_path_.find(std::string_view(item.destination).substr(skip));
    if (step == by_path_.end()) return;
    if (o.state == transfer_state::done && !of_.j_.upload && item.modified) {
      set_modified(*of_.local_, step->second->path, *item.modified);
    }
    of_.end(*step->second, o);
  }

 private:
  synchroniser& of_;
  std::unordered_map<std::string_view, sync_step const*> by_path_;
};

/// A removal has no source, and that of a move is where the file is now.
transfer_item synchroniser::item_of(sync_step const& step) const {
  auto const& target = j_.upload ? j_.remote_root : j_.local;
  transfer_item out{{}, joined(target, step.path), step.is_dir, step.size, {}};
  if (step.action == sync_action::move) {
    out.source = joined(target, step.from);
  } else if (step.action != sync_action::remove) {
    out.source = joined(j_.upload ? j_.local : j_.remote_root, step.path);
  }
  return out;
}

void synchroniser::fail(sync_step const& step, error const& why) {
  ++report_.failed;
  not_alike_.push_back(step.path);
  auto item = item_of(step);
  if (step.action == sync_action::remove || step.action == sync_action::move) {
    item.source = joined(j_.upload ? j_.local : j_.remote_root, step.path);
  }
  report_.failures.push_back({std::move(item), why});
}

void synchroniser::count(sync_step const& step) {
  switch (step.action) {
    case sync_action::copy:
      ++report_.copied;
      break;
    case sync_action::replace:
      ++report_.replaced;
      break;
    case sync_action::move:
      ++report_.moved;
      break;
    case sync_action::make_directory:
      ++report_.directories;
      break;
    case sync_action::remove:
      ++report_.removed;
      break;
  }
  report_.bytes += step.size;
}

void synchroniser::end(sync_step const& step, transfer_outcome const& how) {
  auto const* const why = how.state == transfer_state::done ? nullptr : how.why;
  if (why != nullptr && step.action == sync_action::move && !ends_transfer(why->code())) {
    // Sent instead, and what is at its old name removed afterwards.
    leftovers_.push_back({sync_action::remove, step.from, {}, false, 0, "not at the source"});
    auto copy = std::make_unique<sync_step>(step);
    copy->action = sync_action::copy;
    copy->from.clear();
    for (auto const& e : what_.trees.source) {
      if (e.path == copy->path) copy->size = e.size;
    }
    fallbacks_.push_back(std::move(copy));
    return;
  }
  if (why == nullptr) {
    count(step);
  } else {
    fail(step, *why);
    if (ends_transfer(why->code())) stopped_ = *why;
  }
  if (books_ != nullptr && !stopped_) books_->add(manifest_line(step, how));
  if (j_.options.observer != nullptr) j_.options.observer->finished(step, why);
}

/// Gives the requests that it took.
asio::awaitable<result<std::uint64_t>> synchroniser::apply(sync_step const& step) {
  constexpr std::uint64_t one = 1;
  if (j_.upload) {
    auto const path = joined(j_.remote_root, step.path);
    if (step.action == sync_action::make_directory) {
      auto const made = co_await j_.service->mkdirs(path);
      if (made.has_error()) co_return made.error();
      co_return one;
    }
    if (step.action == sync_action::move) {
      auto const from = joined(j_.remote_root, step.from);
      auto const moved = co_await j_.service->move(from, path);
      if (moved.has_error()) co_return moved.error();
      co_return one;
    }
    if (!step.is_dir) {
      auto const gone = co_await j_.service->remove(path, false);
      if (gone.has_error()) co_return gone.error();
      co_return one;
    }
    auto const gone = co_await remove_tree(*j_.service, path, {});
    if (gone.has_error()) co_return gone.error();
    co_return gone->requests;
  }
  if (step.action == sync_action::remove) {
    auto const gone = remove_below(*local_, step.path);
    if (gone.has_error()) co_return gone.error();
  } else {
    auto const made = local_->open_directory(step.path, true);
    if (made.has_error()) co_return made.error();
  }
  co_return std::uint64_t{0};
}

asio::awaitable<void> synchroniser::change_one(sync_step const& step) {
  auto const done = co_await apply(step);
  auto const item = item_of(step);
  transfer_outcome how{item};
  error why;
  if (done.has_error()) {
    why = done.error();
    how.state = transfer_state::failed;
    how.why = &why;
  } else {
    how.requests = *done;
  }
  end(step, how);
}

/// To remove a directory of a volume takes as many requests at a time as its service allows.
std::size_t synchroniser::changes_at_once(std::size_t first, std::size_t last) const {
  if (!is_volume_path(j_.remote_root)) return changes_in_flight_max;
  auto const& steps = what_.plan.steps;
  bool const trees = std::any_of(
      steps.begin() + static_cast<std::ptrdiff_t>(first),
      steps.begin() + static_cast<std::ptrdiff_t>(last),
      [](sync_step const& step) { return step.is_dir && step.action == sync_action::remove; });
  return trees ? 1 : requests_in_flight_max(j_.remote_root);
}

/// Steps [first, last), which do not depend on each other.
task<void> synchroniser::change(std::size_t first, std::size_t last) {
  auto const& steps = what_.plan.steps;
  next_ = first;
  auto const work = [this, last, &steps]() -> asio::awaitable<void> {
    co_await keep_after_cancel();
    while (next_ < last && !stopped_) {
      bool const given_up = co_await is_cancelled();
      if (given_up) co_return;
      auto const& step = steps[next_++];
      co_await change_one(step);
    }
  };
  worker const each = [&work](std::size_t) { return work(); };
  co_await fan_out(std::min(changes_at_once(first, last), last - first), each);
  bool const given_up = co_await is_cancelled();
  if (stopped_) co_return *stopped_;
  if (given_up) co_return error(errc::cancelled, "the sync was cancelled");
  co_return result<void>();
}

asio::awaitable<void> synchroniser::copy_items(transfer_plan const& plan, folder const& root,
                                               tally& ends) {
  auto const executor = co_await asio::this_coro::executor;
  if (j_.upload) {
    upload_rules rules;
    rules.plan = rules_of(j_).uploads;
    rules.files_in_flight_max = j_.options.files_in_flight_max;
    rules.bytes_in_flight_max = j_.options.bytes_in_flight_max;
    rules.digests = books_ != nullptr;
    uploader work(*j_.service, plan, rules, ends, executor, entropy());
    co_await work.run();
    co_return;
  }
  download_rules rules;
  rules.overwrite = overwrite::always;
  rules.files_in_flight_max = j_.options.files_in_flight_max;
  rules.bytes_in_flight_max = j_.options.bytes_in_flight_max;
  rules.fsync = j_.options.fsync;
  rules.digests = books_ != nullptr;
  downloader work(*j_.service, plan, root, rules, ends, executor, entropy());
  co_await work.run();
}

task<void> synchroniser::copy(std::vector<sync_step const*> const& steps) {
  auto const executor = co_await asio::this_coro::executor;
  std::unordered_map<std::string_view, sync_entry const*> sources;
  for (auto const& e : what_.trees.source) sources.emplace(e.path, &e);
  transfer_plan plan;
  plan.upload = j_.upload;
  plan.rate = what_.plan.rate;
  for (auto const* step : steps) {
    transfer_item item{joined(j_.upload ? j_.local : j_.remote_root, step->path),
                       joined(j_.upload ? j_.remote_root : j_.local, step->path), false, step->size,
                       sources.at(step->path)->modified};
    ++plan.files;
    plan.bytes += step->size;
    add(plan.requests, j_.upload ? upload_requests(step->size, rules_of(j_).uploads)
                                 : download_requests(step->size, is_volume_path(j_.remote_root)));
    plan.items.push_back(std::move(item));
  }
  relay told(*this, steps);
  tally::stats_source const stats = [this] { return j_.ws.stats(); };
  auto const before = stats();
  tally ends(plan, &told, stats, before, start_stopwatch(executor));
  co_await copy_items(plan, *local_, ends);
  auto const done = std::move(ends).take();
  if (done.has_error()) co_return done.error();
  co_return result<void>();
}

bool is_copy(sync_step const& step) noexcept {
  return step.action == sync_action::copy || step.action == sync_action::replace;
}

/// Where one kind of step ends and the next begins: steps of a kind do not depend on each other.
std::size_t end_of_run(std::vector<sync_step> const& steps, std::size_t first) {
  auto last = first;
  while (last < steps.size() && steps[last].action == steps[first].action) ++last;
  return last;
}

task<void> synchroniser::change_all(std::size_t first, std::size_t last) {
  while (first < last) {
    auto const end = std::min(end_of_run(what_.plan.steps, first), last);
    auto const done = co_await change(first, end);
    if (done.has_error()) co_return done.error();
    first = end;
  }
  co_return result<void>();
}

task<void> synchroniser::run() {
  auto opened = folder::open(j_.local, !j_.upload);
  if (opened.has_error()) co_return opened.error();
  local_.emplace(std::move(*opened));
  // What goes at last, before that the copies, before that all that makes room for them.
  auto const& steps = what_.plan.steps;
  auto removals = steps.size();
  while (removals > 0 && steps[removals - 1].action == sync_action::remove) --removals;
  auto copies = removals;
  while (copies > 0 && is_copy(steps[copies - 1])) --copies;

  auto done = co_await change_all(0, copies);
  if (done.has_error()) co_return done.error();
  std::vector<sync_step const*> to_copy;
  for (auto i = copies; i < removals; ++i) to_copy.push_back(&steps[i]);
  for (auto const& step : fallbacks_) to_copy.push_back(step.get());
  if (!to_copy.empty()) done = co_await copy(to_copy);
  if (done.has_error()) co_return done.error();
  done = co_await change_all(removals, steps.size());
  if (done.has_error()) co_return done.error();
  for (auto const& step : leftovers_) co_await change_one(step);
  if (stopped_) co_return *stopped_;
  remember();
  co_return result<void>();
}

/// What is alike now: all that was chosen at the source and did not fail.
void synchroniser::remember() {
  auto const path = memory_of(j_);
  if (path.empty()) return;
  std::sort(not_alike_.begin(), not_alike_.end());
  std::unordered_map<std::string_view, bool> sent;
  for (auto const& step : what_.plan.steps) sent.emplace(step.path, true);
  auto const now = wall_now(j_.ws.executor());
  std::vector<remembered_file> alike;
  for (auto const& e : what_.trees.source) {
    if (e.is_dir || !e.modified || e.inode == 0 || !j_.chosen.takes(e.path)) continue;
    if (std::binary_search(not_alike_.begin(), not_alike_.end(), e.path)) continue;
    alike.push_back(
        {e.path, e.size, e.inode, *e.modified, sent.contains(e.path) ? now : what_.looked_at});
  }
  // A run with another choice does not forget what it did not look at.
  for (auto const& was : what_.trees.remembered) {
    if (!j_.chosen.takes(was.path)) alike.push_back(was);
  }
  save_memory(path, alike);
}

asio::awaitable<void> sync_all(sync_job const& j, std::optional<result<sync_report>>& to) {
  co_await keep_after_cancel();
  auto const executor = co_await asio::this_coro::executor;
  auto const elapsed = start_stopwatch(executor);
  auto const before = j.ws.stats();
  auto what = co_await plan_trees(j);
  if (what.has_error()) {
    to.emplace(what.error());
    co_return;
  }
  if (j.options.observer != nullptr) j.options.observer->planned(what->plan);
  sync_report report;
  report.unchanged = what->plan.unchanged;
  report.failures = what->plan.refused;
  report.failed = static_cast<std::uint64_t>(
      std::count_if(report.failures.begin(), report.failures.end(),
                    [](auto const& f) { return f.state == transfer_state::failed; }));
  std::unique_ptr<manifest> books;
  if (!j.manifest_path.empty()) {
    auto made = manifest::make(j.manifest_path);
    if (made.has_error()) {
      to.emplace(made.error());
      co_return;
    }
    books = std::move(*made);
    for (auto const& f : report.failures) {
      transfer_outcome const left_out{f.item, f.state, &f.reason};
      books->add(manifest_line(left_out));
    }
  }
  synchroniser work(j, *what, report, books.get());
  auto const done = co_await work.run();
  if (done.has_error()) {
    to.emplace(done.error());
    co_return;
  }
  auto const after = j.ws.stats();
  report.requests = after.requests - before.requests;
  report.throttled = after.throttled - before.throttled;
  report.elapsed = elapsed();
  if (books) {
    auto const written = books->finish(manifest_summary(report));
    if (written.has_error()) {
      ++report.failed;
      report.failures.push_back({{}, written.error()});
    }
  }
  to.emplace(std::move(report));
}

asio::awaitable<void> plan_alone(sync_job const& j, std::optional<result<sync_plan>>& to) {
  co_await keep_after_cancel();
  auto what = co_await plan_trees(j);
  if (what.has_error()) {
    to.emplace(what.error());
  } else {
    to.emplace(std::move(what->plan));
  }
}

task<sync_report> run_sync(std::unique_ptr<sync_job> j, result<void> ready) {
  if (ready.has_error()) co_return ready.error();
  std::optional<result<sync_report>> out;
  co_await on_own_strand(sync_all(*j, out));
  co_return std::move(*out);
}

task<sync_plan> run_sync_plan(std::unique_ptr<sync_job> j, result<void> ready) {
  if (ready.has_error()) co_return ready.error();
  std::optional<result<sync_plan>> out;
  co_await on_own_strand(plan_alone(*j, out));
  co_return std::move(*out);
}

}  // namespace

task<sync_report> sync(workspace ws, std::string_view source, std::string_view destination,
                       sync_options const& options) {
  validate(options);
  auto j = std::make_unique<sync_job>(std::move(ws), options);
  auto ready = j->between(source, destination);
  return run_sync(std::move(j), std::move(ready));
}

task<sync_plan> plan_sync(workspace ws, std::string_view source, std::string_view destination,
                          sync_options const& options) {
  validate(options);
  auto j = std::make_unique<sync_job>(std::move(ws), options);
  auto ready = j->between(source, destination);
  return run_sync_plan(std::move(j), std::move(ready));
}

}  // namespace kiln
