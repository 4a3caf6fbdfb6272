#include "unit/orchestrate/answering_engine.hpp"

#include <kiln/services/jobs20.hpp>
#include <kiln/wait.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

// Thousands of runs watched through the whole engine, an hour of them in a second.
namespace kiln {
namespace {

using namespace std::chrono_literals;
using wait_tests::answering_engine;
using wait_tests::reply;

/// Runs that begin one after the other; their ids count from 1.
class runs_server {
 public:
  runs_server(instant begin, duration apart, duration lasting)
      : begin_(begin), apart_(apart), lasting_(lasting) {}

  void stretch(std::int64_t every, duration lasting) {
    long_every_ = every;
    long_lasting_ = lasting;
  }
  [[nodiscard]] instant begins(std::int64_t id) const { return begin_ + (id - 1) * apart_; }
  [[nodiscard]] instant ends(std::int64_t id) const {
    bool const is_long = long_every_ > 0 && id % long_every_ == 0;
    return begins(id) + (is_long ? long_lasting_ : lasting_);
  }
  net::attempt_outcome answer(std::string_view target, instant now) {
    if (target.starts_with("/api/2.0/jobs/runs/get?")) {
      ++gets;
      return reply(200, run(number(target, "run_id="), now));
    }
    ++lists;
    auto const newest =
        std::min(started_max, (now - begin_) / apart_ + 1) - number(target, "offset=");
    auto const oldest = std::max<std::int64_t>(1, newest - number(target, "limit=") + 1);
    std::string body;
    for (auto id = newest; id >= oldest; --id) body += (body.empty() ? "" : ",") + run(id, now);
    return reply(200, "{\"runs\":[" + body + "],\"has_more\":" + (oldest > 1 ? "true}" : "false}"));
  }

  std::int64_t started_max = 0;
  std::int64_t lists = 0;
  std::int64_t gets = 0;

 private:
  static std::int64_t number(std::string_view target, std::string_view name) {
    std::int64_t value = 0;
    auto const at = target.find(name);
    if (at == std::string_view::npos) return 0;
    std::from_chars(target.data() + at + name.size(), target.data() + target.size(), value);
    return value;
  }
  [[nodiscard]] std::string run(std::int64_t id, instant now) const {
    bool const ended = ends(id) <= now;
    return "{\"run_id\":" + std::to_string(id) + ",\"state\":{\"life_cycle_state\":\"" +
           (ended ? R"(TERMINATED","result_state":"SUCCESS"}})" : "RUNNING\"}}");
  }
  instant begin_;
  duration apart_, lasting_;
  std::int64_t long_every_ = 0;
  duration long_lasting_{};
};

struct wait_scale : testing::Test {
  struct watched {
    std::shared_ptr<test::virtual_world::running<result<jobs20::run>>> wait;
    instant noticed{};
  };
  test::virtual_world world;

  /// Waits for each run from its beginning on. Gives the latest notice of an end.
  duration watch_all(runs_server& server, std::int64_t count, wait_options const& options) {
    server.started_max = count;
    workspace const ws(answering_engine(world, [&](http::request const& what, instant now) {
      return server.answer(what.target, now);
    }));
    duration latest{};
    std::vector<std::pair<std::int64_t, watched>> open;
    std::int64_t next = 1;
    while (next <= count || !open.empty()) {
      for (; next <= count && server.begins(next) <= world.now(); ++next) {
        open.push_back({next, {world.start(wait_until(ws, until::run20_finished{next}, options))}});
      }
      world.run_for(500ms);
      std::erase_if(open, [&](auto const& one) {
        if (!one.second.wait->done()) return false;
        auto const& got = one.second.wait->value;
        EXPECT_TRUE(got && got->has_value()) << one.first;
        EXPECT_LE(server.ends(one.first), world.now());
        latest = std::max(latest, world.now() - server.ends(one.first));
        return true;
      });
      if (world.now() > server.begins(count) + 3h) ADD_FAILURE() << open.size() << " never ended";
      if (HasFailure()) break;
    }
    return latest;
  }
};

TEST_F(wait_scale, two_thousand_runs_are_noticed_soon_at_a_few_requests_a_hundred) {
  runs_server server(world.now(), 33'333us, 1min);
  wait_options options;
  options.interval = 5s;
  options.interval_max = 10s;
  auto const latest = watch_all(server, 2'000, options);
  EXPECT_LE(server.lists + server.gets, 100);
  EXPECT_LE(latest, 22s) << "two intervals";
}

TEST_F(wait_scale, a_few_long_runs_among_thousands_of_short_ones_keep_no_sweep_deep) {
  runs_server server(world.now(), 100ms, 20s);
  server.stretch(200, 30min);
  wait_options options;
  options.timeout = 2h;
  auto const latest = watch_all(server, 1'200, options);
  EXPECT_LE(server.lists, 150);
  EXPECT_LE(server.gets, 600);
  EXPECT_LE(latest, 66s);
}

}  // namespace
}  // namespace kiln
