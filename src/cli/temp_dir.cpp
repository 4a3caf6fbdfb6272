#include "cli/temp_dir.hpp"

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>
#include <system_error>

namespace kiln::cli {
namespace {

std::mutex registry_mutex;
std::set<std::filesystem::path> registry;

}  // namespace

temp_dir::temp_dir(std::string_view name) {
  auto pattern = (std::filesystem::temp_directory_path() / name).string() + "-XXXXXX";
  std::lock_guard const lock(registry_mutex);
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::filesystem::filesystem_error("cannot make a temporary directory", pattern,
                                            std::error_code(errno, std::generic_category()));
  }
  path_ = pattern;
  registry.insert(path_);
}

temp_dir::~temp_dir() {
  std::lock_guard const lock(registry_mutex);
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  registry.erase(path_);
}

void remove_temp_dirs() noexcept {
  std::lock_guard const lock(registry_mutex);
  for (auto const& path : registry) {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
}

}  // namespace kiln::cli
