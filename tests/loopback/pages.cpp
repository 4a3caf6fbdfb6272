#include "client/paging.hpp"
#include "loopback/engine_support.hpp"
#include "support/hostile_server.hpp"

#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <future>

// Pages through real sockets, with loops of several threads.
namespace kiln {
namespace {

using namespace std::chrono_literals;

struct number {
  std::int64_t n = 0;
};
struct list_numbers {
  static constexpr endpoint at{verb::get, "/api/2.1/numbers/list", repeat::safe};
  struct response {
    std::vector<number> numbers;
    bool has_more = false;
  };
  std::optional<std::int64_t> offset{};
  std::optional<std::int64_t> limit{};
};
void fields(auto& io, number& v) { io("n", v.n); }
void fields(auto& io, list_numbers& v) {
  io("offset", v.offset);
  io("limit", v.limit);
}
void fields(auto& io, list_numbers::response& v) {
  io("numbers", v.numbers);
  io("has_more", v.has_more);
}

/// Lists the numbers from 0 to `count`, at most ten a page; every `drop_each`-th request is
/// dropped.
struct counting_server {
  explicit counting_server(std::int64_t numbers, int dropping = 0)
      : count(numbers), drop_each(dropping) {}

  void serve(test::hostile_connection& c) {
    for (auto request = c.read_request(); !request.empty(); request = c.read_request()) {
      int const serial = ++requests;
      if (drop_each > 0 && serial % drop_each == 0) return c.cut();
      auto const first = value_of(request, "offset=");
      auto const last =
          std::min(count, first + std::min<std::int64_t>(10, value_of(request, "limit=")));
      std::string body = "{\"numbers\":[";
      for (auto i = first; i < last; ++i) {
        body += (i == first ? "{\"n\":" : ",{\"n\":") + std::to_string(i) + "}";
      }
      body += last < count ? "],\"has_more\":true}" : "],\"has_more\":false}";
      if (!c.send(test::ok_response(body, "Content-Type: application/json\r\n"))) return;
    }
  }
  static std::int64_t value_of(std::string_view request, std::string_view name) {
    std::int64_t value = 0;
    auto const at = request.find(name);
    if (at != std::string_view::npos) {
      std::from_chars(request.data() + at + name.size(), request.data() + request.size(), value);
    }
    return value;
  }

  std::int64_t count;
  int drop_each;
  std::atomic<int> requests{0};
  test::hostile_server server{[this](test::hostile_connection& c, int) { serve(c); }};
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server.port());
  }
};

pages<number> open(workspace const& ws, std::int64_t limit = 0) {
  list_numbers request;
  return paginate<&list_numbers::response::numbers>(ws.core(), request, by_offset(100), limit, {});
}

std::vector<std::int64_t> read_through(workspace const& ws, pages<number> const& from) {
  std::vector<std::int64_t> out;
  for (int page = 0; page < 1'000; ++page) {
    auto const got = engine_tests::wait(ws, from.next());
    if (got.has_error()) {
      ADD_FAILURE() << got.error().describe();
      return out;
    }
    if (got->empty()) return out;
    for (auto const& one : *got) out.push_back(one.n);
  }
  ADD_FAILURE() << "there is no end";
  return out;
}

std::vector<std::int64_t> up_to(std::int64_t count) {
  std::vector<std::int64_t> out;
  for (std::int64_t i = 0; i < count; ++i) out.push_back(i);
  return out;
}

TEST(pages_loopback, gives_every_item_once_over_connections_that_break) {
  counting_server server(503, 7);
  runtime loop;
  workspace const ws(loop, engine_tests::quick_options(server.url(), "dapi0"));
  EXPECT_EQ(read_through(ws, open(ws)), up_to(503));
  auto const all = engine_tests::wait(ws, open(ws).all());
  ASSERT_TRUE(all.has_value()) << all.error().describe();
  EXPECT_EQ(all->size(), 503U);
}

TEST(pages_loopback, a_limit_costs_no_request_too_many) {
  counting_server server(503);
  runtime loop;
  workspace const ws(loop, engine_tests::quick_options(server.url(), "dapi0"));
  EXPECT_EQ(read_through(ws, open(ws, 25)), up_to(25));
  EXPECT_EQ(server.requests.load(), 3);
}

TEST(pages_loopback, many_listings_at_once_on_a_pool_of_threads) {
  counting_server server(95);
  asio::thread_pool pool(3);
  {
    workspace const ws(pool.get_executor(), engine_tests::quick_options(server.url(), "dapi0"));
    std::vector<pages<number>> listings;
    std::vector<std::future<std::vector<number>>> first;
    std::vector<std::future<std::vector<number>>> rest;
    for (int i = 0; i < 40; ++i) listings.push_back(open(ws));
    for (auto const& one : listings) first.push_back(ws.start(one.next()));
    for (auto& one : first) EXPECT_EQ(one.get().size(), 10U);
    // Half of the handles go while a page is on its way to them.
    listings.erase(listings.begin(), listings.begin() + 20);
    for (auto const& one : listings) rest.push_back(ws.start(one.all()));
    for (auto& one : rest) EXPECT_EQ(one.get().size(), 85U);
    listings.clear();
    ws.start(ws.close(5s)).get();
  }
  pool.join();
}

}  // namespace
}  // namespace kiln
