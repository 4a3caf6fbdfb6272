#include "cli/program.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

// Copies that are interrupted, and killed at random moments, as processes.
namespace kiln::cli_test {
namespace {

namespace fs = std::filesystem;

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

/// All below: relative path to content. Temporary names would show.
std::map<std::string, std::string> tree_of(std::string const& root) {
  std::map<std::string, std::string> out;
  if (!fs::exists(root)) return out;
  for (auto const& entry : fs::recursive_directory_iterator(root)) {
    auto const name = fs::relative(entry.path(), root).string();
    out[name] = entry.is_directory() ? "<dir>" : content(entry.path().string());
  }
  return out;
}

struct place {
  emulated_workspace workspace{{"--rate", "100000", "--limiter", "none"}};
  scratch at;
  [[nodiscard]] environment variables() const {
    auto out = workspace.variables();
    out["XDG_STATE_HOME"] = at.path("state");
    return out;
  }
  [[nodiscard]] ended kiln(std::vector<std::string> arguments,
                           std::string const& rate = "4000") const {
    arguments.insert(arguments.begin(), {"--rate", rate});
    return run(arguments, variables());
  }
  [[nodiscard]] std::size_t journals() const {
    auto const listed = kiln({"transfers", "list", "-o", "jsonl"});
    EXPECT_EQ(listed.code, 0) << listed;
    return static_cast<std::size_t>(std::count(listed.out.begin(), listed.out.end(), '\n'));
  }
};

TEST(program_transfers, interrupted_once_drains_and_says_how_to_go_on) {
  place const p;
  for (int i = 0; i < 60; ++i) p.at.file("tree/" + std::to_string(i), 1'000);
  process running(
      {"--rate", "20", "fs", "cp", "-r", "--concurrency", "4", p.at.path("tree"), "dbfs:/t"},
      p.variables());
  ASSERT_TRUE(p.workspace.sees_request("dbfs/put"));
  running.send(SIGINT);
  auto const first = running.wait();
  EXPECT_EQ(first.code, 130) << first;
  ASSERT_TRUE(has(first.err, "kiln transfers resume ")) << first;
  auto const listed = p.kiln({"transfers", "list"});
  EXPECT_TRUE(has(listed.out, "unfinished")) << listed;
  EXPECT_TRUE(has(listed.out, "/60 done")) << listed;
  auto const id = listed.out.substr(0, listed.out.find(' '));
  EXPECT_TRUE(has(first.err, "resume " + id)) << first;
  auto const items = p.kiln({"transfers", "show", id});
  EXPECT_TRUE(has(items.out, "done      ")) << items;
  EXPECT_TRUE(has(items.out, "\noverwrite fail\n")) << items;
  EXPECT_TRUE(has(items.out, "pending   ")) << items;

  auto const second = p.kiln({"transfers", "resume"});
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_TRUE(has(second.err, "going on with transfer " + id)) << second;
  EXPECT_TRUE(has(second.out, "60 files")) << second;
  EXPECT_EQ(p.journals(), 0U);
  auto const down = p.kiln({"fs", "cp", "-r", "dbfs:/t", p.at.path("back")});
  EXPECT_EQ(down.code, 0) << down;
  EXPECT_EQ(tree_of(p.at.path("back")), tree_of(p.at.path("tree")));
}

TEST(program_transfers, failed_items_are_tried_again_or_given_up) {
  place const p;
  for (int i = 0; i < 5; ++i) p.at.file("tree/" + std::to_string(i), 1'000);
  for (bool const clean : {false, true}) {
    p.workspace.fault(R"({"route":"/api/2.0/dbfs/put","what":"status","status":403,"times":2,)"
                      R"("body":"{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"no\"}"})");
    auto const up = p.kiln({"fs", "cp", "-r", "--overwrite", p.at.path("tree"), "dbfs:/t"});
    EXPECT_EQ(up.code, 3) << up;
    ASSERT_TRUE(has(up.err, "kiln transfers retry-failed ")) << up;
    EXPECT_EQ(p.journals(), 1U);
    auto const again = clean ? run({"transfers", "clean"}, {{"XDG_STATE_HOME", p.at.path("state")}})
                             : p.kiln({"transfers", "retry-failed"});
    EXPECT_EQ(again.code, 0) << again;
    EXPECT_EQ(p.journals(), 0U);
  }
  EXPECT_EQ(p.kiln({"transfers", "resume"}).code, 2);
  EXPECT_EQ(p.kiln({"transfers", "resume", "0123456789abcdef"}).code, 5);
}

/// Without one, a killed copy had not begun, or had ended: the same command begins anew.
bool has_journal(place const& p) {
  std::error_code none;
  for (auto const& entry : fs::directory_iterator(p.at.path("state/kiln/transfers"), none)) {
    if (entry.path().extension() == ".db") return true;
  }
  return false;
}

/// Kills `arguments` after each of `pauses` and lets the last run end; gives its outcome.
ended run_with_kills(place const& p, std::vector<std::string> arguments,
                     std::vector<std::chrono::microseconds> const& pauses, int& killed) {
  arguments.insert(arguments.begin(), {"--rate", "4000"});
  for (auto const pause : pauses) {
    process running(arguments, p.variables());
    std::this_thread::sleep_for(pause);  // a random moment of its life
    running.send(SIGKILL);
    auto const e = running.wait();
    if (e.signal == 0) return e;
    ++killed;
    bool const told = arguments.back() == "--overwrite";
    if (!has_journal(p) && !told) arguments.emplace_back("--overwrite");
  }
  return run(arguments, p.variables());
}

// Over upload by put, upload by blocks, and download; what the last, undisturbed run leaves is the
// tree, with nothing under a temporary name on either side, and no file is refused for being there.
TEST(program_transfers, killed_at_two_hundred_random_moments_ends_in_identical_trees) {
  constexpr int kills = 200;
  constexpr int kills_each = 7;
  auto seed = std::random_device{}();
  if (char const* const given = std::getenv("KILN_TEST_SEED")) {
    seed = static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  }
  SCOPED_TRACE("KILN_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  place const p;
  for (int i = 0; i < 40; ++i)
    p.at.file("tree/d" + std::to_string(i % 5) + "/" + std::to_string(i), 500);
  p.at.file("tree/large", (6U << 20) + 77);
  fs::create_directories(p.at.path("tree/void"));
  auto const tree = tree_of(p.at.path("tree"));
  int killed = 0;
  for (int round = 0; killed < kills; ++round) {
    ASSERT_LT(round, kills);
    auto const pauses = [&random] {
      std::vector<std::chrono::microseconds> out;
      for (int i = 0; i < kills_each; ++i) out.emplace_back(random() % 60'000);
      return out;
    };
    auto const remote = "dbfs:/r" + std::to_string(round);
    std::vector<std::string> up{"fs", "cp", "-r", p.at.path("tree"), remote};
    if (round % 2 == 1) up.insert(up.end(), {"--strategy", "blocks", "--concurrency", "4"});
    auto const sent = run_with_kills(p, up, pauses(), killed);
    ASSERT_EQ(sent.code, 0) << "round " << round << ' ' << sent;
    auto const got =
        run_with_kills(p, {"fs", "cp", "-r", remote, p.at.path("back")}, pauses(), killed);
    ASSERT_EQ(got.code, 0) << "round " << round << ' ' << got;
    ASSERT_TRUE(tree_of(p.at.path("back")) == tree) << "round " << round;
    auto const listed = p.kiln({"fs", "ls", "-r", remote});
    EXPECT_FALSE(has(listed.out, ".part")) << "round " << round << ' ' << listed;
    ASSERT_EQ(p.journals(), 0U);
    fs::remove_all(p.at.path("back"));
    ASSERT_EQ(p.kiln({"fs", "rm", "-r", remote}).code, 0);
  }
}

}  // namespace
}  // namespace kiln::cli_test
