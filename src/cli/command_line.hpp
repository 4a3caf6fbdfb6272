#pragma once

#include "cli/args.hpp"
#include "cli/command_tree.hpp"
#include "cli/command_words.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kiln::cli {

/// The program's words as a whole: declared through root(), then read once.
class command_line {
 public:
  command_line(std::string const& name, std::string const& description);
  ~command_line();
  command_line(command_line const&) = delete;
  command_line& operator=(command_line const&) = delete;

  [[nodiscard]] command_words& root() noexcept;
  void set_version_flag(std::string const& text);

  /// Reads what was typed, the program's name first. nullopt when every word found its place;
  /// otherwise help, the version or what is wrong.
  [[nodiscard]] std::optional<parse_stop> parse(std::vector<std::string> const& typed);
  [[nodiscard]] command_tree tree() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace kiln::cli
