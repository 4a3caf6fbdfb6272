#include "cli/program.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>

// `kiln fs` as a process against `kiln emulate` as another.
namespace kiln::cli_test {
namespace {

using test::has;

namespace fs = std::filesystem;

constexpr std::size_t mib = 1U << 20;

TEST(program_cp, takes_a_file_up_and_down_unchanged) {
  emulated_workspace const workspace;
  scratch const at;
  auto const source = at.file("in.bin", 3 * mib + 17);
  auto const up = workspace.kiln({"fs", "cp", source, "dbfs:/d/in.bin"});
  ASSERT_EQ(up.code, 0) << up;
  EXPECT_TRUE(has(up.out, "1 file (3.0 MiB)")) << up;
  auto const down = workspace.kiln({"fs", "cp", "dbfs:/d/in.bin", at.path("out.bin")});
  ASSERT_EQ(down.code, 0) << down;
  EXPECT_EQ(content(at.path("out.bin")), content(source));
}

TEST(program_cp, streams_in_blocks_when_told_to) {
  emulated_workspace const workspace;
  scratch const at;
  auto const source = at.file("in.bin", 2 * mib + 5);
  auto const up = workspace.kiln({"fs", "cp", "--stream", source, "dbfs:/s.bin"});
  ASSERT_EQ(up.code, 0) << up;
  auto const sent = workspace.kiln({"api", "GET", "/_emulator/requests"});
  EXPECT_TRUE(has(sent.out, "add-block")) << sent;
  auto const cat = workspace.kiln({"fs", "cat", "dbfs:/s.bin"});
  EXPECT_EQ(cat.out, content(source));
}

TEST(program_cp, takes_a_tree_there_and_back) {
  emulated_workspace const workspace;
  scratch const at;
  for (int i = 0; i < 20; ++i) {
    at.file("tree/d" + std::to_string(i % 4) + "/f" + std::to_string(i),
            static_cast<std::size_t>(i) * 1'000);
  }
  fs::create_directories(at.path("tree/empty"));
  auto const up = workspace.kiln({"fs", "cp", "-r", at.path("tree"), "dbfs:/t"});
  ASSERT_EQ(up.code, 0) << up;
  auto const down = workspace.kiln({"fs", "cp", "-r", "dbfs:/t", at.path("copy")});
  ASSERT_EQ(down.code, 0) << down;
  for (auto const& entry : fs::recursive_directory_iterator(at.path("tree"))) {
    auto const twin = at.path("copy") / entry.path().lexically_relative(at.path("tree"));
    if (entry.is_directory()) {
      EXPECT_TRUE(fs::is_directory(twin)) << twin;
    } else {
      EXPECT_EQ(content(entry.path()), content(twin)) << twin;
    }
  }
}

TEST(program_cp, keeps_what_exists_unless_told_otherwise) {
  emulated_workspace const workspace;
  scratch const at;
  auto const one = at.file("one", 100);
  auto const two = at.file("two", 200);
  ASSERT_EQ(workspace.kiln({"fs", "cp", one, "dbfs:/x"}).code, 0);
  auto const refused = workspace.kiln({"fs", "cp", two, "dbfs:/x"});
  EXPECT_EQ(refused.code, 1) << refused;
  EXPECT_TRUE(has(refused.err, "--overwrite")) << refused;
  auto const skipped = workspace.kiln({"fs", "cp", "--skip-existing", two, "dbfs:/x"});
  EXPECT_EQ(skipped.code, 0) << skipped;
  EXPECT_TRUE(has(skipped.out, "1 skipped")) << skipped;
  EXPECT_EQ(workspace.kiln({"fs", "cat", "dbfs:/x"}).out, content(one));
  EXPECT_EQ(workspace.kiln({"fs", "cp", "--overwrite", two, "dbfs:/x"}).code, 0);
  EXPECT_EQ(workspace.kiln({"fs", "cat", "dbfs:/x"}).out, content(two));

  auto const down = workspace.kiln({"fs", "cp", "dbfs:/x", one});
  EXPECT_EQ(down.code, 1) << down;
  EXPECT_TRUE(has(down.err, "--overwrite")) << down;
  EXPECT_EQ(fs::file_size(one), 100U);
}

TEST(program_cp, that_fails_for_some_items_says_which_and_copies_the_others) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("tree/a", 10);
  at.file("tree/b", 20);
  ASSERT_EQ(workspace.kiln({"fs", "cp", at.path("tree/a"), "dbfs:/t/a"}).code, 0);
  auto const up = workspace.kiln({"fs", "cp", "-r", at.path("tree"), "dbfs:/t"});
  EXPECT_EQ(up.code, 3) << up;
  EXPECT_TRUE(has(up.err, "tree/a -> ")) << up;
  EXPECT_FALSE(has(up.err, "tree/b -> ")) << up;
  EXPECT_EQ(workspace.kiln({"fs", "cat", "dbfs:/t/b"}).out, content(at.path("tree/b")));
}

TEST(program_cp, copies_what_is_chosen_and_says_what_it_leaves_out) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("tree/a.csv", 10);
  at.file("tree/b.txt", 20);
  at.file("tree/tmp/c.csv", 30);
  fs::create_symlink("a.csv", at.path("tree/link"));
  auto const some = workspace.kiln({"fs", "cp", "-r", at.path("tree"), "dbfs:/t", "--include",
                                    "*.csv", "--exclude", "tmp/", "--include", "link"});
  ASSERT_EQ(some.code, 0) << some;
  EXPECT_TRUE(has(some.out, "1 file (10 B)")) << some;
  EXPECT_TRUE(has(some.out, "1 skipped")) << some;
  EXPECT_TRUE(has(some.err, "tree/link: a symbolic link, not followed")) << some;

