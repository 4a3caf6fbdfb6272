#pragma once

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace kiln::test {

/// A directory for journals, gone with its object.
struct state_folder {
  state_folder() : path((std::filesystem::temp_directory_path() / "kiln-runs-XXXXXX").string()) {
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary directory");
  }
  ~state_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  state_folder(state_folder const&) = delete;
  state_folder& operator=(state_folder const&) = delete;
  std::string path;
};

}  // namespace kiln::test
