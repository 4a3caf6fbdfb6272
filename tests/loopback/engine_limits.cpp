// Throttling and broken connections on real sockets: calls get slower, never lost or different.
#include "loopback/engine_support.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;
using engine_tests::bytes_of;
using engine_tests::text_of;

struct throttled_by {
  limiter_kind kind;
  char const* name;
};

// Far above the real rate, so that a test takes a second: what is shown does not depend on it.
constexpr double server_rate = 100;
constexpr int call_count = 220;  // more than two fixed windows let through, wherever they begin

struct engine_limits : engine_tests::emulated, testing::WithParamInterface<throttled_by> {
  void serve_limited(limiter_kind kind, bool retry_after) {
    auto limited = unlimited();
    limited.limiter = kind;
    limited.rate = server_rate;
    limited.burst = 20;
    limited.retry_after = retry_after;
    serve(std::move(limited));
  }
  void open_with(budget_options const& b) {
    auto o = options();
    o.budget = budget(b);
    open(std::move(o));
  }
  /// How many of the calls succeeded; the rest are failures of the test.
  int make_calls(int count) {
    std::vector<std::future<void>> all;
    for (int i = 0; i < count; ++i) {
      all.push_back(ws->start(files().mkdirs({.path = "/d/" + std::to_string(i)})));
    }
    int good = 0;
    for (auto& f : all) {
      try {
        f.get();
        ++good;
      } catch (failure const& e) {
        ADD_FAILURE() << e.what();
      }
    }
    return good;
  }
};

TEST_P(engine_limits, a_budget_above_the_servers_limit_loses_no_call) {
  serve_limited(GetParam().kind, false);
  budget_options too_much;
  too_much.rate = 10 * server_rate;  // met by the slowest of machines too
  open_with(too_much);
  EXPECT_EQ(make_calls(call_count), call_count);
  auto const s = ws->stats();
  EXPECT_GT(s.throttled, 0U) << "the limit was never met";
  EXPECT_EQ(s.requests, call_count + s.throttled) << "every 429 was followed by one more attempt";
  EXPECT_EQ(s.failed, 0U);
  EXPECT_LT(s.rate, too_much.rate) << "nothing was learned";
  EXPECT_EQ(emu->stats().throttled, s.throttled);
  EXPECT_EQ(wait(files().list({.path = "/d"}))->files.size(), static_cast<std::size_t>(call_count));
}

INSTANTIATE_TEST_SUITE_P(of, engine_limits,
                         testing::Values(throttled_by{limiter_kind::window, "window"},
                                         throttled_by{limiter_kind::strict_window, "strict_window"},
                                         throttled_by{limiter_kind::fixed, "fixed"},
                                         throttled_by{limiter_kind::bucket, "bucket"},
                                         throttled_by{limiter_kind::leaky, "leaky"}),
                         [](auto const& p) { return std::string(p.param.name); });

struct engine_budget : engine_tests::emulated {};

TEST_F(engine_budget, of_the_servers_own_rate_is_never_throttled) {
  auto limited = unlimited();
  limited.limiter = limiter_kind::window;
  limited.rate = 100;
  serve(std::move(limited));
  auto o = options();
  budget_options same;
  same.rate = 100;
  same.headroom = 0.1;  // the server counts arrivals, and this machine may be busy
  o.budget = budget(same);
  open(std::move(o));
  std::vector<std::future<void>> all;
  for (int i = 0; i < 150; ++i) {
    all.push_back(ws->start(files().mkdirs({.path = "/e/" + std::to_string(i)})));
  }
  for (auto& f : all) EXPECT_NO_THROW(f.get());
  EXPECT_EQ(ws->stats().throttled, 0U);
  EXPECT_LE(emu->stats().worst_second, 100U);
}

TEST_F(engine_budget, retry_after_holds_the_whole_workspace_back) {
  serve();
  emulator_fault f;
  f.route = "/api/2.0/dbfs/*";
  f.status = 429;
  f.headers = "Retry-After: 1\r\n";
  emu->add_fault(std::move(f));
  open();
  auto const begin = std::chrono::steady_clock::now();
  auto const first = wait(files().list({.path = "/"}));
  ASSERT_TRUE(first) << first.error();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_EQ(emu->stats().requests, 2U);
}

