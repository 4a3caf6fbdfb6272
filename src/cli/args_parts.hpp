#pragma once

#include "cli/command_words.hpp"
#include "cli/invocation.hpp"
#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What args_*.cpp share: options and commands as this program has them.
namespace kiln::cli {

/// An option whose text a function turns into a value, or refuses with what it expects.
template <class T, class Parse>
word* parsed_option(command_words& app, std::string const& name, T& target, Parse parse,
                    std::string const& expected, std::string const& description) {
  auto read = [name, &target, parse, expected](std::string const& text) {
    auto const value = parse(text);
    if (!value) {
      auto const shown = name.substr(name.find("--"));
      refuse_word(fmt::format("{}: '{}' is not {}", shown, text, expected));
    }
    target = *value;
  };
  return app.read_option(name, read, description);
}

template <class E>
struct spelling {
  std::string_view name;
  E value;
};

template <class E, std::size_t N>
word* choice_option(command_words& app, std::string const& name, E& target,
                    std::array<spelling<E>, N> const& choices, std::string const& description) {
  std::string all;
  std::vector<std::string> names;
  for (auto const& choice : choices) {
    (all += all.empty() ? "" : ", ") += choice.name;
    names.emplace_back(choice.name);
  }
  auto parse = [choices](std::string_view text) {
    for (auto const& choice : choices) {
      if (choice.name == text) return std::optional<E>(choice.value);
    }
    return std::optional<E>();
  };
  return parsed_option(app, name, target, parse, "one of " + all, description + ": " + all)
      ->suggest(names);
}

inline command_words& add_command(command_words& parent, std::string const& name,
                                  std::string const& description,
                                  std::string const& examples = {}) {
  auto& made = parent.add_command(name, description);
  if (!examples.empty()) made.footer("Examples:\n" + examples);
  return made;
}

/// `chosen` becomes `args` when its command was parsed.
template <class Args>
void select(command_words& app, std::shared_ptr<Args> args, command& chosen) {
  app.when_parsed([args, &chosen] { chosen = *args; });
}

template <class Args>
void add_selection(command_words& app, Args& args) {
  app.add_option("--include", args.include,
                 "Glob of what takes part, repeatable; ** crosses "
                 "directories, a / at the end means directories")
      ->one_each();
  app.add_option("--exclude", args.exclude, "Glob of what does not; wins over --include")
      ->one_each();
}

/// What of a local tree takes part, by its paths and by what its links lead to.
template <class Args>
void add_choice(command_words& app, Args& args, std::string const& of_the_list) {
  auto* list =
      app.add_option("--files-from", args.files_from, of_the_list + ", one a line; - is stdin");
  app.add_flag("-0,--null", args.null_separated, "They end in NUL, as find -print0 has them")
      ->needs(list);
  constexpr std::array<spelling<link_mode>, 2> links{
      {{"skip", link_mode::skip}, {"follow", link_mode::follow}}};
  choice_option(app, "--links", args.links, links, "Symbolic links below a local tree");
}

template <class Args>
void add_manifest(command_words& app, Args& args) {
  app.add_option("--manifest", args.manifest,
                 "Write a line of JSON per item to this file: outcome, bytes, SHA-256, requests");
}

template <class Args>
void add_books(command_words& app, Args& args) {
  app.add_flag("--verify", args.verify,
               "Read every file back from the server and compare it: a request a MiB more");
  add_manifest(app, args);
}

inline std::optional<std::uint32_t> parse_concurrency(std::string_view text) {
  constexpr std::uint64_t concurrency_max = 4096;
  auto const value = parse_size(text);
  if (!value || *value == 0 || *value > concurrency_max) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

inline constexpr char const* dry_run_text =
    "Print the plan: requests by kind and the least time; change nothing";

/// What all have that copy many files.
template <class Args>
void add_many_files(command_words& app, Args& args) {
  add_selection(app, args);
  app.add_flag("--dry-run", args.dry_run, dry_run_text);
  parsed_option(app, "--concurrency", args.concurrency, parse_concurrency,
                "a number from 1 to 4096", "Files under way at once; default: 64");
}

}  // namespace kiln::cli