  auto const followed = workspace.kiln(
      {"fs", "cp", "-r", at.path("tree"), "dbfs:/u", "--links", "follow", "--exclude", "tmp"});
  EXPECT_TRUE(has(followed.out, "3 files (40 B)")) << followed;

  auto const from_stdin =
      workspace.kiln({"fs", "cp", "-r", at.path("tree"), "dbfs:/v", "--files-from", "-", "-0"},
                     std::string("a.csv\0./tmp\0", 12));
  ASSERT_EQ(from_stdin.code, 0) << from_stdin;
  EXPECT_TRUE(has(from_stdin.out, "2 files (40 B)")) << from_stdin;
  auto const missing = workspace.kiln(
      {"fs", "cp", "-r", at.path("tree"), "dbfs:/w", "--files-from", "-"}, "b.txt\r\nnot-there");
  EXPECT_EQ(missing.code, 3) << missing;
  EXPECT_TRUE(has(missing.err, "not-there")) << missing;
  EXPECT_TRUE(has(missing.out, "1 file (20 B)")) << missing;
  auto const bad = workspace.kiln(
      {"fs", "cp", "-r", at.path("tree"), "dbfs:/w", "--files-from", "-"}, "b.txt\n/etc/passwd\n");
  EXPECT_EQ(bad.code, 2) << bad;
  EXPECT_TRUE(has(bad.err, "line 2")) << bad;
  EXPECT_EQ(workspace.kiln({"fs", "cp", "-r", "a", "dbfs:/w", "-0"}).code, 2);
}

TEST(program_cp, keeps_books_and_reads_back_what_it_sent) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("tree/a", 10);
  at.file("tree/b", 2 * mib);
  auto const up = workspace.kiln({"fs", "cp", "-r", at.path("tree"), "dbfs:/t", "--verify",
                                  "--manifest", at.path("m.jsonl"), "-o", "jsonl"});
  ASSERT_EQ(up.code, 0) << up;
  EXPECT_TRUE(has(up.out, R"({"summary":{"files_done":2)")) << up;
  EXPECT_TRUE(has(up.err, "2 verified")) << up;
  auto const books = content(at.path("m.jsonl"));
  EXPECT_TRUE(has(books, R"("sha256":")")) << books;
  EXPECT_TRUE(has(books, R"("outcome":"done","requests":3,"verified":true})")) << books;
  EXPECT_TRUE(has(books, "\n{\"summary\":{\"files_done\":2")) << books;
  auto const plan = workspace.kiln(
      {"fs", "cp", "-r", at.path("tree"), "dbfs:/u", "--verify", "--dry-run", "-o", "jsonl"});
  EXPECT_TRUE(has(plan.out, R"({"summary":{"direction":"upload","files":2)")) << plan;
  EXPECT_TRUE(has(plan.out, R"("read":3)")) << plan;
}

TEST(program_cp, overwrites_as_the_mode_says_in_either_spelling) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("tree/a", 10);
  at.file("tree/b", 20);
  auto const cp = [&](std::vector<std::string> const& more) {
    std::vector<std::string> words{"fs", "cp", "-r"};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {at.path("tree"), "dbfs:/t"});
    return workspace.kiln(words);
  };
  ASSERT_EQ(cp({}).code, 0);
  at.file("tree/b", 25);
  auto const different = cp({"--overwrite", "if-different"});
  ASSERT_EQ(different.code, 0) << different;
  EXPECT_TRUE(has(different.out, "1 file (25 B)")) << different;
  EXPECT_TRUE(has(different.out, "1 skipped")) << different;
  EXPECT_FALSE(has(different.err, "skipped")) << "what stays is counted, not named: " << different;
  EXPECT_TRUE(has(cp({"--overwrite=never"}).out, "2 skipped"));
  EXPECT_TRUE(has(cp({"--overwrite"}).out, "2 files"));
  EXPECT_TRUE(has(cp({"--overwrite", "always"}).out, "2 files"));
  EXPECT_EQ(cp({"--overwrite", "fail"}).code, 3);
  auto const wrong = cp({"--overwrite=sometimes"});
  EXPECT_EQ(wrong.code, 2) << wrong;
  EXPECT_TRUE(has(wrong.err, "if-newer")) << wrong;
}

