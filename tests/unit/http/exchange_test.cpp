#include "http/exchange.hpp"

#include "unit/http/compressed.hpp"
#include "unit/http/transcript.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace kiln::http {
namespace {

using testing::compress;
using testing::drain;
using testing::feed;
using testing::feed_all;
using testing::outcome;
using testing::play_options;
using testing::sized;

std::string const ok_head = "HTTP/1.1 200 OK\r\n";
std::string const ok_empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

request make_request(verb method = verb::get) {
  request r;
  r.method = method;
  r.target = "/api";
  r.host = "h";
  return r;
}

/// The pieces of output, as they are given out.
std::vector<std::string> pieces(exchange& ex) {
  std::vector<std::string> out;
  while (ex.wants_write()) {
    auto const piece = ex.next_output();
    if (!piece) break;
    out.emplace_back(reinterpret_cast<char const*>(piece->data()), piece->size());
    ex.wrote(piece->size());
  }
  return out;
}

/// Bytes 0, 1, 2 … of `size`; may end early or fail at an offset.
class counting_source final : public byte_source {
 public:
  explicit counting_source(std::uint64_t size) : size_(size) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
    ++reads;
    largest = std::max(largest, into.size());
    for (std::size_t i = 0; i < into.size(); ++i) {
      if (offset + i >= ends_at) return i;
      if (offset + i >= fails_at) return error(errc::file_failed, "bad disk");
      into[i] = static_cast<std::byte>((offset + i) % 251);
    }
    return into.size();
  }
  static std::string text(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i % 251);
    return out;
  }
  std::uint64_t ends_at = UINT64_MAX;
  std::uint64_t fails_at = UINT64_MAX;
  int reads = 0;
  std::size_t largest = 0;

 private:
  std::uint64_t size_;
};

TEST(exchange, sends_head_and_small_body_in_one_piece) {
  auto r = make_request(verb::post);
  r.body = "{\"a\":1}";
  exchange ex;
  ex.start(r, {});
  EXPECT_EQ(ex.how_much_sent(), sent::nothing);
  auto const out = pieces(ex);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_TRUE(out[0].starts_with("POST /api HTTP/1.1\r\n"));
  EXPECT_TRUE(out[0].ends_with("Content-Length: 7\r\n\r\n{\"a\":1}"));
  EXPECT_EQ(ex.how_much_sent(), sent::all);
  EXPECT_FALSE(ex.wants_write());
}

TEST(exchange, cuts_a_large_body_into_bounded_pieces) {
  auto r = make_request(verb::post);
  r.body = counting_source::text(600'000);
  exchange ex;
  ex.start(r, {});
  auto const out = pieces(ex);
  ASSERT_EQ(out.size(), 3U);
  std::string all;
  for (auto const& piece : out) {
    EXPECT_LE(piece.size(), limits::output_chunk_bytes);
    all += piece;
  }
  EXPECT_TRUE(all.ends_with("\r\n\r\n" + r.body));
}

TEST(exchange, writes_on_from_where_a_write_stopped) {
  auto r = make_request(verb::put);
  r.body = "0123456789";
  exchange ex;
  ex.start(r, {});
  std::string all;
  while (ex.wants_write()) {
    auto const piece = ex.next_output();
    ASSERT_TRUE(piece);
    auto const count = std::min<std::size_t>(piece->size(), 3);
    all.append(reinterpret_cast<char const*>(piece->data()), count);
    ex.wrote(count);
  }
  EXPECT_TRUE(all.ends_with("\r\n\r\n0123456789"));
}

TEST(exchange, streams_a_source_of_any_size) {
  auto const chunk = limits::output_chunk_bytes;
  for (std::size_t const size : {std::size_t{0}, std::size_t{1}, chunk - 200, chunk, 3 * chunk}) {
    auto source = std::make_shared<counting_source>(size);
    auto r = make_request(verb::put);
    r.source = source;
    exchange ex;
    ex.start(r, {});
    std::string all;
    for (auto const& piece : pieces(ex)) {
      EXPECT_LE(piece.size(), chunk);
      all += piece;
    }
    auto const body = all.substr(all.find("\r\n\r\n") + 4);
    EXPECT_EQ(body == counting_source::text(size), true) << size;
    EXPECT_NE(all.find("Content-Length: " + std::to_string(size) + "\r\n"), std::string::npos);
    EXPECT_LE(source->largest, chunk);
    EXPECT_EQ(ex.how_much_sent(), sent::all);
  }
}

TEST(exchange, fails_with_file_changed_when_the_source_ends_early) {
  auto source = std::make_shared<counting_source>(600'000);
  source->ends_at = 400'000;
  auto r = make_request(verb::put);
  r.source = source;
  exchange ex;
  ex.start(r, {});
  pieces(ex);
  auto const again = ex.next_output();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), errc::file_changed);
  EXPECT_NE(again.error().message().find("at byte 400000 of 600000"), std::string::npos);
  EXPECT_EQ(ex.how_much_sent(), sent::part);
  EXPECT_FALSE(ex.wants_write());
  EXPECT_FALSE(ex.reusable());
  EXPECT_TRUE(ex.input().empty());
}

