#include "cli/program.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <pty.h>
#include <set>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

// kiln jobs matrix: a run for each row of a table.
namespace kiln::cli_test {
namespace {

using test::has;
using test::lines_in;

/// The words behind `beginning` on a line of `text`, without the program's name.
std::vector<std::string> shown_command(std::string const& text, std::string const& beginning) {
  std::vector<std::string> out;
  auto const at = text.find(beginning + "kiln ");
  if (at == std::string::npos) return out;
  auto const from = at + beginning.size() + 5;
  std::istringstream words(text.substr(from, text.find('\n', from) - from));
  for (std::string word; words >> word;) out.push_back(word);
  return out;
}

/// The workspace, a directory for files and one for journals.
struct matrix_program : testing::Test {
  emulated_workspace const workspace;
  scratch const directory;

  [[nodiscard]] std::string file(std::string const& name, std::string const& text) const {
    std::ofstream(directory.path(name), std::ios::binary) << text;
    return directory.path(name);
  }
  /// A one-time run that lasts `seconds` and ends as its row says.
  [[nodiscard]] std::string run_json(std::string const& seconds = "0") const {
    return file("run.json",
                R"({"run_name":"r {{n}}","tasks":[{"task_key":"t",)"
                R"("notebook_task":{"notebook_path":"/n","base_parameters":{)"
                R"("kiln_result":"{{end}}","kiln_pending_seconds":"0","kiln_cleanup_seconds":"0",)"
                R"("kiln_seconds":")" +
                    seconds + R"("}}}]})");
  }
  [[nodiscard]] environment variables() const {
    auto out = workspace.variables();
    out["XDG_STATE_HOME"] = directory.path("state");
    return out;
  }
  [[nodiscard]] static std::vector<std::string> command(std::string const& table,
                                                        std::string const& text,
                                                        std::vector<std::string> const& more) {
    std::vector<std::string> out{"--rate",     "4000", "jobs",       "matrix", table,
                                 "--template", text,   "--interval", "100ms"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  [[nodiscard]] ended matrix(std::string const& table, std::string const& text,
                             std::vector<std::string> const& more = {}) const {
    return run(command(table, text, more), variables());
  }
  /// Of all runs there are.
  [[nodiscard]] std::ptrdiff_t runs() const {
    return lines_in(workspace.kiln({"jobs", "list-runs", "-o", "jsonl"}).out);
  }
};

TEST_F(matrix_program, runs_each_row_once_however_often_it_is_called) {
  auto const table = file("rows.csv", "n,end\na,SUCCESS\nb,SUCCESS\nc,SUCCESS\n");
  auto const text = run_json();
  auto const first = matrix(table, text, {"-o", "jsonl"});
  EXPECT_EQ(first.code, 0) << first;
  EXPECT_EQ(lines_in(first.out), 3) << first;
  EXPECT_TRUE(has(first.out, R"("result_state":"SUCCESS")")) << first;
  EXPECT_TRUE(has(first.out, R"("variables":{"n":"b","end":"SUCCESS"})")) << first;
  EXPECT_TRUE(has(first.err, "3 of 3 rows succeeded")) << first;
  auto const again = matrix(table, text, {"-o", "jsonl", "--resume"});
  EXPECT_EQ(again.code, 0) << again;
  EXPECT_EQ(lines_in(again.out), 3) << again;
  EXPECT_TRUE(has(again.out, R"("resumed":true)")) << again;
  EXPECT_EQ(runs(), 3);
  auto const other = matrix(table, text, {"--attempt", "2", "-o", "json"});
  EXPECT_EQ(other.code, 0) << other;
  EXPECT_TRUE(has(other.out, R"({"report":{"rows":3,"succeeded":3)")) << other;
  EXPECT_EQ(runs(), 6);
}

TEST_F(matrix_program, ends_with_code_7_and_the_command_that_runs_the_failed_rows_again) {
  auto const table = file("rows.csv",
                          "_name,_after,n,end\ngood,,a,SUCCESS\nbad,,b,\"FAILED,SUCCESS\"\n"
                          "behind,bad,c,SUCCESS\n");
  auto const text = run_json();
  auto const done = matrix(table, text);
  EXPECT_EQ(done.code, 7) << done;
  EXPECT_TRUE(has(done.out, "good\tsucceeded\t")) << done;
  EXPECT_TRUE(has(done.out, "bad\tfailed\t")) << done;
  EXPECT_TRUE(has(done.out, "behind\tskipped\t")) << done;
  EXPECT_TRUE(has(done.out, "1 of 3 rows succeeded, 1 failed, 1 skipped")) << done;
  EXPECT_EQ(runs(), 2);
  auto const again = shown_command(done.err, "kiln: to run only the failed ones again: ");
  ASSERT_EQ(again.size(), 4U) << done;
  auto const rerun = run(again, variables());
  EXPECT_EQ(rerun.code, 0) << rerun;
  EXPECT_TRUE(has(rerun.out, "behind\tsucceeded\t")) << rerun;
  EXPECT_EQ(runs(), 4);
}

// Whatever it was begun with: the journal holds the options, and where the files are.
TEST_F(matrix_program, goes_on_by_the_journals_id_with_all_options_it_was_begun_with) {
  auto const table = file("rows.csv", "n,end\na,\"TIMEDOUT,SUCCESS\"\nb,\"FAILED,SUCCESS\"\n");
  auto const done =
      matrix(table, run_json(),
             {"--retries", "1", "--backoff", "50ms", "--retry-state", "TIMEDOUT", "--row-deadline",
              "1h", "--deadline", "2h", "--stop-after", "5", "--attempt", "it's 2", "-o", "jsonl"});
  EXPECT_EQ(done.code, 7) << done;
  EXPECT_EQ(runs(), 3) << "TIMEDOUT is worth another run, FAILED is not";
  auto const again = shown_command(done.err, "kiln: to run only the failed ones again: ");
  ASSERT_EQ(again.size(), 4U) << done;
  auto const rerun = run(again, variables());
  EXPECT_EQ(rerun.code, 0) << rerun;
  EXPECT_EQ(lines_in(rerun.out), 2) << "as JSON lines: " << rerun;
  EXPECT_TRUE(has(rerun.out, R"("variables":{"n":"b")")) << rerun;
  EXPECT_EQ(runs(), 4) << "the same salt, so the one that ended well did not run again";
  auto const token = workspace.variables().at("DATABRICKS_TOKEN");
  auto const listed = run({"jobs", "matrices", "list", "-o", "json"}, variables());
  EXPECT_TRUE(has(listed.out, R"("state": "finished")")) << listed;
  EXPECT_TRUE(has(listed.out, "\"table\": \"" + table + "\"")) << listed;
  for (auto const& each : std::filesystem::recursive_directory_iterator(directory.path("state"))) {
    if (!each.is_regular_file()) continue;
    EXPECT_FALSE(has(content(each.path().string()), token)) << each.path();
  }
}

TEST_F(matrix_program, journals_are_listed_shown_and_forgotten) {
  auto const table = file("rows.csv", "_name,n,end\none,a,SUCCESS\ntwo,b,FAILED\n");
  EXPECT_EQ(matrix(table, run_json()).code, 7);
  auto const listed = run({"jobs", "matrices", "list"}, variables());
  EXPECT_EQ(listed.code, 0) << listed;
  EXPECT_TRUE(has(listed.out, "  failed      ")) << listed;
  EXPECT_TRUE(has(listed.out, "2 of 2 rows ended, 1 failed  " + table)) << listed;
  auto const id = listed.out.substr(0, 16);
  auto const shown = run({"jobs", "matrices", "show", id}, variables());
  EXPECT_TRUE(has(shown.out, "one\tsucceeded\t")) << shown;
  EXPECT_TRUE(has(shown.out, "two\tfailed\t")) << shown;
  EXPECT_EQ(lines_in(run({"jobs", "matrices", "show", id, "-o", "jsonl"}, variables()).out), 2);
  EXPECT_EQ(run({"jobs", "matrices", "show", "0a"}, variables()).code, 5);
  EXPECT_EQ(run({"jobs", "matrices", "resume"}, variables()).code, 2) << "nothing is unfinished";
  EXPECT_EQ(run({"jobs", "matrices", "resume", "0a"}, variables()).code, 2);
  auto elsewhere = variables();
  elsewhere["DATABRICKS_HOST"] = "http://127.0.0.1:1";
  auto const refused = run({"jobs", "matrices", "resume", id}, elsewhere);
  EXPECT_EQ(refused.code, 2) << refused;
  EXPECT_TRUE(has(refused.err, "and this is http://127.0.0.1:1")) << refused;
  EXPECT_EQ(run({"jobs", "matrices", "clean"}, variables()).code, 0);
  EXPECT_EQ(run({"jobs", "matrices", "list"}, variables()).out, "");
  EXPECT_EQ(run({"jobs", "matrices", "clean", id}, variables()).code, 5);
}

TEST_F(matrix_program, starts_rows_of_higher_priority_first) {
  auto const table = file("rows.csv",
                          "_name,_priority,n,end\nlast,-1,a,SUCCESS\nfirst,7,b,SUCCESS\n"
                          "then,0,c,SUCCESS\n");
  auto const done = matrix(table, run_json(), {"--active-max", "1"});
  EXPECT_EQ(done.code, 0) << done;
  auto const first = done.out.find("first\t");
  auto const then = done.out.find("then\t");
  auto const last = done.out.find("last\t");
  ASSERT_NE(last, std::string::npos) << done;
  EXPECT_LT(first, then) << done;
  EXPECT_LT(then, last) << done;
}

/// The program on a terminal of its own.
class on_terminal {
 public:
  on_terminal(std::vector<std::string> const& arguments, environment const& variables) {
    std::vector<std::string> words{KILN_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> settings;
    for (auto const& [name, value] : variables) settings.push_back(name + '=' + value);
    auto const pointers = [](std::vector<std::string>& texts) {
      std::vector<char*> out;
      for (auto& text : texts) out.push_back(text.data());
      out.push_back(nullptr);
      return out;
    };
    auto const argv = pointers(words);
    auto const env = pointers(settings);
    winsize size{};
    size.ws_row = 24;
    size.ws_col = 100;
    child_ = ::forkpty(&fd_, nullptr, nullptr, &size);
    if (child_ == 0) {
      ::execve(argv.front(), argv.data(), env.data());
      ::_exit(127);
    }
  }
  ~on_terminal() {
    if (!reaped_) ::kill(child_, SIGKILL);
    if (!reaped_) ::waitpid(child_, nullptr, 0);
    ::close(fd_);
  }
  on_terminal(on_terminal const&) = delete;
  on_terminal& operator=(on_terminal const&) = delete;

  /// Reads until `text` was shown; false when the program ended before.
  bool shows(std::string const& text) {
    while (!has(shown, text)) {
      char piece[4'096];
      auto const n = ::read(fd_, piece, sizeof piece);
      if (n <= 0) return false;
      shown.append(piece, static_cast<std::size_t>(n));
    }
    return true;
  }
  void type(std::string const& keys) const {
    EXPECT_EQ(::write(fd_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  int code() {
    shows("\nthis is never shown\n");
    int status = 0;
    reaped_ = ::waitpid(child_, &status, 0) == child_;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string shown;

 private:
  pid_t child_ = -1;
  int fd_ = -1;
  bool reaped_ = false;
};

TEST_F(matrix_program, asks_on_a_terminal_what_becomes_of_the_runs_at_ctrl_c) {
  for (bool const cancel : {true, false}) {
    auto const table = file("rows.csv", "n,end\na,SUCCESS\nb,SUCCESS\n");
    auto terminal = variables();
    terminal["TERM"] = "xterm";
    on_terminal program(command(table, run_json("600"), {"--attempt", cancel ? "c" : "l"}),
                        terminal);
    ASSERT_TRUE(program.shows("   queued   pending   running        ok    failed   skipped"))
        << program.shown;
    ASSERT_TRUE(program.shows("        0         0         2         0         0         0"))
        << program.shown;
    program.type("\x03");
    ASSERT_TRUE(program.shows("c and Enter cancels them all")) << program.shown;
    program.type(cancel ? "c\n" : "\n");
    EXPECT_EQ(program.code(), 130) << program.shown;
    EXPECT_TRUE(has(program.shown, cancel ? "2 cancelled" : "2 left running")) << program.shown;
    EXPECT_TRUE(has(program.shown, cancel ? "matrices rerun-failed " : "matrices resume "))
        << program.shown;
    auto const active = workspace.kiln({"jobs", "list-runs", "--active-only", "-o", "jsonl"});
    EXPECT_EQ(lines_in(active.out), cancel ? 0 : 2) << active;
  }
}

TEST_F(matrix_program, says_plain_lines_on_a_terminal_that_cannot_take_them_back) {
  auto const table = file("rows.csv", "n,end\na,SUCCESS\nb,SUCCESS\n");
  for (char const* const kind : {"dumb", ""}) {
    auto terminal = variables();
    if (*kind != '\0') terminal["TERM"] = kind;
    on_terminal program(command(table, run_json(), {"--attempt", std::string("t") + kind}),
                        terminal);
    EXPECT_EQ(program.code(), 0) << program.shown;
    EXPECT_FALSE(has(program.shown, "\x1b")) << program.shown;
    EXPECT_TRUE(has(program.shown, "kiln: queued 0  pending 0  running 0  ok 2")) << program.shown;
  }
}

TEST_F(matrix_program, takes_combinations_of_yaml_lists_for_runs_of_a_job) {
  auto const made =
      workspace.kiln({"jobs", "create", "--json",
                      R"({"name":"j","max_concurrent_runs":100,"tasks":[{"task_key":"t",)"
                      R"("notebook_task":{"notebook_path":"/n"}}]})",
                      "-o", "text"});
  ASSERT_EQ(made.code, 0) << made;
  auto const job = made.out.substr(made.out.find_last_of(' ') + 1,
                                   made.out.find('\n') - made.out.find_last_of(' ') - 1);
  auto const table = file("days.yaml",
                          "day: [d1, d2, d3]\nhour: ['00', '12']\n"
                          "exclude:\n  - {day: d2, hour: '12'}\n");
  auto const text =
      file("parameters.json", R"({"notebook_params":{"at":"{{day}} {{hour}}","kiln_seconds":"0",)"
                              R"("kiln_pending_seconds":"0","kiln_cleanup_seconds":"0"}})");
  auto const done = matrix(table, text, {"--job", job, "-o", "jsonl"});
  EXPECT_EQ(done.code, 0) << done;
  EXPECT_EQ(lines_in(done.out), 5) << done;
  EXPECT_EQ(runs(), 5);
}

TEST_F(matrix_program, goes_on_where_it_was_killed_and_starts_nothing_twice) {
  std::string rows = "n,end\n";
  constexpr int count = 60;
  for (int i = 0; i < count; ++i) rows += std::to_string(i) + ",SUCCESS\n";
  auto const table = file("rows.csv", rows);
  auto const text = run_json("0.2");
  for (int kills = 0; kills < 3; ++kills) {
    // What may have been started is looked for twice the time that a call may take.
    process killed(command(table, text, {"--active-max", "12", "-o", "jsonl", "--timeout", "2s"}),
                   variables());
    killed.close_stdout_after(static_cast<std::size_t>(kills * 3'000 + 1));
    killed.send(SIGKILL);
    EXPECT_NE(killed.wait().signal, 0);
  }
  auto const done = matrix(table, text, {"--active-max", "12", "-o", "jsonl", "--timeout", "2s"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(lines_in(done.out), count) << done.err;
  EXPECT_EQ(runs(), count);
}

TEST_F(matrix_program, leaves_runs_and_says_how_to_go_on_when_interrupted) {
  auto const table = file("rows.csv", "n,end\na,SUCCESS\nb,SUCCESS\n");
  auto const text = run_json("3");
  process program(command(table, text, {"--active-max", "1", "-o", "jsonl"}), variables());
  ASSERT_TRUE(workspace.sees_request("/api/2.1/jobs/runs/submit"));
  program.send(SIGINT);
  auto const stopped = program.wait();
  EXPECT_EQ(stopped.code, 130) << stopped;
  EXPECT_EQ(shown_command(stopped.err, "kiln: to go on with it: ").size(), 4U) << stopped;
  EXPECT_EQ(runs(), 1);
  auto const done = matrix(table, text, {"--resume", "-o", "jsonl"});
  EXPECT_EQ(done.code, 0) << done;
  EXPECT_EQ(lines_in(done.out), 2) << done;
  EXPECT_EQ(runs(), 2);
}

TEST_F(matrix_program, leaves_what_it_started_when_told_to) {
  auto const table =
      file("rows.csv", "_name,_after,n,end\na,,a,SUCCESS\nb,,b,SUCCESS\nc,a,c,SUCCESS\n");
  auto const done = matrix(table, run_json("1"), {"--detach"});
  EXPECT_EQ(done.code, 0) << "nothing has failed: " << done;
  EXPECT_TRUE(has(done.out, "2 left running, 1 not started")) << done;
  EXPECT_EQ(runs(), 2);
  auto const how =
      shown_command(done.err, "kiln: to see how they end, and start what waits for them: ");
  ASSERT_EQ(how.size(), 4U) << done;
  auto const rest = run(how, variables());
  EXPECT_EQ(rest.code, 0) << rest;
  EXPECT_EQ(runs(), 3);
}

// The command that is shown finds the files again, whatever bytes their names are of.
TEST_F(matrix_program, goes_on_with_files_of_any_name) {
  auto const table = file("it's \xff \"$x\".csv", "n,end\na,\"FAILED,SUCCESS\"\n");
  auto const done = matrix(table, run_json());
  EXPECT_EQ(done.code, 7) << done;
  auto const rerun =
      run(shown_command(done.err, "kiln: to run only the failed ones again: "), variables());
  EXPECT_EQ(rerun.code, 0) << rerun;
}

TEST_F(matrix_program, names_no_more_ended_rows_than_there_are_and_reruns_cancelled_ones_too) {
  auto const table = file("rows.csv", "n,end\na,SUCCESS\nb,SUCCESS\n");
  for (char const* const attempt : {"1", "2"}) {
    EXPECT_EQ(matrix(table, run_json(), {"--attempt", attempt}).code, 0);
  }
  auto const listed = run({"jobs", "matrices", "list"}, variables());
  EXPECT_TRUE(has(listed.out, "4 of 4 rows ended")) << listed;
  auto const late = matrix(table, run_json("600"), {"--attempt", "3", "--deadline", "1s"});
  EXPECT_EQ(late.code, 7) << late;
  EXPECT_TRUE(has(late.out, "2 cancelled")) << late;
  EXPECT_EQ(run({"jobs", "matrices", "rerun-failed"}, variables()).code, 7)
      << "its only journal, whose rows are cancelled again";
}

TEST_F(matrix_program, says_every_fault_with_row_and_column_and_starts_nothing) {
  auto const table = file("rows.csv", "n:int,end,extra\n1,SUCCESS,\nx,SUCCESS,\n");
  auto const text = run_json();
  auto const checked = run({"jobs", "matrix", table, "--template", text, "--validate"});
  EXPECT_EQ(checked.code, 2) << checked;
  EXPECT_TRUE(has(checked.err, table + ":3: row 2, column 'n': 'x' is no int")) << checked;
  EXPECT_TRUE(has(checked.err, table + ":1: column 'extra': nothing in " + text)) << checked;
  auto const refused = matrix(table, text);
  EXPECT_EQ(refused.code, 2) << refused;
  EXPECT_TRUE(has(refused.err, "nothing was started")) << refused;
  EXPECT_EQ(runs(), 0);
}

TEST(program_matrix, refuses_what_cannot_work) {
  scratch const directory;
  auto const table = directory.path("rows.csv");
  std::ofstream(table) << "n\n1\n";
  auto const text = directory.path("run.json");
  std::ofstream(text) << R"({"run_name":"{{m}}"})";
  auto const validate = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"jobs", "matrix"});
    arguments.emplace_back("--validate");
    return run(arguments);
  };
  EXPECT_TRUE(has(validate({table}).err, "--template or --job"));
  auto const unknown = validate({table, "--template", text});
  EXPECT_EQ(unknown.code, 2) << unknown;
  EXPECT_TRUE(has(unknown.err, "{{m}} is no column of " + table + ", which has n")) << unknown;
  EXPECT_TRUE(has(validate({directory.path("none.csv"), "--job", "1"}).err, "cannot be opened"));
  EXPECT_TRUE(has(validate({text + "x", "--job", "1"}).err, "--format says what it is"));
  EXPECT_EQ(validate({table, "--job", "0"}).code, 2);
  EXPECT_EQ(validate({table, "--job", "1", "--wait", "--detach"}).code, 2);
  EXPECT_EQ(validate({table, "--job", "1", "--active-max", "0"}).code, 2);
  auto const help = run({"jobs", "matrix", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_TRUE(has(help.out, "--rerun-failed")) << help;
}

/// The first block of a language in the README's part on tables.
std::string block_of(std::string const& language) {
  auto const readme = content(std::string(KILN_SOURCE_DIR) + "/README.md");
  auto const part = readme.find("### A table of runs\n");
  auto const from = readme.find("```" + language + "\n", part);
  if (part == std::string::npos || from == std::string::npos) return {};
  auto const begin = readme.find('\n', from) + 1;
  return readme.substr(begin, readme.find("```\n", begin) - begin);
}

TEST_F(matrix_program, does_what_the_readme_shows) {
  auto const table = file("rows.csv", block_of("csv"));
  auto const text = file("run.json", block_of("json"));
  std::istringstream commands(block_of("sh"));
  int tried = 0;
  for (std::string line; std::getline(commands, line); ++tried) {
    std::istringstream words(line.substr(0, line.find_first_of("#>")));
    std::vector<std::string> arguments;
    for (std::string word; words >> word;) {
      if (word == "rows.csv") word = table;
      if (word == "run.json") word = text;
      arguments.push_back(word);
    }
    ASSERT_GT(arguments.size(), 3U);
    ASSERT_EQ(arguments.front(), "kiln");
    arguments.erase(arguments.begin());
    arguments.insert(arguments.end(), {"--interval", "100ms", "--rate", "4000"});
    auto const done = run(arguments, variables());
    EXPECT_EQ(done.code, 0) << line << "\n" << done;
    if (has(line, "--validate")) {
      EXPECT_TRUE(has(done.out, "3 rows, no fault")) << done;
    }
    if (has(line, "--dry-run")) {
      EXPECT_TRUE(has(done.out, "rows         3")) << done;
    }
    if (has(line, "jsonl")) {
      EXPECT_EQ(lines_in(done.out), 3) << done;
    }
  }
  EXPECT_EQ(tried, 4);
  EXPECT_EQ(runs(), 3);
}

}  // namespace
}  // namespace kiln::cli_test
