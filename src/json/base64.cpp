#include "json/base64.hpp"

#include <array>
#include <cstring>
#include <string>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kiln::json {

namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t bad = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(bad);
  for (std::uint8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(alphabet[i])] = i;
  return values;
}
constexpr auto values = make_values();

std::uint32_t value_of(char c) noexcept { return values[static_cast<unsigned char>(c)]; }

error decode_error(std::string why) { return {errc::decode_failed, std::move(why)}; }

}  // namespace

namespace detail {

std::size_t encode_scalar(std::byte const* from, std::size_t size, char* to) noexcept {
  std::size_t at = 0;
  for (; at + 3 <= size; at += 3, to += 4) {
    auto const b = [&](std::size_t i) { return std::to_integer<std::uint32_t>(from[at + i]); };
    std::uint32_t const bits = (b(0) << 16U) | (b(1) << 8U) | b(2);
    to[0] = alphabet[bits >> 18U];
    to[1] = alphabet[(bits >> 12U) & 63U];
    to[2] = alphabet[(bits >> 6U) & 63U];
    to[3] = alphabet[bits & 63U];
  }
  return at;
}

std::size_t decode_scalar(char const* from, std::size_t size, std::byte* to) noexcept {
  std::size_t at = 0;
  for (; at + 4 <= size; at += 4, to += 3) {
    auto const a = value_of(from[at]);
    auto const b = value_of(from[at + 1]);
    auto const c = value_of(from[at + 2]);
    auto const d = value_of(from[at + 3]);
    if ((a | b | c | d) > 63) break;
    std::uint32_t const bits = (a << 18U) | (b << 12U) | (c << 6U) | d;
    to[0] = static_cast<std::byte>(bits >> 16U);
    to[1] = static_cast<std::byte>((bits >> 8U) & 255U);
    to[2] = static_cast<std::byte>(bits & 255U);
  }
  return at;
}

#if defined(__x86_64__)

bool has_avx2() noexcept {
  static bool const has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

// 24 bytes to 32 characters a turn, by the method of W. Mula and D. Lemire, "Faster Base64
// Encoding and Decoding using AVX2 Instructions" (2018).
__attribute__((target("avx2"))) std::size_t encode_avx2(std::byte const* from, std::size_t size,
                                                        char* to) noexcept {
  __m256i const spread = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10,  //
                                          1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
  __m256i const shifts =
      _mm256_setr_epi8(65, 71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 0, 0,  //
                       65, 71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 0, 0);
  std::size_t at = 0;
  for (; at + 28 <= size; at += 24, to += 32) {  // the second load reads 4 bytes more
    auto const low = _mm_loadu_si128(reinterpret_cast<__m128i const*>(from + at));
    auto const high = _mm_loadu_si128(reinterpret_cast<__m128i const*>(from + at + 12));
    auto const in = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), spread);
    auto const ac = _mm256_mulhi_epu16(_mm256_and_si256(in, _mm256_set1_epi32(0x0fc0fc00)),
                                       _mm256_set1_epi32(0x04000040));
    auto const bd = _mm256_mullo_epi16(_mm256_and_si256(in, _mm256_set1_epi32(0x003f03f0)),
                                       _mm256_set1_epi32(0x01000010));
    auto const index = _mm256_or_si256(ac, bd);
    auto range = _mm256_subs_epu8(index, _mm256_set1_epi8(51));
    range = _mm256_sub_epi8(range, _mm256_cmpgt_epi8(index, _mm256_set1_epi8(25)));
    auto const text = _mm256_add_epi8(index, _mm256_shuffle_epi8(shifts, range));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), text);
  }
  return at;
}

