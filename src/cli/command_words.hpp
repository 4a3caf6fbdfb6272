#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

// How commands and their options are declared. CLI11 stays behind it: each file that includes that
// costs five seconds to compile.
namespace kiln::cli {

/// An option or argument of a command, for what else is to be said of it. Lives as long as the
/// command line.
class word {
 public:
  explicit word(CLI::Option& at) : at_(&at) {}

  word* required(bool yes = true);
  /// Each occurrence takes one value, not all that follow.
  word* one_each();
  word* excludes(word* other);
  word* needs(word* other);
  word* one_of(std::vector<std::string> const& values);
  /// What shells offer to complete it with; other words may be good too.
  word* suggest(std::vector<std::string> const& values);
  /// Called with each value, as it was typed; a refusal gets the option's name in front.
  word* each(std::function<void(std::string const&)> read);
  /// How often it was typed.
  [[nodiscard]] std::size_t count() const;

 private:
  CLI::Option* at_;
};

/// A command, or a group of commands, while its words are declared. Names are as CLI11 has them:
/// "-r,--recursive", "PATH". What values are read into must live as long as the command line.
class command_words {
 public:
  explicit command_words(CLI::App& at) : at_(&at) {}
  command_words(command_words const&) = delete;
  command_words& operator=(command_words const&) = delete;

  command_words& add_command(std::string const& name, std::string const& description);
  /// Options under a heading of their own.
  command_words& add_group(std::string const& name, std::string const& description);
  /// It is nothing without one of its commands.
  void require_command();
  void alias(std::string const& name);
  void footer(std::string const& text);

  word* add_option(std::string const& name, std::string& into, std::string const& description);
  word* add_option(std::string const& name, std::vector<std::string>& into,
                   std::string const& description);
  template <class Number>
  word* add_number(std::string const& name, Number& into, std::string const& description) {
    static_assert(std::is_unsigned_v<Number>);
    return read_number(
        name, std::numeric_limits<Number>::max(),
        [&into](std::uint64_t value) { into = static_cast<Number>(value); }, description);
  }
  word* add_flag(std::string const& name, bool& into, std::string const& description);
  /// "--overwrite{always}": with that value when it is typed without one.
  word* add_flag(std::string const& name, std::string& into, std::string const& description);
  /// Gets what follows in "--name=false"; without that, true.
  word* read_flag(std::string const& name, std::function<void(bool)> read,
                  std::string const& description);
  word* read_option(std::string const& name, std::function<void(std::string const&)> read,
                    std::string const& description);
  word* read_options(std::string const& name,
                     std::function<void(std::vector<std::string> const&)> read,
                     std::string const& description);
  [[nodiscard]] bool has_option(std::string const& name) const;

  /// Called when the command and all its words were read.
  void when_parsed(std::function<void()> deed);

 private:
  word* keep(CLI::Option* made);
  word* read_number(std::string const& name, std::uint64_t most,
                    std::function<void(std::uint64_t)> read, std::string const& description);

  CLI::App* at_;
  std::deque<command_words> commands_;
  std::deque<word> words_;
  std::deque<std::string> flags_;  // what CLI11 writes flags to
};

/// What word::suggest() was told.
[[nodiscard]] std::vector<std::string> suggestions_of(CLI::Option const& option);

/// Ends the reading of a command line: what was typed is wrong, and why.
[[noreturn]] void refuse_word(std::string const& why);
/// The same: `name` was not typed.
[[noreturn]] void require_word(std::string const& name);

}  // namespace kiln::cli
