#include "emulator/api.hpp"

#include "core/ascii.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace kiln::emulation {

void throw_exception_from_error(api_error const& e, boost::source_location const&) {
  throw std::runtime_error(e.code + ": " + e.message);
}

api_error invalid_parameter(std::string message) {
  return {400, "INVALID_PARAMETER_VALUE", std::move(message)};
}
api_error missing_field(std::string_view name) {
  return invalid_parameter("Missing required field: " + std::string(name));
}

api_reply to_reply(api_error const& e) {
  api_reply out;
  out.status = e.status;
  out.body =
      R"({"error_code":)" + json_quoted(e.code) + R"(,"message":)" + json_quoted(e.message) + '}';
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    auto const lead = static_cast<std::uint8_t>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i <= more) return false;
    std::uint32_t code = lead & (0x3fU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      auto const next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xc0U) != 0x80U) return false;
      code = (code << 6) | (next & 0x3fU);
    }
    bool const overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
    bool const surrogate = code >= 0xd800 && code <= 0xdfff;
    if (overlong || surrogate || code > 0x10ffff) return false;
    i += more + 1;
  }
  return true;
}

std::string json_quoted(std::string_view text) {
  if (!is_utf8(text)) {
    std::string ascii(text);
    std::replace_if(
        ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
        '?');
    return json_quoted(ascii);
  }
  bool const plain = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  });
  if (!plain) return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
  std::string out;
  out.reserve(text.size() + 2);
  ((out += '"') += text) += '"';
  return out;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    int const high = ascii::hex_value(text[i + 1]);
    int const low = ascii::hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

outcome<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    auto const end = std::min(query.find('&'), query.size());
    auto const item = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (item.empty()) continue;
    auto const equals = std::min(item.find('='), item.size());
    auto name = percent_decoded(item.substr(0, equals));
    auto value = percent_decoded(item.substr(std::min(equals + 1, item.size())));
    if (!name || !value || out.size() == query_parameters_max) {
      return api_error{400, "MALFORMED_REQUEST", "The query string cannot be decoded"};
    }
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

}  // namespace kiln::emulation
