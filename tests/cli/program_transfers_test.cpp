#include "cli/program.hpp"
#include "support/text.hpp"

#include <kiln/transfer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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

using test::has;

namespace fs = std::filesystem;

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
  auto const none_left = p.kiln({"transfers", "resume"});
  EXPECT_EQ(none_left.code, 2) << none_left;
  EXPECT_TRUE(has(none_left.err, "no transfer is left to go on with")) << none_left;
  EXPECT_EQ(p.kiln({"transfers", "resume", "0123456789abcdef"}).code, 5);
}

TEST(program_transfers, that_were_to_verify_say_so_to_who_goes_on) {
  place const p;
  p.at.file("a", 100);
  p.workspace.fault(R"({"route":"/api/2.0/dbfs/put","what":"status","status":403,"times":1,)"
                    R"("body":"{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"no\"}"})");
  auto const up = p.kiln({"fs", "cp", "--verify", p.at.path("a"), "dbfs:/a"});
  EXPECT_EQ(up.code, 4) << up;
  EXPECT_TRUE(has(up.err, " --verify\n")) << up;
  auto const again = p.kiln({"transfers", "retry-failed", "--verify"});
  EXPECT_EQ(again.code, 0) << again;
}

TEST(program_transfers, tell_first_what_going_on_or_giving_up_takes) {
  place const p;
  for (int i = 0; i < 5; ++i) p.at.file("tree/" + std::to_string(i), 1'000);
  p.workspace.fault(R"({"route":"/api/2.0/dbfs/put","what":"status","status":403,"times":2,)"
                    R"("body":"{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"no\"}"})");
  ASSERT_EQ(p.kiln({"fs", "cp", "-r", p.at.path("tree"), "dbfs:/t"}).code, 3);
  auto const rest = p.kiln({"transfers", "retry-failed", "--dry-run"});
  EXPECT_EQ(rest.code, 0) << rest;
  EXPECT_TRUE(has(rest.out, "upload  " + p.at.path("tree") + " -> /t\n  files        2, ")) << rest;
  EXPECT_TRUE(has(rest.out, "  requests     2 (put 2)\n  least time ")) << rest;
  auto const items = p.kiln({"transfers", "retry-failed", "--dry-run", "-o", "jsonl"});
  EXPECT_EQ(std::count(items.out.begin(), items.out.end(), '\n'), 3) << items;
  auto const gone =
      run({"transfers", "clean", "--dry-run"}, {{"XDG_STATE_HOME", p.at.path("state")}});
  EXPECT_EQ(gone.code, 0) << gone << "no workspace is asked";
  EXPECT_TRUE(has(gone.out, "3/5 done, 2 failed")) << gone;
  EXPECT_TRUE(has(gone.out, "requests: 0")) << gone;
  EXPECT_EQ(p.kiln({"transfers", "clean", "--dry-run", "0123456789abcdef"}).code, 5);
  EXPECT_EQ(p.journals(), 1U) << "nothing is changed";
  ASSERT_EQ(p.kiln({"transfers", "retry-failed"}).code, 0);
  auto const none = p.kiln({"transfers", "clean", "--dry-run", "-o", "json"});
  EXPECT_TRUE(has(none.out, R"("transfers":[])") || has(none.out, R"("transfers": [])")) << none;

  // A stream that is interrupted leaves a temporary file on the server.
  p.at.file("large", 3 << 20);
  process running({"--rate", "2", "fs", "cp", "--stream", p.at.path("large"), "dbfs:/large"},
                  p.variables());
  ASSERT_TRUE(p.workspace.sees_request("dbfs/add-block"));
  running.send(SIGKILL);
  running.wait();
  auto const left =
      run({"transfers", "clean", "--all", "--dry-run"}, {{"XDG_STATE_HOME", p.at.path("state")}});
  EXPECT_TRUE(has(left.out, "requests: 1 (delete 1)")) << left;
  ASSERT_EQ(p.kiln({"transfers", "clean", "--all"}).code, 0);
  EXPECT_TRUE(has(p.kiln({"fs", "ls", "dbfs:/"}).out, "t/\n"));
  EXPECT_FALSE(has(p.kiln({"fs", "ls", "dbfs:/"}).out, ".part"));
}

/// Without one, a killed copy had not begun, or had ended: the same command begins anew. The same
/// of one that says that all is done: the copy was killed before it had deleted it.
bool has_journal(place const& p) {
  auto const listed = p.kiln({"transfers", "list"});
  if (has(listed.out, "  done        ")) return false;
  std::error_code none;
  for (auto const& entry : fs::directory_iterator(p.at.path("state/kiln/transfers"), none)) {
    if (entry.path().extension() == ".db") return true;
  }
  return false;
}

/// How often the emulator was asked for each file of a volume, whose paths its log has.
std::map<std::string, int> asked_for(place const& p) {
  auto const log = p.kiln({"api", "GET", "/_emulator/requests"});
  EXPECT_EQ(log.code, 0) << log;
  std::map<std::string, int> out;
  std::string const files = R"("path":"/api/2.0/fs/files)";
  for (auto at = log.out.find(files); at != std::string::npos; at = log.out.find(files, at)) {
    at += files.size();
    ++out[log.out.substr(at, log.out.find('"', at) - at)];
  }
  return out;
}

