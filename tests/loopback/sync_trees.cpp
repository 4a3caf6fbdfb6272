#include "loopback/transfer_support.hpp"

#include <kiln/sync.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace kiln {
namespace {

using transfer_tests::content_of;
using transfer_tests::world;
namespace fs = std::filesystem;

struct sync_trees : world {
  result<sync_report> up(sync_options const& o = {}) {
    return wait(sync(*ws, (local.path() / "tree").string(), "dbfs:/t", o));
  }
  result<sync_report> down(std::string const& to, sync_options const& o = {}) {
    return wait(sync(*ws, "dbfs:/t", (local.path() / to).string(), o));
  }
  [[nodiscard]] std::string state() const { return (local.path() / "state").string(); }
  /// What is on DBFS now, by way of a download.
  std::map<std::string, std::string> remote() {
    auto const got = download("/t", "seen");
    EXPECT_TRUE(got.has_value()) << got.error();
    auto out = (local / "seen").contents();
    fs::remove_all(local.path() / "seen");
    return out;
  }
  /// Compared so, a difference does not print megabytes.
  testing::AssertionResult remote_is_like(std::string const& below) {
    if (remote() == (local / below).contents()) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "the trees differ";
  }
  void make_tree() {
    auto const tree = local / "tree";
    tree.write("a", "1");
    tree.write("b/c", content_of(3'000'000));
    tree.write("b/d", "");
    tree.make_directory("empty");
  }
};

TEST_F(sync_trees, make_the_target_like_the_source_and_then_find_nothing_to_do) {
  make_tree();
  auto const first = up();
  ASSERT_TRUE(first.has_value()) << first.error();
  EXPECT_EQ(first->copied, 3U);
  EXPECT_EQ(first->directories, 1U);
  EXPECT_TRUE(remote_is_like("tree"));
  auto const before = requests();
  auto const second = up();
  ASSERT_TRUE(second.has_value()) << second.error();
  EXPECT_EQ(second->unchanged, 3U);
  EXPECT_EQ(second->copied + second->replaced + second->directories + second->removed, 0U);
  EXPECT_EQ(requests() - before, 3U) << "one list a directory";
}

TEST_F(sync_trees, send_what_changed_and_only_that) {
  make_tree();
  ASSERT_TRUE(up().has_value());
  (local / "tree").write("b/c", "shorter");
  (local / "tree").write("new", "n");
  fs::last_write_time(local.path() / "tree" / "a",
                      fs::file_time_type::clock::now() + std::chrono::hours(1));
  auto const again = up();
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_EQ(again->copied, 1U);
  EXPECT_EQ(again->replaced, 2U);
  EXPECT_TRUE(remote_is_like("tree"));
}

TEST_F(sync_trees, take_exactly_the_requests_of_their_plans) {
  make_tree();
  auto const plan =
      wait(plan_sync(*ws, (local.path() / "tree").string(), "dbfs:/t", sync_options{}));
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->requests.put, 3U);
  EXPECT_EQ(plan->requests.mkdirs, 1U);
  auto const before = requests();
  auto const report = up();
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(requests() - before, plan->requests.total() + plan->requests_spent.total());
}

TEST_F(sync_trees, delete_only_when_told_to) {
  make_tree();
  ASSERT_TRUE(up().has_value());
  fs::remove_all(local.path() / "tree" / "b");
  auto const kept = up();
  ASSERT_TRUE(kept.has_value()) << kept.error();
  EXPECT_EQ(kept->removed, 0U);
  EXPECT_TRUE(remote().contains("b/c"));
  auto const gone = up({.remove = true});
  ASSERT_TRUE(gone.has_value()) << gone.error();
  EXPECT_EQ(gone->removed, 1U) << "the directory as a whole";
  EXPECT_TRUE(remote_is_like("tree"));
}

TEST_F(sync_trees, rename_at_the_target_what_was_renamed_at_the_source) {
  make_tree();
  auto const dir = state();
  sync_options const keeping{.remove = true, .state_dir = dir};
  ASSERT_TRUE(up(keeping).has_value());
  // The server's clock has passed the upload by then.
  fs::create_directories(local.path() / "tree" / "x" / "y");
  fs::rename(local.path() / "tree" / "b" / "c", local.path() / "tree" / "x" / "y" / "c2");
  auto const report = up(keeping);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->moved, 1U);
  EXPECT_EQ(report->copied, 0U);
  EXPECT_EQ(report->bytes, 0U);
  EXPECT_TRUE(remote_is_like("tree"));
}

