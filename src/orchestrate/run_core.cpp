#include "orchestrate/run_core.hpp"

#include "client/error_body.hpp"
#include "client/retry_policy.hpp"

#include <algorithm>
#include <iterator>

namespace kiln::runs {

namespace {

/// Worth another run, where a row does not say.
constexpr std::string_view retry_states[] = {"FAILED", "TIMEDOUT", "INTERNAL_ERROR"};

constexpr int doublings_max = 30;

duration doubled(duration first, duration most, std::uint32_t times) {
  auto out = first;
  for (std::uint32_t i = 0; i < times && i < doublings_max && out < most; ++i) out *= 2;
  return std::min(out, most);
}

int rank(run_stop how) noexcept {
  switch (how) {
    case run_stop::none:
      return 0;
    case run_stop::drain:
      return 1;
    case run_stop::cancel:
      return 2;
    case run_stop::leave:
      return 3;  // who does not want to wait for the cancellations may still leave
  }
  return 0;
}

}  // namespace

refusal refusal_of(error const& why) noexcept {
  if (is_quota(why)) return refusal::limit;
  if (why.may_have_been_applied()) return refusal::unsettled;
  bool const again = why.code() == errc::cancelled || is_temporary(why.code());
  return again ? refusal::for_now : refusal::for_good;
}

run_core::run_core(settings s, row_graph graph, std::vector<row_plan> rows,
                   std::vector<run_retry> policies)
    : settings_(s), graph_(std::move(graph)), policies_(std::move(policies)) {
  rows_.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows_[i].plan = rows[i];
    rows_[i].blockers = graph_.blockers(i);
  }
  blocked_ = rows_.size();
}

void run_core::had_ended(std::size_t row, bool success) {
  enter(row, phase::ended);
  rows_[row].verdict = success ? row_state::succeeded : row_state::failed;
  (success ? succeeded_ : failed_) += 1;
  if (!success) ++failed_before_;
}

void run_core::had_started(std::size_t row, std::int64_t run_id, std::uint32_t attempts,
                           instant deadline) {
  auto& r = rows_[row];
  r.attempts = attempts;
  r.run_id = run_id;
  r.deadline = deadline;
  enter(row, phase::active);
}

void run_core::may_have_started(std::size_t row, std::uint32_t attempts, instant deadline,
                                instant sent) {
  auto& r = rows_[row];
  r.attempts = attempts;
  r.deadline = deadline;
  r.inherited = true;
  unsettle(row, sent, instant::min());
}

void run_core::starts_anew(std::size_t row, std::uint32_t attempts) {
  rows_[row].attempts = rows_[row].attempts_before = attempts;
}

void run_core::begin() {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    auto const& r = rows_[i];
    if (r.at != phase::ended || r.verdict != row_state::succeeded) continue;
    for (auto const next : graph_.dependants(i)) --rows_[next].blockers;
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    auto const& r = rows_[i];
    if (r.deadline != never) deadlines_.emplace(r.deadline, static_cast<std::uint32_t>(i));
    if (r.at == phase::blocked && r.blockers == 0) make_ready(i);
    if (r.at != phase::active) continue;
    action watch;
    watch.what = action::kind::watch;
    watch.row = i;
    watch.run_id = r.run_id;
    out_.push_back(std::move(watch));
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    auto const& r = rows_[i];
    if (r.at == phase::ended && r.verdict == row_state::failed) end_dependants(i);
  }
}

// Leaves one phase and enters another; only the counts know.
void run_core::enter(std::size_t row, phase to) {
  auto& r = rows_[row];
  auto const count = [this](phase at) -> std::size_t* {
    switch (at) {
      case phase::blocked:
        return &blocked_;
      case phase::sending:
        return &sending_;
      case phase::unsettled:
        return &unsettled_;
      case phase::active:
      case phase::to_cancel:
      case phase::cancelling:
        return &active_;
      case phase::ended:
        return &ended_;
      default:
        return nullptr;
    }
  };
  if (auto* const left = count(r.at)) --*left;
  if (r.aside) {
    r.aside = false;
    --aside_;
  }
  if (to != phase::unsettled) r.inherited = false;
  r.at = to;
  auto* const entered = count(to);
  if (entered != nullptr) ++*entered;
  if (entered != &active_ && r.running) {
    r.running = false;
    --running_;
  }
}

