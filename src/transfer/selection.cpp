#include "transfer/selection.hpp"

#include "transfer/names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <set>
#include <utility>

namespace kiln::transfer {

namespace {

constexpr std::size_t pattern_bytes_max = 4096;
constexpr std::size_t globs_max = 10'000;
constexpr std::size_t stars_max = 16;  // bounds the time one match can take

error broken(std::string_view pattern, std::size_t column, std::string_view why) {
  return error(errc::invalid_argument, "the pattern '" + escaped(pattern) +
                                           "' is broken at column " + std::to_string(column + 1) +
                                           ": " + std::string(why));
}

/// Where the set that begins at `at` ends: behind its ']'. npos: nowhere.
std::size_t end_of_set(std::string_view pattern, std::size_t at) noexcept {
  std::size_t i = at + 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
  if (i < pattern.size() && pattern[i] == ']') ++i;  // the first one is a member
  while (i < pattern.size() && pattern[i] != ']') i += pattern[i] == '\\' ? 2 : 1;
  return i < pattern.size() ? i + 1 : std::string_view::npos;
}

bool set_holds(std::string_view set, char c) noexcept {
  set = set.substr(1, set.size() - 2);
  bool const negated = !set.empty() && (set.front() == '!' || set.front() == '^');
  if (negated) set.remove_prefix(1);
  auto const code = [](char x) { return static_cast<unsigned char>(x); };
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set[i] == '\\' && i + 1 < set.size()) ++i;
    char const low = set[i];
    char high = low;
    if (i + 2 < set.size() && set[i + 1] == '-') {
      i += 2;
      if (set[i] == '\\' && i + 1 < set.size()) ++i;
      high = set[i];
    }
    found = found || (code(low) <= code(c) && code(c) <= code(high));
  }
  return found != negated && c != '/';
}

std::size_t character_bytes(std::string_view text) noexcept {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) ++bytes;
  return bytes;
}

bool match(std::string_view pattern, std::string_view text) noexcept;

/// `pattern` is what follows "**".
bool match_any_depth(std::string_view pattern, std::string_view text) noexcept {
  if (pattern.empty()) return true;
  if (pattern.front() == '/') pattern.remove_prefix(1);  // "**/" may stand for nothing
  for (;;) {
    if (match(pattern, text)) return true;
    auto const next = text.find('/');
    if (next == std::string_view::npos) return false;
    text.remove_prefix(next + 1);
  }
}

bool match_star(std::string_view pattern, std::string_view text) noexcept {
  for (;;) {
    if (match(pattern, text)) return true;
    if (text.empty() || text.front() == '/') return false;
    text.remove_prefix(1);
  }
}

bool match(std::string_view pattern, std::string_view text) noexcept {
  while (!pattern.empty()) {
    char const c = pattern.front();
    if (pattern.starts_with("**")) return match_any_depth(pattern.substr(2), text);
    if (c == '*') return match_star(pattern.substr(1), text);
    if (text.empty()) return false;
    if (c == '?') {
      if (text.front() == '/') return false;
      pattern.remove_prefix(1);
      text.remove_prefix(character_bytes(text));
      continue;
    }
    if (c == '[') {
      auto const end = end_of_set(pattern, 0);
      if (!set_holds(pattern.substr(0, end), text.front())) return false;
      pattern.remove_prefix(end);
      text.remove_prefix(1);
      continue;
    }
    if (c == '\\') pattern.remove_prefix(1);
    if (pattern.front() != text.front()) return false;
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  return text.empty();
}

/// Calls `ask` with each directory above `path`, outermost first, until it says true.
template <class Ask>
bool any_above(std::string_view path, Ask ask) {
  for (auto at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
    if (ask(path.substr(0, at))) return true;
  }
  return false;
}

result<std::vector<glob>> parse_all(std::span<std::string const> patterns) {
  if (patterns.size() > globs_max) {
    return error(errc::invalid_argument,
                 "more than " + std::to_string(globs_max) + " patterns are given");
  }
  std::vector<glob> out;
  for (auto const& pattern : patterns) {
    auto parsed = glob::parse(pattern);
    if (parsed.has_error()) return parsed.error();
    out.push_back(std::move(*parsed));
  }
  return out;
}

// "include '*.csv', include 'a'": sorted, each once; a ' in a pattern as '\''.
std::string globs_text(std::string_view word, std::vector<glob> const& globs) {
  std::set<std::string_view> sorted;
  for (auto const& g : globs) sorted.insert(g.text());
  std::string out;
  for (auto const pattern : sorted) {
    if (!out.empty()) out += ", ";
    (out += word) += " '";
    for (char const c : escaped(pattern)) {
      if (c == '\'') {
        out += "'\\''";
      } else {
        out += c;
      }
    }
    out += '\'';
  }
  return out;
}

}  // namespace

