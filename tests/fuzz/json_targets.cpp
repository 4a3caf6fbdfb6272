#include "fuzz/json_targets.hpp"

#include "core/limits.hpp"
#include "core/redact.hpp"
#include "json/base64.hpp"
#include "json/base64_member.hpp"
#include "json/read.hpp"
#include "json/text.hpp"
#include "json/write.hpp"
#include "unit/json/sample.hpp"

#include <kiln/bytes.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace kiln::fuzz {
namespace {

std::optional<boost::json::value> reference(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = limits::json_depth_max;
  boost::json::error_code ec;
  auto value = boost::json::parse({text.data(), text.size()}, ec, {}, options);
  if (ec) return std::nullopt;
  return value;
}

// What was read, written, is read and written to the same text.
template <class T>
bool is_stable(std::string_view text) {
  auto const first = json::read_as<T>(text, "fuzz");
  if (!first) return first.error().code() == errc::decode_failed;
  auto const written = json::to_json(*first);
  auto const second = json::read_as<T>(written, "fuzz");
  return second.has_value() && json::to_json(*second) == written;
}

}  // namespace

std::string_view fuzz_json(std::string_view text) {
  auto const expected = reference(text);
  auto const small = json::compact(text);
  if (small.has_value() != expected.has_value()) return "accepts what the reference does";
  if (small) {
    if (json::compact(*small).value() != *small) return "compact text is stable";
    if (json::compact(json::pretty(*small).value()).value() != *small) return "pretty is the same";
    if (reference(*small) != expected) return "compact text means the same";
  }
  if (!is_stable<sample::cluster_page>(text)) return "a page is stable";
  if (!is_stable<sample::cluster>(text)) return "a cluster is stable";
  if (!is_stable<sample::numbers>(text)) return "numbers are stable";
  if (!is_stable<sample::tree>(text)) return "a tree is stable";
  if (!is_stable<sample::block>(text)) return "a block is stable";
  if (expected && expected->is_object()) {
    auto const* member = expected->as_object().if_contains("cluster_id");
    auto const found = json::string_member(text, "cluster_id");
    bool const has = member && member->is_string();
    if (has != found.has_value()) return "a string member is found when it is there";
    if (has && *found != std::string_view(member->as_string())) return "its text is the same";
  }
  return {};
}

// Pieces of one to seven bytes, into room that is widened byte by byte.
result<json::decoded_member> decoded_in_pieces(std::string_view text) {
  bytes room;
  json::base64_member member("data", "handle");
  member.start(room);
  for (std::size_t size = 1; !text.empty(); size = size % 7 + 1) {
    auto const used = member.feed(text.substr(0, size));
    if (!used) return used.error();
    if (*used < std::min(size, text.size())) {
      room.resize(room.size() + 1);
      member.widen(room);
    }
    text.remove_prefix(*used);
  }
  return member.finish();
}

std::string_view fuzz_json_member(std::string_view text) {
  constexpr std::byte untouched{0x5A};
  std::vector<std::byte> into(text.size(), untouched);
  json::base64_member member("data", "handle");
  member.start(into);
  auto const fed = member.feed(text);
  auto const fast = fed ? member.finish() : result<json::decoded_member>(fed.error());
  if (fed && *fed != text.size()) return "there is always room for what the text can hold";
  auto const apart = decoded_in_pieces(text);
  if (apart.has_value() != fast.has_value()) return "pieces are taken as the whole is";
  if (fast && (apart->size != fast->size || apart->present != fast->present)) {
    return "pieces give the same as the whole";
  }
  if (!fast && fast.error().code() != errc::decode_failed) return "an error is decode_failed";
  auto const typed = json::read_as<sample::block>(text, "fuzz");
  auto const whole = reference(text);
  if (!typed || !whole || !whole->is_object()) return {};
  if (!fast) return "the fast path takes what the typed reader takes";
  if (fast->size != typed->data.size()) return "both give as many bytes";
  auto const end = into.begin() + static_cast<std::ptrdiff_t>(fast->size);
  if (!std::equal(into.begin(), end, typed->data.begin())) return "both give the same bytes";
  if (fast->count.value_or(0) != typed->handle) return "both give the same count";
  return {};
}

std::string_view fuzz_base64(std::string_view text) {
  constexpr std::byte untouched{0x5A};
  std::vector<std::byte> into(text.size() + 64, untouched);
  auto const size = json::base64_decode(text, into);
  if (!size) return {};
  if (*size != json::base64_decoded_size(text)) return "the size is known beforehand";
  auto const behind = into.begin() + static_cast<std::ptrdiff_t>(*size);
  if (std::count(behind, into.end(), untouched) != into.end() - behind) return "nothing behind it";
  std::string again;
  json::append_base64(again, std::span(into).first(*size));
  if (again != text) return "encoding gives the text back";
  return {};
}

std::string_view fuzz_redact(std::string_view text) {
  constexpr std::size_t length_max = 96;
  constexpr std::size_t suffix_max = 48;
  auto const shown = redact(text, length_max);
  if (shown.size() > length_max + suffix_max) return "the length is bounded";
  auto const control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(shown.begin(), shown.end(), control)) return "no control character is shown";
  return {};
}

}  // namespace kiln::fuzz