TEST(program_cp, dry_run_counts_requests_and_changes_nothing) {
  emulated_workspace const workspace;
  scratch const at;
  for (int i = 0; i < 7; ++i) at.file("tree/f" + std::to_string(i), 1'000);
  auto const up =
      workspace.kiln({"-o", "json", "fs", "cp", "-r", "--dry-run", at.path("tree"), "dbfs:/t"});
  ASSERT_EQ(up.code, 0) << up;
  EXPECT_TRUE(has(up.out, R"("put":7)")) << up;
  EXPECT_TRUE(has(up.out, R"("bytes":7000)")) << up;
  EXPECT_EQ(workspace.kiln({"fs", "ls", "dbfs:/t"}).code, 5);

  at.file("big", 5 * mib + 1);
  ASSERT_EQ(workspace.kiln({"fs", "cp", at.path("big"), "dbfs:/big"}).code, 0);
  auto const down =
      workspace.kiln({"fs", "cp", "--dry-run", "dbfs:/big", at.path("big2"), "-o", "json"});
  ASSERT_EQ(down.code, 0) << down;
  EXPECT_TRUE(has(down.out, R"("read":6)")) << down;
  EXPECT_TRUE(has(down.out, R"("direction":"download")")) << down;
  EXPECT_FALSE(fs::exists(at.path("big2")));

  auto const text = workspace.kiln({"fs", "cp", "--dry-run", "dbfs:/big", at.path("big2")});
  EXPECT_TRUE(has(text.out, "least time")) << text;
}

TEST(program_cp, reports_in_json_and_a_line_per_item) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("tree/a", 10);
  at.file("tree/b", 20);
  auto const lines = workspace.kiln({"fs", "cp", "-r", at.path("tree"), "dbfs:/t", "-o", "jsonl"});
  ASSERT_EQ(lines.code, 0) << lines;
  EXPECT_TRUE(has(lines.out, R"("size":10,"state":"done"})")) << lines;
  EXPECT_TRUE(has(lines.out, R"("size":20,"state":"done"})")) << lines;
  auto const one = workspace.kiln(
      {"fs", "cp", "-r", at.path("tree"), "dbfs:/t", "-o", "json", "--skip-existing"});
  ASSERT_EQ(one.code, 0) << one;
  EXPECT_TRUE(has(one.out, R"("files_skipped":2)")) << one;
  EXPECT_EQ(one.out.find('\n'), one.out.size() - 1) << one;
}

TEST(program_cp, refuses_what_it_cannot_do_as_usage) {
  emulated_workspace const workspace;
  scratch const at;
  auto const remote = workspace.kiln({"fs", "cp", "dbfs:/a", "dbfs:/b"});
  EXPECT_EQ(remote.code, 2) << remote;
  EXPECT_TRUE(has(remote.err, "kiln fs mv")) << remote;
  auto const local = workspace.kiln({"fs", "cp", "a", "b"});
  EXPECT_EQ(local.code, 2) << local;
  EXPECT_TRUE(has(local.err, "dbfs:/")) << local;
  auto const tree = workspace.kiln({"fs", "cp", at.path(), "dbfs:/b"});
  EXPECT_EQ(tree.code, 2) << tree;
  EXPECT_TRUE(has(tree.err, "-r")) << tree;
  EXPECT_EQ(workspace.kiln({"fs", "mkdir", "dbfs:/dir"}).code, 0);
  EXPECT_EQ(workspace.kiln({"fs", "cp", "dbfs:/dir", at.path("x")}).code, 2);
  EXPECT_EQ(workspace.kiln({"fs", "cp", "--overwrite", "--skip-existing", "a", "dbfs:/b"}).code, 2);
}