TEST(exchange, fails_as_its_source_does) {
  auto source = std::make_shared<counting_source>(10);
  source->fails_at = 5;
  auto r = make_request(verb::put);
  r.source = source;
  exchange ex;
  ex.start(r, {});
  auto const piece = ex.next_output();
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().code(), errc::file_failed);
  EXPECT_EQ(ex.how_much_sent(), sent::nothing);
}

class throwing_source final : public byte_source {
 public:
  [[nodiscard]] std::uint64_t size() const noexcept override { return 10; }
  result<std::size_t> read(std::uint64_t, std::span<std::byte>) override {
    throw std::runtime_error("no more tape");
  }
};

class throwing_sink final : public byte_sink {
 public:
  explicit throwing_sink(bool at_restart) : at_restart_(at_restart) {}
  result<void> restart() override {
    if (at_restart_) throw std::runtime_error("no more tape");
    return {};
  }
  result<void> write(std::span<std::byte const>) override {
    throw std::runtime_error("no more tape");
  }

 private:
  bool at_restart_;
};

TEST(exchange, fails_where_its_source_or_sink_throws) {
  auto r = make_request(verb::put);
  r.source = std::make_shared<throwing_source>();
  exchange sending;
  sending.start(r, {});
  auto const piece = sending.next_output();
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().code(), errc::file_failed);
  EXPECT_NE(piece.error().message().find("no more tape"), std::string::npos);
  for (bool const at_restart : {true, false}) {
    throwing_sink sink(at_restart);
    exchange ex;
    auto const get = make_request();
    ex.start(get, {}, &sink);
    drain(ex);
    auto const done = feed_all(ex, sized("200 OK", "body"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), errc::file_failed);
    EXPECT_FALSE(ex.reusable());
  }
}

TEST(exchange, refuses_a_request_that_cannot_be_written_before_anything_is_sent) {
  auto r = make_request();
  r.target = "/a\r\nX: y";
  exchange ex;
  ex.start(r, {});
  EXPECT_TRUE(ex.wants_write());
  auto const piece = ex.next_output();
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().code(), errc::invalid_argument);
  EXPECT_EQ(ex.how_much_sent(), sent::nothing);
  EXPECT_FALSE(ex.received(0));
}

