#include <kiln/secret.hpp>

#include <openssl/crypto.h>

#include <ostream>
#include <utility>

namespace kiln {

void wipe(std::string& text) noexcept {
  // Up to its capacity: what was longer once is still there.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

secret::secret(std::string text) : text_(text) { wipe(text); }
secret::secret(secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
secret::~secret() { wipe(text_); }

secret& secret::operator=(secret const& other) {
  if (this == &other) return *this;
  wipe(text_);
  text_ = other.text_;
  return *this;
}

secret& secret::operator=(secret&& other) noexcept {
  if (this == &other) return *this;
  wipe(text_);
  text_ = std::move(other.text_);
  wipe(other.text_);
  return *this;
}

std::ostream& operator<<(std::ostream& out, secret const& s) {
  return out << (s.empty() ? "" : "***");
}

}  // namespace kiln
