#include "transfer/journal.hpp"

#include "transfer/block_plan.hpp"
#include "unit/transfer/fake_remote.hpp"

#include <gtest/gtest.h>

#include <string>
#include <unistd.h>
#include <utility>

namespace kiln::transfer {
namespace {

using testing::scratch;

constexpr timestamp then{std::chrono::milliseconds(1'600'000'000'000)};

struct journal_fixture : ::testing::Test {
  scratch dir;
  journal_key key;
  journal_plan plan;
  asio::io_context loop{1};

  journal_fixture() {
    key.host = "https://host";
    key.source = "/from";
    key.destination = "/to";
    for (int i = 0; i < 4; ++i) {
      auto const name = "/f" + std::to_string(i);
      plan.plan.items.push_back({"/from" + name, "/to" + name, i == 0, 100U, then});
    }
    error const refused(errc::unsafe_name, "a name");
    plan.plan.refused.push_back({{"/from/x", "", false, 0}, refused});
    plan.local_root = "/to";
  }
  [[nodiscard]] std::shared_ptr<journal> open() const {
    auto opened = journal::open(dir.path(), key);
    EXPECT_TRUE(opened.has_value()) << opened.error();
    return opened.has_value() ? *opened : nullptr;
  }
  [[nodiscard]] std::shared_ptr<journal> begun() {
    auto j = open();
    EXPECT_FALSE(j->resumed());
    EXPECT_TRUE(j->begin(plan, then).has_value());
    j->run_on(loop.get_executor(), nullptr);
    return j;
  }
  void turn() {
    loop.restart();
    loop.run();
  }
  [[nodiscard]] transfer_record only_record() const {
    auto const all = list_transfers(dir.path());
    EXPECT_TRUE(all.has_value()) << all.error();
    EXPECT_EQ(all->size(), 1U);
    return all->size() == 1 ? all->front() : transfer_record();
  }
};

TEST_F(journal_fixture, is_found_again_by_the_same_command_only) {
  auto const id = begun()->id();
  EXPECT_EQ(id.size(), 16U);
  EXPECT_TRUE(open()->resumed());
  for (auto const change : {0, 1, 2, 3, 4, 5}) {
    journal_key other = key;
    if (change == 0) other.upload = false;
    if (change == 1) other.host += 'x';
    if (change == 2) std::swap(other.source, other.destination);
    if (change == 3) other.overwrite = overwrite::always;
    if (change == 4) other.selection = "x";
    if (change == 5) other.destination += '/';
    EXPECT_NE(other.id(), key.id()) << change;
  }
}

TEST_F(journal_fixture, gives_back_the_plan_and_how_each_item_stands) {
  {
    auto const j = begun();
    j->ended(0, item_end::done(0));
    j->ended(1,
             item_end::failed(
                 error(errc::permission_denied, "no").with_http_status(403).with_where("there")));
    j->ended(2, item_end::skipped());
    ASSERT_TRUE(j->flush().has_value());
  }
  auto const j = open();
  auto const back = j->load();
  ASSERT_TRUE(back.has_value()) << back.error();
  ASSERT_EQ(back->plan.items.size(), 4U);
  EXPECT_EQ(back->local_root, "/to");
  EXPECT_EQ(back->plan.directories, 1U);
  EXPECT_EQ(back->plan.files, 3U);
  EXPECT_EQ(back->plan.bytes, 400U);
  ASSERT_EQ(back->plan.refused.size(), 1U);
  EXPECT_EQ(back->plan.refused[0].reason.code(), errc::unsafe_name);
  auto const& last = back->plan.items[3];
  EXPECT_EQ(last.source, "/from/f3");
  EXPECT_EQ(last.destination, "/to/f3");
  EXPECT_EQ(last.modified, then);
  EXPECT_EQ(j->items()[0].ended, transfer_state::done);
  EXPECT_EQ(j->items()[1].ended, transfer_state::failed);
  EXPECT_EQ(j->items()[1].why.http_status(), 403);
  EXPECT_EQ(j->items()[1].why.where(), "there");
  EXPECT_EQ(j->items()[2].ended, transfer_state::skipped);
  EXPECT_FALSE(j->items()[3].ended);
}

// As another process sees it, that is, as it is after kill -9.
TEST_F(journal_fixture, has_an_end_in_its_file_one_turn_after_it_was_recorded) {
  auto const j = begun();
  j->ended(1, item_end::done(0));
  EXPECT_EQ(only_record().done, 0U);
  turn();
  auto const now = only_record();
  EXPECT_EQ(now.done, 1U);
  EXPECT_EQ(now.bytes_done, 100U);
  EXPECT_EQ(now.items, 4U);
  EXPECT_TRUE(now.running);
  EXPECT_EQ(now.pid, ::getpid());
  EXPECT_FALSE(now.ended);
}

TEST_F(journal_fixture, tells_a_second_process_who_is_at_work) {
  auto const j = begun();
  auto const second = journal::open(dir.path(), key);
  ASSERT_TRUE(second.has_error());
  EXPECT_EQ(second.error().code(), errc::conflict);
  EXPECT_NE(second.error().message().find(j->id()), std::string::npos);
  journal_key other = key;
  other.destination = "/elsewhere";
  EXPECT_TRUE(journal::open(dir.path(), other).has_value()) << "another transfer is free";
}

TEST_F(journal_fixture, keeps_parts_and_their_blocks_until_their_item_is_done) {
  block_set blocks(3);
  blocks.add(2);
  {
    auto const j = begun();
    part p;
    p.size = (2U << 20) + 1;
    p.modified = then;
    p.blocks = block_set(3);
    j->keep_part(1, p);
    j->keep_blocks(1, blocks, block_set(3));
    p.stage = part_stage::complete;
    p.name = "/to/f2.part";
    j->keep_part(2, p);
    j->keep_part(3, p);
    j->ended(3, item_end::done(0));
  }
  auto const j = open();
  ASSERT_TRUE(j->load().has_value());
  ASSERT_EQ(j->parts().size(), 2U);
  auto const& first = j->parts().at(1);
  EXPECT_EQ(first.modified, then);
  EXPECT_EQ(first.blocks.count(), 1U);
  EXPECT_TRUE(first.blocks.has(2));
  EXPECT_TRUE(first.same_boot);
  EXPECT_EQ(j->parts().at(2).name, "/to/f2.part");
  EXPECT_EQ(j->parts().at(2).stage, part_stage::complete);
}

// The machine was started anew: what was written but not flushed may be gone.
TEST_F(journal_fixture, trusts_only_flushed_blocks_after_a_power_failure) {
  block_set written(3);
  written.add(0);
  block_set const durable = written;
  written.add(1);
  std::string id;
  {
    auto const j = begun();
    id = j->id();
    part p;
    p.size = 3U << 20;
    p.blocks = block_set(3);
    j->keep_part(1, p);
    j->keep_blocks(1, written, durable);
    ASSERT_TRUE(j->cover(1).has_value());
  }
  auto const file = dir / ("transfers/" + id + ".db");
  {
    auto const db = database::open(file, database::mode::write);
    ASSERT_TRUE(db->run("UPDATE part SET boot='x'; UPDATE transfer SET boot='x'").has_value());
  }
  auto const lost = 1 + journal::cover_step + 100;
  for (bool const goes_on : {false, true, false}) {
    auto const j = open();
    ASSERT_TRUE(j->load().has_value());
    EXPECT_EQ(j->parts().at(1).blocks.count(), 1U);
    EXPECT_FALSE(j->parts().at(1).same_boot);
    EXPECT_TRUE(j->suspect(lost)) << "also after who only looked, and who was killed before that";
    if (goes_on) {
      ASSERT_TRUE(j->go_on().has_value());
    }
  }
}

TEST_F(journal_fixture, suspects_what_may_have_been_sent_and_nothing_else) {
  {
    auto const j = begun();
    EXPECT_FALSE(j->suspect(0)) << "no other process was there";
    ASSERT_TRUE(j->cover(0).has_value());
  }
  auto const j = open();
  ASSERT_TRUE(j->load().has_value());
  EXPECT_TRUE(j->suspect(0));
  EXPECT_TRUE(j->suspect(journal::cover_step - 1));
  EXPECT_FALSE(j->suspect(journal::cover_step));
}

TEST_F(journal_fixture, leaves_nothing_of_a_transfer_that_went_well) {
  auto const j = begun();
  j->ended(1, item_end::done(0));
  turn();
  ASSERT_TRUE(j->finish(false).has_value());
  EXPECT_EQ(dir.entries("transfers"), 0U);
}

TEST_F(journal_fixture, keeps_failures_to_be_tried_again_by_id_but_not_by_the_same_command) {
  std::string id;
  {
    auto const j = begun();
    id = j->id();
    j->ended(0, item_end::done(0));
    j->ended(1, item_end::failed(error(errc::unavailable, "down")));
    ASSERT_TRUE(j->finish(true).has_value());
  }
  EXPECT_TRUE(only_record().ended);
  EXPECT_EQ(only_record().failed, 1U);
  EXPECT_FALSE(open()->resumed()) << "the same command begins anew";
  auto const again = journal::open(dir.path(), id);
  ASSERT_TRUE(again.has_value()) << again.error();
  ASSERT_TRUE((*again)->reopen_failed().has_value());
  ASSERT_TRUE((*again)->load().has_value());
  EXPECT_EQ((*again)->items()[0].ended, transfer_state::done);
  EXPECT_FALSE((*again)->items()[1].ended);
  EXPECT_EQ(journal::open(dir.path(), "0123456789abcdef").error().code(), errc::file_not_found);
  EXPECT_EQ(journal::open(dir.path(), "../x").error().code(), errc::file_not_found);
}

TEST_F(journal_fixture, remembers_that_an_item_is_an_older_state_of_itself) {
  {
    auto const j = begun();
    j->ended(1, item_end::done(0));
    ASSERT_TRUE(j->flush().has_value());
    transfer_item changed = plan.plan.items[1];
    changed.size = 7;
    ASSERT_TRUE(j->reopen(1, changed).has_value());
  }
  auto const j = open();
  auto const back = j->load();
  EXPECT_EQ(back->plan.items[1].size, 7U);
  EXPECT_FALSE(j->items()[1].ended);
  EXPECT_TRUE(j->items()[1].ours);
  EXPECT_FALSE(j->items()[2].ours);
}

TEST_F(journal_fixture, refuses_what_is_damaged_or_newer_and_says_how_to_get_rid_of_it) {
  std::string const id = begun()->id();
  std::string const file = "transfers/" + id + ".db";
  {
    auto const db = database::open(dir / file, database::mode::write);
    ASSERT_TRUE(db->run("PRAGMA user_version=99").has_value());
  }
  auto const newer = journal::open(dir.path(), key);
  ASSERT_TRUE(newer.has_error());
  EXPECT_NE(newer.error().message().find("newer"), std::string::npos) << newer.error();
  dir.write(file, std::string(5000, 'x'));
  auto const broken = journal::open(dir.path(), key);
  ASSERT_TRUE(broken.has_error());
  EXPECT_EQ(broken.error().code(), errc::file_failed);
  EXPECT_NE(broken.error().message().find("kiln transfers clean"), std::string::npos)
      << broken.error();
  EXPECT_FALSE(only_record().damage.empty());
  ASSERT_TRUE(journal::remove_damaged(dir.path(), id).has_value());
  EXPECT_FALSE(open()->resumed());
}

// A transfer that an older kiln had begun goes on, and knows from then on what the newer one keeps.
TEST_F(journal_fixture, takes_over_one_of_the_first_format) {
  std::string const file = "transfers/" + key.id() + ".db";
  dir.write("transfers/made", "");
  {
    auto const db = database::open(dir / file, database::mode::make);
    ASSERT_TRUE(db.has_value()) << db.error();
    auto const made = db->run(R"(
CREATE TABLE transfer(id TEXT, upload INTEGER, host TEXT, source TEXT, destination TEXT,
  overwrite INTEGER, selection TEXT, local_root TEXT, may_be_directory INTEGER, created INTEGER,
  covered INTEGER, ended INTEGER, boot TEXT);
CREATE TABLE item(n INTEGER PRIMARY KEY, source TEXT, destination TEXT, is_dir INTEGER,
  size INTEGER, modified INTEGER, refused INTEGER, state INTEGER, code INTEGER, message TEXT,
  operation TEXT, place TEXT, http_status INTEGER, error_code TEXT, ours INTEGER);
CREATE TABLE part(n INTEGER PRIMARY KEY, stage INTEGER, name TEXT, size INTEGER, modified INTEGER,
  inode INTEGER, blocks BLOB, durable BLOB, boot TEXT);
INSERT INTO transfer VALUES('x', 1, 'https://host', '/from', '/to', 0, '', '/from', 0, 5, 2, 0, '');
INSERT INTO item(n, source, destination, is_dir, size, modified, refused, state)
  VALUES(0, '/from/a', '/to/a', 0, 3, 1600000000000, 0, 0),
        (1, '/from/b', '/to/b', 0, 4, 7, 0, NULL);
PRAGMA user_version = 1;
)");
    ASSERT_TRUE(made.has_value()) << made.error();
  }
  {
    auto const j = open();
    ASSERT_NE(j, nullptr);
    EXPECT_TRUE(j->resumed());
    auto const plan_of = j->load();
    ASSERT_TRUE(plan_of.has_value()) << plan_of.error();
    ASSERT_EQ(plan_of->plan.items.size(), 2U);
    EXPECT_EQ(plan_of->plan.items[0].modified, then);
    EXPECT_EQ(plan_of->plan.bytes, 7U);
    EXPECT_EQ(j->items()[0].ended, transfer_state::done);
    EXPECT_FALSE(j->items()[0].verified);
    EXPECT_EQ(j->items()[0].sha256, "");
    EXPECT_FALSE(j->items()[1].ended);
    auto how = item_end::done(4);
    how.sha256 = "0123";
    how.verified = true;
    j->ended(1, how);
    ASSERT_TRUE(j->flush().has_value());
  }
  auto const j = open();
  ASSERT_TRUE(j->load().has_value());
  EXPECT_EQ(j->items()[1].ended, transfer_state::done);
  EXPECT_EQ(j->items()[1].sha256, "0123");
  EXPECT_TRUE(j->items()[1].verified);
  EXPECT_EQ(only_record().done, 2U);
}

TEST(block_set, finds_what_is_missing_and_survives_being_stored) {
  block_set s(11);
  for (std::uint64_t const b : {0U, 1U, 3U, 10U, 3U}) s.add(b);
  EXPECT_EQ(s.count(), 4U);
  EXPECT_EQ(s.missing(0), 2U);
  EXPECT_EQ(s.missing(3), 4U);
  EXPECT_EQ(s.missing(10), std::nullopt);
  auto const back = block_set::of(11, s.bits());
  EXPECT_EQ(back.count(), 4U);
  EXPECT_TRUE(back.has(10));
  EXPECT_EQ(block_set::of(90, s.bits()).count(), 0U) << "of another file";
}

}  // namespace
}  // namespace kiln::transfer
