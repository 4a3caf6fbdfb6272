#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace kiln {

/// Text that nobody is to see: printed it is "***", and its memory is cleared when it goes.
///
/// Thread safety: as std::string.
class secret {
 public:
  secret() = default;
  explicit secret(std::string text);
  secret(secret const&) = default;
  secret(secret&& other) noexcept;
  secret& operator=(secret const& other);
  secret& operator=(secret&& other) noexcept;
  ~secret();

  /// What it is; for where it must go. Valid until the object changes.
  [[nodiscard]] std::string_view reveal() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

 private:
  std::string text_;
};

/// "***", or nothing for an empty one.
std::ostream& operator<<(std::ostream& out, secret const& s);

/// Overwrites the memory of a string that held a secret; it is empty then.
void wipe(std::string& text) noexcept;

}  // namespace kiln
