#pragma once

#include <stdexcept>

namespace kiln::cli {

/// The command line or the environment cannot work; what() says why and what to do.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace kiln::cli
