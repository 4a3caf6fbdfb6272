#include "emulator/dbfs_state.hpp"

#include "core/limits.hpp"

#include <gtest/gtest.h>

#include <set>

namespace {

using namespace std::chrono_literals;
using kiln::emulation::api_error;
using kiln::emulation::dbfs_state;
using kiln::emulation::moment;

std::span<std::byte const> raw(std::string_view text) { return std::as_bytes(std::span(text)); }

class dbfs_rules : public testing::Test {
 protected:
  dbfs_rules() : files(*store, {1 << 20, 4, 45s}, 7) {}

  void put(std::string_view path, std::string_view text = "x") {
    ASSERT_TRUE(files.put(path, raw(text), false, now));
  }
  std::string text_of(std::string_view path) {
    auto const range = files.read(path, 0, 1 << 20);
    if (!range) return range.error().code;
    std::string out(range->bytes, '?');
    EXPECT_TRUE(
        range->from->read(range->path, range->offset, std::as_writable_bytes(std::span(out))));
    return out;
  }
  std::string names(std::string_view path) {
    std::string out;
    auto const listed = files.list(path);
    if (!listed) return listed.error().code;
    for (auto const& f : *listed) out += f.path + (f.is_dir ? "/ " : " ");
    return out;
  }
  void pass(kiln::duration d) {
    now.steady += d;
    now.wall += std::chrono::duration_cast<kiln::wall_time::duration>(d);
  }

