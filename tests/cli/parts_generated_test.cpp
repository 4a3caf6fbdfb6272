#include "cli/completion.hpp"
#include "cli/man_page.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <string>

// What is generated from the tree of commands.
namespace kiln::cli {
namespace {

using test::has;

command_tree sample() {
  command_tree list;
  list.name = "list";
  list.aliases = {"ls"};
  list.summary = "List the user's things";
  list.notes = "Examples:\n  kiln things list --all";
  list.options = {{"--all", "-a", false, "All of them"},
                  {"--limit", "", true, "At most"},
                  {"--order", "-o", true, "Which first", {"up", "down"}}};
  list.positionals = {{"PATH", "Where", true}, {"MORE", "And there", false}};
  command_tree things;
  things.name = "things";
  things.summary = "Things: list";
  things.commands = {list};
  command_tree program;
  program.name = "kiln";
  program.summary = "kiln: a client";
  program.notes = ".starts with a dot\nand a \\ in it";
  program.options = {{"--host", "", true, "URL"}};
  program.commands = {things};
  return program;
}

TEST(cli_completion, of_bash_knows_commands_aliases_and_options) {
  auto const script = *completion_script("bash", sample());
  EXPECT_TRUE(has(script, "'') REPLY='things' ;;")) << script;
  EXPECT_TRUE(has(script, "'things') REPLY='list' ;;")) << script;
  EXPECT_TRUE(has(script, "'things list'|'things ls') REPLY='--all -a --limit --order -o' ;;"))
      << script;
  EXPECT_TRUE(has(script, "' things'|'things list'|'things ls') at=")) << script;
}

TEST(cli_completion, offers_the_words_that_an_option_or_an_argument_takes) {
  auto program = sample();
  program.commands.front().commands.front().positionals = {{"KIND", "", true, {"a", "b"}}};
  auto const bash = *completion_script("bash", program);
  EXPECT_TRUE(has(bash, "'things ls --order') REPLY='up down' ;;")) << bash;
  EXPECT_TRUE(has(bash, "'things list -o') REPLY='up down' ;;")) << bash;
  EXPECT_TRUE(has(bash, "'things list'|'things ls') REPLY='a b' ;;")) << bash;
  auto const zsh = *completion_script("zsh", program);
  EXPECT_TRUE(has(zsh, "('things list --order') found=( up down ) ;;")) << zsh;
  EXPECT_TRUE(has(zsh, "('things list'|'things ls') found=( a b ) ;;")) << zsh;
  auto const fish = *completion_script("fish", program);
  EXPECT_TRUE(has(fish, "-l order -s o -x -a 'up down' -d 'Which first'")) << fish;
  EXPECT_TRUE(has(fish, " -a 'a b'\n")) << fish;
}

TEST(cli_completion, of_zsh_and_fish_describes_and_quotes) {
  auto const zsh = *completion_script("zsh", sample());
  EXPECT_TRUE(has(zsh, "('things') found=( 'list:List the user'\\''s things' ) ;;")) << zsh;
  EXPECT_TRUE(has(zsh, "found+=( '--all:All of them' '--limit:At most' '--order:Which first' ) ;;"))
      << zsh;
  auto const fish = *completion_script("fish", sample());
  EXPECT_TRUE(has(fish, "-a list -d 'List the user\\'s things'")) << fish;
  EXPECT_TRUE(has(fish, "-l limit -r -d 'At most'")) << fish;
  EXPECT_TRUE(has(fish, "complete -c kiln -l host -r -d 'URL'")) << fish;
}

TEST(cli_completion, of_another_shell_there_is_none) {
  EXPECT_EQ(completion_script("tcsh", sample()), std::nullopt);
}

TEST(cli_man_page, shows_text_as_it_is_and_dashes_that_can_be_copied) {
  auto program = sample();
  program.notes += "\n-t \xE2\x80\xA6";
  auto const page = man_page(program, "1.2.3");
  EXPECT_TRUE(has(page, "\n\\-t \\[u2026]\n")) << page;
  EXPECT_TRUE(page.starts_with(".TH KILN 1 \"\" \"kiln 1.2.3\"")) << page;
  EXPECT_TRUE(has(page, "\n\\&.starts with a dot\nand a \\e in it\n")) << page;
  EXPECT_TRUE(has(page, ".SS \"things list\"\n")) << page;
  EXPECT_TRUE(has(page, "\\fBthings list\\fR \\fIPATH\\fR [\\fIMORE\\fR] [\\fIOPTIONS\\fR]"))
      << page;
  EXPECT_TRUE(has(page, "\\fB\\-a\\fR, \\fB\\-\\-all\\fR\n")) << page;
  EXPECT_TRUE(has(page, "\\fB\\-\\-limit\\fR \\fIVALUE\\fR\n")) << page;
  EXPECT_TRUE(has(page, "kiln things list \\-\\-all")) << page;
}

}  // namespace
}  // namespace kiln::cli
