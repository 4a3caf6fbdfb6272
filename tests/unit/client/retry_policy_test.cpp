#include "client/retry_policy.hpp"

#include <gtest/gtest.h>

namespace kiln {
namespace {

using namespace std::chrono_literals;
using kind = retry_decision::kind;

struct retry_policy : testing::Test {
  retry_options options;
  retry_reserve reserve{0.2};
  random_source random{7};
  instant now = instant(1h);
  instant deadline = instant(1h) + 5min;

  static attempt_facts lost(http::sent sent) {
    attempt_facts facts;
    facts.code = errc::connection_lost;
    facts.sent = sent;
    return facts;
  }
  static attempt_facts status(int code, errc what) {
    attempt_facts facts;
    facts.code = what;
    facts.status = code;
    facts.sent = http::sent::all;
    facts.response_started = true;
    return facts;
  }
  retry_decision ask(retry_state& state, attempt_facts const& facts, bool renewed = false,
                     bool reached = true) {
    return state.next(facts, now, deadline, reached, renewed, reserve, random);
  }
};

TEST_F(retry_policy, repeats_a_call_of_any_class_when_not_all_of_it_was_sent) {
  for (auto const sent : {http::sent::nothing, http::sent::part}) {
    retry_state state(options, repeat::not_idempotent, false);
    EXPECT_EQ(ask(state, lost(sent)).what, kind::again);
    EXPECT_FALSE(state.ambiguous());
  }
}

TEST_F(retry_policy, never_repeats_what_may_have_been_applied_unless_the_endpoint_allows_it) {
  for (auto const& facts : {lost(http::sent::all), status(500, errc::server_error),
                            status(503, errc::unavailable), status(504, errc::unavailable)}) {
    retry_state unsafe(options, repeat::not_idempotent, false);
    EXPECT_EQ(ask(unsafe, facts).what, kind::give_up);
    EXPECT_TRUE(unsafe.ambiguous());
    for (auto const repeats : {repeat::safe, repeat::idempotent, repeat::token}) {
      retry_state state(options, repeats, false);
      EXPECT_EQ(ask(state, facts).what, kind::again);
    }
  }
}

TEST_F(retry_policy, an_ambiguous_read_changes_nothing_so_it_is_not_called_ambiguous) {
  retry_state state(options, repeat::safe, false);
  (void)ask(state, lost(http::sent::all));
  EXPECT_FALSE(state.ambiguous());
}

TEST_F(retry_policy, remembers_an_ambiguous_attempt_behind_a_later_answer) {
  retry_state state(options, repeat::idempotent, false);
  EXPECT_EQ(ask(state, lost(http::sent::all)).what, kind::again);
  EXPECT_EQ(ask(state, status(400, errc::already_exists)).what, kind::give_up);
  EXPECT_TRUE(state.ambiguous());
}

TEST_F(retry_policy, takes_the_servers_no_for_an_answer) {
  for (auto const code : {400, 403, 404, 409, 501}) {
    retry_state state(options, repeat::safe, false);
    EXPECT_EQ(ask(state, status(code, errc::invalid_request)).what, kind::give_up) << code;
  }
}

TEST_F(retry_policy, a_429_queues_again_at_once_and_never_counts_as_an_attempt_too_many) {
  options.attempts_max = 2;
  retry_state state(options, repeat::not_idempotent, false);
  for (int i = 0; i < 50; ++i) {
    auto const decision = ask(state, status(429, errc::throttled));
    ASSERT_EQ(decision.what, kind::again);
    ASSERT_EQ(decision.delay, 0s);
  }
}

TEST_F(retry_policy, ends_after_the_last_attempt) {
  options.attempts_max = 3;
  retry_state state(options, repeat::safe, false);
  EXPECT_EQ(ask(state, lost(http::sent::all)).what, kind::again);
  EXPECT_EQ(ask(state, lost(http::sent::all)).what, kind::again);
  EXPECT_EQ(ask(state, lost(http::sent::all)).what, kind::give_up);
  EXPECT_EQ(state.attempts(), 3);
}

TEST_F(retry_policy, backs_off_with_full_jitter_below_a_doubling_bound) {
  options.attempts_max = 20;
  options.backoff_base = 100ms;
  options.backoff_max = 2s;
  deadline = never;
  duration longest{};
  for (int round = 0; round < 200; ++round) {
    retry_reserve fresh(0.2);
    retry_state state(options, repeat::safe, false);
    duration bound = 100ms;
    for (int i = 0; i < 10; ++i) {
      auto const decision =
          state.next(lost(http::sent::all), now, deadline, true, false, fresh, random);
      ASSERT_EQ(decision.what, kind::again);
      ASSERT_GE(decision.delay, 0s);
      ASSERT_LE(decision.delay, bound);
      longest = std::max(longest, decision.delay);
      bound = std::min<duration>(bound * 2, 2s);
    }
  }
  EXPECT_GT(longest, 1500ms);
}

TEST_F(retry_policy, waits_at_least_as_long_as_the_server_asks) {
  retry_state state(options, repeat::safe, false);
  auto facts = status(503, errc::unavailable);
  facts.retry_after = 7s;
  EXPECT_GE(ask(state, facts).delay, 7s);
}

TEST_F(retry_policy, gives_up_when_the_deadline_would_pass_first) {
  retry_state state(options, repeat::safe, false);
  auto facts = status(503, errc::unavailable);
  facts.retry_after = 30s;
  deadline = now + 10s;
  auto const decision = ask(state, facts);
  EXPECT_EQ(decision.what, kind::give_up);
  EXPECT_FALSE(decision.why.empty());
}

TEST_F(retry_policy, a_stale_idle_connection_costs_neither_a_wait_nor_an_attempt) {
  options.attempts_max = 1;
  retry_state state(options, repeat::safe, false);
  auto facts = lost(http::sent::all);
  facts.reused_connection = true;
  for (int i = 0; i < retry_state::stale_connections_max; ++i) {
    auto const decision = ask(state, facts);
    ASSERT_EQ(decision.what, kind::again_fresh);
    ASSERT_EQ(decision.delay, 0s);
  }
  EXPECT_EQ(ask(state, facts).what, kind::give_up);
}

TEST_F(retry_policy, a_stale_connection_does_not_prove_that_an_unsafe_call_was_not_applied) {
  retry_state state(options, repeat::not_idempotent, false);
  auto facts = lost(http::sent::all);
  facts.reused_connection = true;
  EXPECT_EQ(ask(state, facts).what, kind::give_up);
  EXPECT_TRUE(state.ambiguous());
}

TEST_F(retry_policy, renews_a_refused_token_once) {
  retry_state state(options, repeat::not_idempotent, false);
  EXPECT_EQ(ask(state, status(401, errc::unauthenticated), true).what, kind::again);
  EXPECT_EQ(ask(state, status(401, errc::unauthenticated), true).what, kind::give_up);
  retry_state fixed(options, repeat::safe, false);
  EXPECT_EQ(ask(fixed, status(401, errc::unauthenticated), false).what, kind::give_up);
}

TEST_F(retry_policy, a_host_never_reached_fails_soon_because_it_may_be_mistyped) {
  attempt_facts facts;
  facts.code = errc::connect_failed;
  retry_state state(options, repeat::safe, false);
  EXPECT_EQ(ask(state, facts, false, false).what, kind::again);
  EXPECT_EQ(ask(state, facts, false, false).what, kind::give_up);
}

TEST_F(retry_policy, a_partial_delete_goes_on_until_the_deadline) {
  options.attempts_max = 2;
  retry_state state(options, repeat::idempotent, false);
  auto facts = status(503, errc::unavailable);
  facts.error_code = "PARTIAL_DELETE";
  for (int i = 0; i < 100; ++i) ASSERT_EQ(ask(state, facts).what, kind::again);
}

TEST_F(retry_policy, single_attempt_means_one) {
  for (auto const& facts :
       {lost(http::sent::nothing), status(429, errc::throttled), status(503, errc::unavailable)}) {
    retry_state state(options, repeat::safe, true);
    EXPECT_EQ(ask(state, facts).what, kind::give_up);
  }
}

TEST(retry_reserve, keeps_an_outage_from_being_amplified_by_more_than_a_tenth) {
  retry_options options;
  retry_reserve reserve(0.2);
  random_source random(1);
  constexpr int calls = 1800;  // a minute at the full budget
  int sent = 0;
  for (int i = 0; i < calls; ++i) {
    retry_state state(options, repeat::safe, false);
    attempt_facts facts;
    facts.code = errc::unavailable;
    facts.status = 503;
    facts.sent = http::sent::all;
    do ++sent;
    while (state.next(facts, instant(1h), never, true, false, reserve, random).what == kind::again);
  }
  EXPECT_LE(sent, calls * 11 / 10);
  for (int i = 0; i < 10; ++i) reserve.succeeded();
  EXPECT_TRUE(reserve.take());
}

TEST_F(retry_policy, what_says_nothing_of_the_thing_asked_for_is_temporary) {
  for (auto const code :
       {errc::throttled, errc::unavailable, errc::server_error, errc::connection_lost,
        errc::timed_out, errc::deadline_exceeded, errc::resolve_failed, errc::connect_failed,
        errc::out_of_resources, errc::proxy_failed, errc::malformed_response, errc::queue_full}) {
    EXPECT_TRUE(is_temporary(code)) << static_cast<int>(code);
  }
  for (auto const code :
       {errc::not_found, errc::permission_denied, errc::unauthenticated, errc::invalid_request,
        errc::not_implemented, errc::cancelled, errc::closed, errc::decode_failed}) {
    EXPECT_FALSE(is_temporary(code)) << static_cast<int>(code);
  }
}

}  // namespace
}  // namespace kiln
