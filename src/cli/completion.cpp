#include "cli/completion.hpp"

#include "cli/shell_quoted.hpp"

namespace kiln::cli {
namespace {

/// Where the cursor stands is told by a "path": the words of the command typed so far, "fs cp".
struct place {
  std::vector<std::string> paths;  ///< The command's, with every alias.
  command_tree const* what = nullptr;
};

void collect(std::vector<place>& out, std::vector<std::string> const& paths,
             command_tree const& at) {
  out.push_back({paths, &at});
  for (auto const& command : at.commands) {
    auto names = command.aliases;
    names.insert(names.begin(), command.name);
    std::vector<std::string> below;
    for (auto const& path : paths) {
      for (auto const& name : names) below.push_back(path.empty() ? name : path + ' ' + name);
    }
    collect(out, below, command);
  }
}

std::vector<place> places_of(command_tree const& program) {
  std::vector<place> out;
  collect(out, {""}, program);
  return out;
}

/// 'fs cp'|'fs copy'
std::string pattern(std::vector<std::string> const& paths, std::string_view between) {
  std::string out;
  for (auto const& path : paths) {
    if (!out.empty()) out += between;
    out += shell_quoted(path);
  }
  return out;
}

/// The patterns of every command, as "path of the parent, a blank, its name".
std::string steps(std::vector<place> const& places, std::string_view between) {
  std::string out;
  for (auto const& p : places) {
    if (p.paths.front().empty()) continue;
    for (auto const& path : p.paths) {
      if (!out.empty()) out += between;
      bool const top = path.find(' ') == std::string::npos;
      out += shell_quoted(top ? ' ' + path : path);
    }
  }
  return out;
}

std::string command_words(command_tree const& at) {
  std::string out;
  for (auto const& c : at.commands) (out += out.empty() ? "" : " ") += c.name;
  return out;
}

std::string option_words(command_tree const& at) {
  std::string out;
  for (auto const& o : at.options) {
    for (auto const& name : {o.long_name, o.short_name}) {
      if (!name.empty()) (out += out.empty() ? "" : " ") += name;
    }
  }
  return out;
}

struct value_words {
  std::string after;  ///< What stands before the cursor: "fs cp --strategy".
  std::vector<std::string> words;
};

/// The options that take one of a few words; those of the program stand as " --output". Not those
/// that can do without: a path may follow.
std::vector<value_words> values_of(std::vector<place> const& places) {
  std::vector<value_words> out;
  for (auto const& p : places) {
    for (auto const& o : p.what->options) {
      if (o.choices.empty() || !o.takes_value) continue;
      for (auto const& name : {o.long_name, o.short_name}) {
        if (name.empty()) continue;
        for (auto const& path : p.paths) out.push_back({path + ' ' + name, o.choices});
      }
    }
  }
  return out;
}

std::string joined(std::vector<std::string> const& words) {
  std::string out;
  for (auto const& word : words) (out += out.empty() ? "" : " ") += word;
  return out;
}

/// What can stand where a command's own words do: commands, or the only words an argument takes.
std::string next_words(command_tree const& at) {
  if (!at.commands.empty()) return command_words(at);
  for (auto const& p : at.positionals) {
    if (!p.choices.empty()) return joined(p.choices);
  }
  return {};
}

std::string bash_script(std::vector<place> const& places) {
  std::string commands;
  std::string options;
  for (auto const& p : places) {
    auto const when = "    " + pattern(p.paths, "|") + ") REPLY=";
    if (auto const next = next_words(*p.what); !next.empty()) {
      commands += when + shell_quoted(next) + " ;;\n";
    }
    if (!p.what->options.empty()) options += when + shell_quoted(option_words(*p.what)) + " ;;\n";
  }
  std::string values;
  for (auto const& v : values_of(places)) {
    values += "    " + shell_quoted(v.after) + ") REPLY=" + shell_quoted(joined(v.words)) + " ;;\n";
  }
  return "# bash completion for kiln; load it with: source <(kiln completion bash)\n"
         "_kiln_commands() {\n  REPLY=\n  case \"$1\" in\n" +
         commands +
         "  esac\n}\n"
         "_kiln_options() {\n  REPLY=\n  case \"$1\" in\n" +
         options +
         "  esac\n}\n"
         "_kiln_values() {\n  REPLY=\n  case \"$1\" in\n" +
         values +
         "  esac\n}\n"
         "_kiln() {\n"
         "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" at=\"\" i words REPLY\n"
         "  local before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  [[ $cur == '=' ]] && cur=\n"
         "  [[ $before == '=' ]] && before=\"${COMP_WORDS[COMP_CWORD-2]}\"\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$at ${COMP_WORDS[i]}\" in\n"
         "      " +
         steps(places, "|") +
         ") at=\"${at:+$at }${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  _kiln_values \"$at $before\"\n"
         "  [[ -n $REPLY ]] || _kiln_values \" $before\"\n"
         "  if [[ -n $REPLY ]]; then\n"
         "    words=$REPLY\n"
         "  elif [[ $cur == -* ]]; then\n"
         "    _kiln_options \"$at\"; words=$REPLY\n"
         "    _kiln_options \"\"; words=\"$words $REPLY\"\n"
         "  else\n"
         "    _kiln_commands \"$at\"; words=$REPLY\n"
         "  fi\n"
         "  COMPREPLY=()\n"
         "  if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\"); "
         "fi\n"
         "}\n"
         "complete -o default -F _kiln kiln\n";
}

/// 'name:what it does', where zsh reads a colon as the end of the name.
std::string described(std::string_view name, std::string_view summary) {
  return shell_quoted(std::string(name) + ':' + std::string(summary));
}

std::string zsh_script(std::vector<place> const& places) {
  std::string commands;
  std::string options;
  for (auto const& p : places) {
    std::string words;
    for (auto const& c : p.what->commands) words += ' ' + described(c.name, c.summary);
    if (p.what->commands.empty()) {
      if (auto const next = next_words(*p.what); !next.empty()) words = ' ' + next;
    }
    auto const when = "    (" + pattern(p.paths, "|") + ") ";
    if (!words.empty()) commands += when + "found=(" + words + " ) ;;\n";
    words.clear();
    for (auto const& o : p.what->options) {
      if (!o.long_name.empty()) words += ' ' + described(o.long_name, o.summary);
    }
    if (!words.empty()) options += when + "found+=(" + words + " ) ;;\n";
  }
  std::string values;
  for (auto const& v : values_of(places)) {
    values += "    (" + shell_quoted(v.after) + ") found=( " + joined(v.words) + " ) ;;\n";
  }
  return "#compdef kiln\n"
         "# zsh completion for kiln; load it with: source <(kiln completion zsh)\n"
         "_kiln_commands() {\n  case \"$1\" in\n" +
         commands +
         "  esac\n}\n"
         "_kiln_options() {\n  case \"$1\" in\n" +
         options +
         "  esac\n}\n"
         "_kiln_values() {\n  case \"$1\" in\n" +
         values +
         "  esac\n}\n"
         "_kiln() {\n"
         "  local at=\"\" i before=\"${words[CURRENT-1]}\"\n"
         "  local -a found\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    case \"$at ${words[i]}\" in\n"
         "      (" +
         steps(places, "|") +
         ") at=\"${at:+$at }${words[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  _kiln_values \"$at $before\"\n"
         "  (( $#found )) || _kiln_values \" $before\"\n"
         "  if (( $#found )); then\n"
         "    _describe value found\n"
         "  elif [[ ${words[CURRENT]} == -* ]]; then\n"
         "    _kiln_options \"$at\"\n"
         "    [[ -n $at ]] && _kiln_options \"\"\n"
         "    _describe option found\n"
         "  else\n"
         "    _kiln_commands \"$at\"\n"
         "    if (( $#found )); then _describe command found; else _files; fi\n"
         "  fi\n"
         "}\n"
         "if [[ $funcstack[1] == _kiln ]]; then _kiln \"$@\"; else compdef _kiln kiln; fi\n";
}

/// Inside single quotes fish knows two escapes.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (char const c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out += '\'';
}

std::string fish_option(std::string const& when, command_tree::option const& o) {
  std::string out = "complete -c kiln" + when;
  if (!o.long_name.empty()) out += " -l " + o.long_name.substr(2);
  if (!o.short_name.empty()) out += " -s " + o.short_name.substr(1);
  if (o.takes_value) out += o.choices.empty() ? " -r" : " -x -a " + fish_quoted(joined(o.choices));
  return out + " -d " + fish_quoted(o.summary) + '\n';
}

std::string fish_script(std::vector<place> const& places) {
  std::string lines;
  for (auto const& p : places) {
    bool const top = p.paths.front().empty();
    std::string any;
    for (auto const& path : p.paths) any += ' ' + shell_quoted(path);
    auto const when = " -n " + fish_quoted("__kiln_at" + any);
    for (auto const& c : p.what->commands) {
      lines +=
          "complete -c kiln -f" + when + " -a " + c.name + " -d " + fish_quoted(c.summary) + '\n';
    }
    if (auto const next = next_words(*p.what); p.what->commands.empty() && !next.empty()) {
      lines += "complete -c kiln -f" + when + " -a " + fish_quoted(next) + '\n';
    }
    // Options of the program itself are taken everywhere.
    for (auto const& o : p.what->options) lines += fish_option(top ? "" : when, o);
  }
  return "# fish completion for kiln; load it with: kiln completion fish | source\n"
         "function __kiln_at\n"
         "  set -l at ''\n"
         "  for word in (commandline -opc)[2..-1]\n"
         "    switch \"$at $word\"\n"
         "      case " +
         steps(places, " ") +
         "\n"
         "        set at (string trim -- \"$at $word\")\n"
         "    end\n"
         "  end\n"
         "  contains -- \"$at\" $argv\n"
         "end\n" +
         lines;
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell, command_tree const& program) {
  auto const places = places_of(program);
  if (shell == "bash") return bash_script(places);
  if (shell == "zsh") return zsh_script(places);
  if (shell == "fish") return fish_script(places);
  return std::nullopt;
}

}  // namespace kiln::cli