// 32 characters to 24 bytes a turn. The store writes 8 bytes more, so it stops while as many
// groups follow as make them.
__attribute__((target("avx2"))) std::size_t decode_avx2(char const* from, std::size_t size,
                                                        std::byte* to) noexcept {
  __m256i const low_classes =
      _mm256_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B,
                       0x1B, 0x1B, 0x1A, 0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                       0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
  __m256i const high_classes =
      _mm256_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10,
                       0x10, 0x10, 0x10, 0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10,
                       0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
  __m256i const shifts = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0,
                                          0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
  __m256i const pack = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,  //
                                        2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  __m256i const slash = _mm256_set1_epi8(0x2F);
  std::size_t at = 0;
  for (; at + 32 + 12 <= size; at += 32, to += 24) {
    auto const text = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from + at));
    auto const high = _mm256_and_si256(_mm256_srli_epi32(text, 4), slash);
    auto const low = _mm256_and_si256(text, slash);
    if (!_mm256_testz_si256(_mm256_shuffle_epi8(low_classes, low),
                            _mm256_shuffle_epi8(high_classes, high))) {
      break;
    }
    auto const range = _mm256_add_epi8(_mm256_cmpeq_epi8(text, slash), high);
    auto const bits = _mm256_add_epi8(text, _mm256_shuffle_epi8(shifts, range));
    auto const pairs = _mm256_maddubs_epi16(bits, _mm256_set1_epi32(0x01400140));
    auto const quads = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    auto const bytes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(quads, pack),
                                                   _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
  }
  return at;
}

#else

bool has_avx2() noexcept { return false; }
std::size_t encode_avx2(std::byte const*, std::size_t, char*) noexcept { return 0; }
std::size_t decode_avx2(char const*, std::size_t, std::byte*) noexcept { return 0; }

#endif

}  // namespace detail

std::size_t base64_encode(std::span<std::byte const> data, char* out) noexcept {
  std::size_t at = detail::has_avx2() ? detail::encode_avx2(data.data(), data.size(), out) : 0;
  at += detail::encode_scalar(data.data() + at, data.size() - at, out + at / 3 * 4);
  auto const rest = data.subspan(at);
  out += at / 3 * 4;
  if (!rest.empty()) {
    auto const first = std::to_integer<std::uint32_t>(rest[0]);
    auto const second = rest.size() > 1 ? std::to_integer<std::uint32_t>(rest[1]) : 0U;
    out[0] = alphabet[first >> 2U];
    out[1] = alphabet[((first & 3U) << 4U) | (second >> 4U)];
    out[2] = rest.size() > 1 ? alphabet[(second & 15U) << 2U] : '=';
    out[3] = '=';
  }
  return base64_size(data.size());
}

void append_base64(std::string& out, std::span<std::byte const> data) {
  auto const before = out.size();
  out.resize(before + base64_size(data.size()));
  base64_encode(data, out.data() + before);
}

std::size_t base64_decoded_size(std::string_view text) noexcept {
  if (text.empty() || text.size() % 4 != 0) return 0;
  std::size_t size = text.size() / 4 * 3;
  if (text.ends_with('=')) --size;
  if (text.ends_with("==")) --size;
  return size;
}

result<std::size_t> base64_decode(std::string_view text, std::span<std::byte> into) {
  if (text.size() % 4 != 0) {
    return decode_error("the length of base64 text is a multiple of 4, found " +
                        std::to_string(text.size()));
  }
  auto const size = base64_decoded_size(text);
  if (size > into.size()) {
    return decode_error("base64 text of " + std::to_string(size) + " bytes, there is room for " +
                        std::to_string(into.size()));
  }
  auto const whole = size / 3 * 4;  // without a padded group
  std::size_t at = detail::has_avx2() ? detail::decode_avx2(text.data(), whole, into.data()) : 0;
  at += detail::decode_scalar(text.data() + at, whole - at, into.data() + at / 4 * 3);
  if (at == text.size()) return size;
  if (at < whole) {
    return decode_error("no base64 character in the group at byte " + std::to_string(at));
  }
  auto const a = value_of(text[at]);
  auto const b = value_of(text[at + 1]);
  bool const one = size % 3 == 1;
  auto const c = one ? 0 : value_of(text[at + 2]);
  if ((a | b | c) > 63 || (one ? b & 15U : c & 3U) != 0) {
    return decode_error("bad last group of base64 text, at byte " + std::to_string(at));
  }
  auto const out = into.data() + at / 4 * 3;
  out[0] = static_cast<std::byte>((a << 2U) | (b >> 4U));
  if (!one) out[1] = static_cast<std::byte>(((b & 15U) << 4U) | (c >> 2U));
  return size;
}

}  // namespace kiln::json
