#include <kiln/bytes.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace kiln {
namespace {

namespace fs = std::filesystem;

class file_source : public ::testing::Test {
 protected:
  file_source() {
    auto name = (fs::temp_directory_path() / "kiln-bytes-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category());
    folder_ = name;
  }
  ~file_source() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string put(std::string const& name, std::string_view text) {
    auto const path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  fs::path folder_;
};

std::string read(byte_source& source, std::uint64_t offset, std::size_t size) {
  std::string out(size, '?');
  auto const got = source.read(offset, std::as_writable_bytes(std::span(out)));
  if (!got) return std::string("error ") + std::string(to_string(got.error().code()));
  out.resize(*got);
  return out;
}

int open_descriptors() {
  auto const it = fs::directory_iterator("/proc/self/fd");
  return static_cast<int>(std::distance(fs::begin(it), fs::end(it)));
}

TEST_F(file_source, reads_any_range) {
  auto const source = open_file_source(put("a", "0123456789")).value();
  EXPECT_EQ(source->size(), 10U);
  EXPECT_EQ(read(*source, 0, 10), "0123456789");
  EXPECT_EQ(read(*source, 3, 4), "3456");
  EXPECT_EQ(read(*source, 8, 100), "89");
  EXPECT_EQ(read(*source, 10, 5), "");
  EXPECT_EQ(read(*source, UINT64_MAX, 5), "");
  EXPECT_EQ(open_file_source(put("empty", "")).value()->size(), 0U);
}

TEST_F(file_source, ends_early_when_the_file_shrank) {
  auto const path = put("a", "0123456789");
  auto const source = open_file_source(path).value();
  fs::resize_file(path, 4);
  EXPECT_EQ(source->size(), 10U);
  EXPECT_EQ(read(*source, 0, 10), "0123");
  EXPECT_EQ(read(*source, 6, 4), "");
}

TEST_F(file_source, says_with_the_last_bytes_that_the_file_was_written_to) {
  auto const grown = put("a", "0123456789");
  auto const source = open_file_source(grown).value();
  std::ofstream(grown, std::ios::app) << "more";
  EXPECT_EQ(read(*source, 0, 5), "01234");
  EXPECT_EQ(read(*source, 5, 5), "error file_changed");

  auto const rewritten = put("b", "0123456789");
  auto const other = open_file_source(rewritten).value();
  timespec const times[2]{{1, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, rewritten.c_str(), times, 0), 0);
  EXPECT_EQ(read(*other, 0, 10), "error file_changed");
}

TEST_F(file_source, keeps_reading_a_file_that_was_unlinked) {
  auto const path = put("a", "0123");
  auto const source = open_file_source(path).value();
  fs::remove(path);
  EXPECT_EQ(read(*source, 0, 4), "0123");
}

TEST_F(file_source, takes_regular_files_only) {
  auto const missing = open_file_source((folder_ / "none").string());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), errc::file_not_found);
  EXPECT_EQ(missing.error().where(), (folder_ / "none").string());
  auto const below = open_file_source(put("a", "x") + "/b");
  ASSERT_FALSE(below);
  EXPECT_EQ(below.error().code(), errc::file_not_found);

  auto const pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (auto const& path : {folder_.string(), pipe, std::string("/dev/null")}) {
    auto const source = open_file_source(path);
    ASSERT_FALSE(source) << path;
    EXPECT_EQ(source.error().code(), errc::file_failed) << path;
  }
  EXPECT_FALSE(open_file_source(std::string("a\0b", 3)));
  EXPECT_FALSE(open_file_source(""));
}

TEST_F(file_source, leaves_no_descriptor_behind_and_gives_none_to_children) {
  auto const before = open_descriptors();
  {
    auto const source = open_file_source(put("a", "0123")).value();
    EXPECT_EQ(open_descriptors(), before + 1);
    int inherited = 0;
    for (auto const& entry : fs::directory_iterator("/proc/self/fd")) {
      std::error_code ignored;
      if (fs::read_symlink(entry.path(), ignored) != folder_ / "a") continue;
      int const fd = std::stoi(entry.path().filename().string());
      inherited += (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0 ? 1 : 0;
    }
    EXPECT_EQ(inherited, 0);
    EXPECT_FALSE(open_file_source(folder_.string()));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(memory_source, is_a_copy) {
  std::vector<std::byte> data{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
  auto const source = make_memory_source(data);
  data[0] = std::byte{'x'};
  EXPECT_EQ(source->size(), 3U);
  EXPECT_EQ(read(*source, 0, 9), "abc");
  EXPECT_EQ(read(*source, 2, 1), "c");
  EXPECT_EQ(read(*source, 3, 1), "");
  EXPECT_EQ(make_memory_source({})->size(), 0U);
}

}  // namespace
}  // namespace kiln
