#include "core/event.hpp"
#include "core/random.hpp"
#include "core/spawn.hpp"
#include "core/timers.hpp"

#include <kiln/error.hpp>
#include <kiln/result.hpp>
#include <kiln/timestamp.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using kiln::errc;

class virtual_time : public testing::Test {
 protected:
  void run() {
    loop_.restart();
    loop_.poll();
  }
  asio::io_context loop_{1};
  kiln::virtual_timers clock_{loop_.get_executor()};
  std::string trace_;
};

using timers = virtual_time;

TEST_F(timers, run_in_order_of_time_then_of_creation) {
  auto const start = clock_.now();
  auto note = [this](char c) { return [this, c] { trace_ += c; }; };
  clock_.call_at(start + 2s, note('d'));
  clock_.call_at(start + 1s, note('b'));
  clock_.call_at(start + 1s, note('c'));
  clock_.call_at(start, note('a'));
  EXPECT_EQ(clock_.pending(), 4U);
  EXPECT_EQ(trace_, "");  // never inside call_at, due or not
  EXPECT_TRUE(clock_.advance());
  EXPECT_EQ(trace_, "a");
  EXPECT_TRUE(clock_.advance());
  EXPECT_EQ(trace_, "abc");
  EXPECT_EQ(clock_.now(), start + 1s);
  EXPECT_TRUE(clock_.advance());
  EXPECT_EQ(trace_, "abcd");
  EXPECT_FALSE(clock_.advance());
  EXPECT_EQ(clock_.now(), start + 2s);
}

TEST_F(timers, cancelled_callback_never_runs) {
  auto const start = clock_.now();
  auto const first = clock_.call_at(start + 1s, [this] { trace_ += 'x'; });
  auto const second = clock_.call_at(start + 1s, [this] { trace_ += 'y'; });
  EXPECT_TRUE(clock_.cancel(first));
  EXPECT_FALSE(clock_.cancel(first));
  EXPECT_FALSE(clock_.cancel({}));
  clock_.advance_to(start + 5s);
  EXPECT_EQ(trace_, "y");
  EXPECT_FALSE(clock_.cancel(second));
}

TEST_F(timers, callback_may_cancel_and_add) {
  auto const start = clock_.now();
  kiln::timers::id victim;
  clock_.call_at(start + 1s, [&] {
    trace_ += 'a';
    EXPECT_TRUE(clock_.cancel(victim));
    clock_.call_at(start + 1s, [this] { trace_ += 'b'; });
    clock_.call_at(start + 9s, [this] { trace_ += 'c'; });
  });
  victim = clock_.call_at(start + 1s, [this] { trace_ += 'x'; });
  clock_.advance_to(start + 2s);
  EXPECT_EQ(trace_, "ab");
  EXPECT_EQ(clock_.next(), start + 9s);
}

TEST_F(timers, housekeeping_runs_in_its_place_among_work) {
  auto const start = clock_.now();
  clock_.call_at(start + 3s, [this] { trace_ += 'c'; });
  clock_.call_at(
      start + 2s, [this] { trace_ += 'b'; }, kiln::timers::kind::housekeeping);
  clock_.call_at(start + 1s, [this] { trace_ += 'a'; });
  clock_.advance_to(start + 5s);
  EXPECT_EQ(trace_, "abc");
}

TEST_F(timers, time_does_not_run_backwards) {
  auto const start = clock_.now();
  clock_.advance_to(start + 5s);
  clock_.advance_to(start);
  EXPECT_EQ(clock_.now(), start + 5s);
}

asio::awaitable<void> sleep_then(kiln::timers& clock, kiln::instant at, std::string& trace,
                                 char done) {
  try {
    co_await clock.sleep_until(at);
    trace += done;
  } catch (boost::system::system_error const& e) {
    trace += e.code() == asio::error::operation_aborted ? '!' : '?';
  }
}

TEST_F(timers, sleep_ends_at_its_time) {
  auto const start = clock_.now();
  kiln::spawn_detached(loop_.get_executor(), sleep_then(clock_, start + 2s, trace_, 'b'));
  kiln::spawn_detached(loop_.get_executor(), sleep_then(clock_, start + 1s, trace_, 'a'));
  run();
  clock_.advance_to(start + 1s);
  run();
  EXPECT_EQ(trace_, "a");
  clock_.advance_to(start + 2s);
  run();
  EXPECT_EQ(trace_, "ab");
  EXPECT_EQ(clock_.pending(), 0U);
}

