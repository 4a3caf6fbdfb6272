#include "orchestrate/run_session.hpp"

#include "transfer/fan_out.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace kiln::runs {

namespace {

/// When nothing is left to be sent, the budget is free for closer looks.
constexpr int haste = 4;
constexpr duration hasty_min = std::chrono::seconds(1);

}  // namespace

wait_pace pace_of(duration interval, bool hasty) noexcept {
  wait_pace out;
  out.interval = hasty ? std::min(interval, std::max(interval / haste, hasty_min)) : interval;
  out.growth = pace_growth;
  out.interval_max = std::max(interval, std::min(interval * rarest, rarest_max));
  return out;
}

run_session::run_session(asio::any_io_executor strand, many_job& job)
    : strand_(std::move(strand)),
      job_(job),
      engine_(job.ws.core()),
      woken_(std::make_unique<event>(strand_)),
      loop_(strand_, [this] { woken_.reset(); }) {}

timestamp run_session::wall() const noexcept {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(engine_->clock().wall());
}

timestamp run_session::wall_at(instant then) const noexcept {
  return wall() - std::chrono::ceil<std::chrono::milliseconds>(now() - then);
}

// Once for a server that is merely slow, and once more for good measure.
duration run_session::apply_time() const noexcept {
  auto const& limits = engine_->options();
  return 2 * std::min(limits.timeouts.first_byte, limits.deadline);
}

task<run_report> run_session::run() {
  co_await transfer::keep_after_cancel();
  began_ = now();
  before_ = job_.ws.stats();
  auto planned = co_await make_plan();
  if (planned.has_error()) co_return std::move(planned).error();
  auto restored = restore();
  if (restored.has_error()) co_return std::move(restored).error();
  by_key_ = {};
  asio::post(engine_->executor(), [e = engine_, self = weak_from_this(), to = strand_] {
    auto const count = e->companion<watch_hub>().requests(any_run());
    asio::post(to, [self, count] {
      if (auto const held = self.lock()) held->polls_base_ = count;
    });
  });
  core_->begin();
  loop_.arm();
  for (;;) {
    obey();
    turn();
    if (core_->done() && children_.empty()) break;
    co_await pause();
  }
  loop_.disarm();
  asio::post(engine_->executor(), [e = engine_, held = alarm_] { e->clock().cancel(held->id); });
  report_progress(true);
  if (thrown_) std::rethrow_exception(thrown_);
  if (fatal_) co_return std::move(*fatal_);
  if (cancels_ > 0) {
    co_return error(errc::cancelled, "the call was cancelled").with_operation("run_many");
  }
  if (journal_ && report_.left + report_.not_started == 0) {
    auto const finished = journal_->finish_call();
    if (finished.has_error()) co_return finished.error();
  }
  auto const after = job_.ws.stats();
  auto const sums = core_->progress(now());
  report_.submits = sums.submits;
  report_.retries = sums.retries;
  report_.limited = core_->limited();
  report_.polls = polls_;
  report_.requests = after.requests - before_.requests;
  report_.throttled = after.throttled - before_.throttled;
  report_.elapsed = now() - began_;
  co_return std::move(report_);
}

// What the caller has said since the last turn.
void run_session::obey() {
  auto const* const stop = job_.options.stop;
  auto const how = stop != nullptr ? stop->load(std::memory_order_relaxed) : run_stop::none;
  if (how != run_stop::none) core_->stop(how, "the call was told to stop");
  if (how == run_stop::leave || how == run_stop::cancel) {
    if (!grace_ends_) grace_ends_ = now() + cancel_grace;
  }
  if (grace_ends_ && now() >= *grace_ends_) end_children();
}

void run_session::turn() {
  perform_all();
  if (journal_) {
    auto written = journal_->flush();
    if (written.has_error()) {
      give_up(std::move(written).error());
      // What is not written down is neither sent nor told.
      news_.clear();
      for (auto const& [row, call] : std::exchange(outbox_, {})) {
        core_->refused(row, refusal::for_now, {}, now());
      }
    }
  }
  send_off();
  tell();
  hasten();
  report_progress(false);
  if (fatal_) perform_all();  // nobody is left to wait for the next turn
}

