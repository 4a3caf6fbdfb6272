#include "http/response_reader.hpp"

#include "core/limits.hpp"
#include "unit/http/transcript.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kiln::http {
namespace {

using namespace std::string_literals;
using testing::outcome;
using testing::play_options;

/// Whole, byte by byte, and cut in two at every position: the same each time.
outcome play_every_way(std::string const& wire, play_options const& options = {}) {
  auto const whole = testing::play_whole(wire, options);
  EXPECT_EQ(testing::play_bytewise(wire, options), whole);
  for (std::size_t at = 1; at < wire.size(); ++at) {
    auto const cut = testing::play_split(wire, at, options);
    EXPECT_EQ(cut, whole) << "cut after " << at << " of " << wire.size() << " bytes";
    if (!(cut == whole)) break;
  }
  return whole;
}

std::string const ok = "HTTP/1.1 200 OK\r\n";
std::string const chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";

TEST(response_reader, reads_a_sized_body) {
  auto const out = play_every_way(ok + "Content-Length: 5\r\nX-Request-Id: a b\r\n\r\nhello");
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.reason, "OK");
  EXPECT_EQ(out.body, "hello");
  EXPECT_EQ(out.headers, "Content-Length=5;X-Request-Id=a b;");
  EXPECT_TRUE(out.reusable);
}

TEST(response_reader, reads_a_chunked_body_with_extensions_and_trailers) {
  auto const out = play_every_way(chunked +
                                  "4;a=b;q=\"x;y\"\r\nWiki\r\n00A \r\npedia in\r\n\r\n"
                                  "0;last\r\nDigest: abc\r\nX:\r\n\r\n");
  EXPECT_EQ(out.body, "Wikipedia in\r\n");
  EXPECT_TRUE(out.reusable);
}

TEST(response_reader, survives_an_empty_chunked_body_cut_anywhere) {
  for (auto const* body : {"0\r\n\r\n", "0000\r\n\r\n", "0;x\r\n\r\n", "0\r\na: b\r\n\r\n"}) {
    auto const out = play_every_way(chunked + body);
    EXPECT_TRUE(out.complete) << out;
    EXPECT_EQ(out.body, "");
    EXPECT_TRUE(out.reusable);
  }
}

TEST(response_reader, reads_a_body_that_ends_by_close_and_drops_the_connection) {
  auto const out = play_every_way(ok + "\r\nall of it");
  EXPECT_EQ(out.body, "all of it");
  EXPECT_FALSE(out.reusable);
}

