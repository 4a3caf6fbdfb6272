#include "core/wipe.hpp"

#include <kiln/secret.hpp>

#include <algorithm>
#include <ostream>
#include <string.h>
#include <utility>

namespace kiln {

void wipe(std::string& text) noexcept {
  // Up to its capacity: what was longer once is still there.
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

void wipe(std::span<std::byte> memory) noexcept { ::explicit_bzero(memory.data(), memory.size()); }

void reserve_secret(std::string& text, std::size_t bytes) {
  if (bytes <= text.capacity()) return;
  std::string larger;
  larger.reserve(std::max(bytes, 2 * text.capacity()));
  larger = std::string_view(text);
  wipe(text);
  text = std::move(larger);
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