/// Requests of the workspace so far, those of control not among them.
std::uint64_t requests_so_far(place const& p) {
  auto const told = p.kiln({"api", "GET", "/_emulator/rate"});
  auto const at = told.out.find("\"requests\":");
  EXPECT_NE(at, std::string::npos) << told;
  return std::strtoull(told.out.c_str() + at + 11, nullptr, 10);
}

/// Paths in the volume of the files that the journal knows to be done.
std::vector<std::string> done_by_now(place const& p) {
  std::vector<std::string> out;
  auto const state = p.at.path("state/kiln");
  auto const all = list_transfers(state);
  if (all.has_error() || all->empty()) return out;
  auto const items = list_transfer_items(state, all->front().id);
  if (items.has_error()) return out;
  for (auto const& e : *items) {
    if (e.state != transfer_state::done || e.item.is_dir) continue;
    out.push_back(all->front().upload ? e.item.destination : e.item.source);
  }
  return out;
}

/// A copy that is killed again and again, and what it cost.
struct killed_copy {
  ended last;
  int kills = 0;
  /// Kills that left no journal: nothing had begun, or all had ended.
  int begun_anew = 0;
  std::uint64_t requests = 0;
  std::vector<std::string> asked_again;  ///< Files that were done before.
};

/// Kills `arguments` after each of `pauses` and lets the last run end.
killed_copy run_with_kills(place const& p, std::vector<std::string> arguments,
                           std::vector<std::chrono::microseconds> const& pauses, bool volume) {
  killed_copy out;
  auto const before = requests_so_far(p);
  std::map<std::string, int> when_done;
  arguments.insert(arguments.begin(), {"--rate", "4000"});
  for (auto const pause : pauses) {
    process running(arguments, p.variables());
    std::this_thread::sleep_for(pause);  // a random moment of its life
    running.send(SIGKILL);
    out.last = running.wait();
    if (out.last.signal == 0) break;
    ++out.kills;
    if (volume) {
      auto const asked = asked_for(p);
      for (auto const& path : done_by_now(p)) when_done.emplace(path, asked.at(path));
    }
    if (has_journal(p)) continue;
    ++out.begun_anew;
    if (arguments.back() != "--overwrite") arguments.emplace_back("--overwrite");
    when_done.clear();
  }
  if (out.last.signal != 0) out.last = run(arguments, p.variables());
  out.requests = requests_so_far(p) - before;
  auto const asked = volume ? asked_for(p) : std::map<std::string, int>();
  for (auto const& [path, times] : when_done) {
    if (asked.at(path) != times) out.asked_again.push_back(path);
  }
  return out;
}

constexpr std::uint64_t small_files = 40;
constexpr std::size_t large_bytes = (6U << 20) + 77;

/// The most that copies may cost: what an undisturbed one takes, and for each kill what was under
/// way. That is four files by --concurrency 4, each of which may be sent or received, looked at and
/// read back once more, and the large one in pieces.
struct cost {
  std::uint64_t planned = 0, each_kill = 0;
};

struct way {
  char const* name;
  char const* root;
  bool blocks;
  cost up, down;
};

