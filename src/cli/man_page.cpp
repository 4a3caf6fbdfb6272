#include "cli/man_page.hpp"

#include "cli/terminal_text.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace kiln::cli {
namespace {

/// Text that groff shows as it is: no escapes, no requests, dashes that can be copied, and no bytes
/// beyond ASCII, which it reads by the locale.
std::string plain(std::string_view text) {
  std::string out;
  bool line_begins = true;
  while (!text.empty()) {
    char const c = text.front();
    auto const whole = first_of(text);
    text.remove_prefix(whole.bytes);
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (whole.bytes > 1) {
      out += fmt::format("\\[u{:04X}]", static_cast<std::uint32_t>(whole.code));
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

std::string block(std::string_view text) {
  return text.empty() ? std::string() : ".PP\n.nf\n" + plain(text) + "\n.fi\n";
}

std::string option_text(command_tree::option const& o) {
  std::string names;
  for (auto const& name : {o.short_name, o.long_name}) {
    if (!name.empty()) names += (names.empty() ? "\\fB" : ", \\fB") + plain(name) + "\\fR";
  }
  if (o.takes_value) names += " \\fIVALUE\\fR";
  return ".TP\n" + names + '\n' + plain(o.summary) + '\n';
}

std::string usage_text(std::string const& path, command_tree const& command) {
  auto out = "\\fB" + plain(path) + "\\fR";
  for (auto const& p : command.positionals) {
    auto const name = "\\fI" + plain(p.name) + "\\fR";
    out += p.required ? ' ' + name : " [" + name + ']';
  }
  return command.options.empty() ? out : out + " [\\fIOPTIONS\\fR]";
}

void add_command(std::string& out, std::string const& path, command_tree const& command) {
  if (command.commands.empty()) {
    out += ".SS " + fmt::format("\"{}\"\n", plain(path));
    out += usage_text(path, command) + "\n.PP\n" + plain(command.summary) + ".\n";
    if (!command.aliases.empty()) out += "Also called " + plain(command.aliases.front()) + ".\n";
    for (auto const& p : command.positionals) {
      out += ".TP\n\\fI" + plain(p.name) + "\\fR\n" + plain(p.summary) + '\n';
    }
    for (auto const& o : command.options) out += option_text(o);
    out += block(command.notes);
  }
  for (auto const& below : command.commands) add_command(out, path + ' ' + below.name, below);
}

}  // namespace

std::string man_page(command_tree const& program, std::string_view version) {
  // Lines as they come: long words would leave gaps, and groff complains of what it cannot fill.
  auto out = fmt::format(".TH KILN 1 \"\" \"kiln {}\" \"User Commands\"\n.ad l\n.nh\n", version);
  auto const about = std::string_view(program.summary).substr(program.summary.find(':') + 1);
  out += ".SH NAME\nkiln \\-" + plain(about) + '\n';
  out += ".SH SYNOPSIS\n\\fBkiln\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR ...\n";
  out +=
      ".SH DESCRIPTION\n"
      "Results go to standard output, everything else to standard error. Listings of the services\n"
      "are tables on a terminal and JSON elsewhere, unless \\-o says otherwise: text is then one\n"
      "line an item, its columns parted by tabs and nothing cut.\n";
  out += block(program.notes);
  out += ".SH GLOBAL OPTIONS\nAccepted before and after a command.\n";
  for (auto const& o : program.options) out += option_text(o);
  out += ".SH COMMANDS\n";
  for (auto const& command : program.commands) add_command(out, command.name, command);
  return out;
}

}  // namespace kiln::cli
