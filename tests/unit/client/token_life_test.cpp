#include "client/token_life.hpp"

#include "support/virtual_world.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <mutex>

namespace kiln {
namespace {

using namespace std::chrono_literals;

/// Gives tokens t1, t2, … as scripted.
class scripted_issuer final : public token_issuer {
 public:
  explicit scripted_issuer(timers& clock) : clock_(clock) {}
  task<access_token> issue() override {
    ++asked;
    if (!failures.empty()) {
      auto const why = failures.front();
      failures.pop_front();
      co_await clock_.sleep_until(clock_.now() + takes);
      co_return why;
    }
    co_await clock_.sleep_until(clock_.now() + takes);
    access_token out;
    out.value = secret(text.empty() ? "t" + std::to_string(asked) : text);
    out.lifetime = life;
    co_return out;
  }
  int asked = 0;
  std::deque<error> failures;
  duration takes = 100ms;
  std::optional<std::chrono::seconds> life = 3600s;
  std::string text;

 private:
  timers& clock_;
};

struct token_life_test : testing::Test {
  test::virtual_world world;
  std::shared_ptr<scripted_issuer> issuer = std::make_shared<scripted_issuer>(*world.clock());
  std::shared_ptr<scripted_issuer> second = std::make_shared<scripted_issuer>(*world.clock());
  std::vector<std::string> lines;
  std::shared_ptr<token_source> source;

