// Real sockets and real TLS on loopback.
#include "net/connector.hpp"
#include "net/pool.hpp"
#include "net/side_task.hpp"
#include "net/tls_stream.hpp"
#include "support/hostile_server.hpp"
#include "support/run_coroutine.hpp"
#include "support/test_certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace kiln::net {
namespace {

using namespace std::chrono_literals;
using test::hostile_connection;
using test::hostile_server;
using test::ok_response;
using test::run_coroutine;
using stream_result = result<std::unique_ptr<byte_stream>>;

test::test_certificates& certificates() {
  static test::test_certificates all;
  return all;
}

hostile_server::options with_tls(test::test_certificates::identity id) {
  hostile_server::options out;
  out.tls = true;
  out.identity = std::move(id);
  return out;
}

void answer_all(hostile_connection& c, int) {
  while (!c.read_request().empty()) c.send(ok_response("hello"));
}

struct sockets : testing::Test {
  asio::io_context loop{1};
  std::unique_ptr<timers> clock = make_real_timers(loop.get_executor());
  timeout_options timeouts;
  pool_options options;
  tls_options tls{certificates().ca_file()};
  proxy_options proxy;
  std::unique_ptr<connector> connects;
  std::unique_ptr<transport> line;
  http::request get;
  attempt_options attempt;

  sockets() {
    get.target = "/";
    get.host = "localhost";
  }
  ~sockets() override {
    if (line) line->close();
    loop.restart();
    loop.poll();
  }

  connector& make_connector_now() {
    connects = make_connector(loop.get_executor(), *clock, timeouts, options, tls, proxy);
    return *connects;
  }
  void use(origin const& to) {
    make_connector_now();
    line = make_pool(loop.get_executor(), *clock, *connects, to, timeouts, options);
  }
  static origin at(unsigned short port, bool secure, std::string host = "127.0.0.1") {
    origin out;
    out.tls = secure;
    out.host = std::move(host);
    out.port = port;
    return out;
  }
  attempt_outcome once() { return run_coroutine(loop, line->perform(get, attempt)); }
  stream_result connect(origin const& to) {
    return run_coroutine(loop, make_connector_now().connect(to));
  }
  std::string refusal(test::test_certificates::identity id, std::string host = "127.0.0.1") {
    hostile_server server(answer_all, with_tls(std::move(id)));
    auto const got = connect(at(server.port(), true, std::move(host)));
    if (got) return "accepted";
    EXPECT_EQ(got.error().code(), errc::tls_failed);
    EXPECT_NE(got.error().where().find(std::to_string(server.port())), std::string::npos);
    return got.error().message();
  }
};

bool contains(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(sockets, tls_with_a_trusted_certificate_carries_exchanges_on_one_connection) {
  hostile_server server(answer_all, with_tls(certificates().right()));
  for (char const* host : {"127.0.0.1", "localhost"}) {
    use(at(server.port(), true, host));
    int const before = server.connections();
    for (int i = 0; i < 10; ++i) {
      auto const out = once();
      ASSERT_TRUE(out.reply) << out.reply.error();
      EXPECT_EQ(out.reply->body, "hello");
      EXPECT_EQ(out.reused_connection, i > 0) << "session tickets are not unasked data";
    }
    EXPECT_EQ(server.connections(), before + 1);
    line->close();
  }
}

TEST_F(sockets, tls_refuses_certificates_that_are_not_right_and_says_why) {
  EXPECT_TRUE(contains(refusal(certificates().expired()), "expired"));
  EXPECT_TRUE(contains(refusal(certificates().not_yet_valid()), "not yet valid"));
  EXPECT_TRUE(contains(refusal(certificates().self_signed()), "self-signed"));
  EXPECT_TRUE(contains(refusal(certificates().other_host()), "127.0.0.1"));
  EXPECT_TRUE(contains(refusal(certificates().other_host(), "localhost"), "localhost"));
  EXPECT_TRUE(contains(refusal(certificates().common_name_only(), "localhost"), "localhost"));
  EXPECT_EQ(refusal(certificates().right()), "accepted");
}

TEST_F(sockets, tls_wildcards_cover_one_label) {
  test::test_certificates::wish w;
  w.names = "DNS:*.localhost";
  EXPECT_TRUE(contains(refusal(certificates().issue(w), "localhost"), "mismatch"));
}

TEST_F(sockets, tls_does_not_trust_an_unknown_authority) {
  tls.ca_file.clear();
  auto const why = refusal(certificates().right());
  EXPECT_TRUE(contains(why, "refused")) << why;
  EXPECT_TRUE(contains(why, "tls.ca_file")) << why;
}

TEST_F(sockets, an_unreadable_ca_file_is_named) {
  tls.ca_file = certificates().folder() + "/missing.pem";
  try {
    make_connector_now();
    ADD_FAILURE();
  } catch (std::invalid_argument const& e) {
    EXPECT_TRUE(contains(e.what(), "tls.ca_file"));
    EXPECT_TRUE(contains(e.what(), "missing.pem"));
  }
}

TEST_F(sockets, tls_older_than_1_2_is_refused) {
  auto o = with_tls(certificates().right());
  o.tls_version_max = TLS1_1_VERSION;
  hostile_server server(answer_all, o);
  auto const got = connect(at(server.port(), true));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::tls_failed);
}

TEST_F(sockets, tls_sessions_are_resumed_in_both_versions) {
  for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto o = with_tls(certificates().right());
    o.tls_version_max = version;
    hostile_server server(
        [](hostile_connection& c, int) {
          c.read_request();
          c.send(ok_response(c.resumed() ? "resumed" : "new", "Connection: close\r\n"));
          c.close();
        },
        o);
    use(at(server.port(), true));
    EXPECT_EQ(once().reply->body, "new");
    for (int i = 0; i < 4; ++i) EXPECT_EQ(once().reply->body, "resumed") << version;
    line->close();
  }
}

