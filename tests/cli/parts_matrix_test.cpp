#include "cli/matrix_files.hpp"
#include "cli/render_runs.hpp"
#include "cli/usage_error.hpp"
#include "cli/yaml_json.hpp"

#include <gtest/gtest.h>

namespace kiln::cli {
namespace {

std::string refusal(std::string const& yaml) {
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
      refusal("a:\n  - 007\n"),
      "t.yaml:2: '007' is a number that JSON cannot spell: quote it, or write it as JSON does");
  EXPECT_TRUE(refusal("a: .inf\n").starts_with("t.yaml:1: '.inf' is a number"));
  EXPECT_TRUE(refusal("a: 0x1F\n").starts_with("t.yaml:1: '0x1F' is a number"));
  EXPECT_EQ(refusal("a: 1\na: 2\n"), "t.yaml:2: 'a' stands twice");
  EXPECT_EQ(refusal("[1]: 2\n"), "t.yaml:1: a key that is no text");
  EXPECT_EQ(refusal("a: 1\n---\nb: 2\n"), "t.yaml: expected one YAML document, found 2");
  EXPECT_TRUE(refusal("a: [1\nb: 2\n").starts_with("t.yaml:2: no YAML: ")) << refusal("a: [1\n");
}

TEST(yaml_json, bounds_depth_and_what_aliases_multiply) {
  EXPECT_TRUE(refusal("a: " + std::string(40, '[') + std::string(40, ']'))
                  .ends_with("nested deeper than 32 levels"));
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 7; ++i) {
    auto const before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int n = 1; n < 10; ++n) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_TRUE(refusal(bomb).ends_with("more than 1000000 values"));
}

TEST(matrix_files, are_known_by_the_ending_of_their_name) {
  EXPECT_EQ(form_of_name("a.b/rows.csv"), matrix_form::csv);
  EXPECT_EQ(form_of_name("rows.ndjson"), matrix_form::jsonl);
  EXPECT_EQ(form_of_name("rows.yml"), matrix_form::yaml);
  EXPECT_EQ(form_of_name("rows.json"), matrix_form::json);
  EXPECT_EQ(form_of_name("rows"), std::nullopt);
}

TEST(matrix_command_line, can_be_typed_again) {
  matrix_args args;
  args.file = "my rows.csv";
  args.template_file = "it's.json";
  args.attempt = "2";
  args.job = 42;
  args.retries = 3;
  EXPECT_EQ(command_line_of(args, "--resume"),
            "kiln jobs matrix 'my rows.csv' --template 'it'\\''s.json' --job 42 --active-max 200 "
            "--retries 3 --attempt 2 --resume");
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

}  // namespace
}  // namespace kiln::cli
