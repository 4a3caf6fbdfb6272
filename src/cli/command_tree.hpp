#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kiln::cli {

/// The program's commands and options as data: what help, shell completion and the manual page
/// are made of.
struct command_tree {
  struct option {
    std::string long_name;   ///< With its dashes; empty: none.
    std::string short_name;  ///< The same.
    bool takes_value = false;
    std::string summary;
    std::vector<std::string> choices{};  ///< Values that shells offer; empty: none are known.
  };
  struct positional {
    std::string name, summary;
    bool required = false;
    std::vector<std::string> choices{};  ///< The same.
  };

  std::string name;
  std::vector<std::string> aliases;
  std::string summary;
  std::string notes;  ///< Examples and more, in lines.
  std::vector<option> options;
  std::vector<positional> positionals;
  std::vector<command_tree> commands;
};

}  // namespace kiln::cli
