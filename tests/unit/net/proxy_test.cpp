#include "net/proxy.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace kiln::net {
namespace {

origin to(std::string host, unsigned short port = 443) {
  origin out;
  out.host = std::move(host);
  out.port = port;
  return out;
}

TEST(proxy_url, host_port_and_credentials_are_taken_apart) {
  auto const p = parse_proxy("http://ann:s%40c%3Aret@proxy.corp:8080/");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->host, "proxy.corp");
  EXPECT_EQ(p->port, 8080);
  EXPECT_EQ(p->authorization, "Basic YW5uOnNAYzpyZXQ=");  // ann:s@c:ret
}

TEST(proxy_url, scheme_port_and_credentials_may_be_missing) {
  auto const p = parse_proxy("proxy.corp");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->host, "proxy.corp");
  EXPECT_EQ(p->port, 3128);
  EXPECT_EQ(p->authorization, "");
  EXPECT_EQ(parse_proxy("http://[::1]:99")->host, "::1");
  EXPECT_EQ(parse_proxy("http://[::1]:99")->port, 99);
  EXPECT_FALSE(parse_proxy(""));
}

TEST(proxy_url, nonsense_is_refused_without_showing_the_password) {
  for (char const* bad :
       {"https://u:hunter2@p", "http://u:hunter2@", "http://u:hunter2@p:0",
        "http://u:hunter2@p:70000", "http://u:hunter2@p:x", "http://u:hunter2%2@p",
        "http://u:hunter2@p q", "http://u:hunter2@p\r\nX: y"}) {
    try {
      (void)parse_proxy(bad);
      ADD_FAILURE() << bad;
    } catch (std::invalid_argument const& e) {
      std::string const what = e.what();
      EXPECT_NE(what.find("proxy.url"), std::string::npos) << what;
      EXPECT_EQ(what.find("hunter2"), std::string::npos) << what;
    }
  }
}

TEST(no_proxy, names_match_themselves_and_their_subdomains) {
  EXPECT_TRUE(bypasses_proxy("example.com", to("example.com")));
  EXPECT_TRUE(bypasses_proxy("example.com", to("a.b.EXAMPLE.com")));
  EXPECT_TRUE(bypasses_proxy(".example.com", to("example.com")));
  EXPECT_TRUE(bypasses_proxy(".example.com", to("a.example.com.")));
  EXPECT_FALSE(bypasses_proxy("example.com", to("notexample.com")));
  EXPECT_FALSE(bypasses_proxy("example.com", to("example.com.evil.org")));
  EXPECT_FALSE(bypasses_proxy("", to("example.com")));
  EXPECT_FALSE(bypasses_proxy(" , ,.", to("example.com")));
}

TEST(no_proxy, lists_are_separated_by_commas_or_blanks) {
  EXPECT_TRUE(bypasses_proxy("a.org, b.org", to("b.org")));
  EXPECT_TRUE(bypasses_proxy("a.org b.org", to("b.org")));
  EXPECT_TRUE(bypasses_proxy(",,b.org,", to("b.org")));
}

TEST(no_proxy, a_star_stands_for_everything) {
  EXPECT_TRUE(bypasses_proxy("*", to("example.com")));
  EXPECT_TRUE(bypasses_proxy("x.org,*", to("10.1.2.3")));
  EXPECT_FALSE(bypasses_proxy("*.example.org", to("example.com")));
}

TEST(no_proxy, a_port_limits_an_entry_to_it) {
  EXPECT_TRUE(bypasses_proxy("example.com:8443", to("example.com", 8443)));
  EXPECT_FALSE(bypasses_proxy("example.com:8443", to("example.com", 443)));
  EXPECT_TRUE(bypasses_proxy("[fd00::1]:8443", to("fd00::1", 8443)));
  EXPECT_FALSE(bypasses_proxy("[fd00::1]:8443", to("fd00::1", 443)));
}

TEST(no_proxy, addresses_match_as_addresses_and_ranges) {
  EXPECT_TRUE(bypasses_proxy("10.1.2.3", to("10.1.2.3")));
  EXPECT_FALSE(bypasses_proxy("2.3", to("10.1.2.3")));
  EXPECT_FALSE(bypasses_proxy(".2.3", to("10.1.2.3")));
  EXPECT_TRUE(bypasses_proxy("10.0.0.0/8", to("10.1.2.3")));
  EXPECT_FALSE(bypasses_proxy("10.0.0.0/8", to("11.1.2.3")));
  EXPECT_TRUE(bypasses_proxy("192.168.4.0/22", to("192.168.7.255")));
  EXPECT_FALSE(bypasses_proxy("192.168.4.0/22", to("192.168.8.0")));
  EXPECT_FALSE(bypasses_proxy("10.0.0.0/99", to("10.1.2.3")));
  EXPECT_TRUE(bypasses_proxy("fd00::/8", to("fd12::1")));
  EXPECT_TRUE(bypasses_proxy("FD00:0:0::1", to("fd00::1")));
}

