#include "cli/matrix_files.hpp"
#include "cli/matrix_words.hpp"
#include "cli/render.hpp"
#include "cli/render_runs.hpp"
#include "cli/usage_error.hpp"
#include "cli/yaml_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

namespace kiln::cli {
namespace {

std::string matrix_refusal(std::string const& yaml) {
  try {
    return "taken: " + json_of_yaml(yaml, "t.yaml");
  } catch (usage_error const& e) {
    return e.what();
  }
}

TEST(yaml_json, keeps_types_and_the_spelling_of_numbers) {
  EXPECT_EQ(json_of_yaml("a: [1, 9007199254740993, 1.50, -2e3]\n"
                         "b: [true, False, null, ~, ]\n"
                         "c: ['1', \"true\", 2026-01-01, yes, 007x, 1:30]\n",
                         "t"),
            R"({"a":[1,9007199254740993,1.50,-2e3],"b":[true,false,null,null],)"
            R"("c":["1","true","2026-01-01","yes","007x","1:30"]})");
}

TEST(yaml_json, takes_block_and_flow_style_and_aliases) {
  EXPECT_EQ(json_of_yaml("date:\n  - d1\n  - d2\nexclude:\n  - {date: d1}\n", "t"),
            R"({"date":["d1","d2"],"exclude":[{"date":"d1"}]})");
  EXPECT_EQ(json_of_yaml("a: &x [1, \"q\\\"\"]\nb: *x\n", "t"), R"({"a":[1,"q\""],"b":[1,"q\""]})");
  EXPECT_EQ(json_of_yaml(R"({"a": [1, {"b": "c"}]})", "t"), R"({"a":[1,{"b":"c"}]})");
}

TEST(yaml_json, refuses_with_the_line_what_json_cannot_say) {
  EXPECT_EQ(
      matrix_refusal("a:\n  - 007\n"),
      "t.yaml:2: '007' is a number that JSON cannot spell: quote it, or write it as JSON does");
  EXPECT_TRUE(matrix_refusal("a: .inf\n").starts_with("t.yaml:1: '.inf' is a number"));
  EXPECT_TRUE(matrix_refusal("a: 0x1F\n").starts_with("t.yaml:1: '0x1F' is a number"));
  EXPECT_EQ(matrix_refusal("a: 1\na: 2\n"), "t.yaml:2: 'a' stands twice");
  EXPECT_EQ(matrix_refusal("[1]: 2\n"), "t.yaml:1: a key that is no text");
  EXPECT_EQ(matrix_refusal("a: 1\n---\nb: 2\n"), "t.yaml: expected one YAML document, found 2");
  EXPECT_TRUE(matrix_refusal("a: [1\nb: 2\n").starts_with("t.yaml:2: no YAML: "))
      << matrix_refusal("a: [1\n");
}

TEST(yaml_json, bounds_depth_and_what_aliases_multiply) {
  EXPECT_TRUE(matrix_refusal("a: " + std::string(40, '[') + std::string(40, ']'))
                  .ends_with("nested deeper than 32 levels"));
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 7; ++i) {
    auto const before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int n = 1; n < 10; ++n) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_TRUE(matrix_refusal(bomb).ends_with("more than 1000000 values"));
}

TEST(matrix_files, are_known_by_the_ending_of_their_name) {
  EXPECT_EQ(form_of_name("a.b/rows.csv"), matrix_form::csv);
  EXPECT_EQ(form_of_name("rows.ndjson"), matrix_form::jsonl);
  EXPECT_EQ(form_of_name("rows.yml"), matrix_form::yaml);
  EXPECT_EQ(form_of_name("rows.json"), matrix_form::json);
  EXPECT_EQ(form_of_name("rows"), std::nullopt);
}