void run_core::make_ready(std::size_t row) {
  enter(row, phase::ready);
  ready_.emplace(-std::int64_t{rows_[row].plan.priority}, static_cast<std::uint32_t>(row));
}

void run_core::wait(std::size_t row, instant until) {
  enter(row, phase::waiting);
  rows_[row].since = until;
  waiting_.emplace(until, static_cast<std::uint32_t>(row));
}

void run_core::unsettle(std::size_t row, instant sent, instant look) {
  enter(row, phase::unsettled);
  rows_[row].since = sent;
  rows_[row].look = look;
  look_at_ = std::min(look_at_, look);
}

void run_core::submitted(std::size_t row, std::int64_t run_id, instant now) {
  if (rows_[row].at != phase::sending) return;
  brake_.accepted(places(), now);
  has_run(row, run_id);
}

void run_core::found(std::size_t row, std::int64_t run_id) {
  if (rows_[row].at == phase::unsettled) has_run(row, run_id);
}

void run_core::mistaken(std::size_t row, instant now) {
  auto& r = rows_[row];
  if (r.at != phase::active) return;
  r.run_id = 0;
  --r.attempts;
  // Of one that an earlier process found it is not known when it was sent.
  unsettle(row, r.since == instant() ? now : r.since, now);
}

void run_core::has_run(std::size_t row, std::int64_t run_id) {
  auto& r = rows_[row];
  r.run_id = run_id;
  r.bounces = 0;
  ++r.attempts;
  enter(row, phase::active);
  if (stopped_ == run_stop::leave || settings_.detach) {
    end(row, row_state::left, {}, true);
  } else if (stopped_ == run_stop::cancel) {
    cancel_row(row, row_state::cancelled, why_stopped_);
  } else if (r.late) {
    cancel_row(row, row_state::failed, "its deadline passed");
  } else {
    action watch;
    watch.what = action::kind::watch;
    watch.row = row;
    watch.run_id = run_id;
    out_.push_back(std::move(watch));
  }
}

void run_core::refused(std::size_t row, refusal how, std::string message, instant now) {
  auto& r = rows_[row];
  if (r.at != phase::sending) return;
  if (how == refusal::unsettled) {
    unsettle(row, now, now + settle_time);
    if (stopped_ == run_stop::leave) halt();
    return;
  }
  if (how == refusal::limit) {
    ++limited_;
    brake_.refused(active_, now);
  }
  if (how == refusal::for_now && ++r.bounces > bounces_max) how = refusal::for_good;
  if (how == refusal::for_good) return end(row, row_state::failed, std::move(message));
  if (stopped_ != run_stop::none) return abandon(row);
  if (how == refusal::limit) return make_ready(row);
  wait(row, now + doubled(bounce_min, bounce_max, r.bounces - 1U));
}

bool run_core::retries(row_at const& r, std::string_view state) const {
  auto const& policy = policies_[r.plan.retry];
  if (r.attempts - r.attempts_before > policy.count || r.late) return false;
  if (policy.states.empty()) {
    return std::find(std::begin(retry_states), std::end(retry_states), state) !=
           std::end(retry_states);
  }
  return std::find(policy.states.begin(), policy.states.end(), state) != policy.states.end();
}

duration run_core::backoff_of(row_at const& r) const {
  auto const& policy = policies_[r.plan.retry];
  return doubled(policy.backoff, policy.backoff_max, r.attempts - r.attempts_before - 1);
}