TEST(program_cp, of_what_is_missing_on_either_side_is_not_found) {
  emulated_workspace const workspace;
  scratch const at;
  auto const local = workspace.kiln({"fs", "cp", at.path("none"), "dbfs:/x"});
  EXPECT_EQ(local.code, 5) << local;
  EXPECT_TRUE(has(local.err, "none")) << local;
  auto const remote = workspace.kiln({"fs", "cp", "dbfs:/none", at.path("x")});
  EXPECT_EQ(remote.code, 5) << remote;
  EXPECT_TRUE(has(remote.err, "/none")) << remote;
}

TEST(program_cp, interrupted_ends_in_order_and_leaves_no_part_of_a_file) {
  emulated_workspace const workspace({"--rate", "5000", "--latency", "200ms"});
  scratch const at;
  at.file("big", 40 * mib);
  ASSERT_EQ(workspace.kiln({"fs", "cp", at.path("big"), "dbfs:/big"}).code, 0);
  fs::create_directory(at.path("target"));
  process running({"--rate", "10", "fs", "cp", "dbfs:/big", at.path("target/big")},
                  workspace.variables());
  // 40 reads at 10 a second: under way for seconds.
  ASSERT_TRUE(workspace.sees_request("dbfs/read"));
  running.send(SIGINT);
  auto const ended = running.wait();
  EXPECT_EQ(ended.code, 130) << ended;
  EXPECT_TRUE(has(ended.err, "interrupted")) << ended;
  EXPECT_TRUE(fs::is_empty(at.path("target")));
}

TEST(program_cat, writes_files_one_behind_the_other) {
  emulated_workspace const workspace;
  scratch const at;
  auto const a = at.file("a", 20 * mib + 3);
  auto const b = at.file("b", 5);
  at.file("empty", 0);
  for (auto const* name : {"a", "b", "empty"}) {
    ASSERT_EQ(workspace.kiln({"fs", "cp", at.path(name), std::string("dbfs:/") + name}).code, 0);
  }
  auto const cat = workspace.kiln({"fs", "cat", "dbfs:/a", "dbfs:/empty", "dbfs:/b"});
  EXPECT_EQ(cat.code, 0);
  EXPECT_TRUE(cat.out == content(a) + content(b)) << cat.out.size() << ' ' << cat.err;
  EXPECT_EQ(workspace.kiln({"fs", "cat", "dbfs:/none"}).code, 5);
  EXPECT_EQ(workspace.kiln({"fs", "cat", "dbfs:/"}).code, 2);
}

TEST(program_cat, ends_quietly_when_its_reader_has_gone) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("a", 20 * mib);
  ASSERT_EQ(workspace.kiln({"fs", "cp", at.path("a"), "dbfs:/a"}).code, 0);
  process running({"--rate", "4000", "fs", "cat", "dbfs:/a"}, workspace.variables());
  running.close_stdout_after(1'000);
  auto const ended = running.wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
}

// As whoever starts kiln may leave it: what cannot be written now is written later.
TEST(program_cat, and_other_output_is_whole_when_stdout_does_not_block) {
  emulated_workspace const workspace;
  scratch const at;
  auto const a = at.file("a", 20 * mib + 3);
  ASSERT_EQ(workspace.kiln({"fs", "cp", at.path("a"), "dbfs:/a"}).code, 0);
  auto const mode = process::stdout_mode::nonblocking;
  process cat({"--rate", "4000", "fs", "cat", "dbfs:/a"}, workspace.variables(), {}, mode);
  auto const poured = cat.wait();
  EXPECT_EQ(poured.code, 0) << poured.err;
  EXPECT_TRUE(poured.out == content(a)) << poured.out.size() << ' ' << poured.err;
  process list({"api", "--list", "-o", "jsonl"}, {}, {}, mode);
  auto const printed = list.wait();
  EXPECT_EQ(printed.code, 0) << printed.err;
  EXPECT_GT(printed.out.size(), 40'000U) << "more than the pipe holds";
  EXPECT_EQ(printed.out, run({"api", "--list", "-o", "jsonl"}).out);
}

TEST(program_cat, is_interrupted_while_its_reader_sleeps) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("a", 20 * mib);
  ASSERT_EQ(workspace.kiln({"fs", "cp", at.path("a"), "dbfs:/a"}).code, 0);
  process running({"--rate", "4000", "fs", "cat", "dbfs:/a"}, workspace.variables());
  ASSERT_TRUE(workspace.sees_request("dbfs/read"));
  running.send(SIGINT);
  auto const ended = running.wait();
  EXPECT_EQ(ended.code, 130) << ended.signal << ended.err;
  EXPECT_LT(ended.out.size(), 20 * mib);
}

