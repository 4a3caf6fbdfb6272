#include "emulator/dbfs_state.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdlib.h>

namespace {

namespace fs = std::filesystem;
using kiln::emulation::dbfs_state;
using kiln::emulation::moment;

std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

class directory_storage : public testing::Test {
 protected:
  directory_storage() {
    std::string pattern = (fs::temp_directory_path() / "kiln_emulator_XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    open();
  }
  ~directory_storage() override {
    files.reset();
    fs::remove_all(root);
  }
  void open() {
    files.reset();
    store = kiln::emulation::make_storage(kiln::storage_kind::directory, root.string());
    files.emplace(*store, kiln::emulation::dbfs_limits{1 << 30, 0, {}}, 1);
  }
  std::string text_of(std::string_view path) {
    auto const range = files->read(path, 0, 1 << 20);
    if (!range) return range.error().code;
    std::string out(range->bytes, '?');
    auto const into = std::as_writable_bytes(std::span(out));
    return range->from->read(range->path, range->offset, into) ? out : "unreadable";
  }
  std::size_t entries_on_disk() {
    return static_cast<std::size_t>(std::distance(fs::recursive_directory_iterator(root), {}));
  }

  fs::path root;
  std::unique_ptr<kiln::emulation::storage> store;
  std::optional<dbfs_state> files;
  moment now{kiln::instant(std::chrono::hours(1)), {}};
};

TEST_F(directory_storage, keeps_names_and_content_readable_on_disk) {
  ASSERT_TRUE(files->put("/d/file.txt", bytes_of("hello"), false, now));
  std::ifstream in(root / "d" / "file.txt");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "hello");
  EXPECT_EQ(entries_on_disk(), 2U) << "no unplaced file is left";
}

TEST_F(directory_storage, stores_odd_names_one_to_one_below_its_root) {
  std::vector<std::string> const names{"/.hidden", "/.kiln-upload-1", "/a%2Fb", "/a+b c", "/é",
                                       "/..x",     "/tab\there",      "/a\\b"};
  for (auto const& name : names) ASSERT_TRUE(files->put(name, bytes_of(name), false, now)) << name;
  EXPECT_EQ(entries_on_disk(), names.size());
  open();
  for (auto const& name : names) EXPECT_EQ(text_of(name), name);
}

TEST_F(directory_storage, finds_its_tree_again) {
  ASSERT_TRUE(files->put("/a/b/c", bytes_of("1"), false, now));
  auto const h = files->create("/s", false, now);
  ASSERT_TRUE(files->add_block(*h, bytes_of("stream"), now));
  ASSERT_TRUE(files->move("/a/b", "/x", now));
  open();
  EXPECT_EQ(text_of("/x/c"), "1");
  EXPECT_EQ(text_of("/s"), "stream");
  EXPECT_TRUE(files->get_status("/a")->is_dir);
  EXPECT_EQ(files->list("/a")->size(), 0U);
}

TEST_F(directory_storage, removes_from_disk_what_is_deleted) {
  ASSERT_TRUE(files->put("/a/b/c", bytes_of("1"), false, now));
  ASSERT_TRUE(files->put("/d", bytes_of("1"), false, now));
  ASSERT_TRUE(files->remove("/a", true));
  EXPECT_EQ(entries_on_disk(), 1U);
  files->clear();
  EXPECT_EQ(entries_on_disk(), 0U);
}

TEST_F(directory_storage, follows_no_link_out_of_its_root) {
  auto const outside = root.string() + "_outside";
  fs::create_directory(outside);
  fs::create_directory_symlink(outside, root / "link");
  open();
  EXPECT_FALSE(files->get_status("/link"));
  EXPECT_FALSE(files->put("/link/x", bytes_of("1"), false, now));
  EXPECT_TRUE(fs::is_empty(outside));
  fs::remove_all(outside);
}

TEST_F(directory_storage, an_abandoned_content_leaves_nothing) {
  {
    auto const content = store->create();
    ASSERT_TRUE((*content)->append(bytes_of("half")));
    EXPECT_EQ(entries_on_disk(), 1U);
  }
  EXPECT_EQ(entries_on_disk(), 0U);
}

TEST_F(directory_storage, a_killed_upload_is_cleared_away_at_the_start) {
  std::ofstream(root / ".kiln-upload-77-1") << "half";
  open();
  EXPECT_EQ(entries_on_disk(), 0U);
}

TEST(directory_storage_options, must_name_a_folder_that_can_be_written) {
  EXPECT_THROW(kiln::emulation::make_storage(kiln::storage_kind::directory, ""),
               std::invalid_argument);
  EXPECT_THROW(kiln::emulation::make_storage(kiln::storage_kind::directory, "/dev/null/x"),
               std::system_error);
}

}  // namespace
