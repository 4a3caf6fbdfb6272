#include "orchestrate/waiter.hpp"

#include "orchestrate/watch_hub.hpp"
#include "unit/orchestrate/answering_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace kiln {
namespace {

using namespace std::chrono_literals;
using wait_tests::answering_engine;
using wait_tests::reply;

struct thing {
  std::string id;
  std::string state;
};
struct list_things {
  static constexpr endpoint at{verb::get, "/api/2.0/things/list", repeat::safe};
  struct response {
    std::vector<thing> things;
  };
};
struct get_thing {
  static constexpr endpoint at{verb::get, "/api/2.0/things/get", repeat::safe};
  std::string_view id;
};
void fields(auto& io, thing& v) {
  io("id", v.id);
  io("state", v.state);
}
void fields(auto&, list_things&) {}
void fields(auto& io, list_things::response& v) { io("things", v.things); }
void fields(auto& io, get_thing& v) { io("id", v.id); }

judgement is_ready(void const* value) {
  auto const& t = *static_cast<thing const*>(value);
  judgement out;
  out.state = t.state;
  out.message = t.state == "BROKEN" ? "no luck" : "";
  if (t.state == "READY") out.what = judgement::kind::reached;
  if (t.state == "BROKEN") out.what = judgement::kind::failed;
  return out;
}

watch_kind make_kind() {
  watch_kind kind;
  kind.name = "thing";
  kind.page_items = wait_core::one_page;
  kind.list = [] { return encode_pages(list_things(), by_token(), {}); };
  kind.read_list =
      &read_watched<&list_things::response::things, [](thing const& t) { return t.id; }>;
  kind.get = [](std::string const& key) { return encode(get_thing{key}, {}); };
  kind.read_one = &read_watched_one<thing>;
  return kind;
}
watch_kind const things = make_kind();

struct list_newer {
  static constexpr endpoint at{verb::get, "/api/2.1/things/list", repeat::safe};
  using response = list_things::response;
};
struct get_newer {
  static constexpr endpoint at{verb::get, "/api/2.1/things/get", repeat::safe};
  std::string_view id;
};
void fields(auto&, list_newer&) {}
void fields(auto& io, get_newer& v) { io("id", v.id); }

/// Asked for in a way that the server does not know.
watch_kind make_newer_kind() {
  auto kind = make_kind();
  kind.list = [] { return encode_pages(list_newer(), by_token(), {}); };
  kind.get = [](std::string const& key) { return encode(get_newer{key}, {}); };
  kind.otherwise = &things;
  return kind;
}
watch_kind const newer_things = make_newer_kind();

struct waiter_test : testing::Test {
  test::virtual_world world;
  instant const begin = world.now();
  /// What a thing is from which time on.
  std::map<std::string, std::map<duration, std::string>> script;
  std::vector<std::string> off_the_list;
  std::vector<std::string> requests;
  std::vector<instant> when;
  int failing = 0;  ///< So many answers are 503.
  bool list_refused = false;
  std::shared_ptr<engine> core = make();

