#include "emulator/multipart_reader.hpp"
#include "emulator/request_reader.hpp"

#include <gtest/gtest.h>

namespace {

using kiln::emulation::body_framing;
using kiln::emulation::form_boundary;
using kiln::emulation::form_receiver;
using kiln::emulation::multipart_reader;
using kiln::emulation::read_head;
using kiln::emulation::request_head;

std::span<std::byte const> raw_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

constexpr std::string_view get_head =
    "GET /a?b=c HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer x\r\nAccept-Encoding: gzip\r\n\r\n";

TEST(read_head, takes_what_the_emulator_needs) {
  request_head head;
  auto const n = read_head(std::string(get_head) + "more", head);
  ASSERT_TRUE(n);
  EXPECT_EQ(*n, get_head.size());
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/a?b=c");
  EXPECT_EQ(head.authorization, "Bearer x");
  EXPECT_TRUE(head.accepts_gzip);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.has_body());
}

TEST(read_head, waits_for_the_empty_line_at_every_split) {
  for (std::size_t i = 0; i < get_head.size(); ++i) {
    request_head head;
    auto const n = read_head(get_head.substr(0, i), head);
    ASSERT_TRUE(n) << i;
    EXPECT_EQ(*n, 0U) << i;
  }
}

TEST(read_head, refuses_ambiguous_or_broken_framing) {
  for (auto const* lines :
       {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: -1\r\n",
        "Content-Length: x\r\n", "Transfer-Encoding: gzip\r\n", "Host: other\r\n", "No colon\r\n",
        "Authorization: a\r\nAuthorization: b\r\n",
        // What is read one way here and another way by a proxy hides a request in a body.
        "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: \x0b"
        "chunked\r\n",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: gzip\r\n", "Content-Length: +1\r\n",
        "Content-Length: 0x1\r\n", "Content-Length: 1 1\r\n", "Content-Length: 1, 2\r\n",
        "Content-Length: 99999999999999999999\r\n", "X: a\nContent-Length: 1\r\n", "X: a\rb\r\n",
        "X\x01: a\r\n", ": a\r\n"}) {
    request_head head;
    auto const n = read_head(std::string("POST / HTTP/1.1\r\nHost: h\r\n") + lines + "\r\n", head);
    EXPECT_FALSE(n) << lines;
  }
  request_head head;
  EXPECT_FALSE(read_head("GET / HTTP/1.1\r\n\r\n", head)) << "no Host";
  EXPECT_FALSE(read_head("nonsense\r\n\r\n", head));
}

TEST(read_head, bounds_its_size) {
  request_head head;
  auto const n = read_head("GET / HTTP/1.1\r\nX: " + std::string(64 * 1024, 'x'), head);
  ASSERT_FALSE(n);
  EXPECT_EQ(n.error().status, 431);
}

/// Feeds `wire` in pieces of `step`; gives the content, or "!" and the refusal.
std::string unframed(request_head const& head, std::string_view wire, std::size_t step,
                     std::size_t& used) {
  body_framing framing(head);
  std::string out;
  used = 0;
  while (!framing.done() && used < wire.size()) {
    auto const s = framing.next(raw_bytes(wire.substr(used, step)));
    if (!s) return "!" + s.error().message;
    out.append(reinterpret_cast<char const*>(s->content.data()), s->content.size());
    used += s->used;
  }
  return framing.done() ? out : out + "...";
}

TEST(body_framing, counts_a_body_of_known_length) {
  request_head head;
  head.content_length = 5;
  for (std::size_t step = 1; step < 9; ++step) {
    std::size_t used = 0;
    EXPECT_EQ(unframed(head, "hello GET", step, used), "hello");
    EXPECT_EQ(used, 5U);
  }
  EXPECT_TRUE(body_framing(request_head()).done());
}

TEST(body_framing, takes_chunks_apart_at_every_split) {
  request_head head;
  head.chunked = true;
  std::string_view const wire = "5;ext=1\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET";
  for (std::size_t step = 1; step < wire.size(); ++step) {
    std::size_t used = 0;
    EXPECT_EQ(unframed(head, wire, step, used), "hello0123456789") << step;
    EXPECT_EQ(used, wire.size() - 3) << step;
    EXPECT_EQ(unframed(head, "0\r\n\r\n", step, used), "") << step;
  }
}

