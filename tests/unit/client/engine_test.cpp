#include "client/wire.hpp"
#include "unit/client/scripted_engine.hpp"

#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

namespace kiln {
namespace {

using namespace std::chrono_literals;

using client_tests::response;
using engine_test = client_tests::scripted_engine;

TEST_F(engine_test, sends_a_call_with_its_authorization_and_brings_the_answer) {
  auto const e = make();
  wire->answer(response(200, R"({"a":1})"));
  auto const answer = world.run(engine::perform(e, call()));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, R"({"a":1})");
  ASSERT_EQ(wire->seen.size(), 1U);
  EXPECT_EQ(wire->seen[0].host, "adb-1.example.net");
  EXPECT_EQ(http::find(wire->seen[0].headers, "authorization"), "Bearer secret-1");
  EXPECT_NE(http::find(wire->seen[0].headers, "user-agent").find("kiln/"), std::string_view::npos);
  EXPECT_EQ(e->stats().requests, 1U);
}

struct numbered {
  std::int64_t id = 0;
};
void fields(auto& io, numbered& v) { io("id", v.id); }

TEST_F(engine_test, an_answer_that_does_not_decode_tells_its_attempts_and_request_id) {
  auto const e = make();
  wire->answer(response(503));
  auto odd = response(200, R"({"id":true})");
  odd.headers.push_back({"X-Databricks-Request-Id", "id-7-of-secret-1"});
  wire->answer(odd);
  wire->answer(response(200, " "));
  for (auto const expected : {errc::decode_failed, errc::not_databricks}) {
    auto const answer = world.run(receive<numbered>(e, call()));
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().code(), expected);
    EXPECT_EQ(answer.error().attempts(), expected == errc::decode_failed ? 2 : 1);
    EXPECT_EQ(answer.error().http_status(), 200);
    EXPECT_EQ(answer.error().where(), "adb-1.example.net");
    EXPECT_EQ(answer.error().request_id(), expected == errc::decode_failed ? "id-7-of-***" : "")
        << "no credentials";
  }
}

TEST_F(engine_test, repeats_a_safe_call_and_counts_every_attempt) {
  auto const e = make();
  wire->fail(errc::connection_lost, http::sent::all);
  wire->answer(response(503));
  auto const answer = world.run(engine::perform(e, call()));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(wire->seen.size(), 3U);
  EXPECT_EQ(e->stats().requests, 3U);
  EXPECT_EQ(e->stats().retries, 2U);
  for (auto const& sent : wire->seen) {
    EXPECT_EQ(sent.headers.size(), wire->seen[0].headers.size()) << "headers pile up";
  }
}

TEST_F(engine_test, reports_an_unsafe_call_that_lost_its_answer_as_maybe_applied) {
  auto const e = make();
  wire->fail(errc::connection_lost, http::sent::all);
  auto const answer = world.run(engine::perform(e, call(repeat::not_idempotent)));
  ASSERT_TRUE(answer.has_error());
  EXPECT_EQ(answer.error().code(), errc::connection_lost);
  EXPECT_TRUE(answer.error().may_have_been_applied());
  EXPECT_EQ(answer.error().operation(), "dbfs/put");
  EXPECT_EQ(answer.error().where(), "adb-1.example.net");
  EXPECT_EQ(wire->seen.size(), 1U);
}

TEST_F(engine_test, keeps_to_the_budget_with_retries_included) {
  auto const e = make();
  for (int i = 0; i < 20; ++i) wire->answer(response(503));
  std::vector<std::shared_ptr<test::virtual_world::running<result<http::response>>>> calls;
  for (int i = 0; i < 150; ++i) calls.push_back(world.start(engine::perform(e, call())));
  world.run_until(
      [&] { return calls.back()->done() && e->stats().in_flight == 0 && e->stats().waiting == 0; });
  for (auto const& c : calls) ASSERT_TRUE(c->value && c->value->has_value());
  EXPECT_EQ(wire->when.size(), 170U);
  for (std::size_t i = 30; i < wire->when.size(); ++i) {
    ASSERT_GE(wire->when[i] - wire->when[i - 30], 1s) << i;
  }
}