  [[nodiscard]] std::string state_of(std::string const& id, instant now) const {
    auto const& of = script.at(id);
    auto at = of.upper_bound(now - begin);
    return at == of.begin() ? "PENDING" : std::prev(at)->second;
  }
  [[nodiscard]] std::string json_of(std::string const& id, instant now) const {
    return R"({"id":")" + id + R"(","state":")" + state_of(id, now) + R"("})";
  }
  net::attempt_outcome answer(http::request const& what, instant now) {
    requests.push_back(what.target);
    when.push_back(now);
    if (failing > 0) {
      --failing;
      return reply(503, "{}");
    }
    if (what.target.starts_with("/api/2.1/")) return reply(501, "{}");
    if (what.target == "/api/2.0/things/list") {
      if (list_refused) return reply(403, "{}");
      std::string body;
      for (auto const& [id, states] : script) {
        if (std::find(off_the_list.begin(), off_the_list.end(), id) != off_the_list.end()) continue;
        body += (body.empty() ? "" : ",") + json_of(id, now);
      }
      return reply(200, "{\"things\":[" + body + "]}");
    }
    auto const id = what.target.substr(what.target.rfind('=') + 1);
    if (!script.contains(id)) return reply(404, R"({"message":"no such thing"})");
    return reply(200, json_of(id, now));
  }
  std::shared_ptr<engine> make() {
    return answering_engine(
        world, [this](http::request const& what, instant now) { return answer(what, now); });
  }
  static watch_request request(std::string id, wait_options const& options = {}) {
    watch_request out;
    out.kind = &things;
    out.label = "thing " + id;
    out.key = std::move(id);
    out.judge = &is_ready;
    out.options = options;
    return out;
  }
  [[nodiscard]] task<thing> wait(std::string id, wait_options const& options = {}) const {
    return watch_for<thing>(core, request(std::move(id), options));
  }
  [[nodiscard]] std::size_t lists() const {
    return static_cast<std::size_t>(
        std::count(requests.begin(), requests.end(), "/api/2.0/things/list"));
  }
};

TEST_F(waiter_test, gives_the_thing_as_it_was_when_it_got_there) {
  script["a"][30s] = "READY";
  auto const got = world.run(wait("a"));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->state, "READY");
  EXPECT_LT(world.now() - begin, 45s);
  EXPECT_LT(requests.size(), 10U);
  EXPECT_EQ(lists(), 0U);
}

TEST_F(waiter_test, a_thing_that_is_there_already_costs_one_request_and_no_time) {
  script["a"][0s] = "READY";
  EXPECT_TRUE(world.run(wait("a")).has_value());
  EXPECT_EQ(requests.size(), 1U);
  EXPECT_LT(world.now() - begin, 1s);
}

TEST_F(waiter_test, states_nobody_knows_are_waited_through) {
  script["a"][1s] = "LEVITATING";
  script["a"][1min] = "READY";
  EXPECT_TRUE(world.run(wait("a")).has_value());
}

TEST_F(waiter_test, a_state_that_leads_nowhere_is_an_error_with_its_reason) {
  script["a"][10s] = "BROKEN";
  auto const got = world.run(wait("a"));
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::conflict);
  EXPECT_EQ(got.error().message(), "thing a is BROKEN: no luck");
  EXPECT_EQ(got.error().operation(), "wait for thing");
  EXPECT_EQ(got.error().where(), "adb-1.example.net");
}

TEST_F(waiter_test, a_timeout_tells_the_state) {
  script["a"][1s] = "COOKING";
  wait_options options;
  options.timeout = 60s;
  auto const got = world.run(wait("a", options));
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::deadline_exceeded);
  EXPECT_EQ(got.error().message(), "thing a did not get there in time, it is COOKING");
  EXPECT_EQ(world.now() - begin, 60s);
}

TEST_F(waiter_test, what_is_no_more_is_not_found) {
  auto const got = world.run(wait("a"));
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::not_found);
}

TEST_F(waiter_test, temporary_failures_are_outlasted) {
  script["a"][10s] = "READY";
  failing = 3;
  EXPECT_TRUE(world.run(wait("a")).has_value());
  EXPECT_GT(requests.size(), 3U);
}

TEST_F(waiter_test, thousands_share_their_lists) {
  using running = test::virtual_world::running<result<thing>>;
  std::vector<std::shared_ptr<running>> waits;
  for (int i = 0; i < 3'000; ++i) {
    auto const id = "t" + std::to_string(i);
    script[id][(10 + i / 100) * 1s] = "READY";
    waits.push_back(world.start(wait(id)));
  }
  world.run_until([&] {
    return std::all_of(waits.begin(), waits.end(), [](auto const& w) { return w->done(); });
  });
  for (auto const& w : waits) EXPECT_TRUE(w->value && w->value->has_value());
  EXPECT_LE(requests.size(), 40U) << "not one a thing";
  // At five hundredths of 30 requests a second.
  EXPECT_LE(static_cast<double>(requests.size()),
            1.5 * std::chrono::duration<double>(world.now() - begin).count() + 2);
  EXPECT_LE(world.now() - begin, 60s);
}

