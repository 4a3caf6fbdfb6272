#include "cli/path.hpp"
#include "cli/walk.hpp"

#include <map>

namespace kiln::cli {
namespace {

void add_part(usage_line& line, dbfs::file_info const& file) {
  if (file.is_dir) {
    ++line.directories;
  } else {
    ++line.files;
    line.bytes += file.file_size > 0 ? static_cast<std::uint64_t>(file.file_size) : 0;
  }
}

}  // namespace

std::vector<usage_line> add_up(std::vector<dbfs::file_info> const& files, std::string_view root) {
  std::map<std::string, usage_line, std::less<>> directories;
  usage_line total{std::string(root)};
  for (auto const& file : files) {
    add_part(total, file);
    auto const inside = relative_to(file.path, root);
    auto const slash = inside.find('/');
    bool const deeper = file.path != root && slash != std::string_view::npos;
    if (!deeper && !file.is_dir) continue;
    std::string top((root == "/" ? "" : std::string(root)) + '/');
    top += inside.substr(0, slash);
    auto& line = directories[top];
    line.path = top;
    if (deeper) add_part(line, file);
  }
  std::vector<usage_line> lines;
  for (auto& [path, line] : directories) lines.push_back(std::move(line));
  lines.push_back(std::move(total));
  return lines;
}

}  // namespace kiln::cli
