#include "cli/program.hpp"

#include "support/text.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

// The program's manners: help, mistakes, the environment, exit codes, api, emulate, demo.
namespace kiln::cli_test {
namespace {

using test::has;

namespace fs = std::filesystem;

environment nowhere() { return {{"DATABRICKS_TOKEN", "not-a-real-token"}}; }

TEST(program_help, goes_to_stdout_and_shows_examples) {
  auto const help = run({"--help"});
  EXPECT_EQ(help.code, 0) << help;
  EXPECT_TRUE(has(help.out, "kiln fs cp -r ./models dbfs:/models")) << help;
  EXPECT_TRUE(has(help.out, "DATABRICKS_TOKEN")) << help;
  EXPECT_EQ(help.err, "");
  auto const cp = run({"fs", "cp", "--help"});
  EXPECT_EQ(cp.code, 0) << cp;
  EXPECT_TRUE(has(cp.out, "--skip-existing")) << cp;
  EXPECT_TRUE(has(cp.out, "Examples:")) << cp;
  auto const version = run({"--version"});
  EXPECT_EQ(version.code, 0) << version;
  EXPECT_EQ(version.out, std::string("kiln ") + KILN_VERSION + "\n");
}

/// The names below "Commands:" of a help text.
std::vector<std::string> subcommands_in(std::string const& help) {
  std::vector<std::string> out;
  auto const heading = help.find("\nCommands:\n");
  if (heading == help.npos) return out;
  std::istringstream lines(help.substr(help.find('\n', heading + 1) + 1));
  for (std::string line; std::getline(lines, line) && line.starts_with("  ");) {
    // A longer description goes on in further lines, far to the right.
    if (line[2] == ' ') continue;
    out.push_back(line.substr(2, line.find_first_of(" ,", 2) - 2));
  }
  return out;
}

/// How many commands there are at and below `words`; each shows how all of it is typed.
int expect_whole_usages(std::vector<std::string> const& words) {
  std::string whole = "Usage: kiln";
  for (auto const& each : words) whole += ' ' + each;
  auto typed = words;
  typed.emplace_back("--help");
  auto const help = run(typed);
  EXPECT_EQ(help.code, 0) << help;
  EXPECT_TRUE(has(help.out, '\n' + whole + " [OPTIONS]")) << help;
  int count = 1;
  for (auto const& below : subcommands_in(help.out)) {
    typed.back() = below;
    count += expect_whole_usages(typed);
  }
  return count;
}

TEST(program_help, of_every_command_has_the_whole_command_in_its_usage) {
  int const commands_min = 120;
  EXPECT_GT(expect_whole_usages({}), commands_min);
}

TEST(program_mistakes, in_a_word_get_the_word_that_was_meant) {
  auto const command = run({"fs", "mkdri", "dbfs:/x"});
  EXPECT_EQ(command.code, 2) << command;
  EXPECT_TRUE(has(command.err, "did you mean kiln fs mkdir?")) << command;
  auto const group = run({"emulat"});
  EXPECT_EQ(group.code, 2) << group;
  EXPECT_TRUE(has(group.err, "did you mean kiln emulate?")) << group;
  auto const option = run({"fs", "cp", "--overwite", "a", "dbfs:/b"});
  EXPECT_EQ(option.code, 2) << option;
  EXPECT_TRUE(has(option.err, "did you mean --overwrite?")) << option;
  auto const global = run({"fs", "ls", "--tiemout=3", "dbfs:/b"});
  EXPECT_EQ(global.code, 2) << global;
  EXPECT_TRUE(has(global.err, "did you mean --timeout?")) << global;
  EXPECT_EQ(global.out, "");
}

TEST(program_help, is_a_command_too) {
  EXPECT_EQ(run({"help"}).out, run({"--help"}).out);
  EXPECT_EQ(run({"help", "fs", "cp"}).out, run({"fs", "cp", "--help"}).out);
  auto const wrong = run({"help", "clustrs"});
  EXPECT_EQ(wrong.code, 2) << wrong;
  EXPECT_TRUE(has(wrong.err, "did you mean kiln clusters?")) << wrong;
  EXPECT_EQ(wrong.out, "");
}

TEST(program_help, that_cannot_be_written_is_an_error) {
  process program({"man"}, {}, {}, process::stdout_mode::full);
  auto const full = program.wait();
  EXPECT_EQ(full.code, 1) << full;
  EXPECT_TRUE(has(full.err, "stdout could not be written to")) << full;
}

TEST(program_mistakes, name_what_is_missing_or_too_much) {
  for (std::vector<std::string> const& bare : {std::vector<std::string>{}, {"fs"}}) {
    auto const told = run(bare);
    EXPECT_EQ(told.code, 2) << told;
    EXPECT_TRUE(has(told.err, bare.empty() ? "\n  clusters " : "\n  cp ")) << told;
    EXPECT_EQ(told.out, "");
  }
  auto const missing = run({"fs", "cp", "a"});
  EXPECT_EQ(missing.code, 2) << missing;
  EXPECT_TRUE(has(missing.err, "DST")) << missing;
  auto const more = run({"fs", "stat", "dbfs:/a", "dbfs:/b"});
  EXPECT_EQ(more.code, 2) << more;
  EXPECT_TRUE(has(more.err, "'dbfs:/b' is one argument too many")) << more;
  auto const duration = run({"--timeout", "soon", "fs", "ls", "dbfs:/"});
  EXPECT_EQ(duration.code, 2) << duration;
  EXPECT_TRUE(has(duration.err, "'soon' is not a duration")) << duration;
  EXPECT_EQ(run({"--timeout", "0", "fs", "ls", "dbfs:/"}).code, 2);
  auto const value = run({"fs", "ls", "dbfs:/", "--output"});
  EXPECT_TRUE(has(value.err, "--output: its value is missing")) << value;
  auto const flag = run({"clusters", "create", "--enable-elastic-disk=maybe"});
  EXPECT_EQ(flag.code, 2) << flag;
  EXPECT_TRUE(has(flag.err, "--enable-elastic-disk: 'maybe' is not true or false")) << flag;
  auto const port = run({"emulate", "--port", "-1"});
  EXPECT_EQ(port.code, 2) << port;
  EXPECT_TRUE(has(port.err, "--port: '-1' is not a whole number from 0 to 65535")) << port;
  auto const shell = run({"completion", "tcsh"});
  EXPECT_TRUE(has(shell.err, "'tcsh' is not one of bash, zsh, fish")) << shell;
  auto const limiter = run({"emulate", "--limiter", "gate"});
  EXPECT_EQ(limiter.code, 2) << limiter;
  EXPECT_TRUE(has(limiter.err, "strict-window")) << limiter;
}

TEST(program_environment, that_lacks_host_or_token_is_told_what_to_set) {
  auto const host = run({"fs", "ls", "dbfs:/"}, nowhere());
  EXPECT_EQ(host.code, 2) << host;
  EXPECT_TRUE(has(host.err, "DATABRICKS_HOST")) << host;
  auto const token = run({"fs", "ls", "dbfs:/"}, {{"DATABRICKS_HOST", "https://localhost"}});
  EXPECT_EQ(token.code, 2) << token;
  EXPECT_TRUE(has(token.err, "DATABRICKS_TOKEN")) << token;
  auto const plain = run({"--host", "http://workspace.invalid", "fs", "ls", "dbfs:/"}, nowhere());
  EXPECT_EQ(plain.code, 2) << plain;
  EXPECT_TRUE(has(plain.err, "https://")) << plain;
}

TEST(program_host, that_has_no_address_is_temporary_and_hinted_at) {
  auto const gone = run({"--host", "https://workspace.invalid", "fs", "ls", "dbfs:/"}, nowhere());
  EXPECT_EQ(gone.code, 6) << gone;
  EXPECT_TRUE(has(gone.err, "workspace.invalid")) << gone;
  EXPECT_TRUE(has(gone.err, "hint: check the spelling of DATABRICKS_HOST")) << gone;
}

TEST(program_host, where_nobody_listens_is_temporary) {
  auto const refused = run({"--host", "http://127.0.0.1:1", "fs", "ls", "dbfs:/"}, nowhere());
  EXPECT_EQ(refused.code, 6) << refused;
  EXPECT_TRUE(has(refused.err, "127.0.0.1:1")) << refused;
}

TEST(program_host, that_is_no_workspace_is_named_as_that) {
  emulated_workspace const workspace;
  workspace.fault(
      R"({"route":"/api/2.0/dbfs/list","status":200,"times":99,"body":"<html>Welcome</html>",)"
      R"("headers":"Content-Type: text/html\r\n"})");
  auto const html = workspace.kiln({"fs", "ls", "dbfs:/"});
  EXPECT_EQ(html.code, 1) << html;
  EXPECT_TRUE(has(html.err, "hint: check the host: DATABRICKS_HOST")) << html;
}

TEST(program_token, that_is_wrong_is_denied_and_never_shown) {
  emulated_workspace const workspace;
  auto variables = workspace.variables();
  variables["DATABRICKS_TOKEN"] = "dapi-canary-7f3a";
  auto const denied = run({"--verbose", "fs", "ls", "dbfs:/"}, variables);
  EXPECT_EQ(denied.code, 4) << denied;
  EXPECT_TRUE(has(denied.err, "DATABRICKS_TOKEN")) << denied;
  EXPECT_FALSE(has(denied.err + denied.out, "canary")) << denied;
}

TEST(program_token, comes_from_stdin_before_the_environment) {
  emulated_workspace const workspace;
  auto variables = workspace.variables();
  variables["DATABRICKS_TOKEN"] = "wrong";
  auto const fine =
      run({"--token-stdin", "fs", "ls", "dbfs:/"}, variables, workspace.token() + '\n');
  EXPECT_EQ(fine.code, 0) << fine;
  auto const none = run({"--token-stdin", "fs", "ls", "dbfs:/"}, variables, "");
  EXPECT_EQ(none.code, 2) << none;
}

TEST(program_exit_code, tells_forbidden_temporary_and_too_slow_apart) {
  emulated_workspace const workspace;
  workspace.fault(R"({"route":"/api/2.0/dbfs/get-status","status":403,"times":1,)"
                  R"("body":"{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"no\"}"})");
  auto const forbidden = workspace.kiln({"fs", "stat", "dbfs:/"});
  EXPECT_EQ(forbidden.code, 4) << forbidden;
  // Not repeated, as nothing says that it was not applied.
  workspace.fault(R"({"route":"/api/2.0/dbfs/move","status":503,"times":1})");
  auto const unavailable = workspace.kiln({"fs", "mv", "dbfs:/a", "dbfs:/b"});
  EXPECT_EQ(unavailable.code, 6) << unavailable;
  workspace.fault(R"({"route":"/api/2.0/dbfs/list","what":"stall","times":99})");
  auto const slow = workspace.kiln({"--timeout", "300ms", "fs", "ls", "dbfs:/"});
  EXPECT_EQ(slow.code, 8) << slow;
  EXPECT_TRUE(has(slow.err, "--timeout")) << slow;
}

TEST(program_interrupt, cancels_a_call_that_waits_for_ever) {
  emulated_workspace const workspace;
  workspace.fault(R"({"route":"/api/2.0/dbfs/list","what":"stall","times":99})");
  process running({"fs", "ls", "dbfs:/"}, workspace.variables());
  ASSERT_TRUE(workspace.sees_request("dbfs/list"));
  running.send(SIGTERM);
  auto const ended = running.wait();
  EXPECT_EQ(ended.code, 130) << ended;
}

TEST(program_api, sends_fields_and_prints_the_exact_answer) {
  emulated_workspace const workspace;
  auto const made = workspace.kiln({"api", "post", "/api/2.0/dbfs/mkdirs", "-f", "path=/a b"});
  EXPECT_EQ(made.code, 0) << made;
  EXPECT_EQ(made.out, "{}");
  auto const status = workspace.kiln({"api", "GET", "/api/2.0/dbfs/get-status", "-f", "path=/a b"});
  EXPECT_EQ(status.code, 0) << status;
  EXPECT_TRUE(has(status.out, R"("path":"/a b")")) << status;
  auto const body = workspace.kiln({"api", "POST", "/api/2.0/dbfs/mkdirs", "--input", "-"},
                                   R"({"path":"/from-stdin"})");
  EXPECT_EQ(body.code, 0) << body;
  EXPECT_EQ(workspace.kiln({"fs", "stat", "dbfs:/from-stdin"}).code, 0);
  EXPECT_EQ(workspace.kiln({"api", "GET", "/api/2.0/none"}).code == 0, false);
  EXPECT_EQ(workspace.kiln({"api", "GET", "api/2.0/x"}).code, 2);
  EXPECT_EQ(workspace.kiln({"api", "FETCH", "/api/2.0/x"}).code, 2);
  EXPECT_EQ(workspace.kiln({"api", "POST", "/api/2.0/x", "-f", "novalue"}).code, 2);
}

TEST(program_emulate, writes_a_private_ready_file_and_takes_it_away_again) {
  std::string ready;
  {
    emulated_workspace workspace;
    ready = workspace.ready_file();
    struct stat facts {};
    ASSERT_EQ(::stat(ready.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777U, 0600U);
    EXPECT_TRUE(has(content(ready), R"("pid":)"));
    EXPECT_EQ(workspace.kiln({"fs", "ls", "dbfs:/"}).code, 0);
    workspace.server().send(SIGTERM);
    auto const ended = workspace.server().wait();
    EXPECT_EQ(ended.code, 0) << ended;
    EXPECT_TRUE(has(ended.err, "1 request,")) << ended;
    EXPECT_FALSE(has(ended.err, workspace.token())) << ended;
    EXPECT_FALSE(fs::exists(ready));
  }
}

TEST(program_emulate, takes_its_token_from_the_environment_and_keeps_files_in_a_directory) {
  scratch const at;
  fs::create_directory(at.path("data"));
  process server({"emulate", "--ready-file", at.path("ready"), "--data", at.path("data")},
                 {{"KILN_EMULATOR_TOKEN", "token-of-the-test"}});
  ASSERT_TRUE(server.wait_for_stderr("serving"));
  EXPECT_TRUE(has(content(at.path("ready")), R"("token":"token-of-the-test")"));
  server.send(SIGINT);
  EXPECT_EQ(server.wait().code, 0);
}

TEST(program_emulate, on_a_port_in_use_says_so) {
  emulated_workspace const workspace;
  auto const port = workspace.url().substr(workspace.url().rfind(':') + 1);
  auto const second = run({"emulate", "--port", port});
  EXPECT_EQ(second.code, 1) << second;
  EXPECT_TRUE(has(second.err, port)) << second;
}

TEST(program_demo, copies_a_tree_there_and_back_within_the_budget) {
  scratch const at;
  fs::create_directory(at.path("tmp"));
  for (int i = 0; i < 5; ++i) at.file("tree/d/f" + std::to_string(i), 10'000);
  auto const demo = run({"--rate", "200", "demo", at.path("tree"), "--size", "5MiB"},
                        {{"TMPDIR", at.path("tmp")}});
  EXPECT_EQ(demo.code, 0) << demo;
  EXPECT_TRUE(has(demo.out, "6 files, 5.0 MiB byte by byte: identical")) << demo;
  EXPECT_TRUE(has(demo.out, "200 succeeded, 200 started")) << demo;
  EXPECT_TRUE(has(demo.out, "429 answers      0")) << demo;
  EXPECT_TRUE(has(demo.out, "verdict          PASS")) << demo;
  EXPECT_TRUE(fs::is_empty(at.path("tmp")));
}

TEST(program_demo, interrupted_leaves_nothing_behind) {
  for (int signals = 1; signals <= 2; ++signals) {
    scratch const at;
    fs::create_directory(at.path("tmp"));
    at.file("tree/f", 10);
    process running({"--rate", "20", "demo", at.path("tree"), "--size", "40MiB"},
                    {{"TMPDIR", at.path("tmp")}});
    // The small file is there, the 40 reads of the large one take two seconds.
    ASSERT_TRUE(running.wait_for_stderr("1/2 files"));
    for (int i = 0; i < signals; ++i) running.send(SIGINT);
    auto const ended = running.wait();
    EXPECT_EQ(ended.code, 130) << ended;
    EXPECT_TRUE(fs::is_empty(at.path("tmp")));
  }
}

TEST(program_demo, of_a_directory_that_is_not_there_is_not_found) {
  scratch const at;
  auto const demo = run({"demo", at.path("none")}, {{"TMPDIR", at.path()}});
  EXPECT_EQ(demo.code, 5) << demo;
}

}  // namespace
}  // namespace kiln::cli_test
