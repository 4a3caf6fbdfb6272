#include "cli/help_page.hpp"
#include "cli/terminal_text.hpp"

#include <gtest/gtest.h>

#include <string>

// Text for terminals, and the pages of help that are made of it.
namespace kiln::cli {
namespace {

TEST(cli_terminal_text, is_as_wide_as_a_terminal_shows_it) {
  EXPECT_EQ(width_of(""), 0U);
  EXPECT_EQ(width_of("plain"), 5U);
  EXPECT_EQ(width_of("gr\xC3\xB6\xC3\x9F"
                     "e"),
            5U);
  EXPECT_EQ(width_of("\xE3\x82\xAF\xE3\x83\xA9"), 4U);  // katakana
  EXPECT_EQ(width_of("\xF0\x9F\x94\xA5"), 2U);          // fire
  EXPECT_EQ(width_of("o\xCC\x88"), 1U);                 // a mark on top
  EXPECT_EQ(width_of("a\xFF\xE2\x82"), 4U);             // no UTF-8: each byte by itself
}

TEST(cli_terminal_text, is_cut_between_characters) {
  EXPECT_EQ(cut_to("short", 5), "short");
  EXPECT_EQ(cut_to("longer", 5), "long\xE2\x80\xA6");
  EXPECT_EQ(cut_to("\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 4), "\xE6\x97\xA5\xE2\x80\xA6");
  EXPECT_EQ(cut_to("ab", 1), "\xE2\x80\xA6");
}

TEST(cli_terminal_text, steers_no_terminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\n\x7f"), "a?[2Jb??");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "?31m");                                        // the same in one character
  EXPECT_EQ(printable("\xE2\x80\xAEgpj.exe"), "?gpj.exe");  // right to left from here
  EXPECT_EQ(printable("\xC3\xA4\xE2\x82\xAC"), "\xC3\xA4\xE2\x82\xAC");
}

TEST(cli_terminal_text, is_wrapped_at_blanks) {
  EXPECT_EQ(wrapped("", 10, 2), "");
  EXPECT_EQ(wrapped("one two three", 20, 0), "one two three");
  EXPECT_EQ(wrapped("one two three", 10, 2), "one two\n  three");
  EXPECT_EQ(wrapped("a-word-that-is-too-long b", 10, 1), "a-word-that-is-too-long\n b");
}

command_tree copy() {
  command_tree out;
  out.name = "cp";
  out.summary = "Copy";
  out.notes =
      "Examples:\n  kiln fs cp a dbfs:/a-name-that-goes-on-and-on-beyond-the-line\n\n"
      "A remark that is longer than one line.";
  out.positionals = {{"SRC", "What", true}, {"DST", "", false}};
  out.options = {{"--recursive", "-r", false, "With all that is below it, links not included"},
                 {"--an-option-with-a-long-name", "", true, "Far down"},
                 {"--overwrite", "", false, "How", {"never", "always"}}};
  return out;
}

command_tree program() {
  command_tree out;
  out.name = "kiln";
  out.summary = "A client";
  out.options = {{"--help", "-h", false, "Print help"}, {"--host", "", true, "URL"}};
  command_tree copies = copy();
  copies.aliases = {"copy"};
  out.commands = {copies};
  return out;
}

TEST(cli_help_page, explains_arguments_and_options_in_lines_that_fit) {
  EXPECT_EQ(help_page("kiln fs cp", copy(), program(), 40),
            "Copy\n"
            "\n"
            "Usage: kiln fs cp [OPTIONS] SRC [DST]\n"
            "\n"
            "Arguments:\n"
            "  SRC  What\n"
            "  DST\n"
            "\n"
            "Options:\n"
            "  -r, --recursive      With all that is\n"
            "                       below it, links\n"
            "                       not included\n"
            "  --an-option-with-a-long-name VALUE\n"
            "                       Far down\n"
            "  --overwrite [VALUE]  How\n"
            "\n"
            "Also everywhere: --help --host\n"
            "\n"
            "Examples:\n"
            "  kiln fs cp a dbfs:/a-name-that-goes-on-and-on-beyond-the-line\n"
            "\n"
            "A remark that is longer than one line.\n");
}

TEST(cli_help_page, of_the_program_lists_commands_and_the_options_of_all) {
  EXPECT_EQ(help_page("kiln", program(), program(), 80),
            "A client\n"
            "\n"
            "Usage: kiln [OPTIONS] COMMAND\n"
            "\n"
            "Commands:\n"
            "  cp, copy  Copy\n"
            "\n"
            "Options, before and after a command:\n"
            "  -h, --help    Print help\n"
            "  --host VALUE  URL\n");
}

}  // namespace
}  // namespace kiln::cli
