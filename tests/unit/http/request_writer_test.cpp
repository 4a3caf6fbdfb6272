#include "http/request_writer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kiln::http {
namespace {

using namespace std::string_literals;

request make_target(verb method, std::string target = "/api/2.0/x") {
  request r;
  r.method = method;
  r.target = std::move(target);
  r.host = "h:81";
  return r;
}

std::string head_of(request const& r) {
  std::string out;
  auto const ok = write_head(r, out);
  return ok ? out : "refused: " + ok.error().message();
}

TEST(request_writer, writes_a_get_without_a_length) {
  EXPECT_EQ(head_of(make_target(verb::get, "/a?b=c%2F")),
            "GET /a?b=c%2F HTTP/1.1\r\nHost: h:81\r\nAccept-Encoding: gzip\r\n\r\n");
}

TEST(request_writer, spells_every_verb) {
  EXPECT_TRUE(head_of(make_target(verb::post)).starts_with("POST /"));
  EXPECT_TRUE(head_of(make_target(verb::put)).starts_with("PUT /"));
  EXPECT_TRUE(head_of(make_target(verb::patch)).starts_with("PATCH /"));
  EXPECT_TRUE(head_of(make_target(verb::delete_)).starts_with("DELETE /"));
  EXPECT_TRUE(head_of(make_target(verb::head)).starts_with("HEAD /"));
}

TEST(request_writer, states_the_length_of_every_body_and_of_the_missing_body_of_a_post) {
  for (auto const method : {verb::post, verb::put, verb::patch}) {
    EXPECT_NE(head_of(make_target(method)).find("\r\nContent-Length: 0\r\n"), std::string::npos);
  }
  for (auto const method : {verb::get, verb::delete_, verb::head}) {
    EXPECT_EQ(head_of(make_target(method)).find("Content-Length"), std::string::npos);
    auto with_body = make_target(method);
    with_body.body = "{}";
    EXPECT_NE(head_of(with_body).find("\r\nContent-Length: 2\r\n"), std::string::npos);
  }
  auto streamed = make_target(verb::put);
  streamed.source = make_memory_source(std::vector<std::byte>(300'000));
  EXPECT_NE(head_of(streamed).find("\r\nContent-Length: 300000\r\n"), std::string::npos);
}

TEST(request_writer, keeps_headers_in_order_and_an_accept_encoding_of_the_caller) {
  auto r = make_target(verb::get);
  r.headers = {{"Authorization", "Bearer x"}, {"accept-encoding", "identity"}, {"Empty", ""}};
  EXPECT_EQ(head_of(r),
            "GET /api/2.0/x HTTP/1.1\r\nHost: h:81\r\nAuthorization: Bearer x\r\n"
            "accept-encoding: identity\r\nEmpty: \r\n\r\n");
}

TEST(request_writer, refuses_targets_that_would_end_the_line) {
  for (auto const& bad : {""s, "x"s, "http://h/"s, "/a b"s, "/a\r\nX: y"s, "/a\nb"s, "/a\tb"s,
                          "/a\0b"s, "/a\x7f"s, "/\xc3\xa9"s, "/a#b"s}) {
    EXPECT_TRUE(head_of(make_target(verb::get, bad)).starts_with("refused: the request target"))
        << bad;
  }
}

TEST(request_writer, refuses_hosts_that_are_none) {
  for (auto const& bad : {""s, "h\r\nX: y"s, "h x"s, "h/x"s, "u@h"s, "h\0"s, "h,i"s}) {
    auto r = make_target(verb::get);
    r.host = bad;
    EXPECT_TRUE(head_of(r).starts_with("refused: the host")) << bad;
  }
  auto v6 = make_target(verb::get);
  v6.host = "[::1]:80";
  EXPECT_NE(head_of(v6).find("Host: [::1]:80\r\n"), std::string::npos);
}

TEST(request_writer, refuses_headers_that_would_split_and_never_shows_their_value) {
  for (auto const& bad : {"dapi\r\nX: y"s, "dapi\n"s, "dapi\r"s, "dapi\0"s, "dapi\x01"s}) {
    auto r = make_target(verb::get);
    r.headers = {{"Authorization", bad}};
    auto const said = head_of(r);
    EXPECT_TRUE(said.starts_with("refused: the value of request header Authorization")) << said;
    EXPECT_EQ(said.find("dapi"), std::string::npos);
  }
  for (auto const& bad : {""s, "A B"s, "A:"s, "A\r\n"s, "A\0"s, "\xc3\xa9"s}) {
    auto r = make_target(verb::get);
    r.headers = {{"Fine", "x"}, {bad, "x"}};
    EXPECT_TRUE(head_of(r).starts_with("refused: the name of request header 2")) << bad;
  }
}

TEST(request_writer, refuses_headers_that_decide_about_framing) {
  for (auto const* own : {"Host", "content-length", "Transfer-Encoding", "EXPECT", "Upgrade"}) {
    auto r = make_target(verb::post);
    r.headers = {{own, "0"}};
    EXPECT_NE(head_of(r).find("is set by the engine"), std::string::npos) << own;
  }
  auto both = make_target(verb::post);
  both.body = "x";
  both.source = make_memory_source({});
  EXPECT_TRUE(head_of(both).starts_with("refused:"));
}

TEST(request_writer, bounds_the_head_and_leaves_the_buffer_alone_when_it_refuses) {
  auto r = make_target(verb::get);
  r.headers = {{"Authorization", std::string(100'000, 't')}};
  std::string out = "before";
  ASSERT_TRUE(write_head(r, out));
  r.headers = {{"Authorization", std::string(request_head_bytes_max, 't')}};
  out = "before";
  auto const ok = write_head(r, out);
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error().code(), errc::invalid_argument);
  EXPECT_EQ(out, "before");
}

TEST(headers, are_found_without_regard_to_case) {
  std::vector<header> const headers{{"X-A", "1"}, {"x-a", "2"}, {"B", ""}};
  EXPECT_EQ(find(headers, "x-A"), "1");
  EXPECT_EQ(find(headers, "b"), "");
  EXPECT_EQ(find(headers, "X-"), "");
}

}  // namespace
}  // namespace kiln::http
