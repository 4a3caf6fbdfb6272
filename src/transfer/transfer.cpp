#include "core/random.hpp"
#include "transfer/download.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/folder.hpp"
#include "transfer/journal.hpp"
#include "transfer/learned.hpp"
#include "transfer/manifest.hpp"
#include "transfer/prepare.hpp"
#include "transfer/resume.hpp"
#include "transfer/tally.hpp"
#include "transfer/upload.hpp"

#include <kiln/transfer.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace kiln {

namespace {

using namespace transfer;

constexpr std::uint64_t buffer_bytes_min = 1U << 20;

void validate(transfer_options const& options) {
  if (options.files_in_flight_max == 0) {
    throw std::invalid_argument("transfer_options.files_in_flight_max must be > 0");
  }
  if (options.bytes_in_flight_max < buffer_bytes_min) {
    throw std::invalid_argument("transfer_options.bytes_in_flight_max must be at least 1 MiB");
  }
  if (options.stream_always && options.strategy == upload_strategy::put) {
    throw std::invalid_argument("transfer_options.strategy must not be put with stream_always");
  }
}

// What earlier transfers have learned of the workspace.
void recall(job& j, asio::any_io_executor const& executor) {
  if (j.state_dir.empty()) return;
  auto const known = learned_put_bytes_max(j.state_dir, j.ws.host(), wall_now(executor));
  if (known) j.put_bytes_max = *known;
}

asio::awaitable<void> plan_only(job& j, bool upload, std::optional<result<transfer_plan>>& to) {
  co_await keep_after_cancel();
  auto const executor = co_await asio::this_coro::executor;
  recall(j, executor);
  result<prepared> ready = error();
  auto const chosen = choose(j);
  if (chosen.has_error()) {
    ready = chosen.error();
  } else {
    ready = co_await prepare(j, upload, true);
  }
  if (ready.has_error()) {
    to.emplace(std::move(ready).error());
  } else {
    to.emplace(std::move(ready->plan));
  }
}

asio::awaitable<void> carry_out_upload(job const& j, prepared const& ready, journal* kept,
                                       tally& ends) {
  auto const executor = co_await asio::this_coro::executor;
  upload_rules rules;
  rules.plan = rules_of(j, ready.targets_absent);
  rules.files_in_flight_max = j.options.files_in_flight_max;
  rules.bytes_in_flight_max = j.options.bytes_in_flight_max;
  rules.target_may_be_directory = ready.target_may_be_directory;
  rules.digests = !j.manifest_path.empty();
  rules.kept = kept;
  rules.drain = j.options.drain;
  uploader work(*j.service, ready.plan, rules, ends, executor, entropy());
  co_await work.run();
  if (!j.state_dir.empty() && work.put_bytes_max() < j.put_bytes_max) {
    learn_put_bytes_max(j.state_dir, j.ws.host(), work.put_bytes_max(), wall_now(executor));
  }
}

asio::awaitable<void> carry_out_download(job const& j, prepared const& ready, folder const& root,
                                         journal* kept, tally& ends) {
  auto const executor = co_await asio::this_coro::executor;
  download_rules rules;
  rules.overwrite = carried_out(j.options.overwrite);
  rules.files_in_flight_max = j.options.files_in_flight_max;
  rules.bytes_in_flight_max = j.options.bytes_in_flight_max;
  rules.fsync = j.options.fsync;
  rules.verify = j.options.verify;
  rules.digests = !j.manifest_path.empty();
  rules.kept = kept;
  rules.drain = j.options.drain;
  rules.disk = j.options.disk;
  downloader work(*j.service, ready.plan, root, rules, ends, executor, entropy());
  co_await work.run();
}

/// From the journal when there is a plan in it; otherwise made, and written there.
task<prepared> plan_or_resume(job const& j, bool upload, journal* kept) {
  if (kept != nullptr && kept->resumed()) {
    auto resumed = resume(j, *kept);
    co_return resumed;
  }
  auto made = co_await prepare(j, upload, false);
  if (made.has_error() || kept == nullptr) co_return made;
  auto const executor = co_await asio::this_coro::executor;
  journal_plan const plan{made->plan, made->local_root, made->target_may_be_directory};
  auto const begun = kept->begin(plan, wall_now(executor));
  if (begun.has_error()) co_return begun.error();
  co_return made;
}

// What was refused by its name or kind is so every time: only items can be tried again.
std::ptrdiff_t failed_among(std::vector<transfer_failure> const& all) {
  return std::count_if(all.begin(), all.end(),
                       [](transfer_failure const& f) { return f.state == transfer_state::failed; });
}

asio::awaitable<result<transfer_report>> carry_out(job const& j, prepared const& ready,
                                                   journal* kept, tally::stats_source const& stats,
                                                   workspace_stats const& before,
                                                   stopwatch elapsed) {
  auto const executor = co_await asio::this_coro::executor;
  std::optional<folder> root;
  if (!ready.plan.upload) {
    auto opened = folder::open(ready.local_root, true);
    if (opened.has_error()) co_return opened.error();
    root.emplace(std::move(*opened));
  }
  std::unique_ptr<manifest> books;
  if (!j.manifest_path.empty()) {
    auto made = manifest::make(j.manifest_path);
    if (made.has_error()) co_return made.error();
    books = std::move(*made);
  }
  tally ends(ready.plan, j.options.observer, stats, before, std::move(elapsed), kept, books.get());
  if (kept != nullptr) kept->run_on(executor, [&ends](error why) { ends.stop(std::move(why)); });
  if (ready.plan.upload) {
    co_await carry_out_upload(j, ready, kept, ends);
  } else {
    co_await carry_out_download(j, ready, *root, kept, ends);
  }
  auto out = std::move(ends).take();
  if (kept == nullptr) co_return out;
  kept->run_on({}, {});
  if (out.has_error()) {
    auto const written = kept->flush();
    if (written.has_error() && ends_transfer(out.error().code())) co_return written.error();
    co_return out;
  }
  // All items have ended: that this is not recorded costs who resumes nothing.
  bool const again = failed_among(out->failures) > failed_among(ready.plan.refused);
  auto const finished = kept->finish(again);
  static_cast<void>(finished);
  if (again) out->id = kept->id();
  co_return out;
}

asio::awaitable<void> transfer_all(job& j, bool upload,
                                   std::optional<result<transfer_report>>& to) {
  co_await keep_after_cancel();
  auto const executor = co_await asio::this_coro::executor;
  tally::stats_source const stats = [&j] { return j.ws.stats(); };
  auto const before = stats();
  auto elapsed = start_stopwatch(executor);
  auto const chosen = choose(j);
  if (chosen.has_error()) {
    to.emplace(chosen.error());
    co_return;
  }
  auto const kept = open_journal(j, upload);
  if (kept.has_error()) {
    to.emplace(kept.error());
    co_return;
  }
  recall(j, executor);
  auto ready = co_await plan_or_resume(j, upload, kept->get());
  if (ready.has_error()) {
    to.emplace(std::move(ready).error());
    if (*kept && !(*kept)->resumed()) (*kept)->remove();
    co_return;
  }
  auto out = co_await carry_out(j, *ready, kept->get(), stats, before, std::move(elapsed));
  to.emplace(std::move(out));
}

asio::awaitable<void> plan_rest(job& j, std::optional<result<transfer_plan>>& to) {
  auto const executor = co_await asio::this_coro::executor;
  auto const kept = open_journal(j, true);
  if (kept.has_error()) {
    to.emplace(kept.error());
    co_return;
  }
  recall(j, executor);
  to.emplace(plan_of_rest(j, **kept));
}

task<transfer_plan> run_plan_of_rest(std::unique_ptr<job> j) {
  std::optional<result<transfer_plan>> out;
  co_await on_own_strand(plan_rest(*j, out));
  co_return std::move(*out);
}

task<transfer_report> run_transfer(std::unique_ptr<job> j, bool upload) {
  std::optional<result<transfer_report>> out;
  co_await on_own_strand(transfer_all(*j, upload, out));
  co_return std::move(*out);
}

task<transfer_plan> run_plan(std::unique_ptr<job> j, bool upload) {
  std::optional<result<transfer_plan>> out;
  co_await on_own_strand(plan_only(*j, upload, out));
  co_return std::move(*out);
}

std::unique_ptr<job> make_job(workspace ws, std::string_view local, std::string_view remote,
                              transfer_options const& options) {
  validate(options);
  return std::make_unique<job>(std::move(ws), local, remote, options);
}

}  // namespace