TEST(response_reader, gives_no_body_to_204_304_and_head) {
  auto out = play_every_way("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(out.complete && out.reusable) << out;
  out = play_every_way("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
  EXPECT_TRUE(out.complete && out.reusable) << out;
  play_options head;
  head.method = verb::head;
  out = play_every_way(ok + "Content-Length: 9\r\n\r\n", head);
  EXPECT_TRUE(out.complete && out.reusable) << out;
  out = play_every_way(ok + "Transfer-Encoding: chunked\r\n\r\n", head);
  EXPECT_TRUE(out.complete && out.reusable) << out;
}

TEST(response_reader, never_reuses_after_a_204_or_304_that_has_a_body) {
  auto out = play_every_way("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(out.complete && !out.reusable && out.body.empty()) << out;
  // The body may also come later, when nothing is left over yet.
  out = play_every_way("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n");
  EXPECT_TRUE(out.complete && !out.reusable) << out;
  out = play_every_way("HTTP/1.1 304 Not Modified\r\n\r\nhello");
  EXPECT_TRUE(out.complete && !out.reusable && out.body.empty()) << out;
}

TEST(response_reader, skips_interim_responses_up_to_their_limit) {
  std::string const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 7\r\n\r\n";
  std::string wire;
  for (int i = 0; i < limits::interim_responses_max; ++i) wire += hints;
  auto out = play_every_way(wire + ok + "Content-Length: 2\r\n\r\nhi");
  EXPECT_EQ(out.body, "hi");
  EXPECT_EQ(out.headers, "Content-Length=2;");
  EXPECT_FALSE(out.reusable);
  out = play_every_way(hints + ok + "\r\nto the close");
  EXPECT_EQ(out.body, "to the close");
  out = play_every_way(wire + hints + ok + "Content-Length: 2\r\n\r\nhi");
  EXPECT_EQ(out.code, errc::malformed_response);
  EXPECT_NE(out.message.find("more than 8 interim"), std::string::npos) << out.message;
}

TEST(response_reader, keeps_the_connection_only_where_the_response_allows_it) {
  std::string const rest = "Content-Length: 2\r\n\r\nhi";
  EXPECT_TRUE(play_every_way(ok + rest).reusable);
  EXPECT_TRUE(play_every_way(ok + "Connection: keep-alive\r\n" + rest).reusable);
  EXPECT_FALSE(play_every_way(ok + "Connection: close\r\n" + rest).reusable);
  EXPECT_FALSE(play_every_way(ok + "connection: x, CLOSE\r\n" + rest).reusable);
  EXPECT_FALSE(play_every_way("HTTP/1.0 200 OK\r\n" + rest).reusable);
  EXPECT_FALSE(play_every_way("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + rest).reusable);
  EXPECT_FALSE(play_every_way(ok + rest + "HTTP/1.1 200 OK\r\n\r\npoison").reusable);
  EXPECT_FALSE(play_every_way(ok + rest + "\r\n").reusable);
}

TEST(response_reader, unfolds_a_folded_header) {
  auto const out = play_every_way(ok + "X-Long: one\r\n two\r\nContent-Length:\r\n 2\r\n\r\nhi");
  EXPECT_EQ(out.headers, "X-Long=one two;Content-Length=2;");
  EXPECT_EQ(out.body, "hi");
}

TEST(response_reader, accepts_the_same_content_length_twice) {
  EXPECT_EQ(play_every_way(ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi").body, "hi");
  EXPECT_EQ(play_every_way(ok + "Content-Length: 2, 2\r\n\r\nhi").body, "hi");
}

struct hostile {
  std::string wire;
  errc code;
  std::string says;
};

void expect_refused(std::vector<hostile> const& cases) {
  for (auto const& c : cases) {
    auto const out = play_every_way(c.wire);
    EXPECT_EQ(out.code, c.code) << c.wire.substr(0, 200) << "\n" << out;
    EXPECT_NE(out.message.find(c.says), std::string::npos) << out.message << " for " << c.wire;
    EXPECT_FALSE(out.complete);
    EXPECT_FALSE(out.reusable);
  }
}

TEST(response_reader, refuses_ambiguous_framing) {
  constexpr auto bad = errc::malformed_response;
  std::string const te = "Transfer-Encoding: ";
  expect_refused({
      {ok + "Content-Length: 5\r\n" + te + "chunked\r\n\r\n0\r\n\r\n", bad, "not valid HTTP"},
      {ok + te + "chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", bad, "not valid HTTP"},
      {ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", bad, "Content-Length"},
      {ok + "Content-Length: 5, 6\r\n\r\nhello!", bad, "Content-Length"},
      {ok + "Content-Length: -5\r\n\r\nhello", bad, "Content-Length"},
      {ok + "Content-Length: +5\r\n\r\nhello", bad, "Content-Length"},
      {ok + "Content-Length: 0x5\r\n\r\nhello", bad, "Content-Length"},
      {ok + "Content-Length: 5 5\r\n\r\nhello", bad, "Content-Length"},
      {ok + "Content-Length:\r\n\r\nhello", bad, "Content-Length"},
      {ok + "Content-Length: 99999999999999999999999\r\n\r\nhello", bad, "Content-Length"},
      {ok + te + "gzip, chunked\r\n\r\n0\r\n\r\n", bad, "Transfer-Encoding"},
      {ok + te + "chunked, gzip\r\n\r\n0\r\n\r\n", bad, "Transfer-Encoding"},
      {ok + te + "xchunked\r\n\r\n0\r\n\r\n", bad, "Transfer-Encoding"},
      {ok + te + "identity\r\n\r\nhello", bad, "Transfer-Encoding"},
      {ok + te + "\r\n\r\nhello", bad, "Transfer-Encoding"},
      {ok + te + "gzip\r\n" + te + "chunked\r\n\r\n0\r\n\r\n", bad, "Transfer-Encoding"},
      {ok + te + "chunked\r\n" + te + "chunked\r\n\r\n0\r\n\r\n", bad, "not valid HTTP"},
      {ok + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", bad, "not valid HTTP"},
      {"HTTP/1.0 200 OK\r\n" + te + "chunked\r\n\r\n0\r\n\r\n", bad, "HTTP/1.0"},
  });
}

TEST(response_reader, refuses_heads_that_are_not_http) {
  constexpr auto bad = errc::malformed_response;
  expect_refused({
      {"HTTP/2.0 200 OK\r\n\r\n", bad, "not HTTP"},
      {"HTTP/0.9 200 OK\r\n\r\n", bad, "not HTTP"},
      {"HTTP/1.2 200 OK\r\n\r\n", bad, "not valid HTTP"},
      {"http/1.1 200 OK\r\n\r\n", bad, "not HTTP"},
      {"<html>no</html>", bad, "not HTTP"},
      {"\x15\x03\x01"s, bad, "not HTTP"},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", bad, "not HTTP"},
      {"HTTP/1.1 000 Nothing\r\n\r\n", bad, "status 0"},
      {"HTTP/1.1 099 Less\r\n\r\n", bad, "status 99"},
      {"HTTP/1.1 600 More\r\n\r\n", bad, "status 600"},
      {"HTTP/1.1 999 Most\r\n\r\n", bad, "status 999"},
      {"HTTP/1.1 2000 OK\r\n\r\n", bad, "not valid HTTP"},
      {"HTTP/1.1 -20 OK\r\n\r\n", bad, "not valid HTTP"},
      {"HTTP/1.1 20 OK\r\n\r\n", bad, "not valid HTTP"},
      {"HTTP/1.1 200 O\0K\r\n\r\n"s, bad, "not valid HTTP"},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", bad, "switched protocols"},
      {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", bad, "without CR"},
      {ok + "A: b\nContent-Length: 0\r\n\r\n", bad, "without CR"},
      {ok + "A: b\rC: d\r\n\r\n", bad, "not valid HTTP"},
      {ok + "A: b\0c\r\n\r\n"s, bad, "not valid HTTP"},
      {ok + "A\0: b\r\n\r\n"s, bad, "not valid HTTP"},
      {ok + "A: b\x7f\r\n\r\n", bad, "not valid HTTP"},
      {ok + ": b\r\n\r\n", bad, "not valid HTTP"},
      {ok + "no colon\r\n\r\n", bad, "not valid HTTP"},
      {ok + " Folded: first\r\n\r\n", bad, "not valid HTTP"},
      {ok + "Connection: ;;\r\n\r\n", bad, "not valid HTTP"},
  });
}

TEST(response_reader, refuses_broken_chunks) {
  constexpr auto bad = errc::malformed_response;
  expect_refused({
      {chunked + "\r\nhello\r\n0\r\n\r\n", bad, "begin with its size"},
      {chunked + ";x\r\n", bad, "begin with its size"},
      {chunked + "-1\r\n", bad, "begin with its size"},
      {chunked + "0x5\r\nhello\r\n0\r\n\r\n", bad, "not a hexadecimal number"},
      {chunked + "5g\r\nhello\r\n0\r\n\r\n", bad, "not a hexadecimal number"},
      {chunked + "10000000000000000\r\n", bad, "too long"},
      {chunked + "00000000000000005\r\nhello", bad, "too long"},
      {chunked + "5\nhello\r\n0\r\n\r\n", bad, "not a hexadecimal number"},
      {chunked + "5\rhello\r\n0\r\n\r\n", bad, "CR without LF"},
      {chunked + "5;a\nb\r\nhello\r\n0\r\n\r\n", bad, "control character"},
      {chunked + "5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"s, bad, "control character"},
      {chunked + "5\r\nhello!\r\n0\r\n\r\n", bad, "longer than its header"},
      {chunked + "5\r\nhello\n0\r\n\r\n", bad, "longer than its header"},
      {chunked + "0\r\nHTTP/1.1 200 OK\r\n\r\n", bad, "not a trailer"},
      {chunked + "0\r\n: x\r\n\r\n", errc::malformed_response, "not a trailer"},
      {chunked + "0\r\nA: b\nC: d\r\n\r\n", bad, "control character"},
      {chunked + "0\r\nA: b\rX\r\n\r\n", bad, "CR without LF"},
      {chunked + "0\r\n\rX", bad, "CR without LF"},
  });
}

TEST(response_reader, says_what_was_missing_when_the_connection_ends) {
  constexpr auto lost = errc::connection_lost;
  expect_refused({
      {"HTTP/1.1 200", lost, "after 12 bytes of the response head"},
      {ok + "Content-Length: 5\r\n", lost, "bytes of the response head"},
      {"HTTP/1.1 100 Continue\r\n\r\n", lost, "after an interim response"},
      {ok + "Content-Length: 11\r\n\r\nhel", lost, "after 3 of 11 bytes"},
      {ok + "Content-Length: 11\r\n\r\n", lost, "after 0 of 11 bytes"},
      {chunked + "5\r\nhel", lost, "before the last chunk of the response body, after 3 bytes"},
      {chunked + "5\r\nhello\r\n", lost, "before the last chunk"},
      {chunked + "5\r\nhello\r\n0\r\n", lost, "before the last chunk"},
  });
  auto const out = testing::play_whole("");
  EXPECT_EQ(out.code, lost);
  EXPECT_NE(out.message.find("without sending a response"), std::string::npos);
}

TEST(response_reader, bounds_the_head) {
  auto const head_of = [](std::size_t size) {
    std::string text = ok + "Content-Length: 0\r\nX: ";
    text.append(size - text.size() - 4, 'x');
    return text + "\r\n\r\n";
  };
  auto const options = play_options{};
  EXPECT_TRUE(testing::play_whole(head_of(limits::header_bytes_max), options).complete);
  EXPECT_TRUE(testing::play_bytewise(head_of(limits::header_bytes_max), options).complete);
  auto const over = head_of(limits::header_bytes_max + 1);
  auto const whole = testing::play_whole(over, options);
  EXPECT_EQ(whole.code, errc::response_too_large);
  EXPECT_NE(whole.message.find("response head is over its limit of 32768"), std::string::npos);
  EXPECT_EQ(testing::play_bytewise(over, options), whole);
  for (std::size_t at = limits::header_bytes_max - 8; at < over.size(); ++at) {
    EXPECT_EQ(testing::play_split(over, at, options), whole) << at;
  }
  std::string many = ok;
  for (int i = 0; i < 50'000; ++i) many += "a: b\r\n";
  EXPECT_EQ(testing::play_whole(many).code, errc::response_too_large);
  EXPECT_EQ(testing::play_whole(ok + std::string(2 << 20, 'x')).code, errc::response_too_large);
}

TEST(response_reader, bounds_trailers_and_chunk_extensions) {
  std::string trailers = chunked + "0\r\n";
  for (int i = 0; i < 2'000; ++i) trailers += "a: b\r\n";
  auto out = testing::play_whole(trailers + "\r\n");
  EXPECT_EQ(out.code, errc::response_too_large);
  EXPECT_NE(out.message.find("trailers"), std::string::npos) << out;
  EXPECT_EQ(testing::play_bytewise(trailers + "\r\n"), out);

  auto const one = testing::play_whole(chunked + "5;" + std::string(200'000, 'e') + "\r\nhello");
  EXPECT_EQ(one.code, errc::response_too_large);
  EXPECT_NE(one.message.find("chunk extensions"), std::string::npos) << one;
  std::string spread = chunked;
  for (int i = 0; i < 200; ++i) spread += "1;" + std::string(100, 'e') + "\r\nx\r\n";
  EXPECT_EQ(testing::play_whole(spread + "0\r\n\r\n").code, errc::response_too_large);
  EXPECT_EQ(testing::play_bytewise(spread + "0\r\n\r\n").code, errc::response_too_large);
}

TEST(response_reader, takes_a_flood_of_interim_responses_as_an_error_at_once) {
  std::string wire;
  for (int i = 0; i < 20'000; ++i) wire += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(testing::play_whole(wire).code, errc::malformed_response);
}

std::span<std::byte const> as_span(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(response_reader, leaves_the_bytes_of_a_tunnel_alone) {
  response out;
  response_reader reader;
  reader.start(out, answer_to::connect);
  std::string const wire =
      "HTTP/1.1 200 Connection established\r\nContent-Length: 3\r\n\r\n\x16\x03";
  auto const step = reader.next(as_span(wire));
  ASSERT_TRUE(step);
  EXPECT_EQ(step->what, response_reader::event::head);
  EXPECT_EQ(step->consumed, wire.size() - 2);
  EXPECT_TRUE(reader.done());

  reader.start(out, answer_to::connect);
  auto const denied = reader.next(as_span("HTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\nabc"));
  ASSERT_TRUE(denied);
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.content_length(), 3U);
}

}  // namespace
}  // namespace kiln::http
