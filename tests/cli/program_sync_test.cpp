#include "cli/program.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

// `kiln fs sync` and `kiln fs verify` as processes against `kiln emulate` as another.
namespace kiln::cli_test {
namespace {

using test::has;

namespace fs = std::filesystem;

struct program_sync : testing::Test {
  emulated_workspace const workspace;
  scratch const at;
  void make_tree() const {
    at.file("tree/a", 10);
    at.file("tree/b/c", 2'000'000);
    at.file("tree/b/skip.log", 5);
  }
};

TEST_F(program_sync, makes_and_keeps_two_trees_alike) {
  make_tree();
  auto const first = workspace.kiln(
      {"fs", "sync", at.path("tree"), "dbfs:/t", "--exclude", "*.log", "-o", "json"});
  ASSERT_EQ(first.code, 0) << first;
  EXPECT_TRUE(has(first.out, R"("copied":2)")) << first;
  auto const again =
      workspace.kiln({"fs", "sync", at.path("tree"), "dbfs:/t", "--exclude", "*.log"});
  EXPECT_TRUE(has(again.out, "copied 0, replaced 0, moved 0, removed 0, unchanged 2")) << again;
  auto const same =
      workspace.kiln({"fs", "verify", at.path("tree"), "dbfs:/t", "--exclude", "*.log"});
  EXPECT_EQ(same.code, 0) << same;
  EXPECT_TRUE(has(same.out, "identical")) << same;
  auto const differs = workspace.kiln({"fs", "verify", at.path("tree"), "dbfs:/t"});
  EXPECT_EQ(differs.code, 3) << differs;
  EXPECT_TRUE(has(differs.out, "b/skip.log: missing on DBFS")) << differs;
}

TEST_F(program_sync, shows_each_step_and_changes_nothing_with_dry_run) {
  make_tree();
  ASSERT_EQ(workspace.kiln({"fs", "sync", at.path("tree"), "dbfs:/t"}).code, 0);
  fs::remove_all(at.path("tree/b"));
  at.file("tree/new", 7);
  auto const plan =
      workspace.kiln({"fs", "sync", at.path("tree"), "dbfs:/t", "--delete", "--dry-run"});
  ASSERT_EQ(plan.code, 0) << plan;
  EXPECT_TRUE(has(plan.out, "copy           new  (missing at the target)")) << plan;
  EXPECT_TRUE(has(plan.out, "remove         b/  (not at the source)")) << plan;
  EXPECT_TRUE(has(plan.out, "requests: 2 (put 1, delete 1)")) << plan;
  EXPECT_EQ(workspace.kiln({"fs", "stat", "dbfs:/t/b/c"}).code, 0);
  auto const done = workspace.kiln({"fs", "sync", at.path("tree"), "dbfs:/t", "--delete"});
  ASSERT_EQ(done.code, 0) << done;
  EXPECT_EQ(workspace.kiln({"fs", "stat", "dbfs:/t/b/c"}).code, 5);
}

TEST_F(program_sync, interrupted_says_how_to_go_on) {
  for (int i = 0; i < 40; ++i) at.file("tree/" + std::to_string(i), 100);
  process running({"--rate", "20", "fs", "sync", at.path("tree"), "dbfs:/t"},
                  workspace.variables());
  ASSERT_TRUE(workspace.sees_request("dbfs/put"));
  running.send(SIGINT);
  auto const first = running.wait();
  EXPECT_EQ(first.code, 130) << first;
  EXPECT_TRUE(has(first.err, "the same command goes on")) << first;
  auto const second = workspace.kiln({"fs", "sync", at.path("tree"), "dbfs:/t", "-o", "jsonl"});
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_FALSE(has(second.out, R"("unchanged":0)")) << "what had arrived is not sent again";
  EXPECT_TRUE(has(second.out, "{\"summary\":{\"copied\":")) << second;
  EXPECT_EQ(workspace.kiln({"fs", "verify", at.path("tree"), "dbfs:/t"}).code, 0);
}

TEST_F(program_sync, of_a_comparison_tells_the_cost_first) {
  make_tree();
  ASSERT_EQ(workspace.kiln({"fs", "sync", at.path("tree"), "dbfs:/t"}).code, 0);
  at.file("tree/new", 7);
  auto const plan = workspace.kiln({"fs", "verify", "--dry-run", at.path("tree"), "dbfs:/t"});
  ASSERT_EQ(plan.code, 0) << plan;
  EXPECT_TRUE(has(plan.out, "3 files to compare, 1.9 MiB; 1 difference seen without reading"))
      << plan;
  EXPECT_TRUE(has(plan.out, "requests: 6 (read 4, list 2); 2 spent on this plan")) << plan;
  auto const json =
      workspace.kiln({"fs", "verify", "--dry-run", at.path("tree/a"), "dbfs:/t", "-o", "json"});
  EXPECT_TRUE(has(json.out, R"("files":1,"bytes":10,"differences":0)")) << json;
}

TEST_F(program_sync, keeps_books) {
  make_tree();
  auto const done = workspace.kiln(
      {"fs", "sync", at.path("tree"), "dbfs:/t", "--manifest", at.path("books.jsonl")});
  ASSERT_EQ(done.code, 0) << done;
  auto const books = content(at.path("books.jsonl"));
  EXPECT_TRUE(has(books, R"({"action":"copy","path":"b/c","source":)")) << books;
  EXPECT_TRUE(has(books, R"("sha256":")")) << books;
  EXPECT_TRUE(has(books, "\n{\"summary\":{\"copied\":3,")) << books;
}

TEST_F(program_sync, takes_a_list_of_paths_and_says_what_becomes_of_links) {
  make_tree();
  at.file("tree/with\nnewline", 3);
  fs::create_symlink("a", at.path("tree/link"));
  std::string const list("a\0with\nnewline\0link\0", 20);
  std::vector<std::string> const sync{"fs", "sync", at.path("tree"), "dbfs:/t", "--files-from",
                                      "-",  "-0"};
  auto const first = workspace.kiln(sync, list);
  ASSERT_EQ(first.code, 0) << first;
  EXPECT_TRUE(has(first.out, "copied 2,")) << first;
  EXPECT_TRUE(has(first.err, "skipped " + at.path("tree/link") + ": a symbolic link")) << first;
  auto following = sync;
  following.insert(following.end(), {"--links", "follow"});
  auto const second = workspace.kiln(following, list);
  ASSERT_EQ(second.code, 0) << second;
  EXPECT_TRUE(has(second.out, "copied 1,")) << second;
  fs::remove(at.path("tree/a"));
  auto const missing = workspace.kiln(sync, list);
  EXPECT_EQ(missing.code, 3) << missing;
  EXPECT_TRUE(has(missing.err, "asked for, but not there")) << missing;
  auto removing = sync;
  removing.insert(removing.end(), {"--delete", "--dry-run"});
  auto const plan = workspace.kiln(removing, list);
  ASSERT_EQ(plan.code, 0) << plan;
  EXPECT_TRUE(has(plan.out, "requests: 1 (delete 1)")) << plan;
  auto const odd = workspace.kiln(sync, std::string("a\0../b\0", 7));
  EXPECT_EQ(odd.code, 2) << odd;
  EXPECT_TRUE(has(odd.err, "line 2: '../b' is no plain path")) << odd;
  EXPECT_EQ(workspace.kiln({"fs", "sync", at.path("tree"), "dbfs:/t", "-0"}).code, 2);
}

TEST_F(program_sync, says_what_is_wrong_with_its_arguments) {
  auto const local = workspace.kiln({"fs", "sync", "a", "b"});
  EXPECT_EQ(local.code, 2) << local;
  EXPECT_TRUE(has(local.err, "must be on DBFS")) << local;
  make_tree();
  auto const glob = workspace.kiln({"fs", "sync", at.path("tree"), "dbfs:/t", "--include", "a[b"});
  EXPECT_EQ(glob.code, 2) << glob;
  EXPECT_TRUE(has(glob.err, "column 2")) << glob;
  auto const swapped = workspace.kiln({"fs", "verify", "dbfs:/t", at.path("tree")});
  EXPECT_EQ(swapped.code, 2) << swapped;
}

}  // namespace
}  // namespace kiln::cli_test
