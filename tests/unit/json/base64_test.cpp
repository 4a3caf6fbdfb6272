#include "json/base64.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace {

using namespace kiln::json;

std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string encode(std::span<std::byte const> data) {
  std::string out;
  append_base64(out, data);
  return out;
}

std::string decode(std::string_view text) {
  std::vector<std::byte> out(base64_decoded_size(text));
  auto const size = base64_decode(text, out);
  if (!size) return "refused";
  return {reinterpret_cast<char const*>(out.data()), *size};
}

std::vector<std::byte> noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> out(size);
  for (auto& b : out) b = static_cast<std::byte>(random());
  return out;
}

TEST(base64, encodes_the_vectors_of_rfc_4648) {
  std::pair<std::string_view, std::string_view> const vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (auto const& [plain, text] : vectors) {
    EXPECT_EQ(encode(bytes_of(plain)), text);
    EXPECT_EQ(decode(text), plain);
  }
}

TEST(base64, agrees_with_openssl_for_every_length) {
  for (std::size_t size = 0; size <= 300; ++size) {
    auto const data = noise(size, size);
    std::string expected(base64_size(size) + 1, '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(expected.data()),
                    reinterpret_cast<unsigned char const*>(data.data()), static_cast<int>(size));
    expected.pop_back();
    auto const text = encode(data);
    ASSERT_EQ(text, expected) << size;
    std::vector<std::byte> back(size);
    auto const decoded = base64_decode(text, back);
    ASSERT_TRUE(decoded.has_value()) << size;
    ASSERT_EQ(*decoded, size);
    ASSERT_EQ(back, data) << size;
  }
}

TEST(base64, vector_path_does_what_the_scalar_path_does) {
  if (!detail::has_avx2()) return;  // then the scalar path is all there is
  for (std::size_t size = 0; size <= 300; ++size) {
    auto const data = noise(size, 1000 + size);
    std::string a(base64_size(size), '?');
    std::string b = a;
    auto const done = detail::encode_avx2(data.data(), size, a.data());
    ASSERT_EQ(done % 24, 0U);
    ASSERT_LT(size - done, 28U);  // all but the last turn
    detail::encode_scalar(data.data(), size, b.data());
    ASSERT_EQ(a.substr(0, done / 3 * 4), b.substr(0, done / 3 * 4)) << size;

    auto const text = b.substr(0, size / 3 * 4);
    std::vector<std::byte> back(size / 3 * 3);
    auto const read = detail::decode_avx2(text.data(), text.size(), back.data());
    ASSERT_LT(text.size() - read, 44U);
    ASSERT_TRUE(
        std::equal(back.begin(), back.begin() + static_cast<long>(read / 4 * 3), data.begin()))
        << size;
  }
}

TEST(base64, vector_path_refuses_every_byte_the_scalar_path_refuses) {
  if (!detail::has_avx2()) return;  // then the scalar path is all there is
  std::byte out[96];
  for (std::size_t at = 0; at < 32; ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text(64, 'A');
      text[at] = static_cast<char>(c);
      bool const scalar = detail::decode_scalar(text.data(), 64, out) == 64;
      auto const vector = detail::decode_avx2(text.data(), 64, out);
      ASSERT_EQ(vector, scalar ? 32U : 0U) << "byte " << c << " at " << at;
    }
  }
}

TEST(base64, random_garbage_is_judged_alike_by_both_paths) {
  std::mt19937_64 random(3);
  std::string_view const letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 75 * 4, 'A');
    for (auto& c : text) c = letters[random() % 64];
    if (!text.empty() && round % 2 == 0) text[random() % text.size()] = static_cast<char>(random());
    std::vector<std::byte> a(text.size() / 4 * 3);
    auto b = a;
    auto const scalar = detail::decode_scalar(text.data(), text.size(), a.data());
    auto at = detail::has_avx2() ? detail::decode_avx2(text.data(), text.size(), b.data()) : 0;
    at += detail::decode_scalar(text.data() + at, text.size() - at, b.data() + at / 4 * 3);
    ASSERT_EQ(at, scalar);
    ASSERT_TRUE(std::equal(a.begin(), a.begin() + static_cast<long>(at / 4 * 3), b.begin()));
  }
}

TEST(base64, refuses_what_no_encoder_writes) {
  for (auto const text :
       {"A",    "AA",      "AAA",      "AAAAA",    "=",         "==",       "===",
        "====", "A===",    "=AAA",     "A=AA",     "AA=A",      "AA==AAAA", "AAA=AAAA",
        "Zh==", "Zm9=",    "Zg==\n",   "Z g=",     "Zm9v\nZm9", "Zm9-",     "Zm9_",
        "Zm9.", "Zm9\x80", "AAAA====", "AAAAA===", "AAAAA=A="}) {
    EXPECT_EQ(decode(text), "refused") << text;
  }
  EXPECT_EQ(decode(std::string_view("Zm\0v", 4)), "refused");
}

TEST(base64, touches_no_memory_behind_what_it_decodes) {
  for (std::size_t size = 0; size <= 200; ++size) {
    auto const data = noise(size, size);
    auto const text = encode(data);
    std::vector<std::byte> into(size + 64, std::byte{0x5A});
    ASSERT_EQ(*base64_decode(text, into), size);
    ASSERT_TRUE(std::equal(data.begin(), data.end(), into.begin()));
    ASSERT_EQ(std::count(into.begin() + static_cast<long>(size), into.end(), std::byte{0x5A}), 64)
        << size;
  }
}

