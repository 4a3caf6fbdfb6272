#include "cli/program.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

// `kiln fs` on volumes, and removals that say how far they are.
namespace kiln::cli_test {
namespace {

using test::has;

constexpr std::size_t one_mib = 1U << 20;

TEST(program_volumes, are_used_as_dbfs_is) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("tree/a.bin", 5 * one_mib + 3);
  at.file("tree/d/b", 10);
  std::string const root = "/Volumes/main/default/v";
  auto const up = workspace.kiln({"fs", "cp", "-r", at.path("tree"), root + "/t"});
  ASSERT_EQ(up.code, 0) << up;
  EXPECT_TRUE(has(workspace.kiln({"fs", "ls", root + "/t"}).out, "a.bin\nd/\n"));
  EXPECT_TRUE(has(workspace.kiln({"fs", "stat", "dbfs:" + root + "/t/d/b"}).out, "10"));
  EXPECT_TRUE(has(workspace.kiln({"fs", "du", root + "/t"}).out, "2"));
  EXPECT_EQ(workspace.kiln({"fs", "cat", root + "/t/a.bin"}).out, content(at.path("tree/a.bin")));
  EXPECT_EQ(workspace.kiln({"fs", "verify", at.path("tree"), root + "/t"}).code, 0);
  auto const plan =
      workspace.kiln({"-o", "json", "fs", "cp", "-r", "--dry-run", root + "/t", at.path("copy")});
  EXPECT_TRUE(has(plan.out, R"("read":3)")) << plan;
  ASSERT_EQ(workspace.kiln({"fs", "sync", root + "/t", at.path("copy")}).code, 0);
  EXPECT_EQ(content(at.path("copy/a.bin")), content(at.path("tree/a.bin")));
  EXPECT_EQ(workspace.kiln({"fs", "mkdir", root + "/e/f"}).code, 0);
  auto const moved = workspace.kiln({"fs", "mv", root + "/t", root + "/u"});
  EXPECT_EQ(moved.code, 2) << moved;
  EXPECT_TRUE(has(moved.err, "no move")) << moved;
  EXPECT_NE(workspace.kiln({"fs", "rm", root + "/t"}).code, 0) << "not empty";
  ASSERT_EQ(workspace.kiln({"fs", "rm", "-r", root + "/t"}).code, 0);
  EXPECT_EQ(workspace.kiln({"fs", "ls", root + "/t"}).code, 5);
  EXPECT_EQ(workspace.kiln({"fs", "ls", "/Volumes2"}).code, 2) << "that is no path on the server";
}

// What it costs is what it takes, and what is told of before is still there.
TEST(program_rm, tells_the_cost_first) {
  emulated_workspace const workspace;
  scratch const at;
  for (int i = 0; i < 6; ++i)
    at.file("tree/d" + std::to_string(i % 2) + '/' + std::to_string(i), 9);
  auto const spent = [&workspace] {
    auto const told = workspace.kiln({"api", "GET", "/_emulator/rate"}).out;
    return std::stoul(told.substr(told.find("\"requests\":") + 11));
  };
  for (std::string const& root : {std::string("dbfs:/t"), std::string("/Volumes/m/s/v/t")}) {
    bool const volume = root[0] == '/';
    ASSERT_EQ(workspace.kiln({"fs", "cp", "-r", at.path("tree"), root}).code, 0);
    auto const plan = workspace.kiln({"fs", "rm", "-r", "--dry-run", root});
    ASSERT_EQ(plan.code, 0) << plan;
    EXPECT_TRUE(has(plan.out, "6 files and 3 directories, 54 B")) << plan;
    EXPECT_TRUE(has(plan.out, volume ? "requests: 12 (list 3, delete 9); 3 spent on this plan"
                                     : "requests: 1 (delete 1), or more"))
        << plan;
    auto const one = workspace.kiln({"fs", "rm", "--dry-run", root + "/d0/0", "-o", "json"});
    EXPECT_TRUE(has(one.out, R"("files":1,"directories":0,"bytes":9)")) << one;
    ASSERT_EQ(workspace.kiln({"fs", "stat", root + "/d0/0"}).code, 0) << "nothing is deleted";
    auto const before = spent();
    ASSERT_EQ(workspace.kiln({"fs", "rm", "-r", root}).code, 0);
    EXPECT_EQ(spent() - before, volume ? 12U : 1U);
    EXPECT_TRUE(has(workspace.kiln({"fs", "rm", "-r", "--dry-run", root}).out, "nothing is there"));
  }
  EXPECT_TRUE(has(workspace.kiln({"fs", "mkdir", "--dry-run", "dbfs:/n"}).out, "1 (mkdirs 1)"));
  EXPECT_EQ(workspace.kiln({"fs", "stat", "dbfs:/n"}).code, 5);
  EXPECT_TRUE(has(workspace.kiln({"fs", "mv", "--dry-run", "dbfs:/a", "dbfs:/b"}).out, "(move 1)"));
}

TEST(program_cat, tells_the_cost_first) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("tree/a", 5 * one_mib + 3);
  at.file("tree/b", 10);
  for (std::string const& root : {std::string("dbfs:/t"), std::string("/Volumes/m/s/v/t")}) {
    bool const volume = root[0] == '/';
    ASSERT_EQ(workspace.kiln({"fs", "cp", "-r", at.path("tree"), root}).code, 0);
    auto const plan = workspace.kiln({"fs", "cat", "--dry-run", root + "/a", root + "/b"});
    ASSERT_EQ(plan.code, 0) << plan;
    EXPECT_TRUE(has(plan.out, "2 files, 5.0 MiB\nrequests: ")) << plan;
    EXPECT_TRUE(has(plan.out, volume ? "5 (read 3, get-status 2); 2 spent on this plan"
                                     : "10 (read 7, get-status 3); 2 spent on this plan"))
        << plan;
    auto const json = workspace.kiln({"fs", "cat", "--dry-run", root + "/b", "-o", "json"});
    EXPECT_TRUE(has(json.out, R"("files":1,"bytes":10,"cost":{)")) << json;
    EXPECT_EQ(workspace.kiln({"fs", "cat", "--dry-run", root}).code, 2);
    EXPECT_EQ(workspace.kiln({"fs", "cat", "--dry-run", root + "/no"}).code, 5);
  }
}

TEST(program_rm, says_how_far_a_removal_is) {
  emulated_workspace const workspace;
  scratch const at;
  for (int i = 0; i < 40; ++i) at.file("tree/" + std::to_string(i), 1);
  std::string const root = "/Volumes/main/default/v/t";
  ASSERT_EQ(workspace.kiln({"fs", "cp", "-r", at.path("tree"), root}).code, 0);
  auto const gone = workspace.kiln({"-o", "jsonl", "fs", "rm", "-r", root});
  ASSERT_EQ(gone.code, 0) << gone;
  EXPECT_TRUE(has(gone.out, R"({"event":"progress","path":"/Volumes/main/default/v/t",)"
                            R"("removed":41,"total":41})"))
      << gone;
  EXPECT_TRUE(has(gone.err, "kiln: 41 of 41 deleted")) << gone;
}

}  // namespace
}  // namespace kiln::cli_test
