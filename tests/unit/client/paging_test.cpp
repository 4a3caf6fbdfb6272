#include "client/paging.hpp"

#include "unit/client/scripted_engine.hpp"

namespace kiln {
namespace {

using namespace std::chrono_literals;
using client_tests::response;

struct item {
  std::string id;
};
struct list {
  static constexpr endpoint at{verb::get, "/api/2.1/things/{kind}/list", repeat::safe, lane::bulk};
  struct response {
    std::vector<item> things;
    std::string next_page_token;
  };
  std::string_view kind;
  std::string_view filter;
  std::optional<std::int32_t> limit{};
  std::string_view page_token{};
};
struct search {
  static constexpr endpoint at{verb::post, "/api/2.0/things/search", repeat::safe};
  using response = list::response;
  std::vector<std::string> ids;
  std::optional<std::int32_t> max_results{};
  std::string page_token{};
};
void fields(auto& io, item& v) { io("id", v.id); }
void fields(auto& io, list& v) {
  io("kind", v.kind);
  io("filter", v.filter);
  io("limit", v.limit);
  io("page_token", v.page_token);
}
void fields(auto& io, list::response& v) {
  io("things", v.things);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, search& v) {
  io("ids", v.ids);
  io("max_results", v.max_results);
  io("page_token", v.page_token);
}

std::string page(std::initializer_list<std::string_view> ids, std::string_view token = {}) {
  std::string out = "{\"things\":[";
  for (auto const id : ids) {
    if (out.back() == '}') out += ',';
    out += "{\"id\":\"" + std::string(id) + "\"}";
  }
  out += "]";
  if (!token.empty()) out += ",\"next_page_token\":\"" + std::string(token) + "\"";
  return out + "}";
}

struct paging_test : client_tests::scripted_engine {
  using items = result<std::vector<item>>;
  std::shared_ptr<engine> core = make();