TEST(body_framing, refuses_broken_chunks_and_endless_lines) {
  request_head head;
  head.chunked = true;
  std::size_t used = 0;
  EXPECT_EQ(unframed(head, "x\r\n", 9, used)[0], '!');
  EXPECT_EQ(unframed(head, "\r\n", 9, used)[0], '!');
  EXPECT_EQ(unframed(head, "5\nhello", 9, used)[0], '!');
  EXPECT_EQ(unframed(head, "1\r\nab\r\n", 9, used)[0], '!');
  for (auto const* const size : {"+1", "-1", "0x1", " 1", "1 1", "1\t;x 1 1g", "1,1"}) {
    auto const wire = std::string(size) + "\r\na\r\n0\r\n\r\n";
    bool const is_size = std::string_view(size).find(';') != std::string_view::npos;
    EXPECT_EQ(unframed(head, wire, 64, used), is_size ? "a" : "!A chunk's size is malformed")
        << size;
  }
  EXPECT_EQ(unframed(head, "fffffffffffffffff\r\n", 30, used)[0], '!');
  EXPECT_EQ(unframed(head, "5;" + std::string(2000, 'x'), 100, used)[0], '!');
  std::string trailers = "0\r\n";
  for (int i = 0; i < 2000; ++i) trailers += "X: yyyyy\r\n";
  EXPECT_EQ(unframed(head, trailers, 100, used)[0], '!');
}

struct recorded_form : form_receiver {
  bool part_begins(std::string const& name) override {
    log += '<' + name + '>';
    return true;
  }
  bool part_data(std::span<std::byte const> piece) override {
    log.append(reinterpret_cast<char const*>(piece.data()), piece.size());
    return true;
  }
  bool part_ends() override {
    log += "</>";
    return true;
  }
  std::string log;
};

std::string parsed(std::string_view body, std::size_t step, bool& complete) {
  recorded_form form;
  multipart_reader reader("XX", form);
  complete = false;
  for (std::size_t at = 0; at < body.size(); at += step) {
    if (!reader.feed(raw_bytes(body.substr(at, step)))) return "broken";
  }
  complete = reader.complete();
  return form.log;
}

TEST(multipart_reader, finds_parts_and_content_at_every_split) {
  std::string_view const body =
      "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/a\r\n--XX \r\n"
      "content-disposition: form-data; filename=\"a;b\"; name=contents\r\n"
      "Content-Type: x/y\r\n\r\n\r\n--X\r\n\r--XX\r\n-\r\n--XX\r\n"
      "Content-Disposition: form-data; name=empty\r\n\r\n\r\n--XX--\r\nepilogue";
  for (std::size_t step = 1; step <= body.size(); ++step) {
    bool complete = false;
    EXPECT_EQ(parsed(body, step, complete),
              "<path>/a</><contents>\r\n--X\r\n\r--XX\r\n-</><empty></>")
        << step;
    EXPECT_TRUE(complete) << step;
  }
}

TEST(multipart_reader, begins_with_a_delimiter_on_the_first_line) {
  bool complete = false;
  EXPECT_EQ(
      parsed("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--XX--", 7, complete),
      "<a>b</>");
  EXPECT_TRUE(complete);
}

TEST(multipart_reader, is_incomplete_without_its_last_delimiter) {
  bool complete = true;
  parsed("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--XX", 7, complete);
  EXPECT_FALSE(complete);
}

TEST(multipart_reader, refuses_nameless_parts_endless_heads_and_too_many_parts) {
  bool complete = false;
  EXPECT_EQ(parsed("--XX\r\nContent-Type: a/b\r\n\r\n", 7, complete), "broken");
  EXPECT_EQ(parsed("--XX\r\n" + std::string(9000, 'x'), 100, complete), "broken");
  EXPECT_EQ(parsed("--XXjunk", 7, complete), "broken");
  std::string many = "--XX";
  for (int i = 0; i < 65; ++i)
    many += "\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--XX";
  EXPECT_EQ(parsed(many, 1000, complete), "broken");
}

TEST(form_boundary, is_read_quoted_or_plain) {
  EXPECT_EQ(form_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(form_boundary("Multipart/Form-Data; charset=x; BOUNDARY=\"a b\""), "a b");
  EXPECT_FALSE(form_boundary("application/json"));
  EXPECT_FALSE(form_boundary("multipart/form-data"));
  EXPECT_FALSE(form_boundary("multipart/form-data; boundary="));
  EXPECT_FALSE(form_boundary("multipart/form-data; boundary=" + std::string(71, 'x')));
}

}  // namespace