TEST_F(waiter_test, what_falls_off_the_list_is_asked_for_singly) {
  std::vector<std::shared_ptr<test::virtual_world::running<result<thing>>>> waits;
  for (auto const* id : {"a", "b", "c", "d"}) {
    script[id][30s] = "READY";
    waits.push_back(world.start(wait(id)));
  }
  off_the_list = {"c"};
  world.run_until([&] {
    return std::all_of(waits.begin(), waits.end(), [](auto const& w) { return w->done(); });
  });
  for (auto const& w : waits) EXPECT_TRUE(w->value && w->value->has_value());
  EXPECT_GT(std::count(requests.begin(), requests.end(), "/api/2.0/things/get?id=c"), 2);
  EXPECT_EQ(std::count(requests.begin(), requests.end(), "/api/2.0/things/get?id=a"), 0);
}

TEST_F(waiter_test, whoever_may_not_list_may_still_wait) {
  list_refused = true;
  script["a"][10s] = script["b"][10s] = "READY";
  auto const a = world.start(wait("a"));
  auto const b = world.start(wait("b"));
  world.run_until([&] { return a->done() && b->done(); });
  EXPECT_TRUE(a->value->has_value() && b->value->has_value());
  EXPECT_EQ(lists(), 1U);
}

TEST_F(waiter_test, what_the_server_refuses_for_good_is_asked_for_otherwise_and_never_again) {
  for (char const* id : {"a", "b", "c"}) script[id][20s] = "READY";
  std::vector<std::shared_ptr<test::virtual_world::running<result<thing>>>> waits;
  for (char const* id : {"a", "b", "c"}) {
    auto what = request(id);
    what.kind = &newer_things;
    waits.push_back(world.start(watch_for<thing>(core, std::move(what))));
  }
  world.run_for(2min);
  for (auto const& one : waits) {
    ASSERT_TRUE(one->value.has_value());
    EXPECT_TRUE(one->value->has_value()) << one->value->error();
  }
  auto const refused = std::count_if(requests.begin(), requests.end(), [](auto const& target) {
    return target.starts_with("/api/2.1/");
  });
  EXPECT_GE(refused, 1);
  EXPECT_LE(refused, 3) << "those that were under way with the first";
  EXPECT_GE(lists(), 1U);
}

TEST_F(waiter_test, what_is_hastened_is_looked_at_at_the_faster_pace_from_then_on) {
  script["a"][20s] = "READY";
  wait_options slow;
  slow.interval = 10min;
  slow.interval_max = 10min;
  auto what = request("a", slow);
  what.fresh = true;
  std::optional<instant> over;
  auto const entry = std::make_shared<watch_entry>(std::move(what), world.executor(),
                                                   [this, &over](watch_event const& event) {
                                                     if (event.outcome) over = world.now();
                                                   });
  core->companion<watch_hub>().add(entry);
  world.run_for(15s);
  EXPECT_TRUE(requests.empty());
  wait_pace pace;
  pace.interval = pace.interval_max = 2s;
  core->companion<watch_hub>().hasten(entry, pace);
  world.run_for(10s);
  ASSERT_TRUE(over.has_value());
  EXPECT_LE(*over, begin + 25s);
  core->companion<watch_hub>().hasten(entry, pace);
  auto const asked = requests.size();
  world.run_for(10min);
  EXPECT_EQ(requests.size(), asked) << "it has ended";
}

TEST_F(waiter_test, cancelling_one_wait_leaves_the_others) {
  script["a"][30s] = "READY";
  auto const first = world.start(wait("a"));
  auto const second = world.start(wait("a"));
  world.run_for(5s);
  first->stop.emit(asio::cancellation_type::terminal);
  world.run_for(10ms);
  ASSERT_TRUE(first->done());
  EXPECT_FALSE(second->done());
  if (first->value) {
    EXPECT_EQ(first->value->error().code(), errc::cancelled);
  }
  world.run_until([&] { return second->done(); });
  EXPECT_TRUE(second->value->has_value());
}