void run_core::sighted(std::size_t row, sight const& run, instant now) {
  auto& r = rows_[row];
  if (r.at != phase::active && r.at != phase::to_cancel && r.at != phase::cancelling) return;
  if (!run.final) {
    if (run.running && !r.running) ++running_;
    r.running = r.running || run.running;
    return;
  }
  if (run.success) return finish(row, row_state::succeeded);
  if (r.at != phase::active)
    return end(row, r.verdict, std::move(reasons_[static_cast<std::uint32_t>(row)]));
  if (!retries(r, run.state)) return finish(row, row_state::failed);
  if (stopped_ != run_stop::none) return abandon(row);
  ++retries_;
  wait(row, now + backoff_of(r));
}

void run_core::lost(std::size_t row, std::string message, bool gone) {
  auto const at = rows_[row].at;
  if (at != phase::active && at != phase::to_cancel && at != phase::cancelling) return;
  end(row, row_state::failed, std::move(message), !gone);
}

void run_core::finish(std::size_t row, row_state how) {
  if (!settings_.output) return end(row, how, {});
  rows_[row].verdict = how;
  enter(row, phase::to_fetch);
  to_fetch_.push_back(static_cast<std::uint32_t>(row));
}

void run_core::output_came(std::size_t row) {
  auto const& r = rows_[row];
  --outputs_;
  if (r.at == phase::fetching) end(row, r.verdict, {});
}

void run_core::cancel_row(std::size_t row, row_state verdict, std::string why) {
  rows_[row].verdict = verdict;
  reasons_[static_cast<std::uint32_t>(row)] = std::move(why);
  enter(row, phase::to_cancel);
  to_cancel_.push_back(static_cast<std::uint32_t>(row));
}

void run_core::cancel_answered(std::size_t row, std::string const& why_not) {
  auto const& r = rows_[row];
  --cancels_;
  if (r.at != phase::cancelling) return;
  auto why = std::move(reasons_[static_cast<std::uint32_t>(row)]);
  if (why_not.empty()) return end(row, r.verdict, std::move(why));
  // It goes on, so nothing is to be started for the row by who takes it for ended.
  auto const how = r.verdict == row_state::cancelled ? row_state::left : r.verdict;
  end(row, how, std::move(why) + "; its run could not be cancelled: " + why_not, true);
}

void run_core::end(std::size_t row, row_state how, std::string message, bool open) {
  action what;
  what.what = action::kind::end;
  what.row = row;
  what.run_id = rows_[row].run_id;
  what.state = how;
  what.message = std::move(message);
  what.open = open;
  close(std::move(what));
  if (how != row_state::succeeded) return end_dependants(row);
  for (auto const next : graph_.dependants(row)) {
    if (--rows_[next].blockers > 0 || rows_[next].at != phase::blocked) continue;
    make_ready(next);
  }
}

void run_core::close(action what) {
  auto& r = rows_[what.row];
  auto const number = static_cast<std::uint32_t>(what.row);
  if (r.at == phase::ready) ready_.erase({-std::int64_t{r.plan.priority}, number});
  if (r.at == phase::waiting) waiting_.erase({r.since, number});
  if (r.deadline != never) deadlines_.erase({r.deadline, number});
  reasons_.erase(number);
  enter(what.row, phase::ended);
  r.verdict = what.state;
  switch (what.state) {
    case row_state::succeeded:
      ++succeeded_;
      break;
    case row_state::failed:
      ++failed_;
      break;
    case row_state::skipped:
      ++skipped_;
      break;
    default:
      ++others_;
      break;
  }
  out_.push_back(std::move(what));
}

// All that waits for it, and what waits for that, and so on.
void run_core::end_dependants(std::size_t row) {
  std::vector<std::size_t> from{row};
  while (!from.empty()) {
    auto const cause = from.back();
    from.pop_back();
    auto const how = rows_[cause].verdict;
    bool const open = how == row_state::left || how == row_state::not_started;
    for (auto const next : graph_.dependants(cause)) {
      if (rows_[next].at != phase::blocked) continue;
      action what;
      what.what = action::kind::end;
      what.row = next;
      what.state = open ? row_state::not_started : row_state::skipped;
      what.because_of = cause;
      what.open = open;
      close(std::move(what));
      from.push_back(next);
    }
  }
}