result<glob> glob::parse(std::string_view pattern) {
  if (pattern.empty()) return error(errc::invalid_argument, "a pattern is empty");
  if (pattern.size() > pattern_bytes_max) {
    return broken(pattern.substr(0, 64), pattern_bytes_max, "it is longer than 4096 bytes");
  }
  std::size_t stars = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && ++i == pattern.size()) {
      return broken(pattern, i - 1, "nothing follows the backslash");
    }
    if (pattern[i] == '*' && (i == 0 || pattern[i - 1] != '*')) ++stars;
    if (stars > stars_max) return broken(pattern, i, "it has more than 16 stars");
    if (pattern[i] != '[' || (i > 0 && pattern[i - 1] == '\\')) continue;
    auto const end = end_of_set(pattern, i);
    if (end == std::string_view::npos) return broken(pattern, i, "the set has no ']'");
    i = end - 1;
  }
  glob out;
  out.text_ = pattern;
  while (pattern.size() > 1 && pattern.ends_with('/')) {
    pattern.remove_suffix(1);
    out.directories_only_ = true;
  }
  out.whole_path_ = pattern.find('/') != std::string_view::npos;
  if (pattern.starts_with("./")) pattern.remove_prefix(2);
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  if (pattern.empty()) return broken(out.text_, 0, "it names nothing below the root");
  out.body_ = pattern;
  return out;
}

bool glob::matches(std::string_view path, bool is_dir) const noexcept {
  if (directories_only_ && !is_dir) return false;
  return match(body_, whole_path_ ? path : last_component(path));
}

result<selection> selection::make(std::span<std::string const> includes,
                                  std::span<std::string const> excludes) {
  auto in = parse_all(includes);
  if (in.has_error()) return in.error();
  auto out = parse_all(excludes);
  if (out.has_error()) return out.error();
  selection made;
  made.includes_ = std::move(*in);
  made.excludes_ = std::move(*out);
  return made;
}

result<void> selection::only(std::span<std::string const> paths) {
  for (std::size_t line = 0; line < paths.size(); ++line) {
    std::string_view path = paths[line];
    auto const refuse = [&](std::string_view why) {
      return error(errc::invalid_argument, "line " + std::to_string(line + 1) + ": '" +
                                               escaped(path) + "' " + std::string(why));
    };
    if (path.starts_with('/')) return refuse("is absolute: give it relative to the source");
    while (path.ends_with('/')) path.remove_suffix(1);
    while (path.starts_with("./")) path.remove_prefix(2);
    if (path.empty() || path == ".") return refuse("names nothing below the source");
    for (std::size_t from = 0; from <= path.size();) {
      auto const to = std::min(path.find('/', from), path.size());
      auto const part = path.substr(from, to - from);
      if (part.empty() || part == "." || part == "..") return refuse("is no plain path");
      from = to + 1;
    }
    paths_.emplace_back(path);
  }
  std::sort(paths_.begin(), paths_.end());
  paths_.erase(std::unique(paths_.begin(), paths_.end()), paths_.end());
  limited_ = true;
  return {};
}

bool selection::everything() const noexcept {
  return !limited_ && includes_.empty() && excludes_.empty();
}

bool selection::leaves_out(std::string_view path, bool is_dir) const noexcept {
  return excluded(path, is_dir) ||
         any_above(path, [this](std::string_view above) { return excluded(above, true); });
}

std::string selection::text() const {
  std::string out = globs_text("include", includes_);
  auto const next = [&out](std::string const& more) {
    if (!out.empty() && !more.empty()) out += ", ";
    out += more;
  };
  next(globs_text("exclude", excludes_));
  if (!limited_) return out;
  auto all = fingerprint_start;
  for (auto const& path : paths_) all = fingerprint(path + '\0', all);
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(all));
  next(std::to_string(paths_.size()) + (paths_.size() == 1 ? " path (" : " paths (") +
       digits.data() + ')');
  return out;
}

bool selection::excluded(std::string_view path, bool is_dir) const noexcept {
  return std::any_of(excludes_.begin(), excludes_.end(),
                     [&](glob const& g) { return g.matches(path, is_dir); });
}

bool selection::listed(std::string_view path) const noexcept {
  auto const named = [this](std::string_view p) {
    return std::binary_search(paths_.begin(), paths_.end(), p, std::less<>());
  };
  return !limited_ || named(path) || any_above(path, named);
}

bool selection::enters(std::string_view directory) const noexcept {
  if (excluded(directory, true)) return false;
  if (listed(directory)) return true;
  // Something below it is listed.
  std::string const prefix = std::string(directory) + '/';
  auto const next = std::lower_bound(paths_.begin(), paths_.end(), prefix);
  return next != paths_.end() && next->starts_with(prefix);
}

bool selection::takes(std::string_view file) const noexcept {
  if (excluded(file, false) || !listed(file)) return false;
  if (includes_.empty()) return true;
  return std::any_of(includes_.begin(), includes_.end(), [&](glob const& g) {
    return g.matches(file, false) ||
           any_above(file, [&g](std::string_view above) { return g.matches(above, true); });
  });
}

bool selection::makes(std::string_view directory) const noexcept {
  if (excluded(directory, true) || !listed(directory)) return false;
  if (includes_.empty()) return true;
  return std::any_of(includes_.begin(), includes_.end(), [&](glob const& g) {
    return g.matches(directory, true) ||
           any_above(directory, [&g](std::string_view above) { return g.matches(above, true); });
  });
}

std::vector<std::string> selection::missing_from(std::span<std::string const> seen) const {
  std::vector<std::string> out;
  std::set_difference(paths_.begin(), paths_.end(), seen.begin(), seen.end(),
                      std::back_inserter(out));
  return out;
}

}  // namespace kiln::transfer
