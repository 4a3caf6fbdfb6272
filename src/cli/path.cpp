#include "cli/path.hpp"

#include "cli/usage_error.hpp"

#include <fmt/format.h>

namespace kiln::cli {
namespace {
constexpr std::string_view scheme = "dbfs:";
constexpr std::string_view volumes = "/Volumes";
}  // namespace

bool is_volume(std::string_view path) noexcept {
  return path.starts_with(volumes) &&
         (path.size() == volumes.size() || path[volumes.size()] == '/');
}

bool is_remote(std::string_view path) noexcept {
  return path.starts_with(scheme) || is_volume(path);
}

std::string remote_path(std::string_view argument) {
  if (!is_remote(argument)) {
    auto meant = argument.starts_with("/dbfs/") ? argument.substr(5) : argument;
    throw usage_error(fmt::format("'{}' is no DBFS path; did you mean dbfs:{}{}?", argument,
                                  meant.starts_with('/') ? "" : "/", meant));
  }
  auto const path = is_volume(argument) ? argument : argument.substr(scheme.size());
  if (!path.starts_with('/')) {
    throw usage_error(fmt::format("'{}' is not absolute; did you mean dbfs:/{}?", argument, path));
  }
  std::string out;
  for (char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  }
  if (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

std::string_view base_name(std::string_view path) noexcept {
  auto const slash = path.rfind('/');
  if (slash == std::string_view::npos || path.size() == 1) return path;
  return path.substr(slash + 1);
}

std::string_view relative_to(std::string_view path, std::string_view root) noexcept {
  if (root == "/") return path.starts_with('/') && path.size() > 1 ? path.substr(1) : path;
  bool const below =
      path.size() > root.size() + 1 && path.starts_with(root) && path[root.size()] == '/';
  return below ? path.substr(root.size() + 1) : path;
}

}  // namespace kiln::cli