TEST_F(timers, cancelled_sleep_throws_once_and_leaves_no_timer) {
  asio::cancellation_signal stop;
  bool ended = false;
  kiln::spawn(loop_.get_executor(), sleep_then(clock_, clock_.now() + 1s, trace_, 'x'),
              asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { ended = true; }));
  run();
  EXPECT_EQ(clock_.pending(), 1U);
  stop.emit(asio::cancellation_type::terminal);
  stop.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(trace_, "!");
  EXPECT_TRUE(ended);
  EXPECT_EQ(clock_.pending(), 0U);
  clock_.advance_to(clock_.now() + 5s);
  run();
  EXPECT_EQ(trace_, "!");
}

TEST_F(timers, cancelling_a_sleep_that_is_over_changes_nothing) {
  asio::cancellation_signal stop;
  kiln::spawn(loop_.get_executor(), sleep_then(clock_, clock_.now() + 1s, trace_, 'a'),
              asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
  run();
  clock_.advance();
  stop.emit(asio::cancellation_type::terminal);  // due, not yet resumed
  run();
  EXPECT_EQ(trace_, "a");
  stop.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(trace_, "a");
}

TEST(real_timers, run_what_is_due_and_let_the_loop_end) {
  asio::io_context loop(1);
  auto const clock = kiln::make_real_timers(loop.get_executor());
  std::string trace;
  auto const now = clock->now();
  clock->call_at(now + 2ms, [&] { trace += 'b'; });
  clock->call_at(now + 1ms, [&] { trace += 'a'; });
  auto const late = clock->call_at(now + 1h, [&] { trace += 'x'; });
  clock->call_at(
      now + 1h, [&] { trace += 'y'; }, kiln::timers::kind::housekeeping);
  clock->call_at(now + 3ms, [&] { clock->cancel(late); });
  loop.run();
  EXPECT_EQ(trace, "ab");
  EXPECT_LT(clock->now() - now, 1min);
}

TEST(real_timers, may_end_before_their_callbacks) {
  asio::io_context loop(1);
  auto clock = kiln::make_real_timers(loop.get_executor());
  bool ran = false;
  clock->call_at(clock->now(), [&] { ran = true; });
  clock.reset();
  loop.run();
  EXPECT_FALSE(ran);
}

asio::awaitable<void> wait_for(kiln::event& e, std::string& trace, char done) {
  try {
    co_await e.wait();
    trace += done;
  } catch (boost::system::system_error const& error) {
    trace += error.code() == asio::error::operation_aborted ? '!' : '?';
  }
}

using event = virtual_time;

TEST_F(event, wakes_every_waiter_in_order_and_never_inside_set) {
  kiln::event e(loop_.get_executor());
  kiln::spawn_detached(loop_.get_executor(), wait_for(e, trace_, 'a'));
  kiln::spawn_detached(loop_.get_executor(), wait_for(e, trace_, 'b'));
  run();
  EXPECT_EQ(trace_, "");
  e.set();
  EXPECT_EQ(trace_, "");
  run();
  EXPECT_EQ(trace_, "ab");
}

TEST_F(event, stays_set_until_it_is_reset) {
  kiln::event e(loop_.get_executor());
  e.set();
  EXPECT_TRUE(e.is_set());
  kiln::spawn_detached(loop_.get_executor(), wait_for(e, trace_, 'a'));
  run();
  EXPECT_EQ(trace_, "a");
  e.reset();
  EXPECT_FALSE(e.is_set());
  kiln::spawn_detached(loop_.get_executor(), wait_for(e, trace_, 'b'));
  run();
  EXPECT_EQ(trace_, "a");
  e.set();
  run();
  EXPECT_EQ(trace_, "ab");
}

TEST_F(event, cancels_one_waiter_and_keeps_the_others) {
  kiln::event e(loop_.get_executor());
  asio::cancellation_signal stop;
  kiln::spawn(loop_.get_executor(), wait_for(e, trace_, 'x'),
              asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
  kiln::spawn_detached(loop_.get_executor(), wait_for(e, trace_, 'b'));
  run();
  stop.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(trace_, "!");
  e.set();
  stop.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(trace_, "!b");
}

TEST_F(event, destruction_resumes_its_waiters_with_an_error) {
  auto e = std::make_unique<kiln::event>(loop_.get_executor());
  kiln::spawn_detached(loop_.get_executor(), wait_for(*e, trace_, 'x'));
  run();
  e.reset();
  run();
  EXPECT_EQ(trace_, "!");
}

TEST(random_source, same_seed_gives_the_same_run) {
  kiln::random_source a(42);
  kiln::random_source b(42);
  kiln::random_source c(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    auto const value = a.next();
    EXPECT_EQ(value, b.next());
    differs |= value != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(random_source, stays_below_its_bound_and_reaches_every_value) {
  kiln::random_source random(1);
  int counts[7] = {};
  for (int i = 0; i < 70'000; ++i) {
    auto const value = random.below(7);
    ASSERT_LT(value, 7U);
    ++counts[value];
  }
  for (int const count : counts) EXPECT_NEAR(count, 10'000, 600);
  EXPECT_EQ(random.below(0), 0U);
  EXPECT_EQ(random.below(1), 0U);
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.below(UINT64_MAX), UINT64_MAX);
}

TEST(random_source, unit_is_below_one_and_centred) {
  kiln::random_source random(2);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    double const value = random.unit();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(random_source, names_are_hex_and_differ) {
  kiln::random_source random(3);
  std::set<std::string> names;
  for (int i = 0; i < 1'000; ++i) {
    auto const name = random.name();
    EXPECT_EQ(name.size(), 16U);
    EXPECT_EQ(name.find_first_not_of("0123456789abcdef"), std::string::npos);
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 1'000U);
}

TEST(entropy, differs_from_call_to_call) { EXPECT_NE(kiln::entropy(), kiln::entropy()); }

TEST(error, describes_itself_in_one_line) {
  auto const e = kiln::error(errc::not_found, "no such file")
                     .with_operation("dbfs/get-status")
                     .with_where("host:443")
                     .with_http_status(404)
                     .with_error_code("RESOURCE_DOES_NOT_EXIST")
                     .with_request_id("r1")
                     .with_attempts(3)
                     .with_may_have_been_applied(true);
  EXPECT_EQ(e.describe(),
            "dbfs/get-status at host:443: no such file (HTTP 404 RESOURCE_DOES_NOT_EXIST, request "
            "id r1, 3 attempts, it may have been applied)");
  std::ostringstream out;
  out << e << '|' << e.code();
  EXPECT_EQ(out.str(), e.describe() + "|not_found");
}

TEST(error, leaves_out_what_it_does_not_know) {
  EXPECT_EQ(kiln::error(errc::closed, "").describe(), "closed");
  EXPECT_EQ(kiln::error(errc::closed, "gone").with_where("host").describe(), "host: gone");
  EXPECT_EQ(kiln::error(errc::conflict, "m").with_error_code("X").describe(), "m (X)");
  EXPECT_EQ(kiln::error(errc::conflict, "m").with_attempts(1).describe(), "m");
}

TEST(error, every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  constexpr int first = static_cast<int>(errc::invalid_argument);
  constexpr int last = static_cast<int>(errc::unsafe_name);
  for (int i = first; i <= last; ++i) names.insert(kiln::to_string(static_cast<errc>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(last - first + 1));
  EXPECT_EQ(names.count("unknown"), 0U);
}

TEST(result, value_of_a_failure_throws_the_same_error) {
  kiln::result<int> const r = kiln::error(errc::throttled, "slow down").with_attempts(2);
  try {
    (void)r.value();
    FAIL() << "no exception";
  } catch (kiln::failure const& f) {
    EXPECT_EQ(f.error().code(), errc::throttled);
    EXPECT_EQ(f.error().attempts(), 2);
    EXPECT_STREQ(f.what(), "slow down (2 attempts)");
  }
}

kiln::timestamp at(std::int64_t ms) { return kiln::timestamp(std::chrono::milliseconds(ms)); }

TEST(timestamp, prints_as_iso_8601_in_utc) {
  EXPECT_EQ(kiln::to_string(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(kiln::to_string(at(1'600'000'000'123)), "2020-09-13T12:26:40.123Z");
  EXPECT_EQ(kiln::to_string(at(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(kiln::to_string(at(951'782'400'000)), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(kiln::to_string(at(253'402'300'799'999)), "9999-12-31T23:59:59.999Z");
}

TEST(timestamp, prints_what_no_calendar_holds_as_a_number) {
  EXPECT_EQ(kiln::to_string(at(253'402'300'800'000)), "253402300800000ms");
  EXPECT_EQ(kiln::to_string(at(std::numeric_limits<std::int64_t>::max())), "9223372036854775807ms");
  EXPECT_EQ(kiln::to_string(at(std::numeric_limits<std::int64_t>::min())),
            "-9223372036854775808ms");
}

}  // namespace
