#include "wire/capture.hpp"

#include <algorithm>
#include <regex>

namespace kiln::wire_tests {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::string capture::without_version(std::string const& raw) {
  static std::regex const shape("(User-Agent: [^\r\n]*kiln/)[0-9]+\\.[0-9]+\\.[0-9]+ ");
  return std::regex_replace(raw, shape, "$1{version} ", std::regex_constants::format_first_only);
}

std::string capture::only_request() {
  std::lock_guard const lock(mutex);
  EXPECT_EQ(seen.size(), 1U);
  auto out = seen.empty() ? std::string() : seen.front();
  seen.clear();
  replace_all(out, host, "{host}");
  auto const end = out.find("\r\n\r\n");
  return without_version(out.substr(0, end)) + out.substr(std::min(out.size(), end));
}

}  // namespace kiln::wire_tests