TEST_F(engine_test, a_429_with_retry_after_holds_every_call_back) {
  auto const e = make();
  auto refused = response(429, R"({"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slow"})");
  refused.headers.push_back({"Retry-After", "5"});
  wire->answer(std::move(refused));
  auto const first = world.start(engine::perform(e, call(repeat::not_idempotent)));
  world.run_for(1s);
  auto const second = world.start(engine::perform(e, call()));
  world.run_until([&] { return first->done() && second->done(); });
  ASSERT_TRUE(first->value->has_value());
  ASSERT_TRUE(second->value->has_value());
  EXPECT_GE(wire->when.at(1) - wire->when.at(0), 5s);
  EXPECT_GE(wire->when.at(2) - wire->when.at(0), 5s);
  EXPECT_EQ(e->stats().throttled, 1U);
}

TEST_F(engine_test, a_429_is_no_attempt_but_ends_a_call_that_is_sent_once) {
  options.retry.attempts_max = 1;
  auto const e = make();
  for (int i = 0; i < 3; ++i) wire->answer(response(429));
  auto const patient = world.run(engine::perform(e, call(repeat::not_idempotent)));
  ASSERT_TRUE(patient.has_value());
  EXPECT_EQ(wire->seen.size(), 4U);
  auto last = response(429);
  last.headers.push_back({"Retry-After", "7"});
  wire->answer(std::move(last));
  auto once = call();
  once.single_attempt = true;
  auto const refused = world.run(engine::perform(e, std::move(once)));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code(), errc::throttled);
  EXPECT_EQ(refused.error().retry_after(), 7s);
  EXPECT_EQ(wire->seen.size(), 5U);
}

