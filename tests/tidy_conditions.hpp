#pragma once

#include <cstddef>
#include <regex>
#include <string>
#include <vector>

namespace kiln::tidy {

// The lines (from 0) of statements whose condition awaits: src/decisions/0004*. What an
// init-statement, a declaration in the condition, or the range of a `for` awaits is none of that.
// `code` has neither comments nor the contents of literals.
inline std::vector<std::size_t> awaited_conditions(std::vector<std::string> const& code) {
  static std::regex const opening(R"(\b(if|while|switch|for)\b\s*\()");
  static std::regex const declaration(R"(^\s*\w[\w:<>, ]*[\w>][ &*]+\w+ = )");
  std::vector<std::size_t> found;
  std::string text;
  std::vector<std::size_t> line_begins;
  for (auto const& line : code) {
    line_begins.push_back(text.size());
    text += line + '\n';
  }
  for (std::sregex_iterator each(text.begin(), text.end(), opening), end; each != end; ++each) {
    auto const first = static_cast<std::size_t>(each->position() + each->length());
    std::size_t begin = first, last = first;
    for (int depth = 1; last < text.size(); ++last) {
      if (text[last] == '(') ++depth;
      if (text[last] == ')' && --depth == 0) break;
      if (text[last] == ';' && depth == 1 && begin == first) begin = last + 1;
    }
    if (each->str(1) == "for" && begin == first) continue;
    auto const condition = text.substr(begin, last - begin);
    if (condition.find("co_await") == std::string::npos) continue;
    if (std::regex_search(condition, declaration)) continue;
    auto const at = static_cast<std::size_t>(each->position());
    std::size_t line = 0;
    while (line + 1 < line_begins.size() && line_begins[line + 1] <= at) ++line;
    found.push_back(line);
  }
  return found;
}

}  // namespace kiln::tidy
