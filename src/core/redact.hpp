#pragma once

#include <string>
#include <string_view>

// The one place that decides what may be shown of a request or a response. Everything that ends in
// a log line, an error text or an exception passes through here.
namespace kiln {

/// "***" for headers and JSON members that carry secrets or file content.
[[nodiscard]] bool is_secret_header(std::string_view name) noexcept;
[[nodiscard]] bool is_secret_member(std::string_view json_key) noexcept;

/// `text` fit to be shown: values of secret members in JSON-like and form-like text replaced by
/// ***, anything shaped like a token (dapi…, eyJ…, Bearer …) replaced, control characters shown as
/// spaces, at most `length_max` bytes with the rest counted.
[[nodiscard]] std::string redact(std::string_view text, std::size_t length_max = 96);

/// Replaces every occurrence of `secret` in `text` by ***, also where characters of it are written
/// as URLs, forms, JSON and HTML write them (%2F, %252F, +, \u002f, \/, &#x2F;, &amp;). One of
/// fewer than 4 characters is left alone: it would blank ordinary words.
void hide(std::string& text, std::string_view secret);

}  // namespace kiln
