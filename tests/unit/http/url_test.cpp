#include "http/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kiln::http {
namespace {

using namespace std::string_literals;

TEST(base_url, takes_scheme_host_port_and_path_apart) {
  auto const plain = parse_base_url("https://adb-12.3.azuredatabricks.net").value();
  EXPECT_EQ(plain, (base_url{true, "adb-12.3.azuredatabricks.net", 443, ""}));
  EXPECT_EQ(plain.authority(), "adb-12.3.azuredatabricks.net");
  auto const all = parse_base_url("HTTP://Proxy_1.Example:8080/a%20b/c/").value();
  EXPECT_EQ(all, (base_url{false, "proxy_1.example", 8080, "/a%20b/c"}));
  EXPECT_EQ(all.authority(), "proxy_1.example:8080");
  EXPECT_EQ(parse_base_url("https://h/").value().path, "");
  EXPECT_EQ(parse_base_url("https://h:443").value().authority(), "h");
  EXPECT_EQ(parse_base_url("http://h:443").value().authority(), "h:443");
  EXPECT_EQ(parse_base_url("http://h").value().port, 80);
  EXPECT_EQ(parse_base_url("https://h.example.").value().host, "h.example");
}

TEST(base_url, takes_addresses) {
  EXPECT_EQ(parse_base_url("http://127.0.0.1:1").value().authority(), "127.0.0.1:1");
  for (std::string const v6 : {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "fe80::1:2", "::ffff:1.2.3.4",
                               "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"}) {
    auto const url = parse_base_url("https://[" + v6 + "]:81/p");
    ASSERT_TRUE(url) << v6 << ": " << url.error();
    EXPECT_EQ(url->host, v6);
    EXPECT_EQ(url->authority(), "[" + v6 + "]:81");
  }
  for (std::string const bad : {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                                "1::2::3", "12345::", "g::", "::1%25eth0",
                                "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "1:", ":1", "::1:"}) {
    EXPECT_FALSE(parse_base_url("https://[" + bad + "]")) << bad;
  }
}

TEST(base_url, names_the_column_and_the_rule) {
  struct refused {
    std::string text;
    std::string says;
  };
  for (auto const& c : std::vector<refused>{
           {"", "column 1: it is empty"},
           {"adb.net", "column 1: it must begin with"},
           {"ftp://h", "column 1: it must begin with"},
           {"://h", "column 1: it must begin with"},
           {"https:/h", "column 1: it must begin with"},
           {"https://", "column 9: the host is missing"},
           {"https:///x", "column 9: the host is missing"},
           {"https://:80", "column 9: the host is missing"},
           {"https://user@h", "column 9: user names"},
           {"https://user:secret@h/x", "column 9: user names"},
           {"https://h x", "column 10: a blank"},
           {" https://h", "column 1: a blank"},
           {"https://h\r\nX: y", "column 10: a control"},
           {"https://h\0"s, "column 10: a control"},
           {"https://h\xc3\xa9", "column 10: only ASCII"},
           {"https://a..b", "column 11: an empty label"},
           {"https://.b", "column 9: an empty label"},
           {"https://a%41", "column 10: a host has"},
           {"https://a\\b", "column 10: a host has"},
           {"https://h:", "column 11: a port"},
           {"https://h:0", "column 11: a port"},
           {"https://h:65536", "column 11: a port"},
           {"https://h:999999999999", "column 11: a port"},
           {"https://h:8a", "column 12: a port"},
           {"https://h:-1", "column 11: a port"},
           {"https://[::1", "column 9: '['"},
           {"https://[::1]x", "column 14: a port or a path"},
           {"https://127.1", "IPv4"},
           {"https://1.2.3.256", "IPv4"},
           {"https://1.2.3.04", "IPv4"},
           {"https://a.0x7f", "IPv4"},
           {"https://h/?o=12", "column 11: a base URL has no query"},
           {"https://h?o=12", "column 10: a base URL has no query"},
           {"https://h/a#b", "column 12: a base URL has no fragment"},
           {"https://h/a//b", "column 13: no empty segment"},
           {"https://h//", "column 11: no empty segment"},
           {"https://h/../x", "column 11: no '.'"},
           {"https://h/x/.", "column 13: no '.'"},
           {"https://h/%4", "column 11: '%'"},
           {"https://h/%zz", "column 11: '%'"},
           {"https://h/a|b", "column 12: this character"},
           {"https://" + std::string(64, 'a'), "label"},
           {"https://h/" + std::string(3000, 'a'), "column 2049: it is too long"},
       }) {
    auto const url = parse_base_url(c.text);
    ASSERT_FALSE(url) << c.text;
    EXPECT_EQ(url.error().code(), errc::invalid_argument);
    EXPECT_NE(url.error().message().find(c.says), std::string::npos)
        << c.text << " -> " << url.error().message();
    EXPECT_EQ(url.error().message().find("secret"), std::string::npos);
  }
}

TEST(target, encodes_segments_and_query_values) {
  std::string target = "/api/2.0/x/";
  append_segment(target, "a/b c%?\xc3\xa9~-._");
  EXPECT_EQ(target, "/api/2.0/x/a%2Fb%20c%25%3F%C3%A9~-._");
  append_query(target, "path", "/tmp/a b+&=#");
  append_query(target, "na me", "");
  EXPECT_EQ(target,
            "/api/2.0/x/a%2Fb%20c%25%3F%C3%A9~-._?path=%2Ftmp%2Fa%20b%2B%26%3D%23&na%20me=");
  std::string control;
  append_segment(control, "\r\n\0"s);
  EXPECT_EQ(control, "%0D%0A%00");
  std::string dots;
  append_segment(dots, "..");
  append_segment(dots, "...");
  EXPECT_EQ(dots, "%2E%2E...");
}

TEST(is_loopback, knows_this_host_only) {
  for (auto const* yes :
       {"localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "::1", "[::1]", "0:0:0:0:0:0:0:1"}) {
    EXPECT_TRUE(is_loopback(yes)) << yes;
  }
  for (auto const* no : {"", "localhost.example", "127.0.0.1.example", "127.1", "128.0.0.1",
                         "127.0.0.256", "::", "::2", "[]", "0.0.0.0", "evil127.0.0.1"}) {
    EXPECT_FALSE(is_loopback(no)) << no;
  }
}

}  // namespace
}  // namespace kiln::http
