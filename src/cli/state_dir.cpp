#include "cli/state_dir.hpp"

#include "cli/usage_error.hpp"

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

std::string state_or_usage(console& err) {
  auto out = state_directory(err);
  if (out.empty()) throw usage_error("no journals: set XDG_STATE_HOME to a directory of your own");
  return out;
}

}  // namespace kiln::cli
