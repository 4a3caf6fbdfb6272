#include "http/sent_secrets.hpp"

#include "core/ascii.hpp"
#include "core/redact.hpp"
#include "json/base64.hpp"

#include <span>
#include <utility>

namespace kiln::http {

namespace {

std::string_view behind(std::string_view text, char mark) noexcept {
  auto const at = text.find(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
}

secret from_base64(std::string_view text) {
  std::string out(json::base64_decoded_size(text), '\0');
  auto const size = json::base64_decode(text, std::as_writable_bytes(std::span(out)));
  out.resize(size ? *size : 0);
  return secret(std::move(out));
}

secret without_percent(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const escape = text[i] == '%' && i + 2 < text.size();
    int const high = escape ? ascii::hex_value(text[i + 1]) : -1;
    int const low = high >= 0 ? ascii::hex_value(text[i + 2]) : -1;
    if (low >= 0) i += 2;
    out += low >= 0 ? static_cast<char>(high * 16 + low) : text[i];
  }
  return secret(std::move(out));
}

}  // namespace

sent_secrets::sent_secrets(std::string_view header_value) {
  add(header_value);
  auto const behind_scheme = header_value.substr(header_value.rfind(' ') + 1);  // npos + 1 is 0
  add(behind_scheme);
  if (!header_value.starts_with("Basic ")) return;
  pair_ = from_base64(behind_scheme);
  decoded_ = without_percent(pair_.reveal());
  for (auto const* pair : {&pair_, &decoded_}) {
    add(pair->reveal());
    add(behind(pair->reveal(), ':'));
  }
}

void sent_secrets::add(std::string_view part) noexcept {
  if (!part.empty()) parts_[count_++] = part;
}

void sent_secrets::hide_in(std::string& text) const {
  for (std::size_t i = 0; i < count_; ++i) hide(text, parts_[i]);
}

}  // namespace kiln::http
