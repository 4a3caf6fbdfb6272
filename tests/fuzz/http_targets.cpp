#include "fuzz/http_targets.hpp"

#include "core/ascii.hpp"
#include "http/url.hpp"
#include "unit/http/transcript.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace kiln::fuzz {
namespace {

using http::testing::outcome;
using http::testing::play_options;

std::string_view as_text(std::span<std::byte const> data) {
  return {reinterpret_cast<char const*>(data.data()), data.size()};
}

bool is_sound(outcome const& out, play_options const& options) {
  if (out.complete == (out.code != errc{})) return false;
  if (out.reusable && !out.complete) return false;
  if (out.body.size() > options.limits.body_bytes_max) return false;
  if (out.sunk.size() > options.limits.sink_bytes_max) return false;
  if (out.complete) return out.status >= 200 && out.status <= 599;
  return out.code == errc::connection_lost || out.code == errc::malformed_response ||
         out.code == errc::response_too_large;
}

std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 1469598103934665603U;
  for (char const c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return h;
}

int play_every_way(std::string_view wire, play_options const& options) {
  auto const whole = http::testing::play_whole(wire, options);
  if (!is_sound(whole, options)) return 1;
  if (!(http::testing::play_bytewise(wire, options) == whole)) return 2;
  auto h = hash(wire);
  for (int i = 0; i < 2 && wire.size() > 1; ++i, h /= wire.size()) {
    auto const at = 1 + h % (wire.size() - 1);
    if (!(http::testing::play_split(wire, at, options) == whole)) return 3;
  }
  return 0;
}

}  // namespace

int fuzz_response_reader(std::span<std::byte const> data) {
  auto const wire = as_text(data);
  play_options options;
  options.limits.body_bytes_max = 2000;
  if (int const broken = play_every_way(wire, options)) return broken;
  options.with_sink = true;
  options.limits.sink_bytes_max = 1000;
  if (int const broken = play_every_way(wire, options)) return 10 + broken;
  options.method = verb::head;
  if (int const broken = play_every_way(wire, options)) return 20 + broken;
  return 0;
}

int fuzz_url(std::span<std::byte const> data) {
  auto const text = as_text(data);
  (void)http::is_loopback(text);
  if (auto const url = http::parse_base_url(text)) {
    if (url->host.empty() || url->port == 0) return 1;
    if (std::ranges::any_of(url->host, [](char c) { return ascii::is_control(c) || c == ' '; })) {
      return 2;
    }
    auto const again =
        http::parse_base_url((url->tls ? "https://" : "http://") + url->authority() + url->path);
    if (!again || !(*again == *url)) return 3;
  } else if (url.error().code() != errc::invalid_argument) {
    return 4;
  }
  std::string target;
  http::append_segment(target, text);
  auto const segment = target.size();
  http::append_query(target, text, text);
  for (std::size_t i = 0; i < target.size(); ++i) {
    char const c = target[i];
    if (ascii::is_unreserved(c) || (i >= segment && (c == '?' || c == '='))) continue;
    if (c != '%' || i + 2 >= target.size() || ascii::hex_value(target[i + 1]) < 0 ||
        ascii::hex_value(target[i + 2]) < 0) {
      return 5;
    }
    i += 2;
  }
  return 0;
}

}  // namespace kiln::fuzz
