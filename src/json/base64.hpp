#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// RFC 4648 section 4, with padding, without line breaks.
namespace kiln::json {

[[nodiscard]] constexpr std::size_t base64_size(std::size_t bytes) noexcept {
  return (bytes + 2) / 3 * 4;
}
/// `out` has room for base64_size(data.size()) characters; gives that number.
std::size_t base64_encode(std::span<std::byte const> data, char* out) noexcept;
void append_base64(std::string& out, std::span<std::byte const> data);

/// The exact number of bytes `text` decodes to, if it is well formed; never more than its size.
[[nodiscard]] std::size_t base64_decoded_size(std::string_view text) noexcept;
/// Decodes all of `text` to the start of `into` and gives the number of bytes; memory behind them
/// is not touched. Fails with decode_failed for any character, length, padding or unused bits that
/// an encoder would not have made, and when `into` is too small. `into` is then of no use.
result<std::size_t> base64_decode(std::string_view text, std::span<std::byte> into);

namespace detail {
// The two implementations, for tests and the bench. They give how much input they have dealt with:
// whole groups of 3 bytes or 4 characters. Decoding stops before the first bad group and leaves a
// padded one.
std::size_t encode_scalar(std::byte const* from, std::size_t size, char* to) noexcept;
std::size_t encode_avx2(std::byte const* from, std::size_t size, char* to) noexcept;
std::size_t decode_scalar(char const* from, std::size_t size, std::byte* to) noexcept;
std::size_t decode_avx2(char const* from, std::size_t size, std::byte* to) noexcept;
[[nodiscard]] bool has_avx2() noexcept;
}  // namespace detail

}  // namespace kiln::json
