#include "transfer/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <utility>

namespace kiln::transfer {

struct digest::state {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~state() { EVP_MD_CTX_free(context); }
};

digest::digest() : state_(std::make_unique<state>()) {
  if (state_->context == nullptr) throw std::bad_alloc();
  restart();
}

digest::~digest() = default;

void digest::restart() { EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr); }

void digest::update(std::span<std::byte const> data) {
  EVP_DigestUpdate(state_->context, data.data(), data.size());
}

std::string digest::finish() {
  constexpr char digits[] = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(state_->context, raw.data(), &length);
  std::string out;
  for (unsigned int i = 0; i < length; ++i) {
    out += digits[raw[i] >> 4U];
    out += digits[raw[i] & 15U];
  }
  return out;
}

result<std::size_t> digesting_source::read(std::uint64_t offset, std::span<std::byte> into) {
  auto got = from_->read(offset, into);
  if (got.has_error()) return got;
  if (offset == 0 && next_ != 0) {
    digest_.restart();
    next_ = 0;
  }
  if (offset != next_) return got;
  digest_.update(into.first(*got));
  next_ += *got;
  if (next_ == from_->size() && *got > 0) {
    whole_ = digest_.finish();
    digest_.restart();
    next_ = UINT64_MAX;  // only a read from the first byte begins anew
  }
  return got;
}

}  // namespace kiln::transfer