  std::shared_ptr<token_life> life_of(std::shared_ptr<token_issuer> of) {
    login_surroundings in;
    in.executor = world.executor();
    in.clock = world.clock();
    in.seed = 3;
    in.log = [this](log_level, std::string_view line) { lines.emplace_back(line); };
    return std::make_shared<token_life>(in, std::move(of), "scripted");
  }
  void open(bool two = false) {
    std::vector<renewable_source::part> parts(1);
    parts[0].life = life_of(issuer);
    parts[0].header = "Authorization";
    parts[0].prefix = "Bearer ";
    if (two) {
      auto& more = parts.emplace_back();
      more.life = life_of(second);
      more.header = "X-Second";
    }
    authorization constant;
    constant.headers.emplace_back("X-Constant", "c");
    source = std::make_shared<renewable_source>(std::move(parts), constant);
  }
  std::string get() {
    auto const out = world.run(source->authorize());
    return out ? out->headers.front().second : "error: " + out.error().message();
  }
};

TEST_F(token_life_test, a_thousand_calls_wait_for_one_fetch) {
  open();
  std::vector<std::shared_ptr<test::virtual_world::running<result<authorization>>>> calls;
  for (int i = 0; i < 1'000; ++i) calls.push_back(world.start(source->authorize()));
  world.run_until([&] { return calls.back()->done(); });
  for (auto const& c : calls) {
    ASSERT_TRUE(c->done() && c->value->has_value());
    EXPECT_EQ((*c->value)->headers.front().second, "Bearer t1");
    EXPECT_EQ((*c->value)->headers.back().second, "c");
  }
  EXPECT_EQ(issuer->asked, 1);
  ASSERT_NE(source->at_hand(), nullptr);
  EXPECT_EQ(source->at_hand()->headers.front().second, "Bearer t1");
}

TEST_F(token_life_test, calls_never_wait_while_a_token_is_renewed_in_time) {
  open();
  get();
  for (int minute = 0; minute < 600; ++minute) {
    world.run_for(1min);
    ASSERT_NE(source->at_hand(), nullptr) << minute;
  }
  EXPECT_GE(issuer->asked, 600 / 60);
  EXPECT_LE(issuer->asked, 600 / 40 + 1);
}

TEST_F(token_life_test, nothing_is_fetched_when_no_call_is_made) {
  open();
  get();
  world.run_for(10h);
  EXPECT_EQ(issuer->asked, 1);
  EXPECT_EQ(source->at_hand(), nullptr);
}

TEST_F(token_life_test, a_401_fetches_once_whoever_says_it) {
  open();
  get();
  world.run_for(2min);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(source->refused("Bearer t1"));
  EXPECT_EQ(get(), "Bearer t2");
  EXPECT_EQ(issuer->asked, 2);
  EXPECT_TRUE(source->refused("Bearer t1")) << "of a call that was slow: the new one is at hand";
  EXPECT_EQ(get(), "Bearer t2");
  EXPECT_FALSE(source->refused("Bearer t2"));
  EXPECT_EQ(issuer->asked, 2);
}

TEST_F(token_life_test, a_401_of_the_old_token_after_the_new_one_came_costs_nothing) {
  open();
  get();
  EXPECT_TRUE(source->refused("Bearer t1"));
  auto const fetching = world.start(source->authorize());
  world.run_for(1s);
  ASSERT_TRUE(fetching->done());
  EXPECT_TRUE(source->refused("Bearer t1"));
  EXPECT_EQ(issuer->asked, 2);
}

TEST_F(token_life_test, a_401_finds_the_token_that_has_come_before_anyone_used_it) {
  open();
  get();
  EXPECT_TRUE(source->refused("Bearer t1"));
  static_cast<void>(source->at_hand());  // starts the fetch
  world.run_for(1s);
  EXPECT_TRUE(source->refused("Bearer t1"));
  EXPECT_EQ(issuer->asked, 2);
}

TEST_F(token_life_test, the_old_token_serves_while_the_endpoint_fails) {
  open();
  get();
  for (int i = 0; i < 3; ++i) issuer->failures.emplace_back(errc::unavailable, "HTTP 503");
  world.run_for(50min);
  for (int s = 0; s < 120; ++s) {
    ASSERT_NE(source->at_hand(), nullptr);
    world.run_for(1s);
  }
  EXPECT_EQ(source->at_hand()->headers.front().second, "Bearer t5");
  EXPECT_EQ(issuer->asked, 5);
}

TEST_F(token_life_test, a_pause_is_kept_but_not_for_longer_than_its_limit) {
  for (auto const asked_for : {std::chrono::seconds(40), std::chrono::seconds(86'400)}) {
    issuer->failures.push_back(error(errc::unavailable, "busy").with_retry_after(asked_for));
    issuer->asked = 0;
    open();
    EXPECT_EQ(get(), "error: busy");
    auto const kept = std::min<duration>(asked_for, 5min);
    for (auto const end = world.now() + kept - 1s; world.now() < end; world.run_for(1s)) {
      ASSERT_EQ(get(), "error: busy");
      ASSERT_EQ(issuer->asked, 1);
    }
    world.run_for(1s + kept / 10);
    EXPECT_EQ(get(), "Bearer t2");
  }
}

TEST_F(token_life_test, a_failure_is_told_to_all_who_wait_and_then_at_once) {
  open();
  issuer->failures.emplace_back(errc::unauthenticated, "AADSTS1: no");
  EXPECT_EQ(get(), "error: AADSTS1: no");
  EXPECT_EQ(get(), "error: AADSTS1: no");
  EXPECT_EQ(issuer->asked, 1) << "not asked again at once";
  world.run_for(2s);
  EXPECT_EQ(get(), "Bearer t2");
}

TEST_F(token_life_test, a_fetch_that_hangs_is_ended) {
  open();
  issuer->takes = 10h;
  auto const began = world.now();
  EXPECT_EQ(get(), "error: login (scripted): no token within 60 s");
  EXPECT_EQ(world.now() - began, 60s);
}

TEST_F(token_life_test, a_call_that_is_cancelled_does_not_end_the_fetch) {
  open();
  auto const one = world.start(source->authorize());
  auto const other = world.start(source->authorize());
  world.settle();
  one->stop.emit(asio::cancellation_type::terminal);
  world.run_until([&] { return other->done(); });
  EXPECT_TRUE(one->thrown);
  ASSERT_TRUE(other->value && other->value->has_value());
  EXPECT_EQ(issuer->asked, 1);
}

TEST_F(token_life_test, a_token_that_cannot_be_used_is_refused) {
  open();
  for (std::string const& bad : {std::string("a b"), std::string("a\r\nX: y"), std::string("\x01"),
                                 std::string(token_life::token_bytes_max + 1, 'x')}) {
    issuer->text = bad;
    EXPECT_TRUE(get().starts_with("error: login (scripted): ")) << bad.size();
    world.run_for(2min);
  }
  issuer->text.clear();
  for (auto const life : {0s, -5s}) {
    issuer->life = life;
    EXPECT_NE(get().find("clock"), std::string::npos);
    world.run_for(2min);
  }
  auto const asked = issuer->asked;
  for (int i = 0; i < 1'000; ++i) get();
  EXPECT_LE(issuer->asked, asked + 1) << "no busy loop";
}

TEST_F(token_life_test, two_tokens_are_fetched_at_the_same_time) {
  open(true);
  auto const began = world.now();
  auto const out = world.run(source->authorize());
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(world.now() - began, 100ms);
  ASSERT_EQ(out->headers.size(), 3U);
  EXPECT_EQ(out->headers[1].first, "X-Second");
  EXPECT_EQ(out->headers[1].second, "t1");
  second->life = 60s;
  world.run_for(2h);
  EXPECT_EQ(get(), "Bearer t2");
  EXPECT_EQ(second->asked, 2);
}

TEST_F(token_life_test, the_second_tokens_failure_is_the_logins) {
  open(true);
  second->failures.emplace_back(errc::permission_denied, "no management");
  EXPECT_EQ(get(), "error: no management");
}

TEST_F(token_life_test, a_source_that_goes_takes_its_fetch_along) {
  open();
  static_cast<void>(source->at_hand());
  world.settle();
  source.reset();
  world.settle();
  EXPECT_EQ(world.clock()->pending(), 0U) << "something still waits";
  EXPECT_EQ(issuer.use_count(), 1);
}

TEST_F(token_life_test, a_loop_destroyed_under_a_fetch_leaves_nothing) {
  auto own = std::make_unique<test::virtual_world>();
  auto slow = std::make_shared<scripted_issuer>(*own->clock());
  std::weak_ptr<scripted_issuer> const left = slow;
  login_surroundings in;
  in.executor = own->executor();
  in.clock = own->clock();
  std::vector<renewable_source::part> parts(1);
  parts[0].life = std::make_shared<token_life>(in, std::move(slow), "scripted");
  parts[0].header = "Authorization";
  auto doomed = std::make_shared<renewable_source>(std::move(parts), authorization());
  auto const call = own->start(doomed->authorize());
  own->settle();
  in = {};
  own.reset();
  doomed.reset();
  EXPECT_TRUE(left.expired());
}

TEST_F(token_life_test, the_log_holds_no_token) {
  open();
  issuer->text = "dapi-canary-0123456789";
  get();
  ASSERT_FALSE(lines.empty());
  for (auto const& line : lines) EXPECT_EQ(line.find("canary"), std::string::npos) << line;
}

}  // namespace
}  // namespace kiln