constexpr cost put{small_files + 2, 4 * 3 + 7};
constexpr cost blocks{small_files * 6 + 12 + 1, 4 * 9 + 7};
// Seven directories are listed, also by one who is killed before its journal holds the plan.
constexpr cost reads{7 + small_files + 8, 7 + 4 + 7 + 2};
constexpr std::array<way, 3> ways{{{"put", "dbfs:/r", false, put, reads},
                                   {"blocks", "dbfs:/b", true, blocks, reads},
                                   {"volume", "/Volumes/main/default/v/r", false, put, reads}}};

// Over upload by put, by blocks and to a volume, and download; what the last, undisturbed run
// leaves is the tree, with nothing under a temporary name on either side, no file is refused for
// being there, none that was done is asked for again, and no more is spent than what was under way.
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
  for (std::uint64_t i = 0; i < small_files; ++i)
    p.at.file("tree/d" + std::to_string(i % 5) + "/" + std::to_string(i), 500);
  p.at.file("tree/large", large_bytes);
  fs::create_directories(p.at.path("tree/void"));
  auto const tree = tree_of(p.at.path("tree"));
  int killed = 0;
  std::map<bool, int> by_direction;
  for (std::size_t round = 0; killed < kills; ++round) {
    ASSERT_LT(round, static_cast<std::size_t>(kills));
    auto const& how = ways[round % ways.size()];
    SCOPED_TRACE("round " + std::to_string(round) + ", " + how.name);
    bool const volume = how.name == std::string("volume");
    auto const remote = how.root + std::to_string(round);
    for (bool const up : {true, false}) {
      std::vector<std::chrono::microseconds> pauses;
      for (int i = 0; i < kills_each; ++i) pauses.emplace_back(random() % 60'000);
      std::vector<std::string> copy{"fs", "cp", "-r", "--concurrency", "4"};
      if (up && how.blocks) copy.insert(copy.end(), {"--strategy", "blocks"});
      copy.push_back(up ? p.at.path("tree") : remote);
      copy.push_back(up ? remote : p.at.path("back"));
      auto const done = run_with_kills(p, copy, pauses, volume);
      ASSERT_EQ(done.last.code, 0) << done.last;
      auto const& most = up ? how.up : how.down;
      auto const allowed = most.planned * static_cast<std::uint64_t>(1 + done.begun_anew) +
                           most.each_kill * static_cast<std::uint64_t>(done.kills);
      EXPECT_LE(done.requests, allowed) << (up ? "up, " : "down, ") << done.kills << " kills";
      EXPECT_EQ(done.asked_again, std::vector<std::string>()) << (up ? "up" : "down");
      killed += done.kills;
      by_direction[up] += done.kills;
    }
    ASSERT_TRUE(tree_of(p.at.path("back")) == tree);
    auto const listed = p.kiln({"fs", "ls", "-r", remote});
    EXPECT_FALSE(has(listed.out, ".part")) << listed;
    ASSERT_EQ(p.journals(), 0U);
    fs::remove_all(p.at.path("back"));
    ASSERT_EQ(p.kiln({"fs", "rm", "-r", remote}).code, 0);
  }
  EXPECT_GT(by_direction[true], kills / 4);
  EXPECT_GT(by_direction[false], kills / 4);
}

TEST(program_transfers, interrupted_twice_stops_at_once_and_can_be_gone_on_with) {
  place const p;
  for (int i = 0; i < 60; ++i) p.at.file("tree/" + std::to_string(i), 1'000);
  p.workspace.fault(R"({"route":"/api/2.0/dbfs/put","what":"stall","skip":5,"times":100})");
  process running({"--rate", "100", "fs", "cp", "-r", p.at.path("tree"), "dbfs:/t"}, p.variables());
  ASSERT_TRUE(p.workspace.sees_request("dbfs/put"));
  running.send(SIGINT);
  ASSERT_TRUE(running.wait_for_stderr("interrupt again to stop at once"));
  running.send(SIGINT);
  auto const first = running.wait();
  EXPECT_EQ(first.code, 130) << first << " signal " << first.signal;
  ASSERT_EQ(p.kiln({"api", "DELETE", "/_emulator/faults"}).code, 0);
  auto const second = p.kiln({"transfers", "resume"});
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_EQ(p.journals(), 0U);
  auto const down = p.kiln({"fs", "cp", "-r", "dbfs:/t", p.at.path("back")});
  EXPECT_EQ(down.code, 0) << down;
  EXPECT_EQ(tree_of(p.at.path("back")), tree_of(p.at.path("tree")));
}

}  // namespace
}  // namespace kiln::cli_test