TEST_F(sockets, tls_carries_megabytes_both_ways_unharmed) {
  hostile_server server(
      [](hostile_connection& c, int) {
        auto const request = c.read_request();
        c.send(ok_response(request.substr(request.find("\r\n\r\n") + 4)));
        c.wait_for_close();
      },
      with_tls(certificates().right()));
  use(at(server.port(), true));
  get.method = verb::post;
  for (std::size_t i = 0; i < (6U << 20); ++i) get.body += static_cast<char>(i * 31 % 251);
  auto const out = once();
  ASSERT_TRUE(out.reply) << out.reply.error();
  EXPECT_TRUE(out.reply->body == get.body);
}

TEST_F(sockets, tls_cut_without_close_notify_is_no_end_of_a_body) {
  for (bool const orderly : {false, true}) {
    hostile_server server(
        [orderly](hostile_connection& c, int) {
          c.read_request();
          c.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
          orderly ? c.close() : c.cut();
        },
        with_tls(certificates().right()));
    use(at(server.port(), true));
    auto const out = once();
    EXPECT_EQ(out.reply.has_value(), orderly);
    if (!orderly) {
      EXPECT_EQ(out.reply.error().code(), errc::connection_lost);
    }
    line->close();
  }
}

TEST_F(sockets, a_handshake_that_does_not_end_names_its_limit) {
  hostile_server server([](hostile_connection& c, int) { c.wait_for_close(); });
  timeouts.handshake = 50ms;
  auto const got = connect(at(server.port(), true));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::timed_out);
  EXPECT_TRUE(contains(got.error().message(), "timeouts.handshake"));
}

TEST_F(sockets, a_server_that_speaks_no_tls_is_told_so) {
  hostile_server server([](hostile_connection& c, int) { c.send("HTTP/1.1 400 Bad\r\n\r\n"); });
  auto const got = connect(at(server.port(), true));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::tls_failed);
}

TEST_F(sockets, stale_idle_connections_are_noticed_before_they_are_used) {
  for (bool const secure : {false, true}) {
    hostile_server::options o;
    if (secure) o = with_tls(certificates().right());
    std::atomic<int> closed = 0;
    hostile_server server(
        [&closed](hostile_connection& c, int) {
          c.read_request();
          c.send(ok_response("x"));
          c.wait(20ms);
          c.close();
          ++closed;
        },
        o);
    use(at(server.port(), secure));
    for (int i = 0; i < 3; ++i) {
      auto const out = once();
      ASSERT_TRUE(out.reply) << out.reply.error();
      EXPECT_FALSE(out.reused_connection);
      while (closed <= i) std::this_thread::yield();
    }
    line->close();
  }
}

