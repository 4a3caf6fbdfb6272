#include "json/base64_member.hpp"

#include "json/base64.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace {

using namespace kiln::json;

std::vector<std::byte> random_bytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> out(size);
  for (auto& b : out) b = static_cast<std::byte>(random());
  return out;
}

struct outcome {
  std::string text;
  bool present = false;
  std::optional<std::int64_t> count;
  std::string error;
};

outcome fed(std::string_view json, std::size_t room, std::size_t piece) {
  std::vector<std::byte> into(room);
  base64_member decoder("data", "bytes_read");
  decoder.start(into);
  for (std::size_t at = 0; at < json.size(); at += piece) {
    auto const part = json.substr(at, piece);
    auto const used = decoder.feed(part);
    if (!used) return {{}, false, {}, used.error().message()};
    if (*used < part.size()) return {{}, false, {}, "full"};
  }
  auto const done = decoder.finish();
  if (!done) return {{}, false, {}, done.error().message()};
  return {{reinterpret_cast<char const*>(into.data()), done->size}, done->present, done->count, {}};
}

// However the text is cut, it comes to the same.
outcome member(std::string_view json, std::size_t room = 64) {
  auto const whole = fed(json, room, std::max<std::size_t>(json.size(), 1));
  for (std::size_t piece = 1; piece < std::min<std::size_t>(json.size(), 40); ++piece) {
    auto const cut = fed(json, room, piece);
    EXPECT_EQ(cut.text, whole.text) << json << " in pieces of " << piece;
    EXPECT_EQ(cut.present, whole.present) << json << " in pieces of " << piece;
    EXPECT_EQ(cut.count, whole.count) << json << " in pieces of " << piece;
    EXPECT_EQ(cut.error, whole.error) << json << " in pieces of " << piece;
  }
  return whole;
}

TEST(base64_member, decodes_the_answer_of_a_read) {
  auto const m = member(R"({"bytes_read":5,"data":"aGVsbG8="})");
  EXPECT_EQ(m.text, "hello");
  EXPECT_TRUE(m.present);
  EXPECT_EQ(m.count, 5);
  auto const other_order = member("{ \"data\" : \"aGVsbG8=\" ,\n \"bytes_read\" : \"5\" } ");
  EXPECT_EQ(other_order.text, "hello");
  EXPECT_EQ(other_order.count, 5);
}

TEST(base64_member, tells_an_empty_member_from_none) {
  EXPECT_TRUE(member(R"({"bytes_read":0,"data":""})").present);
  auto const absent = member(R"({"bytes_read":0})");
  EXPECT_FALSE(absent.present);
  EXPECT_EQ(absent.error, "");
  EXPECT_EQ(absent.count, 0);
  EXPECT_FALSE(member(R"({"data":null,"bytes_read":null})").present);
  EXPECT_EQ(member("{}").error, "");
}

TEST(base64_member, takes_no_nested_or_quoted_look_alike) {
  EXPECT_EQ(member(R"({"a":{"data":"AAAA"},"b":[{"data":"AAAA"}],"c":"\"data\":\"AAAA\"",
                       "d\"data":"AAAA","data2":"AAAA","data":"aGk="})")
                .text,
            "hi");
  EXPECT_FALSE(member(R"({"a":{"data":"AAAA"},"c":"data","d":"\\\",\"data\":\"AAAA"})").present);
}

TEST(base64_member, resolves_escapes_on_the_slow_path) {
  EXPECT_EQ(member(R"({"data":"\/\/\/\/"})").text, "\xFF\xFF\xFF");
  EXPECT_EQ(member(R"({"data":"aGk\u003d"})").text, "hi");
  EXPECT_EQ(member(R"({"d\u0061ta":"aGk="})").text, "hi");
  EXPECT_EQ(member(R"({"data":"aG\n="})").error.substr(0, 6), "data: ");
  EXPECT_EQ(member(R"({"data":"aGk\q"})").error, "data: bad escape in a string");
}

TEST(base64_member, escaped_text_fits_by_its_decoded_length) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "\\/";
  EXPECT_EQ(member("{\"data\":\"" + text + "\"}", 300).text, std::string(300, '\xFF'));
  EXPECT_EQ(member("{\"data\":\"" + text + "\"}", 299).error, "full");
}

TEST(base64_member, takes_the_last_of_two) {
  EXPECT_EQ(member(R"({"data":"AAAA","data":"aGk="})").text, "hi");
  EXPECT_FALSE(member(R"({"data":"AAAA","data":null})").present);
}