  std::unique_ptr<kiln::emulation::storage> store =
      kiln::emulation::make_storage(kiln::storage_kind::memory, "");
  moment now{kiln::instant(1h), kiln::wall_time(1'600'000'000s)};
  dbfs_state files;
};

#define EXPECT_API_ERROR(expression, http_status, error_code) \
  do {                                                        \
    auto const outcome_ = (expression);                       \
    ASSERT_FALSE(outcome_);                                   \
    EXPECT_EQ(outcome_.error().status, http_status);          \
    EXPECT_EQ(outcome_.error().code, error_code);             \
    EXPECT_FALSE(outcome_.error().message.empty());           \
  } while (false)

TEST_F(dbfs_rules, a_stream_appends_its_blocks_in_order) {
  auto const h = files.create("dbfs:/a/b/c", false, now);
  ASSERT_TRUE(h);
  EXPECT_TRUE(files.add_block(*h, raw("one "), now));
  EXPECT_TRUE(files.add_block(*h, raw("two"), now));
  EXPECT_TRUE(files.close(*h, now));
  EXPECT_EQ(text_of("/a/b/c"), "one two");
  EXPECT_EQ(names("/a"), "/a/b/ ");
}

TEST_F(dbfs_rules, a_repeated_block_is_appended_twice) {
  auto const h = files.create("/a", false, now);
  EXPECT_TRUE(files.add_block(*h, raw("ab"), now));
  EXPECT_TRUE(files.add_block(*h, raw("ab"), now));
  EXPECT_EQ(text_of("/a"), "abab");
}

TEST_F(dbfs_rules, create_and_put_refuse_an_existing_path_unless_told_to_overwrite) {
  put("/a", "old");
  EXPECT_API_ERROR(files.create("/a", false, now), 400, "RESOURCE_ALREADY_EXISTS");
  EXPECT_API_ERROR(files.put("/a", raw("new"), false, now), 400, "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(text_of("/a"), "old");
  EXPECT_TRUE(files.put("/a", raw("new"), true, now));
  EXPECT_EQ(text_of("/a"), "new");
  EXPECT_TRUE(files.create("/a", true, now));
  EXPECT_EQ(text_of("/a"), "");
}

TEST_F(dbfs_rules, a_folder_is_never_overwritten_by_a_file) {
  ASSERT_TRUE(files.mkdirs("/d", now));
  EXPECT_API_ERROR(files.put("/d", raw("x"), true, now), 400, "RESOURCE_ALREADY_EXISTS");
  EXPECT_API_ERROR(files.create("/", true, now), 400, "RESOURCE_ALREADY_EXISTS");
}

TEST_F(dbfs_rules, a_file_has_nothing_below_it) {
  put("/f");
  EXPECT_API_ERROR(files.put("/f/x", raw("x"), true, now), 400, "RESOURCE_ALREADY_EXISTS");
  EXPECT_API_ERROR(files.mkdirs("/f", now), 400, "RESOURCE_ALREADY_EXISTS");
  EXPECT_API_ERROR(files.mkdirs("/f/x/y", now), 400, "RESOURCE_ALREADY_EXISTS");
  EXPECT_API_ERROR(files.get_status("/f/x"), 404, "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(dbfs_rules, a_block_and_a_put_hold_one_mebibyte_and_not_a_byte_more) {
  std::string const most(kiln::limits::dbfs_block_bytes_max, 'x');
  auto const h = files.create("/s", false, now);
  EXPECT_TRUE(files.add_block(*h, raw(most), now));
  EXPECT_API_ERROR(files.add_block(*h, raw(most + 'x'), now), 400, "MAX_BLOCK_SIZE_EXCEEDED");
  EXPECT_EQ(files.get_status("/s")->file_size, most.size());
  EXPECT_TRUE(files.put("/p", raw(most), false, now));
  EXPECT_API_ERROR(files.put("/q", raw(most + 'x'), false, now), 400, "MAX_BLOCK_SIZE_EXCEEDED");
  EXPECT_API_ERROR(files.get_status("/q"), 404, "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(dbfs_rules, a_handle_ends_with_close_and_is_unknown_after) {
  auto const h = files.create("/a", false, now);
  EXPECT_TRUE(files.close(*h, now));
  EXPECT_API_ERROR(files.close(*h, now), 404, "RESOURCE_DOES_NOT_EXIST");
  EXPECT_API_ERROR(files.add_block(*h, raw("x"), now), 404, "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(dbfs_rules, a_handle_ends_ten_minutes_after_its_last_use) {
  auto const h = files.create("/a", false, now);
  pass(9min + 59s);
  EXPECT_TRUE(files.add_block(*h, raw("x"), now));
  pass(9min + 59s);
  EXPECT_TRUE(files.add_block(*h, raw("y"), now));
  pass(10min);
  EXPECT_API_ERROR(files.add_block(*h, raw("z"), now), 404, "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(text_of("/a"), "xy");
}

TEST_F(dbfs_rules, a_handle_ends_with_its_file) {
  auto const deleted = files.create("/a", false, now);
  EXPECT_TRUE(files.remove("/a", false));
  EXPECT_API_ERROR(files.add_block(*deleted, raw("x"), now), 404, "RESOURCE_DOES_NOT_EXIST");
  auto const replaced = files.create("/b", false, now);
  auto const second = files.create("/b", true, now);
  EXPECT_API_ERROR(files.add_block(*replaced, raw("x"), now), 404, "RESOURCE_DOES_NOT_EXIST");
  EXPECT_TRUE(files.add_block(*second, raw("y"), now));
  EXPECT_EQ(text_of("/b"), "y");
}

TEST_F(dbfs_rules, handles_are_distinct_and_some_no_double_can_hold) {
  std::set<std::int64_t> seen;
  int beyond_double = 0;
  for (int i = 0; i < 200; ++i) {
    auto const h = files.create("/f" + std::to_string(i), false, now);
    ASSERT_TRUE(h);
    EXPECT_GT(*h, 0);
    EXPECT_TRUE(seen.insert(*h).second);
    beyond_double += static_cast<std::int64_t>(static_cast<double>(*h)) != *h ? 1 : 0;
  }
  EXPECT_GT(beyond_double, 50);
  EXPECT_LT(beyond_double, 150);
}

TEST_F(dbfs_rules, open_handles_are_bounded_until_the_idle_ones_expire) {
  for (std::size_t i = 0; i < dbfs_state::handles_max; ++i) {
    ASSERT_TRUE(files.create("/f" + std::to_string(i), false, now));
  }
  EXPECT_API_ERROR(files.create("/more", false, now), 400, "QUOTA_EXCEEDED");
  pass(10min);
  EXPECT_TRUE(files.create("/more", false, now));
}

TEST_F(dbfs_rules, a_read_is_cut_to_the_file) {
  put("/a", "0123456789");
  EXPECT_EQ(files.read("/a", 3, 4)->bytes, 4U);
  EXPECT_EQ(files.read("/a", 8, 100)->bytes, 2U);
  EXPECT_EQ(files.read("/a", 10, 1)->bytes, 0U);
  EXPECT_EQ(files.read("/a", INT64_MAX, 1)->bytes, 0U);
  EXPECT_EQ(files.read("/a", 0, 0)->bytes, 0U);
}

TEST_F(dbfs_rules, a_read_beyond_the_limits_is_refused) {
  put("/a");
  EXPECT_TRUE(files.read("/a", 0, 1 << 20));
  EXPECT_API_ERROR(files.read("/a", 0, (1 << 20) + 1), 400, "MAX_READ_SIZE_EXCEEDED");
  EXPECT_API_ERROR(files.read("/a", -1, 1), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.read("/a", 0, -1), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.read("/", 0, 1), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.read("/b", 0, 1), 404, "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(dbfs_rules, reads_cross_the_chunks_of_memory) {
  auto const h = files.create("/big", false, now);
  std::string whole;
  for (int i = 0; i < 5; ++i) {
    std::string const block(700'000, static_cast<char>('a' + i));
    ASSERT_TRUE(files.add_block(*h, raw(block), now));
    whole += block;
  }
  std::string read;
  while (true) {
    auto const range = files.read("/big", static_cast<std::int64_t>(read.size()), 999'999);
    std::string piece(range->bytes, '?');
    ASSERT_TRUE(
        range->from->read(range->path, range->offset, std::as_writable_bytes(std::span(piece))));
    if (piece.empty()) break;
    read += piece;
  }
  EXPECT_TRUE(read == whole);
}

TEST_F(dbfs_rules, status_tells_kind_size_and_time) {
  put("/d/f", "abc");
  auto const file = files.get_status("dbfs:/d/f");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->path, "/d/f");
  EXPECT_FALSE(file->is_dir);
  EXPECT_EQ(file->file_size, 3U);
  EXPECT_EQ(file->modified_ms, 1'600'000'000'000);
  EXPECT_TRUE(files.get_status("/d")->is_dir);
  EXPECT_TRUE(files.get_status("/")->is_dir);
  EXPECT_API_ERROR(files.get_status("/x"), 404, "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(dbfs_rules, list_gives_one_level_or_the_file_itself) {
  put("/d/b");
  put("/d/a");
  put("/d/sub/c");
  EXPECT_EQ(names("/d"), "/d/a /d/b /d/sub/ ");
  EXPECT_EQ(names("/d/a"), "/d/a ");
  EXPECT_EQ(names("/"), "/d/ ");
  EXPECT_EQ(names("/nope"), "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(dbfs_rules, mkdirs_makes_parents_and_may_be_repeated) {
  EXPECT_TRUE(files.mkdirs("/a/b/c", now));
  EXPECT_TRUE(files.mkdirs("/a/b/c", now));
  EXPECT_TRUE(files.mkdirs("/", now));
  EXPECT_EQ(names("/a/b"), "/a/b/c/ ");
}

TEST_F(dbfs_rules, move_renames_files_and_whole_folders) {
  put("/d/f", "abc");
  EXPECT_TRUE(files.move("/d/f", "/e/g", now));
  EXPECT_EQ(text_of("/e/g"), "abc");
  EXPECT_API_ERROR(files.move("/d/f", "/e/g", now), 404, "RESOURCE_DOES_NOT_EXIST");
  EXPECT_TRUE(files.move("/e", "/h", now));
  EXPECT_EQ(text_of("/h/g"), "abc");
  EXPECT_EQ(names("/e"), "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(dbfs_rules, move_goes_into_an_existing_folder_but_never_onto_a_file) {
  put("/f", "abc");
  put("/g");
  ASSERT_TRUE(files.mkdirs("/d", now));
  EXPECT_API_ERROR(files.move("/f", "/g", now), 400, "RESOURCE_ALREADY_EXISTS");
  EXPECT_API_ERROR(files.move("/f", "/f", now), 400, "RESOURCE_ALREADY_EXISTS");
  EXPECT_TRUE(files.move("/f", "/d", now));
  EXPECT_EQ(text_of("/d/f"), "abc");
  put("/f");
  EXPECT_API_ERROR(files.move("/f", "/d", now), 400, "RESOURCE_ALREADY_EXISTS");
}

TEST_F(dbfs_rules, a_folder_does_not_move_into_itself) {
  put("/d/f");
  EXPECT_API_ERROR(files.move("/d", "/d/e", now), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.move("/d", "/d", now), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.move("/", "/x", now), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(names("/d"), "/d/f ");
}

TEST_F(dbfs_rules, a_moved_file_keeps_its_open_handle) {
  auto const h = files.create("/a", false, now);
  EXPECT_TRUE(files.move("/a", "/b", now));
  EXPECT_TRUE(files.add_block(*h, raw("x"), now));
  EXPECT_EQ(text_of("/b"), "x");
}

TEST_F(dbfs_rules, delete_wants_recursive_for_a_folder_that_is_not_empty) {
  put("/d/f");
  EXPECT_API_ERROR(files.remove("/d", false), 400, "IO_ERROR");
  EXPECT_TRUE(files.remove("/d", true));
  EXPECT_TRUE(files.remove("/d", false));  // an absent path is a success
  ASSERT_TRUE(files.mkdirs("/e", now));
  EXPECT_TRUE(files.remove("/e", false));
  EXPECT_API_ERROR(files.remove("/", true), 400, "INVALID_PARAMETER_VALUE");
}

TEST_F(dbfs_rules, a_large_delete_is_partial_until_it_is_called_often_enough) {
  for (int i = 0; i < 9; ++i) put("/d/s" + std::to_string(i % 2) + "/f" + std::to_string(i));
  int partial = 0;
  while (true) {
    auto const done = files.remove("/d", true);
    if (done) break;
    EXPECT_EQ(done.error().status, 503);
    EXPECT_EQ(done.error().code, "PARTIAL_DELETE");
    EXPECT_NE(done.error().message.find("has deleted 4 files"), std::string::npos);
    ASSERT_LT(++partial, 10);
  }
  EXPECT_EQ(partial, 2);  // 9 files and 2 folders by fours
  EXPECT_EQ(names("/d"), "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(dbfs_rules, paths_are_checked_by_every_operation) {
  EXPECT_API_ERROR(files.create("a", false, now), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.put("/../a", raw("x"), false, now), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.get_status(""), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.list("a"), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.mkdirs("a", now), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.move("a", "/b", now), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.move("/a", "b", now), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.remove("/a/..", true), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_API_ERROR(files.read("a", 0, 1), 400, "INVALID_PARAMETER_VALUE");
}

TEST_F(dbfs_rules, clear_forgets_files_and_handles) {
  put("/d/f");
  auto const h = files.create("/a", false, now);
  files.clear();
  EXPECT_EQ(names("/"), "");
  EXPECT_API_ERROR(files.close(*h, now), 404, "RESOURCE_DOES_NOT_EXIST");
}

}  // namespace
