// The pool and its connections over streams in memory, in virtual time.
#include "net/pool.hpp"
#include "support/memory_stream.hpp"
#include "support/virtual_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

namespace kiln::net {
namespace {

using namespace std::chrono_literals;
using test::memory_fault;
using test::memory_stream;

std::string ok(std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

// Serves one connection after the other as `serve` says; a server is a coroutine of the world.
struct pool_test : testing::Test {
  test::virtual_world world;
  timers& clock = *world.clock();
  test::memory_link link{.latency = 5ms, .chunk_max = 0, .window = 65536, .seed = 1};
  std::function<asio::awaitable<void>(memory_stream&, int)> serve;
  int accepted = 0;
  std::vector<std::unique_ptr<memory_stream>> servers;
  std::vector<std::shared_ptr<test::virtual_world::running<int>>> serving;
  std::unique_ptr<test::memory_network> network;
  timeout_options timeouts;
  pool_options options;
  std::unique_ptr<pool> p;
  http::request get;
  attempt_options attempt;

  pool_test() {
    get.target = "/api/2.0/clusters/list";
    get.host = "server.test";
    serve = [](memory_stream& s, int) { return answer_all(s, ok("hello")); };
  }
  ~pool_test() override {
    if (p) p->close();
    world.run_for(2h);  // until no server sleeps any more: nobody may outlive the loop
    servers.clear();
  }

  pool& make() {
    network = std::make_unique<test::memory_network>(
        clock, link, [this](std::unique_ptr<memory_stream> far, origin const&) {
          auto& s = *servers.emplace_back(std::move(far));
          serving.push_back(world.start(wrap(serve(s, accepted++))));
        });
    origin to;
    to.host = "server.test";
    p = std::make_unique<pool>(world.executor(), clock, *network, to, timeouts, options);
    return *p;
  }
  static asio::awaitable<int> wrap(asio::awaitable<void> work) {
    co_await std::move(work);
    co_return 0;
  }

  static asio::awaitable<std::string> read_head(memory_stream& s) {
    std::string in;
    std::array<std::byte, 4096> buffer;
    while (in.find("\r\n\r\n") == std::string::npos) {
      auto const n = co_await s.read_some(buffer);
      if (!n || *n == 0) co_return std::string();
      in.append(reinterpret_cast<char const*>(buffer.data()), *n);
    }
    co_return in;
  }
  static asio::awaitable<void> say(memory_stream& s, std::string text) {
    (void)co_await s.write(std::as_bytes(std::span(text)));
  }
  static asio::awaitable<void> answer_all(memory_stream& s, std::string answer) {
    while (true) {
      auto const head = co_await read_head(s);
      if (head.empty()) break;
      co_await say(s, answer);
    }
    s.close();
  }

  attempt_outcome once() { return world.run(p->perform(get, attempt)); }
};

TEST_F(pool_test, one_connection_carries_many_exchanges) {
  make();
  for (int i = 0; i < 20; ++i) {
    auto const out = once();
    ASSERT_TRUE(out.reply) << out.reply.error();
    EXPECT_EQ(out.reply->body, "hello");
    EXPECT_EQ(out.sent, http::sent::all);
    EXPECT_TRUE(out.response_started);
    EXPECT_EQ(out.reused_connection, i > 0);
  }
  EXPECT_EQ(network->connects(), 1);
  EXPECT_EQ(p->core().idle(), 1U);
}

TEST_F(pool_test, never_has_more_connections_than_it_may) {
  options.connections_max = 3;
  make();
  std::vector<std::shared_ptr<test::virtual_world::running<attempt_outcome>>> all;
  for (int i = 0; i < 50; ++i) all.push_back(world.start(p->perform(get, attempt)));
  world.run_until([&] {
    EXPECT_LE(p->core().lent() + p->core().opening() + p->core().idle(), 3U);
    return std::all_of(all.begin(), all.end(), [](auto const& r) { return r->done(); });
  });
  for (auto const& r : all) EXPECT_TRUE(r->value && r->value->reply);
  EXPECT_EQ(network->connects(), 3);
}

TEST_F(pool_test, a_connection_the_server_closed_while_idle_is_not_used) {
  make();
  ASSERT_TRUE(once().reply);
  servers[0]->close();
  world.run_for(10ms);
  auto const out = once();
  ASSERT_TRUE(out.reply);
  EXPECT_FALSE(out.reused_connection);
  EXPECT_EQ(network->connects(), 2);
}

TEST_F(pool_test, a_connection_with_unasked_bytes_is_not_used) {
  make();
  ASSERT_TRUE(once().reply);
  world.run(wrap(say(*servers[0], ok("poison"))));
  world.run_for(10ms);
  auto const out = once();
  ASSERT_TRUE(out.reply);
  EXPECT_EQ(out.reply->body, "hello");
  EXPECT_EQ(network->connects(), 2);
}

TEST_F(pool_test, idle_connections_are_closed_after_their_time) {
  options.idle_max = 55s;
  make();
  ASSERT_TRUE(once().reply);
  world.run_for(54s);
  EXPECT_EQ(p->core().idle(), 1U);
  world.run_for(2s);
  EXPECT_EQ(p->core().idle(), 0U);
  EXPECT_TRUE(servers[0]->closed());
}

TEST_F(pool_test, a_fresh_connection_is_opened_when_asked_for) {
  make();
  ASSERT_TRUE(once().reply);
  attempt.fresh_connection = true;
  EXPECT_FALSE(once().reused_connection);
  EXPECT_EQ(network->connects(), 2);
}

TEST_F(pool_test, connection_close_is_honoured) {
  serve = [](memory_stream& s, int) { return answer_all(s, ok("x", "Connection: close\r\n")); };
  make();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(once().reply);
  EXPECT_EQ(network->connects(), 3);
  EXPECT_EQ(p->core().idle(), 0U);
}

TEST_F(pool_test, a_failed_connect_is_told_and_the_next_waiter_tries) {
  options.connections_max = 1;
  make();
  network->refuse(1, error(errc::connect_failed, "nobody listens"));
  auto const first = world.start(p->perform(get, attempt));
  auto const second = world.start(p->perform(get, attempt));
  world.run_until([&] { return first->done() && second->done(); });
  EXPECT_EQ(first->value->reply.error().code(), errc::connect_failed);
  EXPECT_EQ(first->value->sent, http::sent::nothing);
  EXPECT_TRUE(second->value->reply);
}

TEST_F(pool_test, a_shortage_of_descriptors_makes_attempts_share_what_connections_there_are) {
  options.connections_max = 10;
  make();
  ASSERT_TRUE(once().reply);
  network->refuse(-1, error(errc::out_of_resources, "Too many open files"));
  std::vector<std::shared_ptr<test::virtual_world::running<attempt_outcome>>> all;
  for (int i = 0; i < 50; ++i) all.push_back(world.start(p->perform(get, attempt)));
  world.run_until(
      [&] { return std::all_of(all.begin(), all.end(), [](auto const& r) { return r->done(); }); });
  for (auto const& r : all) EXPECT_TRUE(r->value && r->value->reply);
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(network->connects(), 10) << "who fell short tried again before the second was over";
  EXPECT_EQ(p->core().lent() + p->core().opening() + p->core().waiting(), 0U);
}

TEST_F(pool_test, a_shortage_that_ends_is_forgotten_and_those_who_wait_open_connections) {
  options.connections_max = 4;
  serve = [this](memory_stream& s, int) -> asio::awaitable<void> {
    while (true) {
      auto const head = co_await read_head(s);
      if (head.empty()) break;
      co_await clock.sleep_until(world.now() + 10s);
      co_await say(s, ok("late"));
    }
  };
  make();
  auto const first = world.start(p->perform(get, attempt));
  world.run_for(1s);
  network->refuse(3, error(errc::out_of_resources, "Too many open files"));
  std::vector<std::shared_ptr<test::virtual_world::running<attempt_outcome>>> others;
  for (int i = 0; i < 3; ++i) others.push_back(world.start(p->perform(get, attempt)));
  world.run_for(500ms);
  EXPECT_EQ(p->core().waiting(), 3U);
  world.run_for(1s);
  EXPECT_EQ(p->core().waiting(), 0U);
  EXPECT_EQ(p->core().lent(), 4U);
  world.run_for(12s);
  EXPECT_TRUE(first->done() && first->value->reply);
  for (auto const& r : others) EXPECT_TRUE(r->done() && r->value->reply);
}

TEST_F(pool_test, a_shortage_with_no_other_connection_is_told) {
  make();
  network->refuse(-1, error(errc::out_of_resources, "Too many open files"));
  std::vector<std::shared_ptr<test::virtual_world::running<attempt_outcome>>> all;
  for (int i = 0; i < 5; ++i) all.push_back(world.start(p->perform(get, attempt)));
  world.run_until(
      [&] { return std::all_of(all.begin(), all.end(), [](auto const& r) { return r->done(); }); });
  for (auto const& r : all) {
    ASSERT_TRUE(r->value);
    EXPECT_EQ(r->value->reply.error().code(), errc::out_of_resources);
    EXPECT_EQ(r->value->sent, http::sent::nothing);
  }
  EXPECT_EQ(p->core().opening() + p->core().waiting(), 0U);
}

TEST_F(pool_test, a_missing_first_byte_names_its_limit) {
  serve = [](memory_stream& s, int) -> asio::awaitable<void> { (void)co_await read_head(s); };
  timeouts.first_byte = 3s;
  make();
  auto const begin = world.now();
  auto const out = once();
  ASSERT_FALSE(out.reply);
  EXPECT_EQ(out.reply.error().code(), errc::timed_out);
  EXPECT_NE(out.reply.error().message().find("timeouts.first_byte"), std::string::npos);
  EXPECT_EQ(out.reply.error().where(), "server.test:443");
  EXPECT_EQ(out.sent, http::sent::all);
  EXPECT_FALSE(out.response_started);
  EXPECT_NEAR(static_cast<double>((world.now() - begin).count()), 3.01e9, 1e7);
  EXPECT_EQ(p->core().idle() + p->core().lent(), 0U);
}

TEST_F(pool_test, an_answer_that_stops_names_its_limit) {
  serve = [](memory_stream& s, int) -> asio::awaitable<void> {
    (void)co_await read_head(s);
    co_await say(s, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  };
  make();
  auto const out = once();
  ASSERT_FALSE(out.reply);
  EXPECT_NE(out.reply.error().message().find("timeouts.idle_read"), std::string::npos);
  EXPECT_TRUE(out.response_started);
}

TEST_F(pool_test, a_server_that_reads_nothing_ends_in_the_write_limit) {
  serve = [this](memory_stream&, int) -> asio::awaitable<void> {
    co_await clock.sleep_until(world.now() + 1h);
  };
  make();
  get.method = verb::post;
  get.body.assign(1 << 20, 'x');
  auto const out = once();
  ASSERT_FALSE(out.reply);
  EXPECT_NE(out.reply.error().message().find("timeouts.write"), std::string::npos)
      << out.reply.error();
  EXPECT_EQ(out.sent, http::sent::part);
}

TEST_F(pool_test, a_slow_reader_is_no_write_timeout) {
  serve = [this](memory_stream& s, int) -> asio::awaitable<void> {
    std::array<std::byte, 8192> buffer;
    for (std::size_t got = 0; got < (1U << 20);) {  // 20 s a read: 2,560 s in all
      co_await clock.sleep_until(world.now() + 20s);
      auto const n = co_await s.read_some(buffer);
      if (!n || *n == 0) co_return;
      got += *n;
    }
    co_await say(s, ok("at last"));
  };
  timeouts.first_byte = 10min;  // the last window of bytes is read after the write has ended
  make();
  get.method = verb::post;
  get.body.assign(1 << 20, 'x');
  auto const out = once();
  ASSERT_TRUE(out.reply) << out.reply.error();
  EXPECT_EQ(out.reply->body, "at last");
}

TEST_F(pool_test, an_early_refusal_stops_a_streamed_body) {
  serve = [](memory_stream& s, int) -> asio::awaitable<void> {
    (void)co_await read_head(s);
    co_await say(s, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
  };
  make();
  std::vector<std::byte> const content(8U << 20);
  get.method = verb::post;
  get.source = make_memory_source(content);
  auto const out = once();
  ASSERT_TRUE(out.reply) << out.reply.error();
  EXPECT_EQ(out.reply->status, 413);
  EXPECT_EQ(out.reply->body, "no");
  EXPECT_EQ(out.sent, http::sent::part);
  EXPECT_EQ(p->core().idle(), 0U);
}

TEST_F(pool_test, the_attempts_deadline_covers_waiting_connecting_and_the_exchange) {
  options.connections_max = 1;
  serve = [](memory_stream& s, int) -> asio::awaitable<void> { (void)co_await read_head(s); };
  make();
  attempt.deadline = world.now() + 2s;
  auto const exchanging = world.start(p->perform(get, attempt));
  auto const waiting = world.start(p->perform(get, attempt));
  world.run_until([&] { return exchanging->done() && waiting->done(); });
  EXPECT_EQ(world.now(), attempt.deadline);
  EXPECT_EQ(exchanging->value->reply.error().code(), errc::deadline_exceeded);
  EXPECT_EQ(waiting->value->reply.error().code(), errc::deadline_exceeded);
  EXPECT_EQ(waiting->value->sent, http::sent::nothing);
  network->delay(1h);
  attempt.deadline = world.now() + 2s;
  auto const connecting = once();
  EXPECT_EQ(connecting.reply.error().code(), errc::deadline_exceeded);
  EXPECT_EQ(world.now(), attempt.deadline);
  EXPECT_EQ(p->core().opening(), 0U);
}

// Cancelled at any moment of its life, an attempt ends soon and leaves a pool that works.
TEST_F(pool_test, survives_cancellation_at_every_step) {
  options.connections_max = 1;
  link.chunk_max = 7;
  make();
  for (auto at = 0ms; at < 40ms; at += 1ms) {
    SCOPED_TRACE(at.count());
    auto const other = world.start(p->perform(get, attempt));
    auto const r = world.start(p->perform(get, attempt));
    world.run_for(at);
    r->stop.emit(asio::cancellation_type::terminal);
    world.settle();
    world.run_until([&] { return r->done() && other->done(); });
    ASSERT_TRUE(r->done());
    if (r->value && !r->value->reply) {
      EXPECT_EQ(r->value->reply.error().code(), errc::cancelled) << r->value->reply.error();
    }
    ASSERT_TRUE(other->value && other->value->reply) << "cancelling one hurt the other";
    ASSERT_TRUE(once().reply);
    EXPECT_EQ(p->core().lent() + p->core().opening() + p->core().waiting(), 0U);
  }
}

TEST_F(pool_test, survives_cancellation_at_every_step_of_a_shortage) {
  options.connections_max = 2;
  make();
  for (auto at = 0ms; at < 40ms; at += 1ms) {
    SCOPED_TRACE(at.count());
    auto const other = world.start(p->perform(get, attempt));
    world.run_until([&] { return p->core().lent() == 1; });
    network->refuse(1, error(errc::out_of_resources, "Too many open files"));
    auto const r = world.start(p->perform(get, attempt));
    world.run_for(at);
    r->stop.emit(asio::cancellation_type::terminal);
    world.run_until([&] { return r->done() && other->done(); });
    network->refuse(0, error());
    ASSERT_TRUE(r->done());
    if (r->value && !r->value->reply) {
      EXPECT_EQ(r->value->reply.error().code(), errc::cancelled) << r->value->reply.error();
    }
    ASSERT_TRUE(other->value && other->value->reply) << "cancelling one hurt the other";
    ASSERT_TRUE(once().reply);
    EXPECT_EQ(p->core().lent() + p->core().opening() + p->core().waiting(), 0U);
  }
}

TEST_F(pool_test, close_ends_every_attempt_wherever_it_is) {
  options.connections_max = 2;
  serve = [](memory_stream& s, int) -> asio::awaitable<void> { (void)co_await read_head(s); };
  make();
  auto const exchanging = world.start(p->perform(get, attempt));
  world.run_for(1s);
  network->delay(1h);
  auto const connecting = world.start(p->perform(get, attempt));
  auto const waiting = world.start(p->perform(get, attempt));
  world.run_for(1s);
  EXPECT_EQ(p->core().waiting(), 1U);
  p->close();
  world.settle();
  for (auto const& r : {exchanging, connecting, waiting}) {
    ASSERT_TRUE(r->done());
    EXPECT_EQ(r->value->reply.error().code(), errc::closed) << r->value->reply.error();
  }
  EXPECT_EQ(once().reply.error().code(), errc::closed);
  EXPECT_EQ(p->core().lent() + p->core().opening() + p->core().waiting(), 0U);
}

TEST_F(pool_test, a_reset_or_an_end_in_the_answer_is_a_lost_connection) {
  for (auto const fault : {memory_fault::close, memory_fault::reset}) {
    serve = [fault](memory_stream& s, int) -> asio::awaitable<void> {
      (void)co_await read_head(s);
      s.break_after(60, fault);
      co_await say(s, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
    };
    make();
    auto const out = once();
    ASSERT_FALSE(out.reply);
    EXPECT_EQ(out.reply.error().code(), errc::connection_lost) << out.reply.error();
    EXPECT_EQ(out.sent, http::sent::all);
    p->close();
  }
}

}  // namespace
}  // namespace kiln::net
