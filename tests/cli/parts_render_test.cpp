#include "cli/progress.hpp"
#include "cli/render.hpp"
#include "cli/walk.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace kiln::cli {
namespace {

using test::has;
using namespace std::chrono_literals;

dbfs::file_info file(std::string path, std::int64_t size, bool is_dir = false) {
  dbfs::file_info out;
  out.path = std::move(path);
  out.file_size = size;
  out.is_dir = is_dir;
  return out;
}

TEST(lists, show_names_as_seen_from_the_listed_directory) {
  std::vector const files{file("/tmp/a", 1), file("/tmp/b", 0, true), file("/tmp/b/c", 2)};
  EXPECT_EQ(list_text(files, "/tmp", false), "a\nb/\nb/c\n");
  EXPECT_EQ(list_text({file("/tmp/a", 1)}, "/tmp/a", false), "a\n");
  EXPECT_EQ(list_text({}, "/tmp", true), "");
}

TEST(lists, align_sizes_and_show_times_in_the_long_form) {
  auto dated = file("/d/a", 2'048);
  dated.modification_time = timestamp(1'600'000'000'123ms);
  EXPECT_EQ(list_text({dated, file("/d/b", 0, true)}, "/d", true),
            "2.0 KiB  2020-09-13T12:26:40.123Z  a\n"
            "      -  -                         b/\n");
}

TEST(lists, let_no_name_steer_the_terminal) {
  EXPECT_EQ(list_text({file("/d/\x1b[2Jx", 1)}, "/d", false), "?[2Jx\n");
}

TEST(file_json, has_exact_bytes_and_the_time_only_when_known) {
  auto one = file("/a", 9'007'199'254'740'993);
  EXPECT_EQ(file_json(one), R"({"path":"/a","is_dir":false,"file_size":9007199254740993})");
  one.modification_time = timestamp(5ms);
  EXPECT_TRUE(has(file_json(one), R"("modification_time":5)"));
}

TEST(usage, adds_up_every_directory_right_below_and_all_of_it) {
  std::vector const files{file("/d/a", 10),        file("/d/s", 0, true), file("/d/s/x", 5),
                          file("/d/s/t", 0, true), file("/d/s/t/y", 7),   file("/d/e", 0, true)};
  auto const lines = add_up(files, "/d");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].path, "/d/e");
  EXPECT_EQ(lines[0].files, 0U);
  EXPECT_EQ(lines[1].path, "/d/s");
  EXPECT_EQ(lines[1].bytes, 12U);
  EXPECT_EQ(lines[1].files, 2U);
  EXPECT_EQ(lines[1].directories, 1U);
  EXPECT_EQ(lines[2].path, "/d");
  EXPECT_EQ(lines[2].bytes, 22U);
  EXPECT_EQ(lines[2].files, 3U);
  EXPECT_EQ(lines[2].directories, 3U);
}

TEST(usage, of_the_root_and_of_one_file) {
  auto const root = add_up({file("/s", 0, true), file("/s/x", 5)}, "/");
  ASSERT_EQ(root.size(), 2U);
  EXPECT_EQ(root[0].path, "/s");
  EXPECT_EQ(root[1].bytes, 5U);
  auto const one = add_up({file("/d/a", 10)}, "/d/a");
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].bytes, 10U);
}

TEST(errors, come_with_a_hint_that_names_what_to_do) {
  EXPECT_TRUE(has(error_text(error(errc::already_exists, "x")), "hint: use --overwrite"));
  EXPECT_TRUE(has(error_text(error(errc::unauthenticated, "x")), "DATABRICKS_TOKEN"));
  EXPECT_TRUE(has(error_text(error(errc::not_databricks, "x")), "DATABRICKS_HOST"));
  EXPECT_TRUE(has(error_text(error(errc::tls_failed, "x")), "--ca-file"));
  auto const move = error(errc::already_exists, "x").with_operation("dbfs/move");
  EXPECT_FALSE(has(error_text(move), "--overwrite"));
  EXPECT_EQ(error_text(error(errc::closed, "over").with_operation("dbfs/put").with_where("h")),
            "kiln: dbfs/put at h: over");
}

TEST(errors, have_all_their_facts_in_json) {
  auto const e = error(errc::not_found, "no \"x\"").with_http_status(404).with_attempts(2);
  EXPECT_EQ(error_json(e), R"({"code":"not_found","message":"no \"x\"","operation":"","where":"",)"
                           R"("http_status":404,"error_code":"","request_id":"","attempts":2,)"
                           R"("may_have_been_applied":false})");
}

TEST(plans, say_requests_by_kind_bytes_and_the_least_time) {
  transfer_plan plan;
  plan.files = 40;
  plan.bytes = 3U << 20;
  plan.requests.put = 40;
  plan.requests.mkdirs = 2;
  plan.rate = 30;
  auto const text = plan_text(plan, "./x", "dbfs:/x");
  EXPECT_TRUE(has(text, "42 (put 40, mkdirs 2)")) << text;
  EXPECT_TRUE(has(text, "40, 3.0 MiB (3,145,728 bytes)")) << text;
  EXPECT_TRUE(has(text, "at 30 requests/s")) << text;
  auto const json = plan_json(plan);
  EXPECT_TRUE(has(json, R"("put":40)")) << json;
  EXPECT_TRUE(has(json, R"("total":42)")) << json;
  EXPECT_TRUE(has(json, R"("bytes":3145728)")) << json;
}