  [[nodiscard]] pages<item> open(std::int64_t limit = 0) const {
    list request;
    request.kind = "big ones";
    request.filter = "x";
    return paginate<&list::response::things>(core, request, by_token("limit", 25), limit, {});
  }
  static std::string ids(items const& page) {
    if (page.has_error()) return "error " + page.error().describe();
    std::string out;
    for (auto const& one : *page) out += one.id;
    return out;
  }
  void give(std::string body, duration takes = 10ms) {
    wire->answer(response(200, std::move(body)), takes);
  }
};

TEST_F(paging_test, nothing_is_sent_before_the_first_next) {
  {
    auto const listing = open();
    world.run_for(10s);
  }
  world.run_for(10s);
  EXPECT_TRUE(wire->seen.empty());
}

TEST_F(paging_test, gives_page_after_page_and_then_nothing) {
  give(page({"a", "b"}, "t1"));
  give(page({"c"}, "t2"));
  give(page({}));
  auto const listing = open();
  EXPECT_EQ(ids(world.run(listing.next())), "ab");
  EXPECT_EQ(ids(world.run(listing.next())), "c");
  EXPECT_EQ(ids(world.run(listing.next())), "");
  EXPECT_EQ(ids(world.run(listing.next())), "");
  ASSERT_EQ(wire->seen.size(), 3U);
  EXPECT_EQ(wire->seen[0].target, "/api/2.1/things/big%20ones/list?filter=x&limit=25");
  EXPECT_EQ(wire->seen[2].target,
            "/api/2.1/things/big%20ones/list?filter=x&limit=25&page_token=t2");
}

TEST_F(paging_test, is_one_page_ahead_and_no_more) {
  give(page({"a"}, "t1"));
  give(page({"b"}, "t2"));
  give(page({"c"}, "t3"));
  auto const listing = open();
  EXPECT_EQ(ids(world.run(listing.next())), "a");
  world.run_for(10s);
  EXPECT_EQ(wire->seen.size(), 2U);
  auto const before = world.now();
  EXPECT_EQ(ids(world.run(listing.next())), "b");
  EXPECT_EQ(world.now(), before) << "the page was there already";
  world.run_for(10s);
  EXPECT_EQ(wire->seen.size(), 3U);
}

TEST_F(paging_test, the_page_ahead_is_withdrawn_with_the_handle) {
  give(page({"a"}, "t1"));
  give(page({"b"}), 10s);
  {
    auto const listing = open();
    EXPECT_EQ(ids(world.run(listing.next())), "a");
    world.run_for(1s);
  }
  world.run_for(1s);
  EXPECT_EQ(wire->seen.size(), 2U);
  EXPECT_EQ(wire->cancelled, 1);
  EXPECT_EQ(core->stats().in_flight, 0U);
}

TEST_F(paging_test, a_task_outlives_its_handle) {
  give(page({"a"}, "t1"));
  give(page({"b"}));
  auto const running = world.start(open().all());
  world.run_until([&] { return running->done(); });
  ASSERT_TRUE(running->value.has_value());
  EXPECT_EQ(ids(*running->value), "ab");
}

TEST_F(paging_test, skips_pages_without_items) {
  give(page({}, "t1"));
  give(page({}, "t2"));
  give(page({"a"}, "t3"));
  give(page({}, "t4"));
  give(page({}));
  auto const listing = open();
  EXPECT_EQ(ids(world.run(listing.next())), "a");
  EXPECT_EQ(ids(world.run(listing.next())), "");
  EXPECT_EQ(wire->seen.size(), 5U);
}

TEST_F(paging_test, a_limit_cuts_in_the_middle_of_a_page_and_asks_for_no_further_one) {
  give(page({"a", "b"}, "t1"));
  give(page({"c", "d"}, "t2"));
  auto const listing = open(3);
  EXPECT_EQ(ids(world.run(listing.next())), "ab");
  EXPECT_EQ(ids(world.run(listing.next())), "c");
  EXPECT_EQ(ids(world.run(listing.next())), "");
  world.run_for(10s);
  EXPECT_EQ(wire->seen.size(), 2U);
}

TEST_F(paging_test, all_is_the_rest) {
  give(page({"a"}, "t1"));
  give(page({"b"}, "t2"));
  give(page({"c"}));
  auto const listing = open();
  EXPECT_EQ(ids(world.run(listing.next())), "a");
  EXPECT_EQ(ids(world.run(listing.all())), "bc");
  EXPECT_EQ(ids(world.run(listing.all())), "");
}

TEST_F(paging_test, after_an_error_the_same_page_is_asked_for_again) {
  give(page({"a"}, "t1"));
  wire->answer(response(403, R"({"error_code":"PERMISSION_DENIED","message":"no"})"));
  give(page({"b"}));
  auto const listing = open();
  EXPECT_EQ(ids(world.run(listing.next())), "a");
  auto const failed = world.run(listing.next());
  ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error().code(), errc::permission_denied);
  world.run_for(10s);
  EXPECT_EQ(wire->seen.size(), 2U) << "only when asked";
  EXPECT_EQ(ids(world.run(listing.next())), "b");
  EXPECT_EQ(wire->seen[1].target, wire->seen[2].target);
}

TEST_F(paging_test, a_page_that_does_not_decode_is_asked_for_again_too) {
  give(R"({"things":[{"id":7}]})");
  give(page({"a"}));
  auto const listing = open();
  auto const failed = world.run(listing.next());
  ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error().code(), errc::decode_failed);
  EXPECT_EQ(ids(world.run(listing.next())), "a");
}

TEST_F(paging_test, a_circle_is_told_after_the_items_that_came_with_it) {
  give(page({"a"}, "t1"));
  give(page({"b"}, "t1"));
  auto const listing = open();
  EXPECT_EQ(ids(world.run(listing.next())), "a");
  EXPECT_EQ(ids(world.run(listing.next())), "b");
  for (int i = 0; i < 2; ++i) {
    auto const end = world.run(listing.next());
    ASSERT_TRUE(end.has_error());
    EXPECT_EQ(end.error().code(), errc::decode_failed);
    EXPECT_EQ(end.error().operation(), "things/{kind}/list");
    EXPECT_EQ(end.error().where(), "adb-1.example.net");
    EXPECT_NE(end.error().message().find("t1"), std::string::npos);
  }
  EXPECT_EQ(wire->seen.size(), 2U);
}

