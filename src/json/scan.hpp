#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::json {

/// Steps over the members of the outermost object of a text without parsing their values. What it
/// checks: brackets match (to limits::json_depth_max), strings end, members are parted by colons
/// and commas, nothing but white space follows the object.
class object_scanner {
 public:
  enum class step : std::uint8_t { member, end, malformed };

  explicit object_scanner(std::string_view text) noexcept : text_(text) {}
  step next();

  /// Of the member just found. The raw text between the quotes, escapes unresolved.
  [[nodiscard]] std::string_view key() const noexcept { return key_; }
  /// As it stands; a string with its quotes.
  [[nodiscard]] std::string_view value() const noexcept { return value_; }
  /// Whether the key, escapes resolved, is `name`.
  [[nodiscard]] bool key_is(std::string_view name) const;
  /// Where it stands or failed.
  [[nodiscard]] std::size_t position() const noexcept { return at_; }

 private:
  void skip_space() noexcept;
  bool take(char c) noexcept;
  bool skip_string() noexcept;
  bool skip_brackets() noexcept;
  bool skip_value() noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
  bool open_ = false;
  std::string_view key_;
  std::string_view value_;
};

/// Resolves the escapes of a string's raw text; nullopt for a bad escape or half a surrogate pair.
std::optional<std::string> unescape(std::string_view raw);

}  // namespace kiln::json