TEST_F(engine_budget, a_concurrency_429_lowers_what_is_under_way_and_loses_nothing) {
  auto slow = unlimited();
  slow.latency = 5ms;
  serve(std::move(slow));
  emulator_fault f;
  f.route = "/api/2.0/dbfs/*";
  f.status = 429;
  f.times = 5;
  f.body = R"({"error_code":"RESOURCE_EXHAUSTED","message":"exceeded the concurrent limit of 2"})";
  emu->add_fault(std::move(f));
  open();
  auto const rate = ws->stats().rate;
  std::vector<std::future<void>> all;
  for (int i = 0; i < 30; ++i) {
    all.push_back(ws->start(files().mkdirs({.path = "/c/" + std::to_string(i)})));
  }
  for (auto& one : all) EXPECT_NO_THROW(one.get());
  EXPECT_EQ(ws->stats().throttled, 5U);
  EXPECT_DOUBLE_EQ(ws->stats().rate, rate) << "too many at once does not mean too many a second";
}

TEST_F(engine_budget, two_handles_on_two_loops_share_one_rate) {
  serve();
  budget_options thirty;
  thirty.rate = 30;
  thirty.headroom = 0.1;  // the server counts arrivals, and this machine may be busy
  budget const shared(thirty);
  runtime other_loop;
  auto o = options();
  o.budget = shared;
  workspace const one(loop, o);
  workspace const two(other_loop, o);
  std::vector<std::future<void>> all;
  for (int i = 0; i < 35; ++i) {
    auto const path = "/p/" + std::to_string(i);
    all.push_back(one.start(one.dbfs().mkdirs({.path = path})));
    all.push_back(two.start(two.dbfs().mkdirs({.path = path})));
  }
  auto const begin = std::chrono::steady_clock::now();
  for (auto& f : all) EXPECT_NO_THROW(f.get());
  auto const took = std::chrono::steady_clock::now() - begin;
  EXPECT_LE(emu->stats().worst_second, 30U);
  EXPECT_EQ(emu->stats().requests, 70U);
  EXPECT_LT(took, 5s) << "together they have the whole rate, not half of it";
  EXPECT_GT(one.stats().requests, 0U);
  EXPECT_GT(two.stats().requests, 0U);
}

/// The same work with and without broken connections; what it leaves and reads must not differ.
struct engine_resets : engine_tests::emulated {
  std::map<std::string, std::string> work() {
    std::map<std::string, std::string> out;
    for (int i = 0; i < 12; ++i) {
      std::string const path = "/r/" + std::to_string(i);
      std::string const text(static_cast<std::size_t>(i) * 9'999, static_cast<char>('a' + i));
      auto const put =
          i % 2 == 0
              ? wait(files().put({.path = path, .contents = bytes_of(text), .overwrite = true}))
              : wait(files().put_multipart({.path = path, .overwrite = true},
                                           make_memory_source(bytes_of(text))));
      EXPECT_TRUE(put) << put.error();
    }
    auto const listed = wait(files().list({.path = "/r"}));
    EXPECT_TRUE(listed) << listed.error();
    if (!listed) return out;
    for (auto const& f : listed->files) {
      auto const read = wait(files().read({.path = f.path}));
      EXPECT_TRUE(read) << read.error();
      if (read) out[f.path] = text_of(read->data);
    }
    return out;
  }
};

TEST_F(engine_resets, results_are_the_same_whatever_breaks) {
  serve();
  open();
  auto const expected = work();
  ASSERT_EQ(expected.size(), 12U);
  using kind = emulator_fault::kind;
  for (auto const what : {kind::reset, kind::close, kind::truncate}) {
    for (bool const after : {false, true}) {
      serve();
      std::uint64_t planned = 0;
      for (std::uint64_t const skip : {1U, 4U, 9U}) {
        for (char const* route : {"/api/2.0/dbfs/put", "/api/2.0/dbfs/read"}) {
          emulator_fault f;
          f.route = route;
          f.what = what;
          f.after_handler = after;
          f.skip = skip;
          f.times = 2;
          emu->add_fault(std::move(f));
          planned += 2;
        }
      }
      open();
      EXPECT_EQ(work(), expected);
      EXPECT_EQ(emu->stats().faults_fired, planned) << "a fault did not happen";
    }
  }
}

TEST_F(engine_resets, an_append_whose_answer_is_lost_is_not_repeated) {
  serve();
  open();
  auto const handle = wait(files().create({.path = "/s"}))->handle;
  emulator_fault lost;
  lost.route = "/api/2.0/dbfs/add-block";
  lost.what = emulator_fault::kind::reset;
  lost.after_handler = true;
  emu->add_fault(std::move(lost));
  auto const got = wait(files().add_block({.handle = handle, .data = bytes_of("once")}));
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::connection_lost) << got.error();
  EXPECT_TRUE(got.error().may_have_been_applied());
  EXPECT_EQ(got.error().attempts(), 1);
  ASSERT_TRUE(wait(files().close({.handle = handle})));
  EXPECT_EQ(text_of(wait(files().read({.path = "/s"}))->data), "once");
}

}  // namespace
}  // namespace kiln
