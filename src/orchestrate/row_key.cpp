#include "orchestrate/row_key.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace kiln::orchestrate {

std::string row_key(std::string_view document, std::string_view name) {
  constexpr std::size_t bytes_kept = 16;
  std::string hashed;
  for (auto const part : {name, document}) {
    (hashed += std::to_string(part.size())) += ':';
    hashed += part;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  // Fails for want of memory only.
  if (EVP_Digest(hashed.data(), hashed.size(), digest.data(), nullptr, EVP_sha256(), nullptr) !=
      1) {
    throw std::bad_alloc();
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes_kept; ++i) {
    out += digits[digest[i] >> 4U];
    out += digits[digest[i] & 15U];
  }
  return out;
}

}  // namespace kiln::orchestrate
