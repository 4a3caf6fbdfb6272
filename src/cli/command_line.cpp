#include "cli/command_line.hpp"

#include "cli/console.hpp"
#include "cli/help_page.hpp"
#include "cli/suggest.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace kiln::cli {
namespace {

void add_options(CLI::App const& app, command_tree& out) {
  for (auto const* option : app.get_options()) {
    // Every command has --help; the program's own stands for all.
    bool const help = option == app.get_help_ptr();
    if (help && app.get_parent() != nullptr) continue;
    if (option->nonpositional()) {
      auto const& longs = option->get_lnames();
      auto const& shorts = option->get_snames();
      out.options.push_back({longs.empty() ? "" : "--" + longs.front(),
                             shorts.empty() ? "" : "-" + shorts.front(),
                             option->get_items_expected_max() > 0, option->get_description(),
                             suggestions_of(*option)});
    } else {
      out.positionals.push_back({option->get_name(), option->get_description(),
                                 option->get_required(), suggestions_of(*option)});
    }
  }
}

command_tree tree_of(CLI::App const& app) {
  command_tree out;
  out.name = app.get_name();
  out.aliases = app.get_aliases();
  out.summary = app.get_description();
  out.notes = app.get_footer();
  add_options(app, out);
  for (auto const* sub : app.get_subcommands([](CLI::App const*) { return true; })) {
    // Option groups are subcommands without a name.
    if (sub->get_name().empty()) {
      add_options(*sub, out);
    } else {
      out.commands.push_back(tree_of(*sub));
    }
  }
  return out;
}

CLI::App const& deepest(CLI::App const& app) {
  auto const* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

std::string full_name(CLI::App const& app) {
  auto const* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : full_name(*parent) + ' ' + app.get_name();
}

void add_option_names(CLI::App const& app, std::vector<std::string>& names) {
  for (auto const* option : app.get_options()) {
    for (auto const& name : option->get_lnames()) names.push_back("--" + name);
  }
  // Option groups are subcommands without a name.
  auto unnamed = [](CLI::App const* sub) { return sub->get_name().empty(); };
  for (auto const* group : app.get_subcommands(unnamed)) add_option_names(*group, names);
}

/// Of the command and those around it, whose options it takes too.
std::vector<std::string> option_names(CLI::App const& app) {
  std::vector<std::string> names;
  for (auto const* at = &app; at != nullptr; at = at->get_parent()) add_option_names(*at, names);
  return names;
}

std::vector<std::string> command_names(CLI::App const& app) {
  std::vector<std::string> names;
  for (auto const* sub : app.get_subcommands([](CLI::App const*) { return true; })) {
    if (!sub->get_name().empty()) names.push_back(sub->get_name());
  }
  return names;
}

/// The line for the first word that fits nowhere; empty when every word found its place.
std::string unknown_word(CLI::App const& root) {
  auto const& at = deepest(root);
  auto const words = root.remaining(true);
  for (auto const& word : words) {
    if (word == "--") continue;
    bool const option = word.starts_with("-");
    auto const typed = word.substr(0, word.find('='));
    auto const known = option ? option_names(at) : command_names(at);
    if (!option && known.empty()) return fmt::format("'{}' is one argument too many", word);
    auto const meant = nearest(typed, known);
    std::string line = fmt::format("unknown {} '{}'", option ? "option" : "command", typed);
    if (!meant.empty()) {
      line += fmt::format("; did you mean {}?", option ? meant : full_name(at) + ' ' + meant);
    }
    return line;
  }
  return {};
}

/// How wide a text may be: longer lines are hard to read.
std::size_t text_columns(int descriptor) {
  constexpr std::size_t columns_max = 100;
  return std::min(terminal_columns(descriptor), columns_max);
}

/// CLI11's own words, but where they name its types or mean nothing to who typed.
std::string problem_of(CLI::ParseError const& e, command_tree const& at) {
  std::string said = e.what();
  if (dynamic_cast<CLI::ArgumentMismatch const*>(&e) != nullptr) {
    return said.substr(0, said.find(':')) + ": its value is missing";
  }
  bool const nothing = dynamic_cast<CLI::RequiredError const*>(&e) != nullptr;
  if (!nothing || at.commands.empty()) return said;
  return "a command is missing, one of\n" + command_list(at, text_columns(STDERR_FILENO));
}

parse_stop stop_for(CLI::App const& root, CLI::ParseError const& e) {
  auto const& at = deepest(root);
  auto const name = full_name(at);
  if (dynamic_cast<CLI::CallForVersion const*>(&e) != nullptr) {
    return {exit_code::ok, std::string(e.what()) + '\n', {}};
  }
  auto const tree = tree_of(at);
  auto problem = unknown_word(root);
  bool const help = e.get_exit_code() == 0;
  if (help && !problem.starts_with("unknown command")) {
    auto const width = text_columns(STDOUT_FILENO);
    return {exit_code::ok, help_page(name, tree, tree_of(root), width), {}};
  }
  if (problem.empty()) problem = problem_of(e, tree);
  return {exit_code::usage,
          {},
          fmt::format("{}: {}{}Try: {} --help\n", name, problem,
                      problem.ends_with('\n') ? "" : "\n", name)};
}

}  // namespace

struct command_line::state {
  state(std::string const& name, std::string const& description)
      : app(description, name), root(app) {}
  CLI::App app;
  command_words root;
};

command_line::command_line(std::string const& name, std::string const& description)
    : state_(std::make_unique<state>(name, description)) {}
command_line::~command_line() = default;

command_words& command_line::root() noexcept { return state_->root; }

void command_line::set_version_flag(std::string const& text) {
  state_->app.set_version_flag("--version", text);
}

std::optional<parse_stop> command_line::parse(std::vector<std::string> const& typed) {
  std::vector<char const*> shown;
  for (auto const& text : typed) shown.push_back(text.c_str());
  try {
    state_->app.parse(static_cast<int>(shown.size()), shown.data());
  } catch (CLI::ParseError const& e) {
    return stop_for(state_->app, e);
  }
  return std::nullopt;
}

command_tree command_line::tree() const { return tree_of(state_->app); }

}  // namespace kiln::cli