TEST(program_ls, lists_names_sizes_and_everything_below) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("tree/a", 2'048);
  at.file("tree/d/b", 5);
  ASSERT_EQ(workspace.kiln({"fs", "cp", "-r", at.path("tree"), "dbfs:/t"}).code, 0);
  EXPECT_EQ(workspace.kiln({"fs", "ls", "dbfs:/t"}).out, "a\nd/\n");
  EXPECT_EQ(workspace.kiln({"fs", "ls", "-r", "dbfs:/t"}).out, "a\nd/\nd/b\n");
  EXPECT_TRUE(has(workspace.kiln({"fs", "ls", "-l", "dbfs:/t"}).out, "2.0 KiB  20"));
  EXPECT_EQ(workspace.kiln({"fs", "ls", "dbfs:/t/a"}).out, "a\n");
  auto const json = workspace.kiln({"fs", "ls", "-o", "json", "dbfs:/t"});
  EXPECT_TRUE(json.out.starts_with(R"([{"path":"/t/a","is_dir":false,"file_size":2048)")) << json;
  auto const lines = workspace.kiln({"fs", "ls", "-o", "jsonl", "dbfs:/t"});
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'), 2) << lines;
  EXPECT_EQ(workspace.kiln({"fs", "ls", "-r", "dbfs:/none"}).code, 5);
}

TEST(program_du, adds_up_what_is_below) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("tree/a", 2'048);
  for (int i = 0; i < 40; ++i) at.file("tree/d/" + std::to_string(i) + "/f", 100);
  ASSERT_EQ(workspace.kiln({"fs", "cp", "-r", at.path("tree"), "dbfs:/t"}).code, 0);
  auto const lines = workspace.kiln({"fs", "du", "-o", "jsonl", "dbfs:/t"});
  EXPECT_TRUE(has(lines.out, R"({"path":"/t/d","files":40,"directories":40,"bytes":4000})"))
      << lines;
  EXPECT_TRUE(has(lines.out, R"({"path":"/t","files":41,"directories":41,"bytes":6048})")) << lines;
  EXPECT_TRUE(has(workspace.kiln({"fs", "du", "dbfs:/t"}).out, "41 files"));
}

TEST(program_fs, makes_moves_shows_and_removes) {
  emulated_workspace const workspace;
  scratch const at;
  at.file("a", 1'500);
  ASSERT_EQ(workspace.kiln({"fs", "mkdir", "dbfs:/m/n"}).code, 0);
  ASSERT_EQ(workspace.kiln({"fs", "cp", at.path("a"), "dbfs:/m/n/"}).code, 0);
  EXPECT_EQ(workspace.kiln({"fs", "mv", "dbfs:/m/n/a", "dbfs:/m/b"}).code, 0);
  auto const stat = workspace.kiln({"fs", "stat", "dbfs:/m/b"});
  EXPECT_TRUE(has(stat.out, "1.5 KiB (1,500 bytes)")) << stat;
  EXPECT_TRUE(has(workspace.kiln({"fs", "stat", "dbfs:/m"}).out, "directory"));
  EXPECT_EQ(workspace.kiln({"fs", "stat", "dbfs:/m/n/a"}).code, 5);
  EXPECT_EQ(workspace.kiln({"fs", "mv", "dbfs:/none", "dbfs:/x"}).code, 5);
  EXPECT_EQ(workspace.kiln({"fs", "mkdir", "dbfs:/m/b"}).code, 1);
  EXPECT_NE(workspace.kiln({"fs", "rm", "dbfs:/m"}).code, 0);
  EXPECT_EQ(workspace.kiln({"fs", "rm", "-r", "dbfs:/m"}).code, 0);
  EXPECT_EQ(workspace.kiln({"fs", "stat", "dbfs:/m"}).code, 5);
  EXPECT_EQ(workspace.kiln({"fs", "rm", "dbfs:/m"}).code, 0);
  auto const root = workspace.kiln({"fs", "rm", "-r", "dbfs:/"});
  EXPECT_EQ(root.code, 2) << root;
  auto const local = workspace.kiln({"fs", "ls", "/tmp"});
  EXPECT_EQ(local.code, 2) << local;
  EXPECT_TRUE(has(local.err, "did you mean dbfs:/tmp?")) << local;
}

}  // namespace
}  // namespace kiln::cli_test
