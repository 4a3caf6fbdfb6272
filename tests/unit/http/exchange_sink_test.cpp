#include "http/exchange.hpp"
#include "unit/http/compressed.hpp"
#include "unit/http/transcript.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kiln::http {
namespace {

using testing::compress;
using testing::drain;
using testing::feed_all;
using testing::play_options;
using testing::sized;
using testing::string_sink;

request make_get() {
  request r;
  r.target = "/api";
  r.host = "h";
  return r;
}

TEST(exchange_sink, gives_a_sink_the_body_of_a_success_only) {
  play_options options;
  options.with_sink = true;
  std::string const text(200'000, 's');
  auto out = testing::play_whole(sized("200 OK", text), options);
  EXPECT_EQ(out.sunk, text);
  EXPECT_EQ(out.body, "");
  EXPECT_TRUE(out.reusable);
  out = testing::play_whole(sized("206 Partial", compress(text), "Content-Encoding: gzip\r\n"),
                            options);
  EXPECT_EQ(out.sunk, text);
  out = testing::play_whole(sized("404 Not Found", "gone"), options);
  EXPECT_EQ(out.sunk, "");
  EXPECT_EQ(out.body, "gone");
  options.limits.sink_bytes_max = 199'999;
  out = testing::play_whole(sized("200 OK", text), options);
  EXPECT_EQ(out.code, errc::response_too_large);
  EXPECT_EQ(out.sunk, "");
}

TEST(exchange_sink, keeps_from_a_sink_what_is_not_of_its_type) {
  play_options options;
  options.with_sink = true;
  options.limits.sink_type = "application/json";
  for (std::string const type :
       {"application/json", "Application/JSON", "application/json;charset=utf-8",
        "application/json ; charset=utf-8"}) {
    auto const out =
        testing::play_whole(sized("200 OK", "{}", "Content-Type: " + type + "\r\n"), options);
    EXPECT_EQ(out.sunk, "{}") << type;
    EXPECT_EQ(out.body, "") << type;
  }
  for (std::string const head : {"", "Content-Type: text/html\r\n",
                                 "Content-Type: application/jsonx\r\n", "Content-Type:\r\n"}) {
    auto const out = testing::play_whole(sized("200 OK", "<p>", head), options);
    EXPECT_EQ(out.sunk, "") << head;
    EXPECT_EQ(out.body, "<p>") << head;
  }
}

TEST(exchange_sink, tells_how_long_the_body_was_wherever_it_went) {
  for (bool const sunk : {false, true}) {
    string_sink sink;
    exchange ex;
    auto const get = make_get();
    ex.start(get, {}, sunk ? &sink : nullptr);
    drain(ex);
    auto const wire =
        sized("200 OK", compress(std::string(5000, 'x')), "Content-Encoding: gzip\r\n");
    ASSERT_TRUE(feed_all(ex, wire));
    ASSERT_TRUE(ex.complete());
    EXPECT_EQ(ex.take_response().body_bytes, 5000U);
  }
}

TEST(exchange_sink, restarts_the_sink_at_each_success) {
  string_sink sink;
  exchange ex;
  auto const get = make_get();
  for (std::string const body : {"first", "second", ""}) {
    ex.start(get, {}, &sink);
    drain(ex);
    ASSERT_TRUE(feed_all(ex, sized("200 OK", body)));
    EXPECT_EQ(sink.text, body);
  }
  EXPECT_EQ(sink.restarts, 3);
  ex.start(get, {}, &sink);
  drain(ex);
  ASSERT_TRUE(feed_all(ex, sized("500 Error", "x")));
  EXPECT_EQ(sink.restarts, 3);
}

class failing_sink final : public byte_sink {
 public:
  explicit failing_sink(bool at_restart) : at_restart_(at_restart) {}
  result<void> restart() override {
    if (at_restart_) return error(errc::disk_full, "no room");
    return {};
  }
  result<void> write(std::span<std::byte const>) override {
    return error(errc::disk_full, "no room");
  }

 private:
  bool at_restart_;
};

TEST(exchange_sink, fails_as_its_sink_does) {
  for (bool const at_restart : {true, false}) {
    failing_sink sink(at_restart);
    exchange ex;
    auto const get = make_get();
    ex.start(get, {}, &sink);
    drain(ex);
    auto const ok = feed_all(ex, sized("200 OK", "x"));
    ASSERT_FALSE(ok);
    EXPECT_EQ(ok.error().code(), errc::disk_full);
    EXPECT_EQ(ok.error().http_status(), 0);
    EXPECT_FALSE(ex.complete());
    EXPECT_FALSE(ex.reusable());
  }
}

}  // namespace
}  // namespace kiln::http