// Nothing is under way for it, and nothing more is to be started.
void run_core::abandon(std::size_t row) {
  auto const& r = rows_[row];
  bool const failed = r.attempts > r.attempts_before;
  end(row, failed ? row_state::failed : row_state::not_started, why_stopped_, true);
}

void run_core::stop(run_stop how, std::string why) {
  if (rank(how) <= rank(stopped_)) return;
  stopped_ = how;
  why_stopped_ = std::move(why);
  halt();
}

void run_core::halt() {
  bool const leave = stopped_ == run_stop::leave;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    auto const& r = rows_[i];
    switch (r.at) {
      case phase::blocked:
      case phase::ready:
      case phase::waiting:
        abandon(i);
        break;
      case phase::active:
        if (stopped_ == run_stop::cancel) cancel_row(i, row_state::cancelled, why_stopped_);
        if (leave) end(i, row_state::left, {}, true);
        break;
      case phase::to_cancel:
      case phase::cancelling:
        if (leave) end(i, row_state::left, {}, true);
        break;
      case phase::unsettled:
        if (leave) end(i, row_state::left, "whether its run was started is not known yet", true);
        break;
      case phase::to_fetch:
      case phase::fetching:
        if (leave) end(i, r.verdict, {}, true);
        break;
      case phase::sending:
      case phase::ended:
        break;
    }
  }
}

void run_core::pass_deadlines(instant now) {
  if (now >= settings_.deadline) stop(run_stop::cancel, "the deadline of all rows passed");
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    std::size_t const row = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    auto& r = rows_[row];
    r.deadline = never;
    r.late = true;
    if (r.at == phase::active) cancel_row(row, row_state::failed, "its deadline passed");
    if (r.at == phase::waiting || r.at == phase::ready) {
      end(row, row_state::failed, "its deadline passed before another run was started");
    }
  }
}

bool run_core::may_submit(instant now) const {
  if (stopped_ != run_stop::none || ready_.empty() || sending_ >= settings_.sending_max)
    return false;
  if (!settings_.detach && places() >= settings_.active_max) return false;
  return brake_.allows(places(), sending_, now);
}

void run_core::submit_ready(instant now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    std::size_t const row = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    make_ready(row);
  }
  while (may_submit(now)) {
    auto const number = ready_.begin()->second;
    ready_.erase(ready_.begin());
    auto& r = rows_[number];
    brake_.sent(places(), now);
    enter(number, phase::sending);
    if (r.plan.deadline.count() > 0 && r.deadline == never && !r.late) {
      r.deadline = now + r.plan.deadline;
      deadlines_.emplace(r.deadline, number);
    }
    ++submits_;
    action submit;
    submit.what = action::kind::submit;
    submit.row = number;
    submit.attempt = r.attempts + 1;
    out_.push_back(std::move(submit));
  }
}

void run_core::look_up(instant now) {
  if (looking_ || now < look_at_ || look_at_ == never) return;
  looked_for_.clear();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    auto const& r = rows_[i];
    if (r.at == phase::unsettled && r.look <= now) looked_for_.push_back(i);
  }
  look_at_ = never;
  if (looked_for_.empty()) return;
  looking_ = true;
  looking_since_ = now;
  action what;
  what.what = action::kind::look_up;
  out_.push_back(std::move(what));
}

void run_core::not_found(std::size_t row, instant now) {
  auto& r = rows_[row];
  if (r.since + settings_.apply_time > looking_since_) {
    if (stopped_ == run_stop::cancel) {
      return end(row, row_state::left, "whether its run was started is not known yet", true);
    }
    auto const pause = std::max<duration>(looking_since_ - r.since, settle_time);
    r.look = std::min(now + pause, std::max(now, r.since + settings_.apply_time));
    if (!r.inherited || r.aside) return;
    r.aside = true;
    ++aside_;
  } else if (stopped_ != run_stop::none) {
    abandon(row);
  } else if (r.late) {
    end(row, row_state::failed, "its deadline passed before another run was started");
  } else {
    make_ready(row);
  }
}

