#include "cli/state_dir.hpp"

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace kiln::cli {
namespace {

// As the XDG specification has it, a relative path counts as none.
std::string absolute_of(char const* name) {
  char const* const value = std::getenv(name);
  return value != nullptr && value[0] == '/' ? std::string(value) : std::string();
}

}  // namespace

std::string state_directory(console& err) {
  auto base = absolute_of("XDG_STATE_HOME");
  if (base.empty()) {
    base = absolute_of("HOME");
    if (base.empty()) return {};
    base += "/.local/state";
  }
  std::string dir = base + "/kiln";
  std::error_code failed;
  std::filesystem::create_directories(dir, failed);
  if (!failed && ::access(dir.c_str(), W_OK | X_OK) == 0) return dir;
  err.line("kiln: no journal is kept: " + dir + " cannot be written");
  return {};
}

}  // namespace kiln::cli