TEST(no_proxy, loopback_is_never_reached_through_a_proxy) {
  for (char const* host : {"localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(bypasses_proxy("", to(host))) << host;
  }
  EXPECT_FALSE(bypasses_proxy("", to("localhost.example.com")));
  auto own = to("169.254.169.254", 80);
  EXPECT_FALSE(bypasses_proxy("", own));
  own.direct = true;
  EXPECT_TRUE(bypasses_proxy("", own));
}

struct tunnel : testing::Test {
  proxy_server proxy{"proxy.corp", 8080, "Basic c2VjcmV0"};
  tunnel_core core{proxy, to("adb-1.azuredatabricks.net")};

  result<bool> feed(std::string_view text) { return core.received(std::as_bytes(std::span(text))); }
};

TEST_F(tunnel, the_request_names_the_target_and_carries_the_proxys_credentials) {
  EXPECT_EQ(core.request(),
            "CONNECT adb-1.azuredatabricks.net:443 HTTP/1.1\r\n"
            "Host: adb-1.azuredatabricks.net:443\r\n"
            "Proxy-Authorization: Basic c2VjcmV0\r\n\r\n");
  proxy.authorization.clear();
  EXPECT_EQ(tunnel_core(proxy, to("fd00::1")).request(),
            "CONNECT [fd00::1]:443 HTTP/1.1\r\nHost: [fd00::1]:443\r\n\r\n");
}

TEST_F(tunnel, stands_after_a_200_however_it_is_split) {
  std::string_view const answer = "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
  for (std::size_t i = 0; i + 1 < answer.size(); ++i) {
    auto const got = feed(answer.substr(i, 1));
    ASSERT_TRUE(got) << got.error();
    EXPECT_FALSE(*got);
  }
  EXPECT_TRUE(*feed("\n"));
}

TEST_F(tunnel, a_refusal_gives_status_and_reason) {
  auto const got = feed("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Auth");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::proxy_failed);
  EXPECT_EQ(got.error().http_status(), 407);
  EXPECT_EQ(got.error().where(), "proxy.corp:8080");
  EXPECT_NE(got.error().message().find("407 Proxy Authentication Required"), std::string::npos);
  EXPECT_EQ(got.error().describe().find("c2VjcmV0"), std::string::npos);
}

TEST_F(tunnel, any_status_but_2xx_is_a_refusal) {
  for (char const* status : {"100", "101", "302", "403", "502", "503"}) {
    tunnel_core fresh(proxy, to("x.org"));
    std::string const text = std::string("HTTP/1.0 ") + status + " No\r\n\r\n";
    auto const got = fresh.received(std::as_bytes(std::span(text)));
    ASSERT_FALSE(got) << status;
    EXPECT_EQ(got.error().http_status(), std::atoi(status));
  }
}

TEST_F(tunnel, what_is_not_http_is_refused_at_once) {
  for (std::string_view text :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2.0 200 OK\r\n", "\x15\x03\x03............",
        "HTTP/1.1 099 x\r\n", "HTTP/1.1 2000 x\r\n", "HTTP/1.1 \r\n"}) {
    tunnel_core fresh(proxy, to("x.org"));
    auto const got = fresh.received(std::as_bytes(std::span(text)));
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code(), errc::proxy_failed);
  }
}

TEST_F(tunnel, bytes_behind_the_answer_are_refused) {
  auto const got = feed("HTTP/1.1 200 OK\r\n\r\nx");
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message().find("behind"), std::string::npos);
}

TEST_F(tunnel, the_answer_is_bounded) {
  ASSERT_TRUE(feed("HTTP/1.1 200 OK\r\n"));
  std::string const line = "X: " + std::string(1000, 'a') + "\r\n";
  std::size_t fed = 0;
  while (true) {
    auto const got = feed(line);
    if (!got) break;
    fed += line.size();
    ASSERT_LT(fed, tunnel_core::answer_bytes_max);
  }
  EXPECT_GT(fed, tunnel_core::answer_bytes_max / 2);
}

TEST(origin_text, puts_v6_addresses_in_brackets) {
  EXPECT_EQ(to_string(to("a.org", 1)), "a.org:1");
  EXPECT_EQ(to_string(to("::1", 65535)), "[::1]:65535");
}

}  // namespace
}  // namespace kiln::net
