#include "client/retry_policy.hpp"

#include <algorithm>
#include <cmath>

namespace kiln {

namespace {

using kind = retry_decision::kind;

bool never_helps(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument:
    case errc::cancelled:
    case errc::closed:
    case errc::queue_full:
    case errc::tls_failed:
    case errc::response_too_large:
    case errc::redirected:
    case errc::not_databricks:
    case errc::not_implemented:
    case errc::file_not_found:
    case errc::file_changed:
    case errc::file_failed:
    case errc::disk_full:
    case errc::unsafe_name:
      return true;
    default:
      return false;
  }
}

bool temporary_status(int status) noexcept {
  return status == 408 || status == 500 || status == 502 || status == 503 || status == 504;
}

bool is_refusal(errc code) noexcept {
  return code == errc::unauthenticated || code == errc::permission_denied;
}

bool could_not_reach(errc code) noexcept {
  return code == errc::resolve_failed || code == errc::connect_failed ||
         code == errc::out_of_resources || code == errc::proxy_failed;
}

}  // namespace

certainty certainty_of(attempt_facts const& facts) noexcept {
  if (facts.status == 429) return certainty::not_applied;
  if (temporary_status(facts.status)) return certainty::ambiguous;
  if (facts.status != 0 && facts.code != errc::connection_lost &&
      facts.code != errc::malformed_response && facts.code != errc::timed_out) {
    return certainty::answered;
  }
  // A body cut short cannot be parsed by the server: it has a Content-Length.
  return facts.sent == http::sent::all ? certainty::ambiguous : certainty::not_applied;
}

bool is_temporary(errc code) noexcept {
  switch (code) {
    case errc::deadline_exceeded:
    case errc::queue_full:
    case errc::resolve_failed:
    case errc::connect_failed:
    case errc::out_of_resources:
    case errc::proxy_failed:
    case errc::connection_lost:
    case errc::timed_out:
    case errc::malformed_response:
    case errc::throttled:
    case errc::unavailable:
    case errc::server_error:
      return true;
    default:
      return false;
  }
}

void retry_reserve::succeeded() noexcept { tokens_ = std::min(tokens_max, tokens_ + share_); }

bool retry_reserve::take() noexcept {
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

retry_decision retry_state::after(duration delay, instant now, instant deadline,
                                  std::string_view why) const noexcept {
  if (deadline != never && now + delay >= deadline) {
    return {kind::give_up, {}, "no time is left for another attempt"};
  }
  return {kind::again, delay, why};
}

retry_decision retry_state::next(attempt_facts const& facts, instant now, instant deadline,
                                 bool reached_before, bool token_renewed, retry_reserve& reserve,
                                 random_source& random) noexcept {
  ++attempts_;
  auto const sure = certainty_of(facts);
  if (sure == certainty::ambiguous) ambiguous_ = true;
  if (never_helps(facts.code)) return {};
  if (facts.status == 0 && is_refusal(facts.code)) return {};  // the login's: asked once is enough
  if (facts.status == 429) {
    // The scheduler paces the whole workspace; the call only queues again.
    if (single_attempt_) return {};
    return after({}, now, deadline, "throttled");
  }
  if (facts.status == 401 && token_renewed && !renewed_ && !single_attempt_) {
    renewed_ = true;
    return after({}, now, deadline, "the token was renewed");
  }
  if (sure == certainty::answered || single_attempt_) return {};
  bool const repeatable = repeats_ != repeat::not_idempotent;
  if (facts.error_code == "PARTIAL_DELETE" && repeatable) {
    return after(partial_delete_delay, now, deadline, "part of it is deleted");
  }
  if (sure == certainty::ambiguous && !repeatable) return {};
  if (facts.reused_connection && !facts.response_started && facts.status == 0 &&
      facts.code == errc::connection_lost && stale_ < stale_connections_max) {
    ++stale_;
    return {kind::again_fresh, {}, "the idle connection had gone"};
  }
  ++counted_;
  bool const unreached = could_not_reach(facts.code) && !reached_before;
  int const attempts_max =
      unreached ? std::min(unreached_attempts_max, options_->attempts_max) : options_->attempts_max;
  if (counted_ >= attempts_max) return {};
  if (!reserve.take()) return {kind::give_up, {}, "too many recent calls were repeated already"};
  double const base = std::chrono::duration<double>(options_->backoff_base).count();
  double const top = std::chrono::duration<double>(options_->backoff_max).count();
  double const wait = std::min(top, base * std::exp2(counted_ - 1)) * random.unit();
  auto delay = std::chrono::duration_cast<duration>(std::chrono::duration<double>(wait));
  if (facts.retry_after) {
    delay = std::max(delay, std::min<duration>(*facts.retry_after, std::chrono::minutes(1)));
  }
  return after(delay, now, deadline, "a temporary failure");
}

}  // namespace kiln