TEST(matrix_words, hold_every_option_and_whole_paths_but_nothing_of_one_process) {
  global_args global;
  global.host = "https://h";
  global.profile = "prod";
  global.rate = 12.5;
  global.proxy = "http://user:secret@proxy:1";
  global.output = output_format::jsonl;
  global.output_given = true;
  global.verbose = true;
  matrix_args args;
  args.file = "/t/../rows of mine.csv";
  args.template_file = "/run.json";
  args.job = 42;
  args.attempt = "--2";
  args.retries = 3;
  args.backoff = std::chrono::milliseconds(1'500);
  args.retry_states = {"TIMEDOUT", "CANCELED"};
  args.stop_after = 9;
  args.row_deadline = std::chrono::hours(2);
  args.deadline = std::chrono::hours(12);
  args.detach = args.resume = args.output = true;
  auto const words = matrix_words(global, args);
  std::string line;
  for (auto const& word : words) (line += line.empty() ? "" : "|") += word;
  EXPECT_EQ(line,
            "kiln|jobs|matrix|/rows of mine.csv|--template|/run.json|--job|42|--active-max|200|"
            "--attempt=--2|--output|--stop-after|9|--retries|3|--backoff|1500ms|"
            "--retry-state=TIMEDOUT|--retry-state=CANCELED|--row-deadline|7200000ms|--deadline|"
            "43200000ms|--host|https://h|--profile|prod|--rate|12.5|-o|jsonl");
  EXPECT_EQ(words_in_note(note_of(words)), words);
  std::vector<std::string> const odd{"kiln", "/a\xff\xfe b\n\"c", "ü"};
  EXPECT_EQ(words_in_note(note_of(odd)), odd) << "whatever bytes a name is of";
  EXPECT_EQ(words_in_note(R"(["a",{"b":1}])"), std::nullopt);
  EXPECT_EQ(words_in_note("a note of somebody else"), std::nullopt);
  EXPECT_EQ(words_in_note(R"({"a":1})"), std::nullopt);
}

row_result failed_row() {
  row_result row;
  row.row = 1;
  row.key = "k";
  row.name = "eu\t1";
  row.state = row_state::failed;
  row.run_id = 7;
  row.result_state = "FAILED";
  row.message = "no";
  row.attempts = 2;
  return row;
}

TEST(render_runs, tells_a_row_with_its_values) {
  EXPECT_EQ(row_json(failed_row(), R"({"a":1})"),
            R"({"row":2,"name":"eu\t1","key":"k","state":"failed","run_id":7,)"
            R"("result_state":"FAILED","message":"no","attempts":2,"variables":{"a":1}})");
  EXPECT_TRUE(row_text(failed_row()).ends_with("\tfailed\t7\t\tno\n")) << row_text(failed_row());
}

TEST(render_runs, tells_what_all_rows_came_to) {
  run_report report;
  report.rows = 3;
  report.succeeded = 1;
  report.failed = 2;
  report.requests = 5;
  report.submits = 3;
  report.polls = 2;
  report.elapsed = std::chrono::seconds(2);
  EXPECT_EQ(runs_text(report),
            "1 of 3 rows succeeded, 2 failed in 2.0 s; 5 requests (3 runs, 2 to watch)\n");
  EXPECT_TRUE(runs_json(report).starts_with(R"({"rows":3,"succeeded":1,"failed":2,)"));
}

TEST(render_runs, puts_a_moment_on_a_line_that_fits) {
  runs_sample now;
  now.progress.queued = 5;
  now.progress.blocked = 1;
  now.progress.running = 2;
  now.progress.succeeded = 4;
  now.progress.elapsed = std::chrono::seconds(4);
  now.submits_per_second = 29.66;
  now.polls_per_second = 0.4;
  EXPECT_EQ(
      runs_line(now, 0),
      "queued 6  pending 0  running 2  ok 4  failed 0 | 29.7 submit/s 0.4 watch/s | 8.0 s left");
  EXPECT_EQ(runs_line(now, 20), "queued 6  pending 0");
}

TEST(render_runs, counts_the_time_left_without_rows_that_had_ended_before) {
  runs_sample now;
  now.progress.queued = 5;
  now.progress.succeeded = 45;
  now.progress.elapsed = std::chrono::seconds(4);
  now.ended_before = 45;
  EXPECT_EQ(runs_line(now, 0).find(" left"), std::string::npos) << runs_line(now, 0);
  now.ended_before = 44;
  EXPECT_NE(runs_line(now, 0).find("| 20.0 s left"), std::string::npos) << runs_line(now, 0);
}

TEST(render_runs, puts_a_moment_in_a_table_of_a_terminal_with_the_last_failures) {
  runs_sample now;
  now.progress.queued = 5;
  now.progress.blocked = 1;
  now.progress.running = 2;
  now.progress.succeeded = 4;
  now.progress.failed = 12'345;
  now.progress.elapsed = std::chrono::seconds(4);
  now.progress.limited = true;
  now.submits_per_second = 29.66;
  now.polls_per_second = 0.4;
  std::deque<row_result> failures(4, failed_row());
  failures[0].name = "the first";
  failures[2].name = "b\x1b[31m\xc3\xa9";
  failures[3].run_id = 0;
  auto const shown = runs_table(now, failures, 100);
  EXPECT_EQ(shown,
            "   queued   pending   running        ok    failed   skipped\n"
            "        6         0         2         4     12345         0\n"
            "  29.7 submit/s  0.4 watch req/s  3 ms left  held back by a limit of the workspace\n" +
                ("  " + printable("eu\t1") + "  FAILED  run 7  no\n") +
                ("  " + printable(failures[2].name) + "  FAILED  run 7  no\n") +
                ("  " + printable("eu\t1") + "  FAILED  no"));
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n') + 1,
            static_cast<std::ptrdiff_t>(runs_table_lines_max));
  auto const narrow = runs_table(now, failures, 24);
  std::size_t longest = 0;
  for (std::size_t from = 0; from < narrow.size();) {
    auto const end = std::min(narrow.find('\n', from), narrow.size());
    longest = std::max(longest, end - from);
    from = end + 1;
  }
  EXPECT_EQ(longest, 23U) << narrow;
  EXPECT_EQ(runs_table(now, {}, 0).find("FAILED"), std::string::npos);
}

TEST(render_runs, tells_of_a_journal_how_far_it_is_and_whose) {
  run_journal_record journal;
  journal.id = "0a";
  journal.host = "https://h";
  journal.journal = "/t/rows.csv\n/t/run.json";
  journal.rows = 5;
  journal.succeeded = 2;
  journal.failed = 1;
  journal.started = 2;
  EXPECT_TRUE(journal_text(journal).starts_with("0a  unfinished  1970-01-01T"))
      << journal_text(journal);
  EXPECT_TRUE(journal_text(journal).ends_with(
      "3 of 5 rows ended, 1 failed, 2 under way  /t/rows.csv  https://h\n"));
  journal.running = true;
  journal.pid = 77;
  EXPECT_NE(journal_text(journal).find("process 77"), std::string::npos);
  EXPECT_NE(journal_json(journal).find(R"("state":"running")"), std::string::npos);
  journal.running = false;
  journal.finished = true;
  EXPECT_NE(journal_json(journal).find(R"("state":"failed")"), std::string::npos);
  journal.failed = 0;
  EXPECT_NE(journal_json(journal).find(R"("state":"finished")"), std::string::npos);
  journal.damage = "no database\n";
  EXPECT_EQ(journal_text(journal).find("no database\n\n"), std::string::npos);
  EXPECT_TRUE(journal_json(journal).starts_with(R"({"id":"0a","state":"damaged","damage":)"));
}

}  // namespace
}  // namespace kiln::cli