TEST(plans, say_what_binds_and_when_an_archive_would_be_cheaper) {
  transfer_plan plan;
  plan.files = 300;
  plan.bytes = 3U << 20;
  plan.requests.put = 300;
  plan.rate = 30;
  auto const text = plan_text(plan, "./x", "dbfs:/x");
  EXPECT_TRUE(has(text, "10.0 s at 30 requests/s, 20.0 s with half of them")) << text;
  EXPECT_TRUE(has(text, "binds        the budget, or a link below 307.2 KiB/s")) << text;
  EXPECT_TRUE(has(text, "hint: packed into one archive it takes 1 request,")) << text;
  plan.upload = false;
  plan.requests = {};
  plan.requests.read = 300;
  EXPECT_TRUE(has(plan_text(plan, "dbfs:/x", "x"), "it takes 4 requests,")) << "reads and a look";
  plan.bytes = 300U << 20;
  EXPECT_FALSE(has(plan_text(plan, "dbfs:/x", "x"), "hint:")) << "their bytes are what costs";
  plan.files = 0;
  plan.requests = {};
  plan.bytes = 0;
  EXPECT_FALSE(has(plan_text(plan, "dbfs:/x", "x"), "binds"));
}

TEST(reports, say_what_was_done_and_list_every_failure_in_json) {
  transfer_report report;
  report.files_done = 2;
  report.files_failed = 1;
  report.bytes_done = 2'048;
  report.requests = 3;
  report.throttled = 1;
  report.elapsed = 2s;
  report.failures.push_back({{"a", "b", false, 7}, error(errc::disk_full, "full")});
  EXPECT_EQ(report_text(report),
            "2 files (2.0 KiB) in 2.0 s, 1 failed; 3 requests (1.5/s), 1 x 429\n");
  auto const json = report_json(report);
  EXPECT_TRUE(has(json, R"("source":"a","destination":"b","is_dir":false,"size":7)")) << json;
  EXPECT_TRUE(has(json, R"("code":"disk_full")")) << json;
}

progress_sample sample(std::uint64_t files, std::uint64_t bytes, std::uint64_t requests,
                       std::chrono::nanoseconds elapsed) {
  progress_sample s;
  s.progress = {files, 10, bytes, 1'000, requests, 100, elapsed};
  s.rate = 30;
  s.now = instant(elapsed);
  return s;
}

TEST(progress, is_complete_only_when_every_file_has_ended) {
  EXPECT_EQ(fraction_done(sample(0, 0, 0, 0s).progress), 0);
  EXPECT_LT(fraction_done(sample(9, 1'000, 100, 1s).progress), 1);
  EXPECT_EQ(fraction_done(sample(10, 1'000, 100, 1s).progress), 1);
}

TEST(progress, never_promises_an_end_sooner_than_the_budget_allows) {
  // Half is done after a tenth of a second, but 50 requests take at least 50/30 s.
  auto const left = time_left(sample(5, 500, 50, 100ms));
  ASSERT_TRUE(left);
  EXPECT_NEAR(std::chrono::duration<double>(*left).count(), 50.0 / 30, 1e-6);
  // A slow line, not the budget, is what is waited for here.
  auto const slow = time_left(sample(5, 500, 50, 60s));
  ASSERT_TRUE(slow);
  EXPECT_NEAR(std::chrono::duration<double>(*slow).count(), 60.0, 1e-6);
  EXPECT_EQ(time_left(sample(10, 1'000, 100, 1s)), duration::zero());
}

TEST(progress, is_an_event_with_all_its_numbers) {
  progress_sample s;
  s.progress.files_done = 3;
  s.progress.files_total = 12;
  s.progress.requests = 3;
  s.progress.requests_total = 12;
  s.progress.elapsed = std::chrono::seconds(1);
  s.rate = 3;
  s.throttled = 2;
  EXPECT_EQ(progress_json(s, 2.5),
            R"({"event":"progress","files_done":3,"files_total":12,"bytes_done":0,"bytes_total":0,)"
            R"("requests":3,"requests_total":12,"throttled":2,"requests_per_second":2.5,)"
            R"("seconds":1,"seconds_left":3})");
}

TEST(progress, bar_fits_every_width) {
  auto s = sample(5, 500, 50, 1s);
  s.throttled = 3;
  for (std::size_t columns = 0; columns <= 200; ++columns) {
    auto const line = bar_text(s, 29.9, columns);
    EXPECT_LT(line.size(), std::max<std::size_t>(columns, 1)) << columns;
  }
  EXPECT_TRUE(has(bar_text(s, 29.9, 200), "5/10 files, 500 B of 1000 B, 29.9 req/s, 3 x 429"));
  EXPECT_TRUE(has(bar_text(s, 29.9, 200), "[###############...............]"));
}

TEST(progress, plain_lines_come_every_tenth_or_after_half_a_minute) {
  plain_schedule schedule;
  EXPECT_FALSE(schedule.due(sample(0, 0, 0, 0s)));
  EXPECT_TRUE(schedule.due(sample(1, 100, 10, 1s)));
  EXPECT_FALSE(schedule.due(sample(1, 190, 19, 2s)));
  EXPECT_TRUE(schedule.due(sample(2, 350, 35, 3s)));
  EXPECT_FALSE(schedule.due(sample(2, 360, 36, 32s)));
  EXPECT_TRUE(schedule.due(sample(2, 360, 36, 33s)));
  EXPECT_FALSE(schedule.due(sample(2, 360, 36, 34s)));
}

TEST(progress, rate_is_that_of_the_last_seconds) {
  recent_rate rate;
  EXPECT_EQ(rate.add(instant(0s), 0), 0);
  EXPECT_NEAR(rate.add(instant(1s), 30), 30, 1e-9);
  for (int second = 2; second <= 20; ++second) {
    static_cast<void>(rate.add(instant(std::chrono::seconds(second)), 30));
  }
  EXPECT_NEAR(rate.add(instant(21s), 30), 0, 1e-9);
}

}  // namespace
}  // namespace kiln::cli
