#include "cli/shell_quoted.hpp"

namespace kiln::cli {

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (char const c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out += '\'';
}

}  // namespace kiln::cli
