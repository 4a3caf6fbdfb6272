#include "json/base64.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace {

using namespace kiln::json;

std::span<std::byte const> view_of(std::string_view text) {
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
    EXPECT_EQ(encode(view_of(plain)), text);
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

}  // namespace