TEST_F(sockets, a_server_that_closes_every_few_requests_costs_no_call) {
  hostile_server server([](hostile_connection& c, int) {
    for (int i = 0; i < 20; ++i) {
      if (c.read_request().empty()) return;
      c.send(ok_response("x", i == 19 ? "Connection: close\r\n" : ""));
    }
  });
  use(at(server.port(), false));
  for (int i = 0; i < 200; ++i) {
    auto const out = once();
    ASSERT_TRUE(out.reply) << out.reply.error();
  }
  EXPECT_EQ(server.connections(), 10);
}

TEST_F(sockets, an_answer_sent_before_a_reset_is_read_while_the_body_is_written) {
  hostile_server server([](hostile_connection& c, int) {
    c.read_until("\r\n\r\n");
    c.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    c.wait(50ms);
    c.reset();
  });
  use(at(server.port(), false));
  std::vector<std::byte> const content(64U << 20);
  get.method = verb::post;
  get.source = make_memory_source(content);
  auto const out = once();
  ASSERT_TRUE(out.reply) << out.reply.error();
  EXPECT_EQ(out.reply->status, 413);
  EXPECT_EQ(out.sent, http::sent::part);
}

TEST_F(sockets, a_reset_in_the_answer_is_a_lost_connection) {
  hostile_server server([](hostile_connection& c, int) {
    c.read_request();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    c.wait(20ms);
    c.reset();
  });
  use(at(server.port(), false));
  auto const out = once();
  ASSERT_FALSE(out.reply);
  EXPECT_EQ(out.reply.error().code(), errc::connection_lost);
  EXPECT_TRUE(out.response_started);
  EXPECT_EQ(out.sent, http::sent::all);
}

TEST_F(sockets, connect_refused_names_host_port_and_reason) {
  auto const port = test::refused_port();
  auto const got = connect(at(port, true, "localhost"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::connect_failed);
  EXPECT_EQ(got.error().where(), "localhost:" + std::to_string(port));
  EXPECT_TRUE(contains(got.error().message(), "refused")) << got.error();
}

TEST_F(sockets, a_name_that_does_not_exist_is_named) {
  auto const got = connect(at(443, true, "no-such-host.invalid"));
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().code() == errc::resolve_failed || got.error().code() == errc::timed_out);
  EXPECT_EQ(got.error().where(), "no-such-host.invalid");
}

TEST_F(sockets, an_answer_that_never_begins_is_a_first_byte_timeout) {
  hostile_server server([](hostile_connection& c, int) { c.wait_for_close(); });
  timeouts.first_byte = 50ms;
  use(at(server.port(), false));
  auto const out = once();
  ASSERT_FALSE(out.reply);
  EXPECT_EQ(out.reply.error().code(), errc::timed_out);
  EXPECT_TRUE(contains(out.reply.error().message(), "timeouts.first_byte"));
}

TEST_F(sockets, a_slow_loris_is_ended_by_the_attempts_deadline_not_by_idle_read) {
  hostile_server server([](hostile_connection& c, int) {
    c.read_request();
    c.send_slowly(ok_response("a body"), 10ms);
  });
  timeouts.idle_read = 2s;
  use(at(server.port(), false));
  attempt.deadline = clock->now() + 100ms;
  auto const out = once();
  ASSERT_FALSE(out.reply);
  EXPECT_EQ(out.reply.error().code(), errc::deadline_exceeded);
  EXPECT_TRUE(out.response_started);
}