void run_core::give_up_looking(std::size_t row, std::string const& why_not) {
  end(row, row_state::failed,
      "it is not known whether its run was started, and it could not be looked for: " + why_not,
      true);
}

void run_core::looked_up(bool all, std::string const& why_not, instant now) {
  if (!looking_) return;
  looking_ = false;
  lookups_failed_ = all ? 0 : lookups_failed_ + 1;
  bool const again = !all && lookups_failed_ < lookups_max;
  for (auto const row : std::exchange(looked_for_, {})) {
    if (rows_[row].at != phase::unsettled || again) continue;
    all ? not_found(row, now) : give_up_looking(row, why_not);
  }
  look_at_ = never;
  for (auto const& r : rows_) {
    if (r.at == phase::unsettled) look_at_ = std::min(look_at_, r.look);
  }
  if (!again) return;
  auto const pause = doubled(bounce_min, bounce_max, static_cast<std::uint32_t>(lookups_failed_));
  look_at_ = std::max(look_at_, now + pause);
}

void run_core::hand_out() {
  while (!to_cancel_.empty() && cancels_ < cancels_max) {
    std::size_t const row = to_cancel_.front();
    to_cancel_.pop_front();
    if (rows_[row].at != phase::to_cancel) continue;
    enter(row, phase::cancelling);
    ++cancels_;
    action what;
    what.what = action::kind::cancel;
    what.row = row;
    what.run_id = rows_[row].run_id;
    out_.push_back(std::move(what));
  }
  while (!to_fetch_.empty() && outputs_ < outputs_max) {
    std::size_t const row = to_fetch_.front();
    to_fetch_.pop_front();
    if (rows_[row].at != phase::to_fetch) continue;
    enter(row, phase::fetching);
    ++outputs_;
    action what;
    what.what = action::kind::output;
    what.row = row;
    what.run_id = rows_[row].run_id;
    out_.push_back(std::move(what));
  }
}

std::vector<action> run_core::turn(instant now) {
  auto const failures = failed_ - failed_before_;
  if (settings_.failures_max > 0 && failures >= settings_.failures_max) {
    stop(run_stop::drain, std::to_string(failures) + " rows have failed, nothing more is started");
  }
  pass_deadlines(now);
  look_up(now);
  submit_ready(now);
  hand_out();
  return std::exchange(out_, {});
}

std::optional<instant> run_core::next(instant now) const {
  auto out = never;
  if (rank(stopped_) < rank(run_stop::cancel)) out = settings_.deadline;
  if (!waiting_.empty()) out = std::min(out, waiting_.begin()->first);
  if (!deadlines_.empty()) out = std::min(out, deadlines_.begin()->first);
  if (!looking_) out = std::min(out, look_at_);
  bool const room = settings_.detach || places() < settings_.active_max;
  if (!ready_.empty() && stopped_ == run_stop::none && room && sending_ < settings_.sending_max) {
    out = std::min(out, brake_.next(places(), now));
  }
  if (out == never) return std::nullopt;
  return out;
}

run_progress run_core::progress(instant now) const {
  run_progress out;
  out.blocked = blocked_;
  out.queued = ready_.size() + waiting_.size();
  out.succeeded = succeeded_;
  out.failed = failed_;
  out.skipped = skipped_;
  out.others = others_;
  auto const done = succeeded_ + failed_ + skipped_ + others_;
  out.running = running_ + (rows_.size() - done - blocked_ - out.queued - under_way());
  out.pending = under_way() - running_;
  out.unsettled = unsettled_;
  out.submits = submits_;
  out.retries = retries_;
  out.limited = brake_.holds(now);
  return out;
}

}  // namespace kiln::runs
