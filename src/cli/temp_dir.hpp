#pragma once

#include <filesystem>
#include <string_view>

namespace kiln::cli {

/// A directory of this process's own below the system's temporary one, gone with the object, also
/// when a second interrupt ends the program. Throws std::filesystem::filesystem_error.
class temp_dir {
 public:
  explicit temp_dir(std::string_view name);
  ~temp_dir();
  temp_dir(temp_dir const&) = delete;
  temp_dir& operator=(temp_dir const&) = delete;

  [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// For who ends the program without unwinding. Thread safe.
void remove_temp_dirs() noexcept;

}  // namespace kiln::cli