TEST(base64_member, refuses_more_than_fits) {
  EXPECT_EQ(member(R"({"data":"aGVsbG8="})", 5).text, "hello");
  EXPECT_EQ(member(R"({"data":"aGVsbG8="})", 4).error, "full");
  EXPECT_EQ(member(R"({"data":""})", 0).error, "");
  EXPECT_EQ(member(R"({"data":"aGk="})", 0).error, "full");
}

TEST(base64_member, refuses_a_damaged_document) {
  std::string const text = R"({"bytes_read":5,"x":[{"y":1}],"data":"aGVsbG8="})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(member(text.substr(0, size)).error, "") << size;
  }
  EXPECT_NE(member(text + "x").error, "");
  EXPECT_EQ(member(R"({"data":5})").error, "data: expected base64 string");
  EXPECT_EQ(member(R"({"data":"aGk=","bytes_read":1.5})").error, "bytes_read: expected int64");
}

TEST(base64_member, tells_what_no_encoder_would_have_made) {
  EXPECT_EQ(member(R"({"data":"aGVsb"})").error,
            "data: the length of base64 text is a multiple of 4, found 5");
  EXPECT_EQ(member(R"({"data":"aGk=aGk="})").error, "data: base64 text goes on behind its padding");
  EXPECT_EQ(member(R"({"data":"AAAAA*AA"})").error, "data: no base64 in the group at byte 4");
  EXPECT_EQ(member(R"({"data":"aGl="})").error, "data: no base64 in the group at byte 0");
  EXPECT_EQ(member(R"({"data":"====","x":1})").error, "data: no base64 in the group at byte 0");
  EXPECT_EQ(member(R"({"data":"AAAA"]})").error, "malformed JSON object near byte 14");
}

// Of several bytes where there is room for none: they go nowhere.
TEST(base64_member, takes_no_escape_of_more_than_a_byte) {
  for (std::string const before : {"", "A", "AA", "AAA", "AAAA"}) {
    for (char const* const escape : {"\\u00e9", "\\u20ac", "\\u0000"}) {
      auto const json = "{\"data\":\"" + before + escape + "\"}";
      for (std::size_t const room : {0U, 2U, 64U}) {
        EXPECT_NE(fed(json, room, json.size()).error, "") << json << ' ' << room;
      }
    }
  }
  EXPECT_EQ(member(R"({"data":"AAA\u00e9"})", 0).error, "data: no base64 in the group at byte 0");
}

TEST(base64_member, holds_little_of_what_it_does_not_decode) {
  std::string const padding(base64_member::frame_bytes_max, 'x');
  EXPECT_EQ(fed("{\"x\":\"" + padding + "\"}", 0, 4096).error, "more than 65536 bytes beside data");
  EXPECT_EQ(fed(std::string(base64_member::frame_bytes_max - 2, ' ') + "{}", 0, 4096).error, "");
}

TEST(base64_member, goes_on_where_the_room_is_made_wider) {
  auto const data = random_bytes(1000, 7);
  std::string json = R"({"data":")";
  append_base64(json, data);
  json += R"(","bytes_read":1000})";
  std::vector<std::byte> room;
  base64_member decoder("data", "bytes_read");
  decoder.start(room);
  for (std::string_view rest = json; !rest.empty();) {
    auto const used = decoder.feed(rest);
    ASSERT_TRUE(used.has_value());
    rest.remove_prefix(*used);
    if (rest.empty()) break;
    room.resize(room.size() + 1);
    decoder.widen(room);
  }
  auto const done = decoder.finish();
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->size, data.size());
  EXPECT_EQ(room, data);
}

TEST(base64_member, begins_anew) {
  std::vector<std::byte> into(8);
  base64_member decoder("data", "bytes_read");
  for (std::string_view const cut : {R"({"data":"aGVs)", R"({"data":"aGVsbG8=")", R"({"bytes_)"}) {
    decoder.start(into);
    ASSERT_EQ(*decoder.feed(cut), cut.size());
    EXPECT_FALSE(decoder.finish().has_value()) << cut;
  }
  decoder.start(into);
  std::string_view const whole = R"({"bytes_read":2,"data":"aGk="})";
  ASSERT_EQ(*decoder.feed(whole), whole.size());
  EXPECT_EQ(decoder.finish()->size, 2U);
}

TEST(base64_member, handles_a_full_block) {
  auto const data = random_bytes(1 << 20, 5);
  std::string json = R"({"bytes_read":1048576,"data":")";
  append_base64(json, data);
  json += "\"}";
  for (std::size_t const piece : {json.size(), std::size_t{16384}, std::size_t{1001}}) {
    auto const done = fed(json, data.size(), piece);
    EXPECT_EQ(done.count, 1048576);
    ASSERT_EQ(done.text.size(), data.size());
    EXPECT_EQ(std::memcmp(done.text.data(), data.data(), data.size()), 0) << piece;
  }
}

}  // namespace
