#include "transfer/plan.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace kiln::transfer {
namespace {

constexpr std::uint64_t plan_mib = 1U << 20;
constexpr std::uint64_t gib = 1U << 30;

request_counts for_file(std::uint64_t size) {
  plan_rules rules;
  rules.targets_absent = true;
  return file_upload_plan("a", "/a", size, rules).requests;
}

TEST(plan, puts_a_file_below_two_gibibytes_in_one_request) {
  for (std::uint64_t const size :
       {std::uint64_t{0}, 4096 * std::uint64_t{1}, 10 * plan_mib, 1946 * plan_mib, 2 * gib - 1}) {
    EXPECT_EQ(for_file(size).put, 1U) << size;
    EXPECT_EQ(for_file(size).total(), 1U) << size;
  }
}

TEST(plan, streams_larger_files_with_four_requests_beside_the_blocks) {
  EXPECT_EQ(for_file(2 * gib).total(), 2048U + 4);
  auto const ten = for_file(10 * gib);
  EXPECT_EQ(ten.total(), 10'244U);
  EXPECT_EQ(ten.add_block, 10'240U);
  EXPECT_EQ(ten.create + ten.close + ten.get_status + ten.move, 4U);
}

TEST(plan, asks_for_the_target_of_a_stream_first_unless_it_is_replaced_or_known_to_be_absent) {
  plan_rules rules;
  EXPECT_EQ(upload_requests(3 * gib, rules).get_status, 2U);
  rules.overwrite = overwrite::always;
  EXPECT_EQ(upload_requests(3 * gib, rules).get_status, 1U);
}

TEST(plan, reads_a_file_by_mebibytes_and_an_empty_one_not_at_all) {
  EXPECT_EQ(file_download_plan("/a", "a", 0).requests.total(), 0U);
  EXPECT_EQ(file_download_plan("/a", "a", 4096).requests.total(), 1U);
  EXPECT_EQ(file_download_plan("/a", "a", 10 * plan_mib).requests.read, 10U);
  EXPECT_EQ(file_download_plan("/a", "a", 10 * plan_mib + 1).requests.read, 11U);
}

TEST(plan, makes_only_the_empty_directories_of_an_upload) {
  listing tree;
  tree.entries = {{"b/x", false, 3}, {"b", true, 0},      {"a", true, 0},
                  {"b-c", true, 0},  {"b/e", true, 0},    {"z", false, 10},
                  {"b!", false, 1},  {"b/d/y", false, 0}, {"b/d", true, 0}};
  auto const plan = upload_plan(std::move(tree), "/local/t", "/remote", {});
  std::vector<std::string> destinations;
  for (auto const& item : plan.items) destinations.push_back(item.destination);
  EXPECT_EQ(destinations,
            (std::vector<std::string>{"/remote/a", "/remote/b/d/y", "/remote/b/e", "/remote/b/x",
                                      "/remote/b!", "/remote/b-c", "/remote/z"}));
  EXPECT_EQ(plan.items[1].source, "/local/t/b/d/y");
  EXPECT_EQ(plan.requests.mkdirs, 3U);
  EXPECT_EQ(plan.requests.put, 4U);
  EXPECT_EQ(plan.files, 4U);
  EXPECT_EQ(plan.directories, 3U);
  EXPECT_EQ(plan.bytes, 14U);
}

TEST(plan, makes_the_root_of_an_empty_tree) {
  auto const plan = upload_plan({}, "/local", "/remote", {});
  ASSERT_EQ(plan.items.size(), 1U);
  EXPECT_TRUE(plan.items[0].is_dir);
  EXPECT_EQ(plan.items[0].destination, "/remote");
  EXPECT_EQ(plan.requests.total(), 1U);
}

TEST(plan, of_a_download_has_directories_before_what_is_in_them) {
  listing tree;
  tree.entries = {{"a/b", false, 2 * plan_mib}, {"a", true, 0}, {"a.txt", false, 1}};
  auto const plan = download_plan(std::move(tree), "/r", "out");
  ASSERT_EQ(plan.items.size(), 3U);
  EXPECT_EQ(plan.items[0].destination, "out/a");
  EXPECT_EQ(plan.items[1].destination, "out/a/b");
  EXPECT_EQ(plan.items[1].source, "/r/a/b");
  EXPECT_EQ(plan.requests.read, 3U);
  EXPECT_EQ(plan.requests.get_status, 1U) << "whether the larger one is still the same";
  EXPECT_FALSE(plan.upload);
}

TEST(plan, tells_the_least_time_of_its_requests) {
  transfer_plan plan;
  plan.rate = 30;
  plan.requests.put = 10'000;
  EXPECT_EQ(plan.least_time(), std::chrono::milliseconds(333'334));
  plan.rate = 0;
  EXPECT_EQ(plan.least_time(), std::chrono::milliseconds(0));
}

TEST(plan, does_not_wrap_around_for_sizes_a_server_made_up) {
  listing tree;
  for (char c = 'a'; c < 'h'; ++c) tree.entries.push_back({std::string(1, c), false, UINT64_MAX});
  auto plan = download_plan(std::move(tree), "/r", "out");
  EXPECT_EQ(plan.bytes, UINT64_MAX);
  plan.requests.put = UINT64_MAX;
  EXPECT_EQ(plan.requests.total(), UINT64_MAX);
  plan.rate = 1e-3;
  EXPECT_GT(plan.least_time().count(), 0);
}

dbfs::file_info file(std::string path, bool is_dir = false, std::int64_t size = 1) {
  dbfs::file_info out;
  out.path = std::move(path);
  out.is_dir = is_dir;
  out.file_size = size;
  return out;
}

TEST(plan, refuses_names_of_a_listing_that_would_leave_the_target) {
  std::vector<dbfs::file_info> files;
  for (auto const* path : {"/r/ok", "/r/../../etc/passwd", "/etc/passwd", "/r/", "/r", "/r/..",
                           "/r/a/b", "/rx", "r/y", "/r/C:\\x", ""}) {
    files.push_back(file(path));
  }
  files.push_back(file(std::string("/r/a\0b", 6)));
  files.push_back(file("/r/" + std::string(256, 'n')));
  auto const got = checked_children("/r", "sub", std::move(files));
  ASSERT_EQ(got.entries.size(), 1U);
  EXPECT_EQ(got.entries[0].path, "sub/ok");
  EXPECT_EQ(got.refused.size(), 12U);
  for (auto const& r : got.refused) EXPECT_EQ(r.reason.code(), errc::unsafe_name);
}

TEST(plan, takes_a_name_that_is_listed_twice_once) {
  std::vector<dbfs::file_info> files{file("/a"), file("dbfs:/a"), file("/A"), file("/a", true)};
  auto const got = checked_children("/", "", std::move(files));
  ASSERT_EQ(got.entries.size(), 2U);
  EXPECT_EQ(got.entries[0].path, "a");
  EXPECT_EQ(got.entries[1].path, "A");
  ASSERT_EQ(got.refused.size(), 1U);
  EXPECT_TRUE(got.refused[0].item.is_dir);
}

TEST(plan, refuses_a_negative_size) {
  std::vector<dbfs::file_info> files{file("/a", false, -1)};
  auto const got = checked_children("/", "", std::move(files));
  EXPECT_TRUE(got.entries.empty());
  ASSERT_EQ(got.refused.size(), 1U);
  EXPECT_EQ(got.refused[0].reason.code(), errc::malformed_response);
}

}  // namespace
}  // namespace kiln::transfer