TEST_F(paging_test, cancelling_ends_the_request_and_the_next_call_asks_again) {
  give(page({"a"}, "t1"));
  give(page({"b"}, "t2"), 10s);
  give(page({"b"}));
  auto const listing = open();
  EXPECT_EQ(ids(world.run(listing.next())), "a");
  auto const waiting = world.start(listing.next());
  world.run_for(1s);
  waiting->stop.emit(asio::cancellation_type::terminal);
  world.run_for(1s);
  ASSERT_TRUE(waiting->done());
  EXPECT_EQ(wire->cancelled, 1);
  EXPECT_EQ(ids(world.run(listing.next())), "b");
  EXPECT_EQ(wire->seen[1].target, wire->seen[2].target);
}

TEST_F(paging_test, cancelled_at_any_moment_nothing_is_left_and_it_can_go_on) {
  for (int step = 0; step < 40; ++step) {
    wire->steps.clear();
    give(page({"a"}, "t1"));
    auto const listing = open();
    auto const waiting = world.start(listing.next());
    world.run_for(step * 500us);
    waiting->stop.emit(asio::cancellation_type::terminal);
    world.run_for(1s);
    ASSERT_TRUE(waiting->done()) << step;
    wire->steps.clear();
    give(page({"z"}));
    if (!waiting->value || waiting->value->has_error()) {
      EXPECT_EQ(ids(world.run(listing.next())), "z") << step;
    }
    EXPECT_EQ(core->stats().in_flight + core->stats().waiting, 0U) << step;
  }
}

TEST_F(paging_test, one_call_at_a_time) {
  give(page({"a"}), 1s);
  auto const listing = open();
  auto const first = world.start(listing.next());
  world.run_for(1ms);
  auto const second = world.run(listing.next());
  ASSERT_TRUE(second.has_error());
  EXPECT_EQ(second.error().code(), errc::invalid_argument);
  world.run_until([&] { return first->done(); });
  EXPECT_EQ(ids(*first->value), "a");
}

TEST_F(paging_test, a_closed_workspace_ends_a_listing) {
  give(page({"a"}, "t1"));
  give(page({"b"}), 10s);
  auto const listing = open();
  EXPECT_EQ(ids(world.run(listing.next())), "a");
  (void)world.run(engine::close(core, 1ms));
  auto const end = world.run(listing.next());
  ASSERT_TRUE(end.has_error());
  EXPECT_EQ(end.error().code(), errc::closed);
}

struct own_loop final : paging_test {
  void TestBody() override {}
};

asio::awaitable<bool> read_one(std::shared_ptr<pages<item>> from, std::shared_ptr<int> held) {
  auto const got = co_await from->next();
  co_return got.has_value() && *held == 1;
}

TEST(paging_lifetime, a_loop_may_be_destroyed_under_a_listing) {
  std::weak_ptr<int> coroutine;
  std::weak_ptr<engine> core;
  {
    own_loop inner;
    inner.give(page({"a"}), 1h);
    auto held = std::make_shared<int>(1);
    coroutine = held;
    core = inner.core;
    auto const waiting =
        inner.world.start(read_one(std::make_shared<pages<item>>(inner.open()), std::move(held)));
    inner.world.run_for(1s);
    EXPECT_FALSE(waiting->done());
    EXPECT_FALSE(coroutine.expired());
  }
  EXPECT_TRUE(coroutine.expired());
  EXPECT_TRUE(core.expired());
}

TEST_F(paging_test, a_request_that_is_a_body_keeps_the_rest_of_it_on_every_page) {
  give(page({"a"}, "n"));
  give(page({"b"}));
  search request;
  request.ids = {"1", "2"};
  request.max_results = 7;
  request.page_token = "start";
  auto const listing = paginate<&list::response::things>(
      core, request, by_token("max_results", 1000), 0, call_options());
  EXPECT_EQ(ids(world.run(listing.all())), "ab");
  ASSERT_EQ(wire->seen.size(), 2U);
  EXPECT_EQ(wire->seen[0].body, R"({"ids":["1","2"],"max_results":7,"page_token":"start"})");
  EXPECT_EQ(wire->seen[1].body, R"({"ids":["1","2"],"max_results":7,"page_token":"n"})");
  EXPECT_EQ(http::find(wire->seen[1].headers, "content-type"), "application/json");
}

}  // namespace
}  // namespace kiln
