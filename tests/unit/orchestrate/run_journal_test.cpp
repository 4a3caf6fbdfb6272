#include "orchestrate/run_journal.hpp"

#include "support/state_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace kiln::runs {
namespace {

namespace fs = std::filesystem;

constexpr timestamp then{std::chrono::hours(450'000)};
constexpr clock_times first_times{then, instant(std::chrono::hours(2))};
constexpr clock_times until{then + std::chrono::minutes(5),
                            instant(std::chrono::hours(2) + std::chrono::minutes(5))};

result<std::unique_ptr<run_journal>> open(std::string const& state) {
  return run_journal::open(state, "https://h", "table", then);
}

row_result row_of(std::string key, std::int64_t run_id = 0) {
  row_result out;
  out.key = std::move(key);
  out.name = "n";
  out.run_id = run_id;
  out.attempts = run_id == 0 ? 0 : 1;
  out.submitted = then;
  return out;
}

std::map<std::string, journal_row> rows_in(run_journal const& journal) {
  std::map<std::string, journal_row> out;
  auto const read = journal.each([&out](journal_row&& row) {
    auto const key = row.last.key;
    out.emplace(key, std::move(row));
  });
  EXPECT_TRUE(read.has_value()) << read.error();
  return out;
}

std::string file_in(std::string const& state, std::string const& ending) {
  for (auto const& each : fs::directory_iterator(state + "/runs")) {
    if (each.path().string().ends_with(ending)) return each.path().string();
  }
  return {};
}

TEST(run_journal, tells_the_next_process_how_far_each_row_is) {
  test::state_folder const state;
  {
    auto journal = open(state.path);
    ASSERT_TRUE(journal.has_value()) << journal.error();
    ASSERT_TRUE((*journal)->begin_call("how", 4).has_value());
    (*journal)->sending(row_of("sent"), {3, 5}, first_times, until);
    (*journal)->sending(row_of("runs"), {}, first_times, until);
    (*journal)->started(row_of("runs", 7));
    auto done = row_of("done", 8);
    done.state = row_state::failed;
    done.message = "it's bad";
    (*journal)->ended(done);
    ASSERT_TRUE((*journal)->flush().has_value());
  }
  auto journal = open(state.path);
  ASSERT_TRUE(journal.has_value()) << journal.error();
  auto const rows = rows_in(**journal);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows.at("sent").at, journal_row::phase::sending);
  EXPECT_EQ(rows.at("sent").earlier, (std::vector<std::int64_t>{3, 5}));
  EXPECT_EQ(rows.at("sent").first_sent.wall, first_times.wall);
  EXPECT_EQ(rows.at("sent").first_sent.ticks, first_times.ticks);
  EXPECT_EQ(rows.at("sent").sent_until.wall, until.wall);
  EXPECT_EQ(rows.at("sent").sent_until.ticks, until.ticks);
  EXPECT_EQ(rows.at("runs").at, journal_row::phase::started);
  EXPECT_EQ(rows.at("runs").last.run_id, 7);
  EXPECT_EQ(rows.at("done").last.state, row_state::failed);
  EXPECT_EQ(rows.at("done").last.message, "it's bad");
  auto const listed = list_run_journals(state.path);
  ASSERT_TRUE(listed.has_value() && listed->size() == 1);
  EXPECT_EQ(listed->front().note, "how");
  EXPECT_EQ(listed->front().rows, 4U);
  EXPECT_EQ(listed->front().started, 2U);
  EXPECT_EQ(listed->front().failed, 1U);
  EXPECT_FALSE(listed->front().finished);
  EXPECT_TRUE(listed->front().running);
  auto const told = list_run_journal_rows(state.path, listed->front().id);
  ASSERT_TRUE(told.has_value() && told->size() == 3);
  for (auto const& row : *told) {
    EXPECT_EQ(row.state, row.key == "done" ? row_state::failed : row_state::left) << row.key;
  }
}

TEST(run_journal, is_finished_only_until_another_call_begins_and_keeps_its_note) {
  test::state_folder const state;
  auto const finished = [&state] { return list_run_journals(state.path)->front().finished; };
  auto journal = open(state.path);
  ASSERT_TRUE(journal.has_value()) << journal.error();
  ASSERT_TRUE((*journal)->begin_call("how", 1).has_value());
  ASSERT_TRUE((*journal)->finish_call().has_value());
  EXPECT_TRUE(finished());
  ASSERT_TRUE((*journal)->begin_call("", 2).has_value());
  EXPECT_FALSE(finished());
  EXPECT_EQ(list_run_journals(state.path)->front().note, "how");
}

TEST(run_journal, one_that_is_damaged_or_newer_is_refused_and_left_as_it_is) {
  test::state_folder const state;
  ASSERT_TRUE(open(state.path).has_value());
  auto const file = file_in(state.path, ".db");
  auto const whole = [&file] {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  auto bytes = whole();
  bytes[63] = 9;  // user_version, of which this kiln knows less
  std::ofstream(file, std::ios::binary) << bytes;
  for (char const* const expected : {"newer kiln", "cannot be used"}) {
    auto const refused = open(state.path);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code(), errc::file_failed);
    EXPECT_NE(refused.error().message().find(expected), std::string::npos) << refused.error();
    auto const listed = list_run_journals(state.path);
    ASSERT_TRUE(listed.has_value() && listed->size() == 1);
    EXPECT_FALSE(listed->front().damage.empty());
    EXPECT_TRUE(list_run_journal_rows(state.path, listed->front().id).has_error());
    EXPECT_EQ(whole(), bytes) << "nobody has touched it";
    bytes = "not a database at all, and longer than its head is; " + std::string(4'096, 'x');
    std::ofstream(file, std::ios::binary) << bytes;
  }
  auto const id = list_run_journals(state.path)->front().id;
  EXPECT_TRUE(remove_run_journal(state.path, id).has_value()) << "it can be given up";
  EXPECT_TRUE(open(state.path).has_value());
}

// As kiln 0.1 made them before they held notes.
TEST(run_journal, one_of_the_first_format_is_gone_on_with) {
  test::state_folder const state;
  {
    auto journal = open(state.path);
    ASSERT_TRUE(journal.has_value());
    (*journal)->sending(row_of("sent"), {}, first_times, until);
    ASSERT_TRUE((*journal)->flush().has_value());
  }
  {
    auto db = transfer::database::open(file_in(state.path, ".db"), transfer::database::mode::make);
    ASSERT_TRUE(db.has_value());
    auto const older = db->run(
        "ALTER TABLE row DROP COLUMN sent_ticks; ALTER TABLE row DROP COLUMN first;"
        "ALTER TABLE row DROP COLUMN first_ticks;"
        "ALTER TABLE row DROP COLUMN sent; ALTER TABLE call DROP COLUMN note;"
        "ALTER TABLE call DROP COLUMN rows; ALTER TABLE call DROP COLUMN finished;"
        "PRAGMA user_version = 1;");
    ASSERT_TRUE(older.has_value()) << older.error();
  }
  auto const before = list_run_journals(state.path);
  ASSERT_TRUE(before.has_value() && before->size() == 1);
  EXPECT_EQ(before->front().damage, "");
  EXPECT_EQ(before->front().started, 1U);
  auto const journal = open(state.path);
  ASSERT_TRUE(journal.has_value()) << journal.error();
  auto const sent = rows_in(**journal).at("sent");
  EXPECT_EQ(sent.sent_until.wall, timestamp());
  EXPECT_EQ(sent.first_sent.wall, timestamp());
  EXPECT_FALSE(sent.sent_until.ticks || sent.first_sent.ticks);
}

// Of the boot before, as the file says: only the machine can be started anew.
TEST(run_journal, may_miss_some_after_another_boot_until_a_process_has_written_them_down) {
  test::state_folder const state;
  {
    auto journal = open(state.path);
    ASSERT_TRUE(journal.has_value());
    EXPECT_FALSE((*journal)->may_miss_some());
    (*journal)->sending(row_of("sent"), {}, first_times, until);
    ASSERT_TRUE((*journal)->flush().has_value());
  }
  {
    auto db = transfer::database::open(file_in(state.path, ".db"), transfer::database::mode::make);
    ASSERT_TRUE(db.has_value() && db->run("UPDATE call SET boot='another'").has_value());
  }
  for (int killed = 0; killed < 2; ++killed) {
    auto const journal = open(state.path);
    ASSERT_TRUE(journal.has_value());
    EXPECT_TRUE((*journal)->may_miss_some()) << "nothing was written down by the one before";
    auto const sent = rows_in(**journal).at("sent");
    EXPECT_EQ(sent.first_sent.wall, first_times.wall);
    EXPECT_FALSE(sent.sent_until.ticks) << "they began anew with the machine";
  }
  ASSERT_TRUE((*open(state.path))->misses_none().has_value());
  EXPECT_FALSE((*open(state.path))->may_miss_some());
}

TEST(run_journal, another_process_or_call_does_not_get_it_meanwhile) {
  test::state_folder const state;
  auto const held = open(state.path);
  ASSERT_TRUE(held.has_value());
  auto const again = open(state.path);
  ASSERT_TRUE(again.has_error());
  EXPECT_EQ(again.error().code(), errc::conflict);
  auto const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto const other = open(state.path);
    ::_exit(other.has_error() && other.error().code() == errc::conflict ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  auto const removed = remove_run_journal(state.path, (*held)->id());
  ASSERT_TRUE(removed.has_error());
  EXPECT_EQ(removed.error().code(), errc::conflict);
}

}  // namespace
}  // namespace kiln::runs
