#include "transfer/tally.hpp"

#include "core/timers.hpp"
#include "transfer/journal.hpp"
#include "transfer/manifest.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace kiln::transfer {

stopwatch start_stopwatch(asio::any_io_executor const& executor) {
  std::shared_ptr<timers> const clock = make_real_timers(executor);  // read, never waited for
  return [clock, begun = clock->now()] { return clock->now() - begun; };
}

timestamp wall_now(asio::any_io_executor const& executor) {
  auto const now = make_real_timers(executor)->wall();
  return std::chrono::time_point_cast<std::chrono::milliseconds>(now);
}

tally::tally(transfer_plan const& plan, transfer_observer* observer, stats_source stats,
             workspace_stats const& before, stopwatch elapsed, journal* kept, manifest* books)
    : plan_(plan),
      observer_(observer),
      journal_(kept),
      manifest_(books),
      stats_(std::move(stats)),
      elapsed_(std::move(elapsed)),
      before_(before),
      ended_(plan.items.size()),
      requests_(plan.items.size()) {
  if (observer_ != nullptr && journal_ != nullptr) {
    observer_->journaled(journal_->id(), journal_->resumed());
  }
  if (observer_ != nullptr) observer_->planned(plan_);
  for (auto const& refused : plan_.refused) {
    count(refused.item, {refused.state, refused.reason, 0}, 0);
    ++files_ended_;
  }
  if (journal_ != nullptr && journal_->resumed()) restore();
}

void tally::restore() {
  auto* const observer = std::exchange(observer_, nullptr);  // was told then
  auto const& items = journal_->items();
  for (std::size_t n = 0; n < items.size(); ++n) {
    if (!items[n].ended) continue;
    ended_[n] = true;
    bool const done = *items[n].ended == transfer_state::done;
    item_end how{*items[n].ended, items[n].why, done ? plan_.items[n].size : 0};
    how.sha256 = items[n].sha256;
    how.verified = items[n].verified;
    count(plan_.items[n], how, items[n].requests);
    if (plan_.items[n].is_dir) continue;
    ++files_ended_;
    ++report_.files_resumed;
  }
  observer_ = observer;
}

void tally::end(std::size_t item, item_end how) {
  BOOST_ASSERT(!ended_.at(item));
  ended_[item] = true;
  bool const undone = how.state == transfer_state::failed && ends_transfer(how.why.code());
  if (journal_ != nullptr && !undone) journal_->ended(item, how, requests_[item]);
  count(plan_.items[item], how, requests_[item]);
  if (!plan_.items[item].is_dir) ++files_ended_;
  show_progress();
}

void tally::failed_beside(transfer_item item, error why) {
  if (observer_ != nullptr) observer_->finished(item, transfer_state::failed, &why);
  report_.failures.push_back({std::move(item), std::move(why)});
}

void tally::count(transfer_item const& item, item_end const& how, std::uint64_t requests) {
  bool const explained = how.why.code() != errc::none;
  if (how.state == transfer_state::failed) {
    report_.failures.push_back({item, how.why});
    ++report_.files_failed;
  } else if (how.state == transfer_state::skipped) {
    ++report_.files_skipped;
  } else if (item.is_dir) {
    ++report_.directories;
  } else {
    ++report_.files_done;
    report_.bytes_done += how.bytes;
    if (how.verified) ++report_.files_verified;
  }
  transfer_outcome const outcome{item,        how.state,  explained ? &how.why : nullptr,
                                 how.bytes,   how.sha256, requests,
                                 how.verified};
  bool const undone = how.state == transfer_state::failed && ends_transfer(how.why.code());
  if (manifest_ != nullptr && !undone) manifest_->add(manifest_line(outcome));
  if (observer_ != nullptr) observer_->ended(outcome);
}

void tally::moved(std::int64_t bytes) {
  bytes_moving_ += static_cast<std::uint64_t>(bytes);
  show_progress();
}

void tally::show_progress() {
  if (observer_ == nullptr) return;
  transfer_progress now;
  now.files_total = plan_.files + plan_.refused.size();
  now.files_done = files_ended_;
  now.bytes_done = report_.bytes_done + bytes_moving_;
  now.bytes_total = plan_.bytes;
  now.requests = stats_().requests - before_.requests;
  now.requests_total = plan_.requests.total();
  now.elapsed = elapsed_();
  observer_->progressed(now);
}

void tally::stop(error why) {
  if (stopped_) return;
  stopped_ = true;
  why_stopped_ = std::move(why);
}

result<transfer_report> tally::take() && {
  bool const cut_short =
      std::any_of(report_.failures.begin(), report_.failures.end(),
                  [](transfer_failure const& f) { return ends_transfer(f.reason.code()); });
  bool const all_ended = std::find(ended_.begin(), ended_.end(), false) == ended_.end();
  // A stop that comes behind the last item has stopped nothing.
  if (stopped_ && (cut_short || !all_ended || !ends_transfer(why_stopped_.code()))) {
    std::size_t const ended =
        static_cast<std::size_t>(std::count(ended_.begin(), ended_.end(), true));
    return error(why_stopped_.code(), why_stopped_.message() + "; " + std::to_string(ended) +
                                          " of " + std::to_string(ended_.size()) +
                                          " items had ended")
        .with_operation(plan_.upload ? "upload" : "download");
  }
  auto const after = stats_();
  report_.requests = after.requests - before_.requests;
  report_.throttled = after.throttled - before_.throttled;
  report_.elapsed = elapsed_();
  if (manifest_ != nullptr) {
    auto const written = manifest_->finish(manifest_summary(report_));
    if (written.has_error()) failed_beside({}, written.error());
  }
  return std::move(report_);
}

}  // namespace kiln::transfer
