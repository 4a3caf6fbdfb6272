#include "json/base64_member.hpp"

#include "json/base64.hpp"
#include "json/scan.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace kiln::json {

namespace {

error frame_error(std::string why) { return {errc::decode_failed, std::move(why)}; }

result<std::int64_t> count_value(std::string_view value, std::string_view key) {
  if (value.size() > 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  std::int64_t count = 0;
  auto const end = value.data() + value.size();
  auto const parsed = std::from_chars(value.data(), end, count);
  if (parsed.ec != std::errc{} || parsed.ptr != end) {
    return frame_error(std::string(key) + ": expected int64");
  }
  return count;
}

}  // namespace

void base64_member::start(std::span<std::byte> room) {
  *this = base64_member(key_, count_key_);
  room_ = room;
}

result<std::size_t> base64_member::feed(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!in_data_) {
      if (auto const ok = outside(text[at++]); !ok) return ok.error();
      continue;
    }
    auto const used = inside(text.substr(at));
    if (!used) return used.error();
    if (*used == 0) break;
    at += *used;
  }
  return at;
}

result<void> base64_member::outside(char c) {
  if (frame_.size() == frame_bytes_max) {
    return frame_error("more than " + std::to_string(frame_bytes_max) + " bytes beside " +
                       std::string(key_));
  }
  frame_ += c;
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      close_string();
    }
  } else if (c == '"') {
    open_string();
  } else if (c == '{' || c == '[') {
    ++depth_;
    after_colon_ = false;
  } else if (c == '}' || c == ']') {
    if (depth_ > 0) --depth_;  // finish() sees what does not match
    after_colon_ = false;
  } else if (depth_ == 1 && (c == ':' || c == ',')) {
    after_colon_ = c == ':';
  }
  return {};
}

void base64_member::open_string() {
  bool const value = std::exchange(after_colon_, false);
  if (depth_ == 1 && value && wanted_) {
    in_data_ = true;
    size_ = grouped_ = data_length_ = 0;
    padded_ = false;
    escape_.clear();
    data_at_ = frame_.size();
    return;
  }
  in_string_ = true;
  string_at_ = frame_.size();
}

void base64_member::close_string() {
  in_string_ = false;
  if (depth_ != 1) return;
  auto const raw = std::string_view(frame_).substr(string_at_, frame_.size() - 1 - string_at_);
  wanted_ = raw.find('\\') == raw.npos ? raw == key_ : unescape(raw) == key_;
}

// How much of the member's text was taken, its end included; none where the room is full.
result<std::size_t> base64_member::inside(std::string_view text) {
  auto const settled = settle_group();
  if (!settled) return settled.error();
  if (!*settled) return std::size_t{0};
  std::size_t used = decode_run(text);
  if (used == 0) {
    if (text.front() == '"' && escape_.empty()) {
      if (grouped_ != 0) {
        return frame_error(std::string(key_) +
                           ": the length of base64 text is a multiple of 4, found " +
                           std::to_string(data_length_));
      }
      in_data_ = false;
      frame_ += '"';
      return std::size_t{1};
    }
    if (auto const ok = take(text.front()); !ok) return ok.error();
    used = 1;
  }
  data_length_ += used;
  return used;
}

// The whole groups at the front, up to the first that is not like the others.
std::size_t base64_member::decode_run(std::string_view text) {
  if (grouped_ != 0 || padded_ || !escape_.empty()) return 0;
  auto const fits = std::min(text.size(), (room_.size() - size_) / 3 * 4);
  auto* const to = room_.data() + size_;
  std::size_t at = detail::has_avx2() ? detail::decode_avx2(text.data(), fits, to) : 0;
  at += detail::decode_scalar(text.data() + at, fits - at, to + at / 4 * 3);
  size_ += at / 4 * 3;
  return at;
}

result<void> base64_member::take(char c) {
  if (!escape_.empty()) return take_escape(c);
  if (c != '\\') return take_character(c);
  escape_ = c;
  return {};
}

// Some writers of JSON escape the slash; any other is written so only by chance.
result<void> base64_member::take_escape(char c) {
  constexpr std::size_t unicode_size = 6;  // backslash, u, four digits
  escape_ += c;
  if (escape_[1] == 'u' && escape_.size() < unicode_size) return {};
  auto const plain = unescape(std::exchange(escape_, {}));
  if (!plain) return frame_error(std::string(key_) + ": bad escape in a string");
  if (plain->size() == 1) return take_character(plain->front());
  return frame_error(std::string(key_) + ": no base64 in the group at byte " +
                     std::to_string(size_ / 3 * 4));
}

result<void> base64_member::take_character(char c) {
  if (padded_) {
    return frame_error(std::string(key_) + ": base64 text goes on behind its padding");
  }
  group_[grouped_++] = c;
  auto const settled = settle_group();
  if (!settled) return settled.error();
  return {};
}

// False: it is whole, and there is no room for it.
result<bool> base64_member::settle_group() {
  if (grouped_ < group_.size()) return true;
  std::string_view const text(group_.data(), group_.size());
  if (base64_decoded_size(text) > room_.size() - size_) return false;
  auto const count = base64_decode(text, room_.subspan(size_));
  if (!count) {
    return frame_error(std::string(key_) + ": no base64 in the group at byte " +
                       std::to_string(size_ / 3 * 4));
  }
  padded_ = *count < 3;
  size_ += *count;
  grouped_ = 0;
  return true;
}

result<decoded_member> base64_member::finish() {
  object_scanner members(frame_);
  std::string_view found;
  std::string_view count = "null";
  auto step = members.next();
  for (; step == object_scanner::step::member; step = members.next()) {
    if (members.key_is(key_)) {
      found = members.value();
    } else if (members.key_is(count_key_)) {
      count = members.value();
    }
  }
  if (step == object_scanner::step::malformed) {
    auto const at = members.position();
    return frame_error("malformed JSON object near byte " +
                       std::to_string(at + (at >= data_at_ ? data_length_ : 0)));
  }
  decoded_member out;
  if (count != "null") {
    auto const number = count_value(count, count_key_);
    if (!number) return number.error();
    out.count = *number;
  }
  if (found.empty() || found == "null") return out;
  if (found.front() != '"') return frame_error(std::string(key_) + ": expected base64 string");
  out.present = true;
  out.size = size_;
  return out;
}

}  // namespace kiln::json
