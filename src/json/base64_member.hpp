#pragma once

#include <kiln/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kiln::json {

/// What base64_member found.
struct decoded_member {
  std::size_t size = 0;
  bool present = false;               ///< False: no such member, or null.
  std::optional<std::int64_t> count;  ///< The integer member `count_key`.
};

/// Decodes the base64 string `key` of the outermost object of a JSON text while the text arrives,
/// so that its megabyte is never held as text. Of the rest no more than frame_bytes_max may come;
/// it is stepped over, not fully checked: brackets, quotes and commas must match, so that no nested
/// or quoted look-alike is taken. Of members named twice the last counts. Errors: decode_failed.
class base64_member {
 public:
  static constexpr std::size_t frame_bytes_max = 64 * 1024;

  /// Both of static storage.
  base64_member(std::string_view key, std::string_view count_key) noexcept
      : key_(key), count_key_(count_key) {}

  /// A new text begins. What is decoded goes to the front of `room`, which stays the caller's.
  void start(std::span<std::byte> room);
  /// Takes a piece, and gives how much of it: less than all only where the room is full. Goes on
  /// with the rest once there is more.
  result<std::size_t> feed(std::string_view text);
  /// The caller's room has moved; the bytes decoded are at its front.
  void widen(std::span<std::byte> room) noexcept { room_ = room; }
  /// The text is at its end.
  [[nodiscard]] result<decoded_member> finish();

 private:
  result<void> outside(char c);
  void open_string();
  void close_string();
  result<std::size_t> inside(std::string_view text);
  std::size_t decode_run(std::string_view text);
  result<void> take(char c);
  result<void> take_escape(char c);
  result<void> take_character(char c);
  result<bool> settle_group();

  std::string_view key_;
  std::string_view count_key_;
  std::span<std::byte> room_;
  std::size_t size_ = 0;

  std::string frame_;  // the text but for what is decoded: the object stays whole
  std::size_t string_at_ = 0;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool after_colon_ = false;  // of the outermost object
  bool wanted_ = false;       // the last key there is `key`
  bool in_data_ = false;
  std::size_t data_at_ = 0;      // where it would stand in frame_
  std::size_t data_length_ = 0;  // as text

  std::array<char, 4> group_{};
  std::size_t grouped_ = 0;
  bool padded_ = false;  // nothing may follow
  std::string escape_;
};

}  // namespace kiln::json