TEST_F(sync_trees, send_a_renamed_file_whose_move_fails) {
  make_tree();
  auto const dir = state();
  sync_options const keeping{.remove = true, .state_dir = dir};
  ASSERT_TRUE(up(keeping).has_value());
  fs::rename(local.path() / "tree" / "a", local.path() / "tree" / "z");
  fault_with_body("/api/2.0/dbfs/move", R"({"error_code":"PERMISSION_DENIED","message":"no"})",
                  403);
  auto const report = up(keeping);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->moved, 0U);
  EXPECT_EQ(report->copied, 1U);
  EXPECT_EQ(report->removed, 1U);
  EXPECT_EQ(report->failed, 0U);
  EXPECT_TRUE(remote_is_like("tree"));
}

TEST_F(sync_trees, come_down_and_keep_the_time_of_change) {
  make_tree();
  ASSERT_TRUE(upload("tree", "/t").has_value());
  auto const first = down("copy");
  ASSERT_TRUE(first.has_value()) << first.error();
  EXPECT_EQ(first->copied, 3U);
  EXPECT_TRUE((local / "copy").contents() == (local / "tree").contents());
  auto const second = down("copy");
  ASSERT_TRUE(second.has_value()) << second.error();
  EXPECT_EQ(second->unchanged, 3U);
  EXPECT_EQ(second->copied + second->replaced, 0U);
  (local / "copy").write("stray/file", "x");
  (local / "copy").write("a", "longer than it was");
  auto const third = down("copy", {.remove = true});
  ASSERT_TRUE(third.has_value()) << third.error();
  EXPECT_EQ(third->removed, 1U);
  EXPECT_EQ(third->replaced, 1U);
  EXPECT_TRUE((local / "copy").contents() == (local / "tree").contents());
}

// By path, with a summary at the end; each line once.
std::map<std::string, std::string> books_of(std::string const& text, std::string& last) {
  std::map<std::string, std::string> out;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) {
    std::string const key = R"("path":")";
    auto const at = line.find(key);
    last = line;
    if (at == std::string::npos) continue;
    auto const from = at + key.size();
    EXPECT_TRUE(out.emplace(line.substr(from, line.find('"', from) - from), line).second) << line;
  }
  return out;
}

