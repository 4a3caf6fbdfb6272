#include "cli/program.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sys/stat.h>

// kiln batch: many operations as lines of JSON.
namespace kiln::cli_test {
namespace {

using test::has;
using test::lines_in;

TEST(program_batch, runs_operations_by_name_and_by_path_and_gives_a_line_each) {
  emulated_workspace const workspace;
  auto const done =
      workspace.kiln({"batch", "-"},
                     R"({"id":"make","operation":"dbfs/mkdirs","request":{"path":"/d"}}
{"id":9007199254740993,"verb":"get","path":"/api/2.0/dbfs/get-status","params":{"path":"/d"},)"
                     "\"after\":[\"make\"]}\n");
  EXPECT_EQ(done.code, 0) << done;
  EXPECT_TRUE(has(done.out, R"({"id":"make","ok":true,"status":200,"response":{}})")) << done;
  EXPECT_TRUE(
      has(done.out, R"({"id":9007199254740993,"ok":true,"status":200,"response":{"path":"/d")"))
      << done;
}

TEST(program_batch, goes_on_behind_failures_and_ends_with_code_3) {
  emulated_workspace const workspace;
  auto const done =
      workspace.kiln({"batch", "--ordered", "-"},
                     R"({"id":"gone","operation":"dbfs/get-status","request":{"path":"/no"}}
{"id":"behind","operation":"dbfs/mkdirs","request":{"path":"/x"},"after":["gone"]}
no JSON

{"id":"beside","operation":"dbfs/mkdirs","request":{"path":"/y"}})");
  EXPECT_EQ(done.code, 3) << done;
  ASSERT_EQ(lines_in(done.out), 4) << done;
  auto const order = {R"("id":"gone","ok":false,"error":{"code":"not_found")",
                      R"("id":"behind","ok":false,"skipped":")", R"({"id":3,"ok":false,"error":)",
                      R"("id":"beside","ok":true)"};
  std::size_t at = 0;
  for (auto const* part : order) {
    at = done.out.find(part, at);
    ASSERT_NE(at, std::string::npos) << part << "\n" << done;
  }
  EXPECT_TRUE(has(done.err, "kiln: 3 of 4 operations failed")) << done;
  EXPECT_EQ(workspace.kiln({"fs", "stat", "dbfs:/x"}).code, 5);
  EXPECT_EQ(workspace.kiln({"fs", "stat", "dbfs:/y"}).code, 0);
}

TEST(program_batch, counts_blank_lines_where_it_names_a_line) {
  emulated_workspace const workspace;
  auto const done = workspace.kiln({"batch", "--ordered", "-"}, "\n\nno JSON\n\n[]\n");
  EXPECT_EQ(done.code, 3) << done;
  EXPECT_TRUE(has(done.out, R"({"id":3,"ok":false)")) << done;
  EXPECT_TRUE(has(done.out, "line 5: expected a JSON object")) << done;
  EXPECT_TRUE(has(done.err, "2 of 2 operations failed")) << done;
}

TEST(program_batch, keeps_the_order_of_ordered_lines) {
  emulated_workspace const workspace;
  std::string input;
  constexpr int count = 30;
  for (int i = 0; i < count; ++i) {
    auto const n = std::to_string(i);
    auto const move = [](std::string const& from, std::string const& to) {
      return R"({"operation":"dbfs/move","ordered":"chain","request":{"source_path":"/f)" + from +
             R"(","destination_path":"/f)" + to + "\"}}\n";
    };
    if (i == 0) {
      input += R"({"operation":"dbfs/mkdirs","ordered":"chain","request":{"path":"/f0"}})"
               "\n";
    }
    input += move(n, std::to_string(i + 1));
  }
  auto const done = workspace.kiln({"batch", "-"}, input);
  EXPECT_EQ(done.code, 0) << done;
  EXPECT_EQ(lines_in(done.out), count + 1);
}

TEST(program_batch, reads_a_file_and_holds_more_lines_than_it_keeps) {
  emulated_workspace const workspace;
  scratch const directory;
  auto const path = directory.path("operations.jsonl");
  constexpr int count = 2'500;
  {
    std::ofstream file(path);
    for (int i = 0; i < count; ++i) {
      file << R"({"operation":"dbfs/get-status","request":{"path":"/"}})" << '\n';
    }
  }
  auto const done = workspace.kiln({"batch", path, "--ordered", "--concurrency", "16"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(lines_in(done.out), count);
  EXPECT_TRUE(done.out.starts_with(R"({"id":1,)"));
  EXPECT_TRUE(has(done.out, "{\"id\":2500,\"ok\":true"));
}

TEST(program_batch, ends_in_order_when_interrupted_while_it_waits_for_lines) {
  emulated_workspace const workspace;
  scratch const directory;
  auto const pipe = directory.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  process kiln({"batch", pipe}, workspace.variables());
  {
    std::ofstream writer(pipe);
    writer << R"({"operation":"dbfs/get-status","request":{"path":"/"}})" << std::endl;
    ASSERT_TRUE(workspace.sees_request("/api/2.0/dbfs/get-status"));
    kiln.send(SIGINT);
    auto const done = kiln.wait();
    EXPECT_EQ(done.code, 130) << done;
    EXPECT_TRUE(has(done.err, "kiln: interrupted")) << done;
  }
}

TEST(program_batch, says_what_it_cannot_read) {
  auto const missing = run({"batch", "/no/such/file"},
                           {{"DATABRICKS_HOST", "http://127.0.0.1:1"}, {"DATABRICKS_TOKEN", "t"}});
  EXPECT_EQ(missing.code, 2) << missing;
  EXPECT_TRUE(has(missing.err, "'/no/such/file' cannot be opened")) << missing;
  EXPECT_EQ(run({"batch"}).code, 2);
  EXPECT_EQ(run({"batch", "-", "--concurrency", "0"}).code, 2);
  auto const help = run({"batch", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_TRUE(has(help.out, "\"ordered\":true")) << help;
}

}  // namespace
}  // namespace kiln::cli_test
