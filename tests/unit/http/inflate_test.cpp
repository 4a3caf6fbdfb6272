#include "http/inflate.hpp"

#include "unit/http/compressed.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kiln::http {
namespace {

using testing::compress;
using testing::wrapping;

struct inflated {
  std::string text;
  std::string fault;
  bool may_end = false;
  bool operator==(inflated const&) const = default;
};

/// `piece` bytes of input and `room` bytes of output at a time.
inflated run(inflater& z, std::string_view in, std::size_t piece, std::size_t room) {
  inflated out;
  std::vector<std::byte> buffer(room);
  z.start();
  while (!in.empty() && out.fault.empty()) {
    auto const part = in.substr(0, piece);
    in.remove_prefix(part.size());
    auto data = std::as_bytes(std::span(part.data(), part.size()));
    while (true) {
      auto const step = z.run(data, buffer);
      if (!step) {
        EXPECT_EQ(step.error().code(), errc::malformed_response);
        out.fault = step.error().message();
        break;
      }
      data = data.subspan(step->consumed);
      out.text.append(reinterpret_cast<char const*>(buffer.data()), step->produced);
      if (!step->more) break;
    }
  }
  out.may_end = z.may_end();
  return out;
}

inflated run_every_way(std::string_view in) {
  inflater z;
  auto const whole = run(z, in, in.size() + 1, 1 << 16);
  for (std::size_t const piece : {1U, 2U, 3U, 7U, 64U}) {
    for (std::size_t const room : {1U, 5U, 4096U}) {
      auto const cut = run(z, in, piece, room);
      EXPECT_EQ(cut.text, whole.text);
      EXPECT_EQ(cut.fault, whole.fault);
      EXPECT_EQ(cut.may_end, whole.may_end);
    }
  }
  return whole;
}

std::string const long_text = [] {
  std::string out;
  for (int i = 0; i < 300; ++i) out += "{\"cluster_id\": \"" + std::to_string(i * 7919) + "\"}";
  return out;
}();

TEST(inflater, undoes_gzip_and_zlib) {
  for (auto const kind : {wrapping::gzip, wrapping::zlib}) {
    for (int const level : {0, 1, 9}) {
      auto const out = run_every_way(compress(long_text, kind, level));
      EXPECT_EQ(out.text, long_text);
      EXPECT_TRUE(out.may_end);
      EXPECT_EQ(out.fault, "");
    }
  }
  EXPECT_TRUE(run_every_way(compress("")).may_end);
  EXPECT_TRUE(run_every_way("").may_end);
}

TEST(inflater, joins_the_members_of_a_gzip_stream) {
  auto const out = run_every_way(compress("one ") + compress("") + compress("two"));
  EXPECT_EQ(out.text, "one two");
  EXPECT_TRUE(out.may_end);
}

TEST(inflater, says_that_a_cut_stream_may_not_end) {
  auto const whole = compress(long_text);
  inflater z;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    auto const out = run(z, std::string_view(whole).substr(0, size), size, 1 << 16);
    EXPECT_EQ(out.fault, "") << size;
    EXPECT_FALSE(out.may_end) << size;
  }
}

TEST(inflater, refuses_bytes_after_the_end) {
  EXPECT_NE(run_every_way(compress(long_text) + "x").fault.find("bytes follow"), std::string::npos);
  EXPECT_NE(run_every_way(compress(long_text) + std::string(1, '\0')).fault, "");
  EXPECT_NE(run_every_way(compress(long_text) + "\x1fgarbage").fault, "");
  EXPECT_NE(run_every_way(compress(long_text, wrapping::zlib) + compress(long_text)).fault, "");
}

TEST(inflater, refuses_damage_and_what_is_not_compressed) {
  EXPECT_NE(run_every_way("plain text").fault, "");
  auto broken = compress(long_text);
  broken[broken.size() - 6] = static_cast<char>(broken[broken.size() - 6] ^ 1);  // the checksum
  EXPECT_NE(run_every_way(broken).fault, "");
  auto length = compress(long_text);
  length.back() = static_cast<char>(length.back() ^ 1);
  EXPECT_NE(run_every_way(length).fault, "");
}

TEST(content_coding_of, a_value) {
  EXPECT_EQ(classify_coding(""), content_coding::identity);
  EXPECT_EQ(classify_coding("Identity"), content_coding::identity);
  EXPECT_EQ(classify_coding(" GZIP "), content_coding::compressed);
  EXPECT_EQ(classify_coding("x-gzip"), content_coding::compressed);
  EXPECT_EQ(classify_coding("deflate"), content_coding::compressed);
  EXPECT_EQ(classify_coding("br"), content_coding::unknown);
  EXPECT_EQ(classify_coding("gzip, gzip"), content_coding::unknown);
}

}  // namespace
}  // namespace kiln::http
