#include "emulator/dbfs_path.hpp"

#include <algorithm>

namespace kiln::emulation {

namespace {}  // namespace

outcome<std::string> normal_path(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("dbfs:")) rest.remove_prefix(5);
  if (text.size() > path_bytes_max) return invalid_parameter("The path is too long");
  if (text.find('\0') != text.npos) return invalid_parameter("The path contains a NUL byte");
  if (!is_utf8(text)) return invalid_parameter("The path is not valid UTF-8");
  if (!rest.starts_with('/'))
    return invalid_parameter("Path must be absolute: " + std::string(text));
  std::string out;
  std::size_t depth = 0;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    auto const end = std::min(rest.find('/'), rest.size());
    auto const name = rest.substr(0, end);
    rest.remove_prefix(end);
    if (name.empty()) continue;
    if (name == "." || name == "..") {
      return invalid_parameter("Path must not contain . or ..: " + std::string(text));
    }
    if (name.size() > name_bytes_max) return invalid_parameter("A name in the path is too long");
    if (++depth > path_depth_max) return invalid_parameter("The path is too deep");
    (out += '/') += name;
  }
  if (out.empty()) out = "/";
  return out;
}

std::pair<std::string_view, std::string_view> split_last(std::string_view path) noexcept {
  auto const slash = path.rfind('/');
  return {slash == 0 ? path.substr(0, 1) : path.substr(0, slash), path.substr(slash + 1)};
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> out;
  while (path.size() > 1) {
    path.remove_prefix(1);
    auto const end = std::min(path.find('/'), path.size());
    out.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return out;
}

bool is_within(std::string_view path, std::string_view folder) noexcept {
  if (folder == "/") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace kiln::emulation
