#include "net/resolver.hpp"

#include "support/virtual_world.hpp"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <cerrno>

namespace kiln::net {
namespace {

using namespace std::chrono_literals;
using addresses = resolver::addresses;

struct resolver_test : testing::Test {
  test::virtual_world world;
  watchdog dog{*world.clock()};
  int lookups = 0;
  duration takes = 10ms;
  result<addresses> answer = addresses(1, "192.0.2.1");

  asio::awaitable<result<addresses>> look_up() {
    ++lookups;
    auto const reply = answer;
    co_await world.clock()->sleep_until(world.now() + takes);
    co_return reply;
  }
  asio::awaitable<result<addresses>> throwing_look_up() {
    co_await world.clock()->sleep_until(world.now() + takes);
    boost::system::error_code const no_thread(EAGAIN, boost::system::system_category());
    throw boost::system::system_error(no_thread, "thread");
  }
  resolver make(std::chrono::milliseconds keep = 60s) {
    return resolver(dog, 5s, keep, [this](std::string const&) { return look_up(); });
  }
};

TEST_F(resolver_test, an_address_needs_no_lookup) {
  auto r = make();
  EXPECT_EQ(*world.run(r.resolve("127.0.0.1")), addresses{"127.0.0.1"});
  EXPECT_EQ(*world.run(r.resolve("fe80::1")), addresses{"fe80::1"});
  EXPECT_EQ(lookups, 0);
}

TEST_F(resolver_test, an_answer_is_kept_for_its_time) {
  auto r = make();
  EXPECT_EQ(*world.run(r.resolve("a.test")), addresses{"192.0.2.1"});
  world.run_for(59s);
  EXPECT_EQ(*world.run(r.resolve("a.test")), addresses{"192.0.2.1"});
  EXPECT_EQ(lookups, 1);
  world.run_for(1s);
  EXPECT_TRUE(world.run(r.resolve("a.test")));
  EXPECT_EQ(lookups, 2);
  EXPECT_TRUE(world.run(r.resolve("b.test")));
  EXPECT_EQ(lookups, 3);
}

TEST_F(resolver_test, nothing_is_kept_when_told_so) {
  auto r = make(0ms);
  EXPECT_TRUE(world.run(r.resolve("a.test")));
  EXPECT_TRUE(world.run(r.resolve("a.test")));
  EXPECT_EQ(lookups, 2);
}

TEST_F(resolver_test, callers_at_the_same_time_share_one_lookup) {
  auto r = make();
  auto const first = world.start(r.resolve("a.test"));
  auto const second = world.start(r.resolve("a.test"));
  world.run_until([&] { return first->done() && second->done(); });
  EXPECT_TRUE(first->value->has_value());
  EXPECT_TRUE(second->value->has_value());
  EXPECT_EQ(lookups, 1);
}

TEST_F(resolver_test, a_failure_is_not_kept) {
  auto r = make();
  answer = error(errc::resolve_failed, "no such host").with_where("a.test");
  auto const failed = world.run(r.resolve("a.test"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), errc::resolve_failed);
  answer = addresses(1, "192.0.2.2");
  EXPECT_EQ(*world.run(r.resolve("a.test")), addresses{"192.0.2.2"});
}

TEST_F(resolver_test, a_lookup_that_throws_is_a_failure_and_no_end_of_the_process) {
  resolver r(dog, 5s, 60s, [this](std::string const&) { return throwing_look_up(); });
  auto const failed = world.run(r.resolve("a.test"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), errc::out_of_resources);
  EXPECT_EQ(failed.error().where(), "a.test");
}

TEST_F(resolver_test, a_name_without_an_address_is_a_failure_that_names_it) {
  auto r = make();
  answer = addresses();
  auto const failed = world.run(r.resolve("a.test"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), errc::resolve_failed);
  EXPECT_EQ(failed.error().where(), "a.test");
}

TEST_F(resolver_test, a_slow_lookup_is_given_up_and_a_new_one_can_succeed) {
  auto r = make();
  takes = 1h;
  auto const begin = world.now();
  auto const late = world.run(r.resolve("a.test"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_EQ(late.error().where(), "a.test");
  EXPECT_NE(late.error().message().find("timeouts.resolve"), std::string::npos);
  EXPECT_EQ(world.now() - begin, 5s);
  takes = 10ms;
  EXPECT_TRUE(world.run(r.resolve("a.test")));
  world.run_for(2h);  // the lookup that was given up ends unheard
  answer = addresses(1, "192.0.2.9");
  EXPECT_EQ(*world.run(r.resolve("a.test")), addresses{"192.0.2.9"});
}

TEST_F(resolver_test, a_cancelled_caller_does_not_disturb_the_other) {
  auto r = make();
  auto const first = world.start(r.resolve("a.test"));
  auto const second = world.start(r.resolve("a.test"));
  world.settle();
  first->stop.emit(asio::cancellation_type::terminal);
  world.settle();
  EXPECT_TRUE(first->done());
  EXPECT_FALSE(second->done());
  world.run_until([&] { return second->done(); });
  EXPECT_TRUE(second->value->has_value());
}

TEST_F(resolver_test, may_go_away_under_a_lookup) {
  {
    auto r =
        std::make_unique<resolver>(dog, 5s, 60s, [this](std::string const&) { return look_up(); });
    auto const waiting = world.start(r->resolve("a.test"));
    world.settle();
    waiting->stop.emit(asio::cancellation_type::terminal);
    world.settle();
    EXPECT_TRUE(waiting->done());
  }
  world.run_for(1min);
  EXPECT_EQ(lookups, 1);
}

}  // namespace
}  // namespace kiln::net
