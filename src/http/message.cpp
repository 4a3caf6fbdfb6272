#include "http/message.hpp"

#include "core/ascii.hpp"

namespace kiln {

std::string_view to_string(verb v) noexcept {
  switch (v) {
    case verb::get:
      return "GET";
    case verb::post:
      return "POST";
    case verb::put:
      return "PUT";
    case verb::patch:
      return "PATCH";
    case verb::delete_:
      return "DELETE";
    case verb::head:
      return "HEAD";
  }
  return "GET";
}

namespace http {

std::string_view find(std::vector<header> const& headers, std::string_view name) noexcept {
  for (auto const& h : headers) {
    if (ascii::equal_ignoring_case(h.name, name)) return h.value;
  }
  return {};
}

}  // namespace http
}  // namespace kiln