TEST_F(sync_trees, write_down_each_step_with_its_digest_and_requests) {
  make_tree();
  local.write("tree/a", "abc");
  std::string const manifest = (local.path() / "m").string();
  std::string const directory = state();
  sync_options o;
  o.manifest = manifest;
  o.state_dir = directory;
  o.remove = true;
  ASSERT_TRUE(up(o).has_value());
  std::string last;
  auto books = books_of(local.read("m"), last);
  EXPECT_EQ(books.size(), 4U);
  EXPECT_NE(books["a"].find(R"("action":"copy")"), std::string::npos) << books["a"];
  EXPECT_NE(books["a"].find("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            std::string::npos)
      << books["a"];
  EXPECT_NE(books["a"].find(R"("outcome":"done","requests":1})"), std::string::npos) << books["a"];
  EXPECT_NE(books["empty"].find(R"("kind":"directory")"), std::string::npos) << books["empty"];
  EXPECT_TRUE(last.starts_with(R"({"summary":{"copied":3,)")) << last;

  fs::rename(local.path() / "tree/a", local.path() / "tree/z");
  fs::remove(local.path() / "tree/b/d");
  emulator_fault refuse;
  refuse.route = "/api/2.0/dbfs/delete";
  refuse.status = 403;
  refuse.body = R"({"error_code":"PERMISSION_DENIED","message":"not yours"})";
  emu->add_fault(refuse);
  auto const second = up(o);
  ASSERT_TRUE(second.has_value()) << second.error();
  books = books_of(local.read("m"), last);
  EXPECT_EQ(books.size(), 2U) << "what is unchanged has no line";
  EXPECT_NE(books["z"].find(R"("action":"move","path":"z","from":"a","source":"/t/a",)"
                            R"("destination":"/t/z")"),
            std::string::npos)
      << books["z"];
  EXPECT_NE(books["b/d"].find(R"("outcome":"failed")"), std::string::npos) << books["b/d"];
  EXPECT_NE(books["b/d"].find("PERMISSION_DENIED"), std::string::npos) << books["b/d"];
  EXPECT_NE(last.find(R"("moved":1,"removed":0)"), std::string::npos) << last;

  fs::remove(local.path() / "m");
  ASSERT_TRUE(down("copy", o).has_value());
  books = books_of(local.read("m"), last);
  EXPECT_NE(books["z"].find("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            std::string::npos)
      << "of what was received";
}

TEST_F(sync_trees, change_nothing_when_the_manifest_cannot_be_made) {
  make_tree();
  sync_options o;
  o.manifest = "/no/such/directory/m";
  auto const done = up(o);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code(), errc::file_not_found);
  EXPECT_TRUE(wait(ws->dbfs().list({.path = "/t"})).has_error());
}

TEST_F(sync_trees, never_follow_a_link_out_of_the_tree_to_delete) {
  make_tree();
  ASSERT_TRUE(upload("tree", "/t").has_value());
  (local / "outside").write("precious", "p");
  fs::create_directories(local.path() / "copy" / "stray");
  fs::create_directory_symlink(local.path() / "outside", local.path() / "copy" / "stray" / "link");
  auto const report = down("copy", {.remove = true});
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ((local / "outside").read("precious"), "p");
}

TEST_F(sync_trees, touch_only_what_is_listed) {
  make_tree();
  (local / "tree").write("b/e/f", "f");
  ASSERT_TRUE(up().has_value());
  fs::remove(local.path() / "tree/a");
  fs::remove(local.path() / "tree/b/d");
  fs::remove_all(local.path() / "tree/b/e");
  (local / "tree").write("b/c", "changed");
  (local / "tree").write("b/new", "n");
  auto const before = remote();
  std::vector<std::string> const one{"b/new"};
  sync_options o;
  o.only = one;
  o.remove = true;
  auto const first = up(o);
  ASSERT_TRUE(first.has_value()) << first.error();
  EXPECT_EQ(first->copied, 1U);
  EXPECT_EQ(first->replaced + first->removed + first->failed, 0U) << "the rest is not listed";

  std::vector<std::string> const some{"b/d", "b/e/", "b/c", "never/was"};
  o.only = some;
  auto const second = up(o);
  ASSERT_TRUE(second.has_value()) << second.error();
  EXPECT_EQ(second->replaced, 1U);
  EXPECT_EQ(second->removed, 2U) << "a listed file, and a listed directory whole";
  EXPECT_EQ(second->failed, 0U) << "what neither side has is alike";
  auto after = before;
  for (auto const* gone : {"b/d", "b/e", "b/e/f"}) after.erase(gone);
  after["b/c"] = "changed";
  after["b/new"] = "n";
  EXPECT_TRUE(remote() == after) << "a stays: it is not listed";
  auto const third = up(o);
  ASSERT_TRUE(third.has_value()) << third.error();
  EXPECT_EQ(third->removed + third->replaced + third->copied, 0U);
}

TEST_F(sync_trees, say_what_was_listed_and_is_not_there) {
  make_tree();
  std::vector<std::string> const some{"a", "no", "b/c", "skip"};
  std::vector<std::string> const not_this{"skip"};
  sync_options o;
  o.only = some;
  o.exclude = not_this;
  auto const sent = up(o);
  ASSERT_TRUE(sent.has_value()) << sent.error();
  EXPECT_EQ(sent->copied, 2U);
  EXPECT_EQ(sent->failed, 1U);
  ASSERT_EQ(sent->failures.size(), 1U);
  EXPECT_EQ(sent->failures[0].reason.code(), errc::file_not_found);
  EXPECT_TRUE(sent->failures[0].item.source.ends_with("/tree/no"));
  auto const back = down("copy", o);
  ASSERT_TRUE(back.has_value()) << back.error();
  EXPECT_EQ(back->copied, 2U);
  ASSERT_EQ(back->failures.size(), 1U);
  EXPECT_EQ(back->failures[0].reason.code(), errc::not_found);
  for (char const* bad : {"/a", "../a", "b//c", ""}) {
    std::vector<std::string> const odd{"a", bad};
    o.only = odd;
    auto const refused = up(o);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_EQ(refused.error().code(), errc::invalid_argument) << refused.error();
    EXPECT_NE(refused.error().message().find("line 2"), std::string::npos) << refused.error();
  }
}

TEST_F(sync_trees, follow_links_when_told_to) {
  make_tree();
  (local / "outside").write("x", content_of(1'500'000));
  auto const tree = local.path() / "tree";
  fs::create_directory_symlink(local.path() / "outside", tree / "linked");
  fs::create_symlink("a", tree / "same");
  fs::create_directory_symlink("..", tree / "b" / "loop");
  fs::create_symlink("nothing", tree / "dangling");
  auto const skipped = up();
  ASSERT_TRUE(skipped.has_value()) << skipped.error();
  EXPECT_EQ(skipped->copied, 3U);
  EXPECT_EQ(skipped->failed, 0U);
  EXPECT_EQ(skipped->failures.size(), 4U) << "each with a word";
  sync_options o;
  o.links = link_mode::follow;
  auto const followed = up(o);
  ASSERT_TRUE(followed.has_value()) << followed.error();
  EXPECT_EQ(followed->copied, 2U);
  EXPECT_EQ(followed->failed, 2U) << "a loop, and one that leads nowhere";
  EXPECT_EQ(remote()["linked/x"], content_of(1'500'000));
  o.checksum = true;
  auto const compared = up(o);
  ASSERT_TRUE(compared.has_value()) << compared.error();
  EXPECT_EQ(compared->copied + compared->replaced, 0U);
  EXPECT_EQ(compared->failed, 2U) << "links are compared by what they lead to";
  auto const alike = wait(verify(*ws, tree.string(), "dbfs:/t", o));
  ASSERT_TRUE(alike.has_value()) << alike.error();
  EXPECT_TRUE(alike->differences.empty()) << alike->differences[0].path;
  o.checksum = false;
  o.links = link_mode::skip;
  o.remove = true;
  auto const kept = up(o);
  ASSERT_TRUE(kept.has_value()) << kept.error();
  EXPECT_EQ(kept->removed, 0U) << "what is not looked at is not deleted on the other side";
}

TEST_F(sync_trees, of_another_choice_do_not_forget_what_was_alike) {
  make_tree();
  std::string const directory = state();
  sync_options o;
  o.state_dir = directory;
  o.remove = true;
  ASSERT_TRUE(up(o).has_value());
  std::vector<std::string> const one{"a"};
  o.only = one;
  ASSERT_TRUE(up(o).has_value());
  o.only.reset();
  fs::rename(local.path() / "tree/b/c", local.path() / "tree/z");
  auto const moved = up(o);
  ASSERT_TRUE(moved.has_value()) << moved.error();
  EXPECT_EQ(moved->moved, 1U);
  EXPECT_EQ(moved->copied, 0U);
}

TEST_F(sync_trees, with_checksum_see_what_time_and_size_hide) {
  make_tree();
  ASSERT_TRUE(up().has_value());
  auto changed = content_of(3'000'000);
  changed[2'500'000] ^= 1;
  auto const file = local.path() / "tree" / "b" / "c";
  auto const was = fs::last_write_time(file);
  (local / "tree").write("b/c", changed);
  fs::last_write_time(file, was);
  auto const blind = up();
  ASSERT_TRUE(blind.has_value()) << blind.error();
  EXPECT_EQ(blind->replaced, 0U);
  auto const seeing = up({.checksum = true});
  ASSERT_TRUE(seeing.has_value()) << seeing.error();
  EXPECT_EQ(seeing->replaced, 1U);
  EXPECT_TRUE(remote_is_like("tree"));
}

TEST_F(sync_trees, keep_to_what_is_chosen) {
  make_tree();
  (local / "tree").write("b/x.log", "log");
  std::vector<std::string> const excludes{"*.log", "/empty/"};
  auto const report = up({.exclude = excludes});
  ASSERT_TRUE(report.has_value()) << report.error();
  auto const there = remote();
  EXPECT_FALSE(there.contains("b/x.log"));
  EXPECT_FALSE(there.contains("empty"));
  EXPECT_TRUE(there.contains("b/c"));
}

TEST_F(sync_trees, delete_nothing_below_a_directory_that_cannot_be_listed) {
  make_tree();
  ASSERT_TRUE(upload("tree", "/t").has_value());
  fs::create_directories(local.path() / "copy" / "b");
  (local / "copy").write("b/mine", "m");
  emulator_fault fault;
  fault.route = "/api/2.0/dbfs/list";
  fault.skip = 1;
  fault.times = 1'000;
  fault.status = 403;
  fault.body = R"({"error_code":"PERMISSION_DENIED","message":"no"})";
  emu->add_fault(fault);
  auto const report = down("copy", {.remove = true});
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_GE(report->failed, 1U);
  EXPECT_EQ((local / "copy").read("b/mine"), "m");
}

TEST_F(sync_trees, say_what_is_wrong_with_their_arguments) {
  make_tree();
  auto const both = wait(sync(*ws, "here", "there"));
  ASSERT_TRUE(both.has_error());
  EXPECT_EQ(both.error().code(), errc::invalid_argument);
  auto const file = wait(sync(*ws, (local.path() / "tree" / "a").string(), "dbfs:/t"));
  ASSERT_TRUE(file.has_error());
  EXPECT_NE(file.error().message().find("use cp"), std::string::npos);
  auto const missing = wait(sync(*ws, (local.path() / "nowhere").string(), "dbfs:/t"));
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().code(), errc::file_not_found);
  auto const source = wait(sync(*ws, "dbfs:/nowhere", (local.path() / "x").string()));
  ASSERT_TRUE(source.has_error());
  EXPECT_EQ(source.error().code(), errc::not_found);
  std::vector<std::string> const broken{"a["};
  auto const glob = up({.include = broken});
  ASSERT_TRUE(glob.has_error());
  EXPECT_NE(glob.error().message().find("column 2"), std::string::npos) << glob.error();
  EXPECT_THROW(static_cast<void>(up({.bytes_in_flight_max = 1})), std::invalid_argument);
}

struct verify_trees : sync_trees {
  result<verify_report> check(std::string const& from, std::string const& to) {
    return wait(verify(*ws, (local.path() / from).string(), to));
  }
};

TEST_F(verify_trees, find_no_difference_where_there_is_none) {
  make_tree();
  ASSERT_TRUE(upload("tree", "/t").has_value());
  auto const same = check("tree", "dbfs:/t");
  ASSERT_TRUE(same.has_value()) << same.error();
  EXPECT_TRUE(same->differences.empty());
  EXPECT_EQ(same->files, 3U);
  EXPECT_EQ(same->bytes, 3'000'001U);
  EXPECT_EQ(same->requests, 3U + 4U) << "lists and reads";
  auto const one = check("tree/b/c", "dbfs:/t/b/c");
  ASSERT_TRUE(one.has_value()) << one.error();
  EXPECT_EQ(one->files, 1U);
}

TEST_F(verify_trees, of_one_file_keep_to_their_plan) {
  make_tree();
  for (std::string const root : {"dbfs:/t", "/Volumes/m/s/v/t"}) {
    ASSERT_TRUE(upload("tree", root).has_value());
    auto const from = (local.path() / "tree" / "b" / "c").string();
    for (std::string const& to : {root + "/b/c", root + "/b", root, root + "/none"}) {
      auto const before = ws->stats().requests;
      auto const plan = wait(plan_verify(*ws, from, to));
      ASSERT_TRUE(plan.has_value()) << plan.error();
      EXPECT_EQ(plan->requests_spent.total(), ws->stats().requests - before) << to;
      auto const done = check("tree/b/c", to);
      ASSERT_TRUE(done.has_value()) << done.error();
      EXPECT_EQ(plan->requests.total(), done->requests) << to;
      EXPECT_EQ(plan->differences, done->differences.size()) << to;
    }
  }
}

TEST_F(verify_trees, take_no_directory_for_an_empty_file) {
  make_tree();
  ASSERT_TRUE(upload("tree", "/t").has_value());
  (local / "other").write("b", "");
  auto const found = check("other/b", "dbfs:/t");
  ASSERT_TRUE(found.has_value()) << found.error();
  ASSERT_EQ(found->differences.size(), 1U);
  EXPECT_EQ(found->differences[0].what, "a file here, a directory on DBFS");
}

TEST_F(verify_trees, name_every_difference) {
  make_tree();
  ASSERT_TRUE(upload("tree", "/t").has_value());
  auto changed = content_of(3'000'000);
  changed[1'048'577] ^= 1;
  (local / "tree").write("b/c", changed);
  (local / "tree").write("a", "22");
  (local / "tree").write("only here", "");
  fs::remove(local.path() / "tree" / "b" / "d");
  auto const found = check("tree", "dbfs:/t");
  ASSERT_TRUE(found.has_value()) << found.error();
  std::vector<std::string> told;
  for (auto const& d : found->differences) told.push_back(d.path + ": " + d.what);
  EXPECT_EQ(told,
            (std::vector<std::string>{"a: size 2 here, 1 on DBFS", "b/c: byte 1048577 differs",
                                      "b/d: missing here", "only here: missing on DBFS"}));
}

}  // namespace
}  // namespace kiln