TEST_F(sockets, a_tunnel_through_the_proxy_carries_tls_and_never_the_token) {
  test::test_certificates::wish w;
  w.names = "DNS:upstream.test";
  hostile_server::options o;
  o.identity = certificates().issue(w);
  std::string asked;
  hostile_server server(
      [&asked](hostile_connection& c, int) {
        asked = c.read_until("\r\n\r\n");
        c.send("HTTP/1.1 200 Connection established\r\n\r\n");
        if (c.start_tls()) answer_all(c, 0);
      },
      o);
  proxy.url = "http://ann:secret@127.0.0.1:" + std::to_string(server.port());
  use(at(443, true, "upstream.test"));
  get.headers.push_back({"Authorization", "Bearer workspace-token"});
  for (int i = 0; i < 3; ++i) {
    auto const out = once();
    ASSERT_TRUE(out.reply) << out.reply.error();
    EXPECT_EQ(out.reply->body, "hello");
  }
  EXPECT_TRUE(asked.starts_with("CONNECT upstream.test:443 HTTP/1.1\r\n")) << asked;
  EXPECT_TRUE(contains(asked, "Proxy-Authorization: Basic YW5uOnNlY3JldA=="));
  EXPECT_FALSE(contains(asked, "workspace-token"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(sockets, a_dot_behind_the_name_is_no_part_of_the_certificates_name) {
  test::test_certificates::wish w;
  w.names = "DNS:upstream.test";
  hostile_server::options o;
  o.identity = certificates().issue(w);
  hostile_server server(
      [](hostile_connection& c, int) {
        c.read_until("\r\n\r\n");
        c.send("HTTP/1.1 200 OK\r\n\r\n");
        if (c.start_tls()) c.wait_for_close();
      },
      o);
  proxy.url = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_TRUE(connect(at(443, true, "upstream.test.")));
  EXPECT_FALSE(connect(at(443, true, "other.test.")));
}

TEST_F(sockets, a_proxy_that_refuses_gives_its_status) {
  for (std::string const answer :
       {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 403 Forbidden\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\n\r\n<html>", "HTTP/1.1 200 OK\r\n\r\nearly",
        "nonsense in place of HTTP"}) {
    hostile_server server([&answer](hostile_connection& c, int) {
      c.read_until("\r\n\r\n");
      c.send(answer);
      c.wait_for_close();
    });
    proxy.url = "127.0.0.1:" + std::to_string(server.port());
    auto const got = connect(at(443, true, "upstream.test"));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), errc::proxy_failed) << got.error();
  }
}

TEST_F(sockets, a_silent_proxy_names_its_limit) {
  hostile_server server([](hostile_connection& c, int) { c.wait_for_close(); });
  proxy.url = "127.0.0.1:" + std::to_string(server.port());
  timeouts.handshake = 50ms;
  auto const got = connect(at(443, true, "upstream.test"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::timed_out);
}

TEST_F(sockets, ipv6_loopback_works_where_there_is_one) {
  if (!test::has_loopback_v6()) {
    std::cout << "this machine has no IPv6 loopback: nothing to show\n";
    return;
  }
  auto o = with_tls(certificates().right());
  o.v6 = true;
  hostile_server server(answer_all, o);
  use(at(server.port(), true, "::1"));
  auto const out = once();
  ASSERT_TRUE(out.reply) << out.reply.error();
}

TEST_F(sockets, cancelled_at_any_moment_an_attempt_ends_and_the_next_works) {
  hostile_server server(
      [](hostile_connection& c, int) {
        while (!c.read_request().empty()) {
          c.wait(1ms);
          c.send(ok_response("hello"));
        }
      },
      with_tls(certificates().right()));
  use(at(server.port(), true));
  auto cancelled_after = [this](int handlers) -> attempt_outcome {
    attempt_outcome out;
    auto work = [this, &out]() -> asio::awaitable<void> {
      out = co_await line->perform(get, attempt);
    };
    side_task task(loop.get_executor());
    task.start(work());
    loop.restart();
    for (int i = 0; i < handlers && task.running(); ++i) loop.run_one_for(100ms);
    task.cancel();
    run_coroutine(loop, task.join());
    return out;
  };
  for (int handlers = 0; handlers < 30; ++handlers) {
    auto const out = cancelled_after(handlers);
    if (!out.reply) {
      EXPECT_TRUE(out.reply.error().code() == errc::cancelled) << handlers << out.reply.error();
    }
    auto const next = once();
    ASSERT_TRUE(next.reply) << handlers << " " << next.reply.error();
    if (handlers % 3 == 0) {  // from the first step again
      line->close();
      use(at(server.port(), true));
    }
  }
}

}  // namespace
}  // namespace kiln::net