TEST(exchange, counts_what_was_given_out_as_sent) {
  auto r = make_request(verb::put);
  r.body = std::string(600'000, 'x');
  exchange ex;
  ex.start(r, {});
  ASSERT_TRUE(ex.next_output());  // and the write fails
  EXPECT_EQ(ex.how_much_sent(), sent::part);
}

TEST(exchange, is_reused_without_a_trace_of_the_exchange_before) {
  exchange ex;
  auto post = make_request(verb::post);
  post.body = "first";
  ex.start(post, {});
  drain(ex);
  ASSERT_TRUE(feed_all(ex, sized("200 OK", compress("one"), "Content-Encoding: gzip\r\n")));
  EXPECT_TRUE(ex.reusable());
  auto const first = ex.take_response();
  EXPECT_EQ(first.body, "one");

  auto const get = make_request();
  ex.start(get, {});
  EXPECT_FALSE(ex.complete());
  EXPECT_FALSE(ex.response_started());
  EXPECT_EQ(ex.how_much_sent(), sent::nothing);
  EXPECT_TRUE(drain(ex).starts_with("GET /api"));
  ASSERT_TRUE(feed_all(ex, sized("404 Not Found", "two")));
  EXPECT_TRUE(ex.reusable());
  auto const second = ex.take_response();
  EXPECT_EQ(second.status, 404);
  EXPECT_EQ(second.body, "two");
  EXPECT_EQ(second.headers.size(), 1U);
}

TEST(exchange, starts_anew_after_an_error) {
  exchange ex;
  auto const get = make_request();
  ex.start(get, {});
  drain(ex);
  EXPECT_FALSE(feed_all(ex, "garbage"));
  EXPECT_FALSE(ex.received(0));
  ex.start(get, {});
  drain(ex);
  EXPECT_TRUE(feed_all(ex, ok_empty));
  EXPECT_TRUE(ex.complete() && ex.reusable());
}

TEST(exchange, refuses_bytes_that_came_before_its_request) {
  exchange ex;
  auto const get = make_request();
  ex.start(get, {});
  auto const ok = feed_all(ex, ok_empty);
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error().code(), errc::connection_lost);
  EXPECT_EQ(ex.how_much_sent(), sent::nothing);
}

TEST(exchange, takes_an_early_answer_and_drops_the_connection) {
  auto r = make_request(verb::put);
  r.body = std::string(600'000, 'x');
  exchange ex;
  ex.start(r, {});
  auto const piece = ex.next_output();
  ASSERT_TRUE(piece);
  ex.wrote(piece->size());
  ASSERT_TRUE(feed_all(ex, sized("413 Too Large", "no")));
  EXPECT_TRUE(ex.complete());
  EXPECT_FALSE(ex.wants_write());
  EXPECT_FALSE(ex.reusable());
  EXPECT_EQ(ex.how_much_sent(), sent::part);
  EXPECT_EQ(ex.take_response().status, 413);
}

TEST(exchange, is_not_reusable_while_the_last_piece_is_not_written) {
  exchange ex;
  auto const get = make_request();
  ex.start(get, {});
  auto const piece = ex.next_output();
  ASSERT_TRUE(piece);
  ASSERT_TRUE(feed_all(ex, ok_empty));
  EXPECT_FALSE(ex.reusable());
  ex.wrote(piece->size());
  EXPECT_TRUE(ex.reusable());
}

TEST(exchange, is_not_reusable_with_bytes_left_or_after_the_end_of_the_stream) {
  exchange ex;
  auto const get = make_request();
  for (int late = 0; late < 2; ++late) {
    ex.start(get, {});
    drain(ex);
    ASSERT_TRUE(feed_all(ex, late ? ok_empty : ok_empty + "x"));
    // feed() stops at the end, so the first round had the extra byte in the same read.
    if (late) {
      ASSERT_TRUE(ex.received(1));
    }
    EXPECT_TRUE(ex.complete());
    EXPECT_FALSE(ex.reusable());
  }
  ex.start(get, {});
  drain(ex);
  ASSERT_TRUE(feed_all(ex, ok_empty));
  ASSERT_TRUE(ex.ended());
  EXPECT_FALSE(ex.reusable());
}

TEST(exchange, is_not_reusable_when_the_request_asked_to_close) {
  exchange ex;
  auto get = make_request();
  get.headers = {{"connection", "Close"}};
  ex.start(get, {});
  drain(ex);
  ASSERT_TRUE(feed_all(ex, ok_empty));
  EXPECT_FALSE(ex.reusable());
}

TEST(exchange, says_when_an_answer_has_started) {
  exchange ex;
  auto const get = make_request();
  ex.start(get, {});
  drain(ex);
  EXPECT_FALSE(ex.response_started());
  ASSERT_TRUE(feed_all(ex, "H"));
  EXPECT_TRUE(ex.response_started());
  EXPECT_FALSE(ex.complete());
  auto const ok = ex.ended();
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error().code(), errc::connection_lost);
}

