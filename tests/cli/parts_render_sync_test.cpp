#include "cli/render_sync.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace kiln::cli {
namespace {

using test::has;
using namespace std::chrono_literals;

sync_step step(sync_action action, std::string path, std::string_view reason) {
  sync_step out;
  out.action = action;
  out.path = std::move(path);
  out.reason = reason;
  return out;
}

TEST(sync_steps, say_what_is_done_to_what_and_why) {
  EXPECT_EQ(step_text(step(sync_action::replace, "b/c", "size differs")),
            "replace        b/c  (size differs)\n");
  auto moved = step(sync_action::move, "new", "renamed");
  moved.from = "old";
  EXPECT_EQ(step_text(moved), "move           old -> new  (renamed)\n");
  auto directory = step(sync_action::make_directory, "d", "missing");
  directory.is_dir = true;
  EXPECT_TRUE(has(step_text(directory), " d/  (missing)")) << step_text(directory);
}

TEST(sync_steps, do_not_steer_the_terminal) {
  EXPECT_FALSE(has(step_text(step(sync_action::remove, "a\x1B[2J\nb", "extra")), "\x1B"));
}

TEST(sync_steps, are_objects_with_their_state_and_what_failed) {
  auto moved = step(sync_action::move, "n\"w", "renamed");
  moved.from = "old";
  moved.size = 7;
  EXPECT_EQ(step_json(moved, "done"), R"({"action":"move","path":"n\"w","from":"old",)"
                                      R"("is_dir":false,"size":7,"reason":"renamed",)"
                                      R"("state":"done"})");
  error const why(errc::not_found, "gone");
  auto const failed = step_json(step(sync_action::copy, "a", "missing"), "failed", &why);
  EXPECT_FALSE(has(failed, "\"from\"")) << failed;
  EXPECT_TRUE(has(failed, R"("state":"failed","error":{"code":"not_found")")) << failed;
}

TEST(sync_plans, list_their_steps_and_what_they_cost) {
  sync_plan plan;
  plan.steps.push_back(step(sync_action::copy, "a", "missing"));
  plan.files = 1;
  plan.bytes = 2048;
  plan.unchanged = 1'200;
  plan.requests.put = 60;
  plan.requests_spent.list = 4;
  plan.rate = 30;
  auto const text = sync_plan_text(plan, "./x", "dbfs:/x");
  EXPECT_TRUE(has(text, "sync ./x to dbfs:/x\ncopy           a  (missing)\n")) << text;
  EXPECT_TRUE(has(text, "1 file to send, 2.0 KiB; 1,200 unchanged")) << text;
  EXPECT_TRUE(has(text, "requests: 60 (put 60), and 4 spent on this plan")) << text;
  EXPECT_TRUE(has(text, "least time at 30 requests/s: 2.0 s, 4.0 s with half of them")) << text;
  EXPECT_TRUE(has(text, "binds: the budget, or a link below ")) << text;
  auto const json = sync_plan_json(plan);
  EXPECT_TRUE(has(json, R"({"steps":[{"action":"copy")")) << json;
  EXPECT_TRUE(has(json, R"("least_seconds":2)")) << json;
  EXPECT_TRUE(has(json, R"("refused":[]})")) << json;
  plan.rate = 0;
  EXPECT_FALSE(has(sync_plan_text(plan, "a", "b"), "least time"));
}

TEST(sync_reports, count_what_was_done_and_name_failures_only_where_there_are_any) {
  sync_report report;
  report.copied = 2;
  report.moved = 1;
  report.bytes = 4096;
  report.requests = 3;
  report.elapsed = 2s;
  EXPECT_EQ(sync_report_text(report),
            "copied 2, replaced 0, moved 1, removed 0, unchanged 0; 4.0 KiB in 2.0 s, 3 requests, "
            "0 throttled\n");
  report.failed = 1;
  report.failures.push_back({{"a", "b", false, 7, {}}, error(errc::disk_full, "full")});
  EXPECT_TRUE(has(sync_report_text(report), ", failed 1; "));
  auto const json = sync_report_json(report);
  EXPECT_TRUE(has(json, R"("failed":1)")) << json;
  EXPECT_TRUE(has(json, R"("failures":[{"source":"a")")) << json;
}

TEST(comparisons, are_identical_or_list_their_differences) {
  verify_report report;
  report.files = 3;
  report.bytes = 10;
  report.requests = 5;
  EXPECT_EQ(verify_text(report), "3 files compared, 10 B, 5 requests: identical\n");
  EXPECT_TRUE(has(verify_json(report), R"("identical":true)"));
  report.differences.push_back({"", "size 3 here, 5 there"});
  report.differences.push_back({"a/b", "missing on DBFS"});
  EXPECT_EQ(verify_text(report),
            ".: size 3 here, 5 there\na/b: missing on DBFS\n"
            "3 files compared, 10 B, 5 requests: 2 differences\n");
  auto const json = verify_json(report);
  EXPECT_TRUE(has(json, R"("identical":false)")) << json;
  EXPECT_TRUE(has(json, R"({"path":"a/b","what":"missing on DBFS"})")) << json;
  verify_report unread;
  unread.failures.push_back({{"a", "b", false, 7, {}}, error(errc::not_found, "gone")});
  EXPECT_TRUE(has(verify_json(unread), R"("identical":false)")) << "not known to be";
  EXPECT_TRUE(has(verify_text(unread), "identical as far as they could be compared\n"));
  unread.failures[0].state = transfer_state::skipped;
  EXPECT_TRUE(has(verify_json(unread), R"("identical":true)")) << "links are no difference";
  EXPECT_TRUE(has(verify_text(unread), ": identical\n"));
}

}  // namespace
}  // namespace kiln::cli