TEST_F(engine_test, a_429_without_end_ends_with_the_calls_deadline) {
  options.retry.attempts_max = 1;
  options.deadline = 20s;
  auto const e = make();
  for (int i = 0; i < 2'000; ++i) wire->answer(response(429));
  auto const begun = world.now();
  auto const answer = world.run(engine::perform(e, call()));
  ASSERT_TRUE(answer.has_error());
  EXPECT_LE(world.now() - begun, 20s);
  EXPECT_LT(wire->seen.size(), 600U);
}

/// A login that is told to come back later, and then works.
class busy_login final : public token_source {
 public:
  explicit busy_login(timers& clock) : clock_(clock) {}
  task<authorization> authorize() override {
    asked.push_back(clock_.now());
    if (asked.size() == 1) {
      co_return error(errc::unavailable, "busy").with_retry_after(9s);
    }
    authorization out;
    out.headers.emplace_back("Authorization", "Bearer late");
    co_return out;
  }
  std::vector<instant> asked;

 private:
  timers& clock_;
};

TEST_F(engine_test, a_call_waits_as_long_as_its_login_was_told_to) {
  auto const login = std::make_shared<busy_login>(*world.clock());
  options.credentials = credentials(login);
  auto const e = make();
  auto const answer = world.run(engine::perform(e, call()));
  ASSERT_TRUE(answer.has_value()) << answer.error();
  ASSERT_EQ(login->asked.size(), 2U);
  EXPECT_GE(login->asked[1] - login->asked[0], 9s);
  EXPECT_EQ(wire->seen.size(), 1U);
}

TEST_F(engine_test, renews_a_refused_token_once_and_repeats) {
  auto const e = make();
  wire->answer(response(401));
  auto const answer = world.run(engine::perform(e, call(repeat::not_idempotent)));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(http::find(wire->seen.at(1).headers, "authorization"), "Bearer secret-2");
}

TEST_F(engine_test, cancelled_at_the_gate_it_never_leaves) {
  options.budget = budget(budget_options{.rate = 1});
  auto const e = make();
  auto const first = world.start(engine::perform(e, call()));
  world.settle();
  auto const second = world.start(engine::perform(e, call(repeat::not_idempotent)));
  world.settle();
  second->stop.emit(asio::cancellation_type::terminal);
  world.settle();
  ASSERT_TRUE(second->done());
  if (second->value) {
    EXPECT_EQ(second->value->error().code(), errc::cancelled);
    EXPECT_FALSE(second->value->error().may_have_been_applied());
  }
  world.run_until([&] { return first->done(); });
  world.run_for(10s);
  EXPECT_EQ(wire->seen.size(), 1U);
  EXPECT_EQ(e->stats().waiting, 0U);
}

TEST_F(engine_test, cancelled_on_the_wire_the_transport_is_told) {
  auto const e = make();
  wire->answer(response(200), 10s);
  auto const running = world.start(engine::perform(e, call(repeat::not_idempotent)));
  world.run_for(1s);
  ASSERT_EQ(wire->seen.size(), 1U);
  running->stop.emit(asio::cancellation_type::terminal);
  world.settle();
  ASSERT_TRUE(running->done());
  EXPECT_EQ(wire->cancelled, 1);
  EXPECT_EQ(e->stats().in_flight, 0U);
}

TEST_F(engine_test, a_call_ends_at_its_deadline_waiting_or_sent) {
  options.budget = budget(budget_options{.rate = 0.5});
  auto const e = make();
  wire->answer(response(200), 1h);
  auto slow = call(repeat::not_idempotent);
  slow.deadline = 3s;
  auto const sent = world.start(engine::perform(e, std::move(slow)));
  world.settle();
  auto queued = call();
  queued.deadline = 1s;
  auto const waiting = world.start(engine::perform(e, std::move(queued)));
  auto const begin = world.now();
  world.run_until([&] { return waiting->done(); });
  EXPECT_EQ(waiting->value->error().code(), errc::deadline_exceeded);
  EXPECT_EQ(world.now() - begin, 1s);
  world.run_until([&] { return sent->done(); });
  EXPECT_EQ(sent->value->error().code(), errc::deadline_exceeded);
  EXPECT_TRUE(sent->value->error().may_have_been_applied());
  EXPECT_EQ(world.now() - begin, 3s);
}

TEST_F(engine_test, a_login_page_with_status_200_is_no_success) {
  auto const e = make();
  auto page = response(200, "<html><title>Sign in</title></html>");
  page.headers[0].value = "text/html";
  wire->answer(std::move(page));
  auto const answer = world.run(engine::perform(e, call()));
  ASSERT_TRUE(answer.has_error());
  EXPECT_EQ(answer.error().code(), errc::not_databricks);
  EXPECT_NE(answer.error().message().find("Sign in"), std::string::npos);
}

TEST_F(engine_test, close_lets_calls_finish_and_refuses_new_ones) {
  auto const e = make();
  wire->answer(response(200), 2s);
  auto const running = world.start(engine::perform(e, call()));
  world.run_for(1s);
  auto const closing = world.start(engine::close(e, 30s));
  world.settle();
  EXPECT_FALSE(closing->done());
  auto const late = world.start(engine::perform(e, call()));
  world.settle();
  ASSERT_TRUE(late->done());
  EXPECT_EQ(late->value->error().code(), errc::closed);
  world.run_until([&] { return closing->done(); });
  ASSERT_TRUE(running->done());
  EXPECT_TRUE(running->value->has_value());
  EXPECT_TRUE(wire->closed);
}

TEST_F(engine_test, close_ends_what_outlasts_its_grace) {
  auto const e = make();
  wire->answer(response(200), 1h);
  auto const running = world.start(engine::perform(e, call(repeat::not_idempotent)));
  world.run_for(1s);
  auto const begin = world.now();
  (void)world.run(engine::close(e, 5s));
  EXPECT_EQ(world.now() - begin, 5s);
  ASSERT_TRUE(running->done());
  EXPECT_EQ(running->value->error().code(), errc::closed);
  EXPECT_TRUE(running->value->error().may_have_been_applied());
}

TEST_F(engine_test, a_loop_that_is_destroyed_takes_waiting_and_running_calls_with_it) {
  options.budget = budget(budget_options{.rate = 0.001});
  auto e = make();
  wire->answer(response(200), 1h);
  auto const one = world.start(engine::perform(e, call()));
  auto const two = world.start(engine::perform(e, call()));
  world.run_for(1s);
  EXPECT_FALSE(one->done());
  EXPECT_FALSE(two->done());
  e.reset();  // the leak check of the sanitizer build is the assertion
}

TEST_F(engine_test, results_arrive_on_the_executor_of_the_coroutine_that_awaits_them) {
  auto const e = make();
  asio::thread_pool other(1);
  std::promise<std::thread::id> where;
  auto work = [](std::shared_ptr<engine> core,
                 std::promise<std::thread::id>* out) -> asio::awaitable<void> {
    auto answer = co_await engine::perform(core, call());
    EXPECT_TRUE(answer.has_value());
    out->set_value(std::this_thread::get_id());
  };
  asio::co_spawn(other, work(e, &where), [](std::exception_ptr) {});
  auto future = where.get_future();
  while (future.wait_for(1ms) != std::future_status::ready) world.run_for(10ms);
  EXPECT_TRUE(future.get() != std::this_thread::get_id());
  other.join();
}

TEST_F(engine_test, secrets_reach_neither_the_log_nor_an_error) {
  std::string lines;
  options.log = [&lines](log_level, std::string_view line) { (lines += line) += '\n'; };
  auto const e = make();
  wire->answer(
      response(400, R"({"error_code":"BAD","message":"Bearer secret-1dapiXYZ123456789"})"));
  auto const answer = world.run(engine::perform(e, call()));
  ASSERT_TRUE(answer.has_error());
  EXPECT_EQ(lines.find("secret-1dapi"), std::string::npos) << lines;
  EXPECT_EQ(answer.error().describe().find("secret-1dapi"), std::string::npos);
  EXPECT_NE(lines.find("dbfs/put"), std::string::npos);
}

TEST_F(engine_test, a_log_sink_that_throws_loses_its_line_and_no_call) {
  int lines = 0;
  options.log = [&lines](log_level, std::string_view) {
    ++lines;
    throw std::runtime_error("the disk is full");
  };
  auto const e = make();
  wire->fail(errc::connection_lost, http::sent::all);
  wire->answer(response(200));
  EXPECT_TRUE(world.run(engine::perform(e, call())).has_value());
  wire->answer(response(404));
  EXPECT_EQ(world.run(engine::perform(e, call())).error().code(), errc::not_found);
  EXPECT_EQ(lines, 3) << "a repeat, a success, a failure";
}

TEST_F(engine_test, a_token_source_that_throws_fails_the_call_and_not_the_loop) {
  struct broken final : token_source {
    task<authorization> authorize() override {
      if (++asked == 1) throw std::runtime_error("no key ring");
      co_return authorization();
    }
    int asked = 0;
  };
  options.credentials = credentials(std::make_shared<broken>());
  auto const e = make();
  auto const answer = world.run(engine::perform(e, call()));
  ASSERT_TRUE(answer.has_error());
  EXPECT_EQ(answer.error().code(), errc::unauthenticated);
  EXPECT_NE(answer.error().message().find("no key ring"), std::string::npos);
  EXPECT_FALSE(answer.error().may_have_been_applied());
  EXPECT_EQ(wire->seen.size(), 0U);
  EXPECT_TRUE(world.run(engine::perform(e, call())).has_value());
}

TEST_F(engine_test, an_echoed_token_is_hidden_whatever_its_shape) {
  auto const e = make();
  auto echo = response(400, R"({"error_code":"secret-1","message":"who is secret-1?"})");
  echo.headers.push_back({"X-Request-Id", "secret-1"});
  wire->answer(std::move(echo));
  auto const answer = world.run(engine::perform(e, call()));
  ASSERT_TRUE(answer.has_error());
  EXPECT_EQ(answer.error().describe().find("secret-1"), std::string::npos)
      << answer.error().describe();
  EXPECT_EQ(answer.error().message(), "who is ***?");
}

}  // namespace
}  // namespace kiln