TEST(exchange, always_offers_room_until_it_is_over) {
  exchange ex;
  auto const get = make_request();
  ex.start(get, {});
  drain(ex);
  std::string const wire = ok_head + "Content-Length: 300000\r\n\r\n" + std::string(300'000, 'x');
  std::string_view rest = wire;
  while (!ex.complete()) {
    auto const room = ex.input();
    ASSERT_GE(room.size(), limits::input_buffer_bytes - limits::header_bytes_max);
    ASSERT_LE(room.size(), limits::input_buffer_bytes);
    auto const count = std::min<std::size_t>({room.size(), rest.size(), 777});
    std::memcpy(room.data(), rest.data(), count);
    rest.remove_prefix(count);
    ASSERT_TRUE(ex.received(count));
  }
  EXPECT_TRUE(ex.input().empty());
  EXPECT_EQ(ex.take_response().body.size(), 300'000U);
}

TEST(exchange, refuses_a_body_over_its_limit_before_it_is_there) {
  play_options options;
  options.limits.body_bytes_max = 1000;
  options.close = false;
  auto const announced =
      testing::play_whole(ok_head + "Content-Length: 8589934592\r\n\r\n", options);
  EXPECT_EQ(announced.code, errc::response_too_large);
  EXPECT_EQ(announced.http_status, 200);
  EXPECT_NE(announced.message.find("8589934592 bytes is over its limit of 1000"), std::string::npos)
      << announced.message;
  EXPECT_EQ(testing::play_whole(sized("200 OK", std::string(1000, 'x')), options).body.size(),
            1000U);
}

TEST(exchange, refuses_an_unannounced_body_at_its_limit) {
  play_options options;
  options.limits.body_bytes_max = 1000;
  options.close = false;
  std::string chunks = ok_head + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 250; ++i) chunks += "4\r\nabcd\r\n";
  EXPECT_EQ(testing::play_whole(chunks + "0\r\n\r\n", options).body.size(), 1000U);
  for (auto const& wire :
       {chunks + "1\r\nx\r\n0\r\n\r\n", ok_head + "\r\n" + std::string(1001, 'x')}) {
    auto const out = testing::play_whole(wire, options);
    EXPECT_EQ(out.code, errc::response_too_large) << out;
    EXPECT_EQ(testing::play_bytewise(wire, options), out);
  }
}

TEST(exchange, keeps_the_front_of_an_oversized_error_and_its_status) {
  std::string const page(limits::error_body_bytes_max + 5'000, 'e');
  auto const out = testing::play_whole(sized("503 Unavailable", page));
  EXPECT_TRUE(out.complete) << out;
  EXPECT_EQ(out.status, 503);
  EXPECT_EQ(out.body.size(), limits::error_body_bytes_max);
  EXPECT_FALSE(out.reusable);
  EXPECT_EQ(testing::play_bytewise(sized("503 Unavailable", page)), out);
  auto const packed = sized("503 Unavailable", compress(page), "Content-Encoding: gzip\r\n");
  auto const inflated = testing::play_whole(packed);
  EXPECT_EQ(inflated.body, out.body);
  EXPECT_FALSE(inflated.reusable);
  EXPECT_EQ(testing::play_bytewise(packed), inflated);
  auto const exact =
      testing::play_whole(sized("503 Unavailable", page.substr(0, limits::error_body_bytes_max)));
  EXPECT_TRUE(exact.complete && exact.reusable);
}

TEST(exchange, inflates_a_body_cut_anywhere) {
  std::string const text = "{\"clusters\": [], \"more\": \"" + std::string(400, 'm') + "\"}";
  for (auto const kind : {testing::wrapping::gzip, testing::wrapping::zlib}) {
    auto const wire = sized("200 OK", compress(text, kind),
                            std::string("Content-Encoding: ") +
                                (kind == testing::wrapping::gzip ? "gzip" : "deflate") + "\r\n");
    auto const whole = testing::play_whole(wire);
    EXPECT_EQ(whole.body, text);
    EXPECT_TRUE(whole.reusable);
    EXPECT_EQ(testing::play_bytewise(wire), whole);
    for (std::size_t at = 1; at < wire.size(); ++at) {
      ASSERT_EQ(testing::play_split(wire, at), whole) << at;
    }
  }
}

TEST(exchange, takes_an_empty_body_with_a_coding) {
  EXPECT_TRUE(testing::play_whole(sized("200 OK", "", "Content-Encoding: br\r\n")).reusable);
  auto const out = testing::play_whole(ok_head +
                                       "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"
                                       "\r\n0\r\n\r\n");
  EXPECT_TRUE(out.complete && out.body.empty()) << out;
}

TEST(exchange, names_a_coding_it_does_not_know) {
  auto const out = testing::play_whole(sized("200 OK", "xx", "Content-Encoding: br\r\n"));
  EXPECT_EQ(out.code, errc::malformed_response);
  EXPECT_NE(out.message.find("Content-Encoding \"br\""), std::string::npos) << out.message;
}

TEST(exchange, refuses_compressed_bodies_that_are_cut_damaged_or_have_something_behind_them) {
  auto const packed = compress(std::string(5'000, 'a') + "b");
  std::string const gzip = "Content-Encoding: gzip\r\n";
  auto const cut = packed.substr(0, packed.size() - 1);
  auto out = testing::play_whole(sized("200 OK", cut, gzip));
  EXPECT_EQ(out.code, errc::malformed_response) << out;
  out = testing::play_whole(ok_head + gzip + "\r\n" + cut);
  EXPECT_EQ(out.code, errc::connection_lost) << out;
  out = testing::play_whole(ok_head + gzip + "\r\n" + packed);
  EXPECT_TRUE(out.complete) << out;
  for (auto const& bad : {packed + "x", std::string("not gzip"), packed.substr(1)}) {
    out = testing::play_whole(sized("200 OK", bad, gzip));
    EXPECT_EQ(out.code, errc::malformed_response) << out;
    EXPECT_EQ(testing::play_bytewise(sized("200 OK", bad, gzip)).code, out.code);
  }
}

TEST(exchange, bounds_what_a_small_compressed_body_inflates_to) {
  play_options options;
  options.limits.body_bytes_max = 1 << 20;
  auto const bomb = compress(std::string(50 << 20, '\0'));
  auto const wire = sized("200 OK", bomb, "Content-Encoding: gzip\r\n");
  auto const out = testing::play_whole(wire, options);
  EXPECT_EQ(out.code, errc::response_too_large) << out;
  options.with_sink = true;
  options.limits.sink_bytes_max = 1 << 20;
  auto const sunk = testing::play_whole(wire, options);
  EXPECT_EQ(sunk.code, errc::response_too_large) << sunk;
  EXPECT_LE(sunk.sunk.size(), options.limits.sink_bytes_max);
}

TEST(exchange, bounds_a_compressed_body_that_never_inflates_to_anything) {
  play_options options;
  options.limits.body_bytes_max = 10'000;
  options.close = false;
  // A zlib head, then stored blocks of no bytes for ever.
  std::string wire = ok_head + "Content-Encoding: deflate\r\n\r\n\x78\x01";
  for (int i = 0; i < 10'000; ++i) wire.append("\0\0\0\xff\xff", 5);
  auto const out = testing::play_whole(wire, options);
  EXPECT_EQ(out.code, errc::response_too_large) << out;
  EXPECT_EQ(testing::play_bytewise(wire, options), out);
}

TEST(exchange, reads_an_answer_to_head_without_a_body) {
  exchange ex;
  auto const head = make_request(verb::head);
  ex.start(head, {});
  EXPECT_TRUE(drain(ex).starts_with("HEAD "));
  ASSERT_TRUE(feed_all(ex, ok_head + "Content-Encoding: br\r\nContent-Length: 77\r\n\r\n"));
  EXPECT_TRUE(ex.complete() && ex.reusable());
  EXPECT_EQ(ex.take_response().find("content-length"), "77");
}

}  // namespace
}  // namespace kiln::http