TEST_F(waiter_test, nothing_is_asked_for_when_nobody_waits_any_longer) {
  script["a"][1h] = "READY";
  for (int step = 0; step < 30; ++step) {
    auto const one = world.start(wait("a"));
    world.run_for(step * 7ms);
    one->stop.emit(asio::cancellation_type::terminal);
    world.run_for(1s);
    ASSERT_TRUE(one->done()) << step;
  }
  auto const before = requests.size();
  world.run_for(10min);
  EXPECT_EQ(requests.size(), before);
}

struct diary final : wait_observer {
  std::vector<std::string> states;
  void changed(wait_progress const& now) override {
    EXPECT_EQ(now.what, "thing a");
    states.emplace_back(now.state);
  }
};

TEST_F(waiter_test, an_observer_hears_of_each_change_once) {
  script["a"][20s] = "COOKING";
  script["a"][60s] = "READY";
  diary seen;
  wait_options options;
  options.observer = &seen;
  EXPECT_TRUE(world.run(wait("a", options)).has_value());
  EXPECT_EQ(seen.states, (std::vector<std::string>{"PENDING", "COOKING", "READY"}));
}

struct thrower final : wait_observer {
  void changed(wait_progress const& /*now*/) override { throw std::runtime_error("mine"); }
};

TEST_F(waiter_test, what_an_observer_throws_ends_its_own_wait_and_no_other) {
  script["a"][30s] = "READY";
  thrower bad;
  wait_options options;
  options.observer = &bad;
  auto const other = world.start(wait("a"));
  EXPECT_THROW((void)world.run(wait("a", options)), std::runtime_error);
  world.run_until([&] { return other->done(); });
  EXPECT_TRUE(other->value && other->value->has_value());
  auto const before = requests.size();
  world.run_for(10min);
  EXPECT_EQ(requests.size(), before) << "nobody waits any longer";
}

TEST_F(waiter_test, a_closed_workspace_ends_its_waits_at_once_and_takes_no_more) {
  script["a"][1h] = "READY";
  auto const one = world.start(wait("a"));
  auto const other = world.start(wait("a"));
  world.run_for(10min + 1s);  // by now the next look is half a minute away
  auto const closed_at = world.now();
  (void)world.run(engine::close(core, 1s));
  auto const late = world.start(wait("a"));
  world.settle();
  for (auto const& w : {one, other, late}) {
    ASSERT_TRUE(w->value.has_value());
    EXPECT_EQ(w->value->error().code(), errc::closed);
  }
  EXPECT_LE(world.now() - closed_at, 1s);
}

struct own_loop final : waiter_test {
  void TestBody() override {}
};

TEST(waiter_lifetime, a_loop_may_be_destroyed_under_a_wait) {
  for (auto const after : {0ms, 10ms, 1'000ms, 90'000ms}) {
    std::weak_ptr<engine> left;
    {
      own_loop inner;
      inner.script["a"][1h] = "READY";
      left = inner.core;
      auto const one = inner.world.start(inner.wait("a"));
      if (after > 0ms) inner.world.run_for(after);
      EXPECT_FALSE(one->done());
    }
    EXPECT_TRUE(left.expired()) << after.count();
  }
}

TEST(wait_options, those_that_can_never_work_are_refused_by_name) {
  auto const refused = [](auto change) {
    wait_options o;
    change(o);
    try {
      validate(o);
    } catch (std::invalid_argument const& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(refused([](wait_options&) {}), "");
  EXPECT_NE(refused([](wait_options& o) { o.timeout = 0ms; }).find("timeout"), std::string::npos);
  EXPECT_NE(refused([](wait_options& o) { o.interval = 0ms; }).find("interval"), std::string::npos);
  EXPECT_NE(refused([](wait_options& o) { o.interval_max = 1ms; }).find("interval_max"),
            std::string::npos);
  EXPECT_NE(refused([](wait_options& o) { o.growth = 0.5; }).find("growth"), std::string::npos);
  EXPECT_NE(refused([](wait_options& o) { o.poll_share = 0; }).find("poll_share"),
            std::string::npos);
}

}  // namespace
}  // namespace kiln
