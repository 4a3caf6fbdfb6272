#include "cli/help_page.hpp"

#include "cli/terminal_text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::cli {
namespace {

constexpr std::size_t margin = 2;
/// Names beyond it have their explanation in the line below.
constexpr std::size_t name_width_max = 26;

struct entry {
  std::string name;
  std::string summary;
};

std::string entries_text(std::vector<entry> const& entries, std::size_t width) {
  std::size_t names = 0;
  for (auto const& e : entries) {
    if (auto const each = width_of(e.name); each <= name_width_max) names = std::max(names, each);
  }
  auto const indent = margin + names + margin;
  std::string out;
  for (auto const& e : entries) {
    out += std::string(margin, ' ') + e.name;
    auto const each = width_of(e.name);
    if (e.summary.empty()) {
      out += '\n';
      continue;
    }
    if (each > names) (out += '\n').append(indent, ' ');
    if (each <= names) out.append(indent - margin - each, ' ');
    out += wrapped(e.summary, width, indent) + '\n';
  }
  return out;
}

std::string option_name(command_tree::option const& o) {
  auto out = o.short_name;
  if (!o.long_name.empty()) out += (out.empty() ? "" : ", ") + o.long_name;
  if (o.takes_value) return out + " VALUE";
  return o.choices.empty() ? out : out + " [VALUE]";
}

std::string section(std::string_view heading, std::vector<entry> const& entries,
                    std::size_t width) {
  if (entries.empty()) return {};
  return '\n' + std::string(heading) + ":\n" + entries_text(entries, width);
}

std::string usage(std::string const& path, command_tree const& command) {
  auto out = "Usage: " + path + " [OPTIONS]";
  for (auto const& p : command.positionals) {
    out += p.required ? ' ' + p.name : " [" + p.name + ']';
  }
  return command.commands.empty() ? out : out + " COMMAND";
}

std::vector<entry> options_of(command_tree const& command) {
  std::vector<entry> out;
  for (auto const& o : command.options) out.push_back({option_name(o), o.summary});
  return out;
}

std::string global_names(command_tree const& program, std::size_t width) {
  std::string names("Also everywhere:");
  for (auto const& o : program.options) {
    if (o.long_name != "--version") names += ' ' + o.long_name;
  }
  return '\n' + wrapped(names, width, margin) + '\n';
}

/// Examples stand as they are; other lines are broken.
std::string notes_text(std::string_view notes, std::size_t width) {
  std::string out;
  while (!notes.empty()) {
    auto const line = notes.substr(0, notes.find('\n'));
    notes.remove_prefix(std::min(notes.size(), line.size() + 1));
    if (line.starts_with(' ')) {
      out += line;
    } else {
      out += wrapped(line, width, 0);
    }
    out += '\n';
  }
  return out.empty() ? out : '\n' + out;
}

}  // namespace

std::string command_list(command_tree const& group, std::size_t width) {
  std::vector<entry> entries;
  for (auto const& command : group.commands) {
    auto name = command.name;
    for (auto const& alias : command.aliases) name += ", " + alias;
    entries.push_back({std::move(name), command.summary});
  }
  return entries_text(entries, width);
}

std::string help_page(std::string const& path, command_tree const& command,
                      command_tree const& program, std::size_t width) {
  bool const whole = path == program.name;
  auto out = wrapped(command.summary, width, 0) + "\n\n" + usage(path, command) + '\n';
  if (!command.commands.empty()) out += "\nCommands:\n" + command_list(command, width);
  std::vector<entry> arguments;
  for (auto const& p : command.positionals) arguments.push_back({p.name, p.summary});
  out += section("Arguments", arguments, width);
  out += section(whole ? "Options, before and after a command" : "Options", options_of(command),
                 width);
  if (!whole) out += global_names(program, width);
  return out + notes_text(command.notes, width);
}

}  // namespace kiln::cli