void run_session::perform_all() {
  for (;;) {
    auto actions = core_->turn(now());
    if (actions.empty()) return;
    changed_ = true;
    for (auto& what : actions) perform(what);
  }
}

void run_session::perform(action& what) {
  switch (what.what) {
    case action::kind::submit:
      return submit(what);
    case action::kind::look_up:
      return look_up();
    case action::kind::watch:
      return watch(what.row, what.run_id);
    case action::kind::cancel:
      return start(cancel_one(what.row, what.run_id), false);
    case action::kind::output:
      return start(fetch_output(what.row, what.run_id), true);
    case action::kind::end:
      return end(what);
  }
}

void run_session::send_off() {
  for (auto& [row, call] : std::exchange(outbox_, {}))
    start(submit_one(row, std::move(call)), true);
}

void run_session::tell() {
  auto const told = std::exchange(news_, {});
  if (job_.options.observer == nullptr) return;
  for (auto const& one : told) {
    bool const heard = guarded([this, &one] {
      auto& observer = *job_.options.observer;
      one.finished ? observer.finished(one.row) : observer.started(one.row);
    });
    if (!heard) return;
  }
}

void run_session::report_progress(bool last) {
  if (job_.options.observer == nullptr || (!changed_ && !last)) return;
  auto const at = now();
  if (!last && at < told_at_ + progress_interval) return;
  told_at_ = at;
  changed_ = false;
  auto sums = core_->progress(at);
  sums.polls = polls_;
  sums.elapsed = at - began_;
  guarded([this, &sums] { job_.options.observer->progressed(sums); });
}

asio::awaitable<void> run_session::pause() {
  auto until = core_->next(now()).value_or(never);
  if (changed_ && job_.options.observer != nullptr) {
    until = std::min(until, told_at_ + progress_interval);
  }
  if (job_.options.stop != nullptr) until = std::min(until, now() + stop_interval);
  if (grace_ends_ && *grace_ends_ > now()) until = std::min(until, *grace_ends_);
  if (until != never) set_alarm(until);
  bool more = !co_await transfer::is_cancelled();
  if (more) more = co_await transfer::wait_for(*woken_);
  if (woken_) woken_->reset();
  if (more) co_return;
  co_await transfer::forget_cancel();
  cancelled();
}

void run_session::cancelled() {
  ++cancels_;
  if (cancels_ == 1) {
    core_->stop(job_.options.when_cancelled, "the call was cancelled");
    grace_ends_ = now() + cancel_grace;
  } else {
    core_->stop(run_stop::leave, "the call was cancelled");
    end_children();
  }
}

void run_session::give_up(error why) {
  if (!fatal_) fatal_ = std::move(why);
  core_->stop(run_stop::leave, "the call came to its end");
  end_children();
}

void run_session::end_children() {
  auto const all = children_;
  for (auto const& one : all) {
    if (one.until_grace || cancels_ > 1 || fatal_) {
      one.stop->emit(asio::cancellation_type::terminal);
    }
  }
}

void run_session::wake() {
  if (woken_) woken_->set();
}

void run_session::set_alarm(instant when) {
  if (alarm_at_ && *alarm_at_ == when) return;
  alarm_at_ = when;
  asio::post(engine_->executor(),
             [e = engine_, held = alarm_, self = weak_from_this(), to = strand_, when] {
               e->clock().cancel(held->id);
               held->id = e->clock().call_at(when, [self, to] {
                 asio::post(to, [self] {
                   auto const alive = self.lock();
                   if (!alive) return;
                   alive->alarm_at_.reset();
                   alive->wake();
                 });
               });
             });
}

void run_session::hasten() {
  if (hastened_ || !core_->all_sent()) return;
  hastened_ = true;
  auto const pace = pace_of(job_.options.interval, true);
  std::vector<std::shared_ptr<watch_entry>> entries;
  for (auto const& [row, held] : rows_) {
    if (held.entry) entries.push_back(held.entry);
  }
  asio::post(engine_->executor(), [e = engine_, entries = std::move(entries), pace] {
    for (auto const& entry : entries) e->companion<watch_hub>().hasten(entry, pace);
  });
}

}  // namespace kiln::runs