TEST(base64, refuses_memory_that_is_too_small_and_says_both_sizes) {
  std::byte into[4];
  auto const done = base64_decode("aGVsbG8=", into);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message(), "base64 text of 5 bytes, there is room for 4");
}

TEST(base64, names_the_group_that_is_bad) {
  std::string text(400, 'A');
  text[202] = '*';
  std::vector<std::byte> into(300);
  EXPECT_EQ(base64_decode(text, into).error().message(),
            "no base64 character in the group at byte 200");
}

struct outcome {
  std::string text;
  bool present = false;
  std::optional<std::int64_t> count;
  std::string error;
};

outcome member(std::string_view json, std::size_t room = 64) {
  std::vector<std::byte> into(room);
  auto const done = decode_string_member(json, "data", into, "bytes_read");
  if (!done) return {{}, false, {}, done.error().message()};
  return {{reinterpret_cast<char const*>(into.data()), done->size}, done->present, done->count, {}};
}

TEST(decode_string_member, decodes_the_answer_of_a_read) {
  auto const m = member(R"({"bytes_read":5,"data":"aGVsbG8="})");
  EXPECT_EQ(m.text, "hello");
  EXPECT_TRUE(m.present);
  EXPECT_EQ(m.count, 5);
  auto const other_order = member("{ \"data\" : \"aGVsbG8=\" ,\n \"bytes_read\" : \"5\" } ");
  EXPECT_EQ(other_order.text, "hello");
  EXPECT_EQ(other_order.count, 5);
}

TEST(decode_string_member, tells_an_empty_member_from_none) {
  EXPECT_TRUE(member(R"({"bytes_read":0,"data":""})").present);
  auto const absent = member(R"({"bytes_read":0})");
  EXPECT_FALSE(absent.present);
  EXPECT_EQ(absent.error, "");
  EXPECT_EQ(absent.count, 0);
  EXPECT_FALSE(member(R"({"data":null,"bytes_read":null})").present);
  EXPECT_EQ(member("{}").error, "");
}

TEST(decode_string_member, takes_no_nested_or_quoted_look_alike) {
  EXPECT_EQ(member(R"({"a":{"data":"AAAA"},"b":[{"data":"AAAA"}],"c":"\"data\":\"AAAA\"",
                       "d\"data":"AAAA","data2":"AAAA","data":"aGk="})")
                .text,
            "hi");
  EXPECT_FALSE(member(R"({"a":{"data":"AAAA"},"c":"data","d":"\\\",\"data\":\"AAAA"})").present);
}

TEST(decode_string_member, resolves_escapes_on_the_slow_path) {
  EXPECT_EQ(member(R"({"data":"\/\/\/\/"})").text, "\xFF\xFF\xFF");
  EXPECT_EQ(member(R"({"data":"aGk\u003d"})").text, "hi");
  EXPECT_EQ(member(R"({"d\u0061ta":"aGk="})").text, "hi");
  EXPECT_EQ(member(R"({"data":"aG\n="})").error.substr(0, 6), "data: ");
  EXPECT_EQ(member(R"({"data":"aGk\q"})").error, "data: bad escape in a string");
}

TEST(decode_string_member, escaped_text_fits_by_its_decoded_length) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "\\/";
  EXPECT_EQ(member("{\"data\":\"" + text + "\"}", 300).text, std::string(300, '\xFF'));
  EXPECT_EQ(member("{\"data\":\"" + text + "\"}", 299).error,
            "data: base64 text of 300 bytes, there is room for 299");
}

TEST(decode_string_member, takes_the_last_of_two) {
  EXPECT_EQ(member(R"({"data":"AAAA","data":"aGk="})").text, "hi");
  EXPECT_FALSE(member(R"({"data":"AAAA","data":null})").present);
}

TEST(decode_string_member, refuses_more_than_fits) {
  EXPECT_EQ(member(R"({"data":"aGVsbG8="})", 5).text, "hello");
  EXPECT_EQ(member(R"({"data":"aGVsbG8="})", 4).error,
            "data: base64 text of 5 bytes, there is room for 4");
}

TEST(decode_string_member, refuses_a_damaged_document) {
  std::string const text = R"({"bytes_read":5,"x":[{"y":1}],"data":"aGVsbG8="})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(member(text.substr(0, size)).error, "") << size;
  }
  EXPECT_NE(member(text + "x").error, "");
  EXPECT_EQ(member(R"({"data":5})").error, "data: expected base64 string");
  EXPECT_EQ(member(R"({"data":"aGk=","bytes_read":1.5})").error, "bytes_read: expected int64");
}

TEST(decode_string_member, handles_a_full_block) {
  auto const data = noise(1 << 20, 5);
  std::string json = R"({"bytes_read":1048576,"data":")";
  append_base64(json, data);
  json += "\"}";
  std::vector<std::byte> into(1 << 20);
  auto const done = decode_string_member(json, "data", into, "bytes_read");
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->size, data.size());
  EXPECT_EQ(done->count, 1048576);
  EXPECT_EQ(into, data);
}

}  // namespace