task<transfer_report> upload(workspace ws, std::string_view local, std::string_view remote,
                             transfer_options const& options) {
  return run_transfer(make_job(std::move(ws), local, remote, options), true);
}

task<transfer_report> download(workspace ws, std::string_view remote, std::string_view local,
                               transfer_options const& options) {
  return run_transfer(make_job(std::move(ws), local, remote, options), false);
}

task<transfer_plan> plan_upload(workspace ws, std::string_view local, std::string_view remote,
                                transfer_options const& options) {
  return run_plan(make_job(std::move(ws), local, remote, options), true);
}

task<transfer_plan> plan_download(workspace ws, std::string_view remote, std::string_view local,
                                  transfer_options const& options) {
  return run_plan(make_job(std::move(ws), local, remote, options), false);
}

task<transfer_report> resume_transfer(workspace ws, std::string_view id,
                                      transfer_options const& options) {
  validate(options);
  return run_transfer(std::make_unique<job>(std::move(ws), id, false, options), true);
}

task<transfer_report> retry_failed(workspace ws, std::string_view id,
                                   transfer_options const& options) {
  validate(options);
  return run_transfer(std::make_unique<job>(std::move(ws), id, true, options), true);
}

task<transfer_plan> plan_resume(workspace ws, std::string_view id,
                                transfer_options const& options) {
  validate(options);
  return run_plan_of_rest(std::make_unique<job>(std::move(ws), id, false, options));
}

task<transfer_plan> plan_retry_failed(workspace ws, std::string_view id,
                                      transfer_options const& options) {
  validate(options);
  return run_plan_of_rest(std::make_unique<job>(std::move(ws), id, true, options));
}

}  // namespace kiln
